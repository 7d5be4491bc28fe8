"""The default theme's output, compared byte by byte so that it changes only on purpose."""

import pytest

from tests.rendering.samples import NOWHERE, golden

RENEW = "if the change is meant: python -m tests.rendering.renew_golden"


@pytest.mark.parametrize(
    "name", ["english.html", "english.txt", "everything.html", "everything.txt", "hebrew.html", "hebrew.txt"]
)
def test_the_default_theme_renders_the_golden_files(name: str) -> None:
    with (NOWHERE / name).open(encoding="utf-8", newline="") as file:
        assert golden()[name] == file.read(), RENEW
