"""Create files that hold addresses, readable only by their owner whatever the umask."""

import os
from contextlib import suppress
from pathlib import Path


def create_private_file(path: Path) -> None:
    """Create an empty file that only its owner may read, unless it exists. If that fails, opening it will tell why."""
    with suppress(OSError):
        os.close(open_privately(str(path), os.O_CREAT | os.O_EXCL | os.O_WRONLY))


def open_privately(path: str, flags: int) -> int:
    """Open a file as an ``opener`` of ``open()`` does; a new one can be read only by its owner."""
    return os.open(path, flags, 0o600)
