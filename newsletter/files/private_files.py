"""Files that hold addresses: only their owner may read them, whatever the umask."""

import os
from pathlib import Path
from typing import BinaryIO


def new_private_file(path: Path) -> BinaryIO:
    """Open a new file that only its owner may read, in place of one with this name. Raises OSError."""
    path.unlink(missing_ok=True)
    return open(path, "xb", opener=_private)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
