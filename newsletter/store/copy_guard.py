"""A marker file beside an SQLite database that tells it from its copies and earlier states.

Copying, moving or restoring one of the two files leaves the other as it was; copying both gives them new inodes.
"""

import errno
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from newsletter.errors import FullError, StoreError
from newsletter.files import library_errors
from newsletter.files.atomic_write import write_file
from newsletter.files.temporary_files import PART


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The identity of a database's file: its inode and device, and the machine it is on.

    Device numbers are only compared within one boot, since a reboot may change them. ``boot`` and ``machine`` are
    empty on systems that don't provide them.
    """

    inode: int
    device: int
    boot: str
    machine: str

    @classmethod
    def of(cls, database: Path) -> Self:
        """Return the origin of a database's file as it is now."""
        status = database.stat()
        return cls(inode=status.st_ino, device=status.st_dev, boot=_text(_BOOT), machine=_machine())

    def same(self, other: Self) -> bool:
        """Return whether both are the same file, as far as can be told."""
        same_boot = self.boot == other.boot != ""
        return (
            self.inode == other.inode
            and (self.device == other.device or not same_boot)
            and (self.machine == other.machine or "" in (self.machine, other.machine))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """The content of the marker file: the installation's key, its number of frozen sends, and its database's origin."""

    key: str
    sends: int
    origin: Origin

    def write(self, database: Path) -> None:
        """Write the marker beside the database, atomically, and sync it to the disk.

        Raises FullError if the disk is full, otherwise StoreError.
        """
        path = marker_path(database)
        content = json.dumps(asdict(self), indent=2).encode()
        try:  # within a transaction that writes, so that no other process writes it; a killed one may have begun to
            write_file(path, content, part=path.with_name(f".{path.name}{PART}"))
        except OSError as err:
            kind = FullError if err.errno in (errno.ENOSPC, errno.EDQUOT) else StoreError
            raise kind(
                f"{path} cannot be written, and no mail goes out without it: {library_errors.of_system(err)}",
                hint="make sure the disk has space and you may write there",
            ) from err


class DamagedMarkerError(StoreError):
    """A marker that can't be understood, so that nobody knows what was sent from its database."""

    code = "marker-damaged"

    def __init__(self, *, path: Path) -> None:
        self.path = path
        super().__init__(
            f"{path} is damaged", hint="restore it from a backup, or remove it and adopt the database beside it"
        )


def read_marker(database: Path) -> Marker | None:
    """Return the marker of a database, or None if it has none. Raises StoreError if it can't be read."""
    path = marker_path(database)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return Marker(key=str(data["key"]), sends=int(data["sends"]), origin=Origin(**data["origin"]))
    except FileNotFoundError:
        return None
    except OSError as err:
        raise StoreError(
            f"{path} cannot be read: {library_errors.of_system(err)}", hint="make sure you may read it"
        ) from err
    except (ValueError, TypeError, KeyError, RecursionError) as err:
        raise DamagedMarkerError(path=path) from err


def marker_path(database: Path) -> Path:
    """Return the path of a database's marker."""
    return database.with_name(f"{database.name}.installation")


_BOOT = Path("/proc/sys/kernel/random/boot_id")
_MACHINE = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


def _machine() -> str:
    # machine-id(5): keep the id itself confidential; derive an application-specific id from it by a keyed hash.
    machine = next(filter(None, map(_text, _MACHINE)), "")
    return hmac.new(machine.encode(), b"newsletter installation", hashlib.sha256).hexdigest()[:32] if machine else ""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
