"""The public pages with a hook of SES in a process of their own: ``python -m tests.web.hooked FOLDER``.

The certificate of SNS is a file in the folder. Prints the port, and ends when its stdin does.
"""

import sys
from pathlib import Path

from newsletter.__main__ import collect_rarely
from newsletter.providers.ses.webhook import open_ses_hook
from tests import sns
from tests.web.public.public_pages import public

CERTIFICATE = "certificate.pem"


def main(root: Path) -> None:
    """Serve."""
    collect_rarely()
    certificate = (root / CERTIFICATE).read_bytes()
    hook = open_ses_hook({"topics": [sns.TOPIC]}, root=root, environment={}, fetch=lambda _: certificate)
    assert hook is not None
    with public(root, hooks={"ses": hook}) as pages:
        sys.stdout.write(f"{pages.port}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
