"""Write the archive as static files: the folder ends up with these pages and no others."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from newsletter.archive.pages import Page
from newsletter.errors import UsageError
from newsletter.files.atomic_write import write_file
from newsletter.files.temporary_files import PART

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


def build(folder: Path, pages: Iterable[Page]) -> Mapping[str, int]:
    """Write new and changed pages, and remove pages of the previous build that are gone.

    Return the numbers of pages ``written``, ``kept`` and ``removed``. Raise ForeignFilesError if the folder contains
    files that no build wrote.
    """
    before = _before(folder)
    files = {_file(page.path): page for page in pages}
    _list(folder, before.union(files))  # if this build dies, the next one knows which files are its own
    written = 0
    for name, page in files.items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != page.body:
            path.parent.mkdir(parents=True, exist_ok=True)
            # The next build writes a page again that a power cut emptied, and replaces what a killed build left.
            write_file(path, page.body, part=path.with_name(f".{path.name}{PART}"), sync=False)
            written += 1
    gone = before.difference(files)
    for name in gone:
        path = folder / name
        path.unlink(missing_ok=True)
        for above in path.parents:
            if above == folder or not above.is_relative_to(folder) or any(above.iterdir()):
                break
            above.rmdir()
    _list(folder, files)
    return {"written": written, "kept": len(files) - written, "removed": len(gone)}


def _file(path: str) -> str:
    """Return the file that a web server serves for a path."""
    return path.removeprefix("/") + ("index.html" if path.endswith("/") else "")


def _before(folder: Path) -> set[str]:
    listed = folder / LISTED
    if listed.is_file():
        names = json.loads(listed.read_text(encoding="utf-8"))
        return {name for name in names if (folder / name).resolve().is_relative_to(folder.resolve())}
    if folder.exists() and (not folder.is_dir() or any(not file.name.startswith(".") for file in folder.iterdir())):
        raise ForeignFilesError(folder=folder)
    folder.mkdir(parents=True, exist_ok=True)
    return set()


def _list(folder: Path, names: Iterable[str]) -> None:
    write_file(folder / LISTED, json.dumps(sorted(names), indent=1).encode(), part=folder / f"{LISTED}{PART}")
