"""Modules that an import does without."""

import subprocess
import sys


def test_premailer_is_imported_without_the_module_for_the_network() -> None:
    program = (
        "import sys; from newsletter.rendering.inlining import inlined; assert 'requests' not in sys.modules; "
        "import requests; print(requests.get.__name__, inlined('<p class=a>Words</p>', '.a { color: red }'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("get ")
    assert 'style="color:red"' in done.stdout
