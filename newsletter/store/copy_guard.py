"""The file beside an SQLite database that tells the database from a copy or an earlier state of it.

Whoever copies, moves or puts back one of the two leaves the other as it was, and whoever copies both makes new files.
"""

import errno
import hashlib
import hmac
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from newsletter.errors import FullError, StoreError


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Which file on which machine a database is.

    The number of a device is compared only while the machine runs on: it may give another one when it starts again.
    ``boot`` and ``machine`` are empty where the system does not say.
    """

    inode: int
    device: int
    boot: str
    machine: str

    @classmethod
    def of(cls, database: Path) -> Self:
        """As it is now."""
        found = database.stat()
        return cls(inode=found.st_ino, device=found.st_dev, boot=_text(_BOOT), machine=_machine())

    def same(self, other: Self) -> bool:
        """Whether both are the same file, as far as one can tell."""
        runs_on = self.boot == other.boot != ""
        return (
            self.inode == other.inode
            and (self.device == other.device or not runs_on)
            and (self.machine == other.machine or "" in (self.machine, other.machine))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """What the file says: the key of the installation, how many sends it has frozen, and of which database."""

    key: str
    sends: int
    origin: Origin

    def write(self, database: Path) -> None:
        """Put it beside the database, whole or not at all, and on the disk.

        Raises StoreError, FullError where there is no room.
        """
        path = marker_path(database)
        unfinished = path.with_name(f".{path.name}.part")
        try:
            unfinished.unlink(missing_ok=True)  # of somebody else, perhaps, whose file one may not write
            with unfinished.open("x", encoding="utf-8") as file:
                json.dump(asdict(self), file, indent=2)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as err:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            refused = FullError if err.errno in (errno.ENOSPC, errno.EDQUOT) else StoreError
            raise refused(
                f"{path} cannot be written: {err.strerror}",
                hint="see that there is room and that you may write there; no mail goes out without it",
            ) from err


def read_marker(database: Path) -> Marker | None:
    """The marker of a database, if it has one. Raises StoreError where it cannot be read."""
    path = marker_path(database)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Marker(key=str(found["key"]), sends=int(found["sends"]), origin=Origin(**found["origin"]))
    except FileNotFoundError:
        return None
    except OSError as err:
        raise StoreError(f"{path} cannot be read: {err.strerror}", hint="see that you may read it") from err
    except (ValueError, TypeError, KeyError, RecursionError) as err:
        raise StoreError(
            f"{path} is damaged", hint="put it back from a copy, or remove it and run `newsletter db adopt`"
        ) from err


def marker_path(database: Path) -> Path:
    """Where the marker of a database is."""
    return database.with_name(f"{database.name}.installation")


_BOOT = Path("/proc/sys/kernel/random/boot_id")
_MACHINE = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


def _machine() -> str:
    # machine-id(5): the id itself is not to be given away; a keyed hash of it, for each program another, may be.
    found = next(filter(None, map(_text, _MACHINE)), "")
    return hmac.new(found.encode(), b"newsletter installation", hashlib.sha256).hexdigest()[:32] if found else ""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
