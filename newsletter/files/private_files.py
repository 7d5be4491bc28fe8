"""Create files that hold addresses, readable only by their owner whatever the umask."""

import os
from pathlib import Path
from typing import BinaryIO


def new_private_file(path: Path) -> BinaryIO:
    """Open a new file that only its owner can read, replacing any file with this name. Raise OSError if that fails."""
    path.unlink(missing_ok=True)
    return open(path, "xb", opener=_private)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
