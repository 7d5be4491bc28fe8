"""Write files completely or not at all: under a temporary name first, synced to the disk, then renamed.

All functions raise OSError, which names the file that the caller asked for and not the temporary one.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from newsletter.files.devices import open_in_place
from newsletter.files.temporary_files import TemporaryFile


class UnfinishedFile:
    """A context with a new file that gets its name by ``replace`` or ``create``, and is deleted without either.

    With ``private``, only its owner can read it; otherwise the umask decides. Its temporary name is unique, so that
    several processes can write the same file and the last one wins; the next write removes what killed processes left.
    If only one process at a time writes the file, you can give a fixed temporary name as ``part``.

    A device, a pipe or an open file, such as /dev/null or /dev/stdout, is written to and never replaced.
    """

    def __init__(self, path: Path, *, private: bool = False, part: Path | None = None) -> None:
        self.path = path
        if path.name in ("", ".."):  # the current folder, the root, or an empty argument
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        self._temporary: TemporaryFile | None = None
        with _naming(path):
            in_place = open_in_place(path)
            if in_place is not None:
                self.file: BinaryIO = in_place
                return
            self._temporary = TemporaryFile(path, private=private, part=part)
            self.file = self._temporary.file

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._temporary is not None:
            self._temporary.close()
            return
        with suppress(OSError):
            self.file.close()

    def replace(self, *, sync: bool = True, sync_name: bool = True) -> None:
        """Give the file its name, replacing any file that has it.

        Without ``sync``, a power cut may leave an empty file; without ``sync_name``, one may undo the renaming.
        """
        with _naming(self.path):
            if self._temporary is None:
                self._finish(sync=False)  # most devices can't be synced
                return
            self._finish(sync=sync)
            self._temporary.part.replace(self.path)
            if sync and sync_name:
                sync_folder(self.path.parent)

    def create(self) -> bool:
        """Give the file its name, and return False if there is a file with that name, which stays as it is."""
        if self._temporary is None:
            return False
        with _naming(self.path):
            self._finish()
            try:
                os.link(self._temporary.part, self.path)  # a hard link never replaces
            except FileExistsError:
                return False
            except OSError:  # a file system without hard links: exFAT, some network shares
                if os.path.lexists(self.path):
                    return False
                self._temporary.part.replace(self.path)
            sync_folder(self.path.parent)
        return True

    def _finish(self, *, sync: bool = True) -> None:
        self.file.flush()
        if sync:
            os.fsync(self.file.fileno())
        self.file.close()


def write_file(
    path: Path,
    content: bytes,
    *,
    private: bool = False,
    part: Path | None = None,
    sync: bool = True,
    sync_name: bool = True,
) -> None:
    """Write a file, replacing any file with its name. The options are those of ``UnfinishedFile``."""
    with UnfinishedFile(path, private=private, part=part) as unfinished:
        _fill(unfinished, content)
        unfinished.replace(sync=sync, sync_name=sync_name)


def write_files(contents: Mapping[Path, bytes], *, private: bool = False) -> None:
    """Write files that belong together, given their contents by path; none is replaced until all are written."""
    with ExitStack() as stack:
        files = [stack.enter_context(UnfinishedFile(path, private=private)) for path in contents]
        for unfinished in files:
            _fill(unfinished, contents[unfinished.path])
        for unfinished in files:
            unfinished.replace()


def create_file(path: Path, content: bytes) -> bool:
    """Write a new file, and return False if there is a file with its name, which stays as it is."""
    with UnfinishedFile(path) as unfinished:
        _fill(unfinished, content)
        return unfinished.create()


def rewrite_file(path: Path, content: bytes, *, unless: Callable[[], bool]) -> bool:
    """Replace a file's content, and keep its permissions and, as far as the system allows it, its owner.

    ``unless`` is called last, when the content is on the disk already; if it returns True, for example because somebody
    else has just written the file, leave the file alone and return False.
    """
    with UnfinishedFile(path) as unfinished:
        _fill(unfinished, content)
        with _naming(path):
            handle, status = unfinished.file.fileno(), path.stat()
            with suppress(PermissionError):  # only root may give files away
                os.fchown(handle, status.st_uid, status.st_gid)
            os.fchmod(handle, stat.S_IMODE(status.st_mode))
            os.fsync(handle)
        if unless():
            return False
        unfinished.replace()
    return True


def sync_folder(folder: Path) -> None:
    """Sync the names of a folder's files to the disk, where the file system and the folder's permissions allow it."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # a folder that we may write to but not list
        return
    try:
        os.fsync(handle)
    except OSError as err:
        if err.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network shares can't sync folders
            raise
    finally:
        os.close(handle)


def _fill(unfinished: UnfinishedFile, content: bytes) -> None:
    with _naming(unfinished.path):
        unfinished.file.write(content)
        unfinished.file.flush()


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as err:  # it names the temporary file, or none if the disk is full
        raise OSError(err.errno, err.strerror, str(path)) from err
