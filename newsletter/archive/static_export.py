"""Write the archive as static files: the folder ends up with these pages and no others."""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from newsletter.archive.pages import Page
from newsletter.errors import NewsletterError, UsageError
from newsletter.files.atomic_write import write_file
from newsletter.files.temporary_files import PART

LASTING = "images/"
LISTED = ".newsletter-archive.json"


class ForeignFilesError(UsageError):
    """A folder for the archive that has files which no build wrote."""

    code = "archive-folder-foreign"

    def __init__(self, *, folder: Path) -> None:
        self.folder = folder
        super().__init__(
            f"{folder} contains files that don't belong to the archive",
            hint="choose a new or empty folder, or the folder of the previous build",
        )


class ArchiveBusyError(NewsletterError):
    """A folder that another process is building the archive in."""

    code = "archive-busy"

    def __init__(self, *, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"another process is building the archive in {folder}", hint="wait until it has finished")


def build(folder: Path, pages: Iterable[Page]) -> Mapping[str, int]:
    """Write new and changed pages, and remove pages of the previous build that are gone.

    Pictures stay, as messages that were sent name them.

    Return the numbers of pages ``written``, ``kept`` and ``removed``. Raise ForeignFilesError if the folder contains
    files that no build wrote, and ArchiveBusyError if another build is writing to it.
    """
    _refuse_foreign_files(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        return _build(folder, pages)


def _build(folder: Path, pages: Iterable[Page]) -> Mapping[str, int]:
    before = _before(folder)
    files = {_file(page.path): page for page in pages}
    lasting = {name for name in before if name.startswith(LASTING)}
    _list(folder, before.union(files))  # if this build dies, the next one knows which files are its own
    written = 0
    for name, page in files.items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != page.body:
            path.parent.mkdir(parents=True, exist_ok=True)
            # The next build writes a page again that a power cut emptied, and replaces what a killed build left.
            write_file(path, page.body, part=path.with_name(f".{path.name}{PART}"), sync=False)
            written += 1
    gone = before.difference(files, lasting)
    for name in gone:
        path = folder / name
        path.unlink(missing_ok=True)
        for above in path.parents:
            if above == folder or not above.is_relative_to(folder) or any(above.iterdir()):
                break
            above.rmdir()
    _list(folder, lasting.union(files))
    return {"written": written, "kept": len(files) - written, "removed": len(gone)}


def _file(path: str) -> str:
    """Return the file that a web server serves for a path."""
    return path.removeprefix("/") + ("index.html" if path.endswith("/") else "")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a lock on a folder, where its file system has locks. Raise ArchiveBusyError if it is held."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as err:
                raise ArchiveBusyError(folder=folder) from err
        yield
    finally:
        os.close(handle)


def _refuse_foreign_files(folder: Path) -> None:
    if (folder / LISTED).is_file() or not folder.exists():
        return
    if not folder.is_dir() or any(not file.name.startswith(".") for file in folder.iterdir()):
        raise ForeignFilesError(folder=folder)


def _before(folder: Path) -> set[str]:
    """Return the names of the files that the previous build has written, or was going to write."""
    listed = folder / LISTED
    if not listed.is_file():
        return set()
    names = json.loads(listed.read_text(encoding="utf-8"))
    return {name for name in names if (folder / name).resolve().is_relative_to(folder.resolve())}


def _list(folder: Path, names: Iterable[str]) -> None:
    write_file(folder / LISTED, json.dumps(sorted(names), indent=1).encode(), part=folder / f"{LISTED}{PART}")
