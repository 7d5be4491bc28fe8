"""The file that notes unfinished sittings, so that the next process can commit what a killed one has left.

The folder may have come from somebody else, so a note is only believed about manuscripts and settings, and nothing in
it or in its place (a pipe, a huge file) can stop the program.
"""

import json
import os
import stat
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from newsletter.files.atomic_write import write_file
from newsletter.files.cache_folder import CACHE, make_cache_folder
from newsletter.files.newsletter_folder import SETTINGS_FILE
from newsletter.git import Identity

_NAME = "sitting.json"
_LONGEST = 1024 * 1024  # bytes


def read_noted(root: Path) -> dict[Identity, set[str]]:
    """Return the manuscripts that each author's unfinished sitting has changed, as a killed process has noted them."""
    try:
        noted = json.loads(_read(root / CACHE / _NAME, _LONGEST))["sittings"]
        sittings = dict(_parsed(sitting) for sitting in noted)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}
    return {author: paths for author, paths in sittings.items() if paths}


def write_noted(root: Path, sittings: Mapping[Identity, Collection[str]]) -> None:
    """Note the sittings. If that fails, only the authors of a killed process's changes would be lost."""
    noted = [
        {"name": author.name, "address": author.address, "paths": sorted(paths)} for author, paths in sittings.items()
    ]
    with suppress(OSError):
        make_cache_folder(root / CACHE)
        content = json.dumps({"sittings": noted}, ensure_ascii=False, indent=1)
        path = root / CACHE / _NAME
        if path.exists() and not path.is_file():  # writing to a pipe would never end
            path.unlink()
        write_file(path, content.encode("utf-8", "replace"), private=True, sync=False)


def text_now(path: Path) -> str | None:
    """Return the text of a file, or None if there is no regular file or it can't be read."""
    try:
        return _read(path, _LONGEST).decode("utf-8", "replace")
    except OSError:
        return None


def _read(path: Path, limit: int) -> bytes:
    """Return at most ``limit`` bytes of a regular file. Raise OSError; a pipe would never end."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError("not a regular file")
        return file.read(limit)


def _parsed(noted: Mapping[str, object]) -> tuple[Identity, set[str]]:
    paths = noted["paths"]
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise TypeError("paths are a list of texts")
    author = Identity(name=str(noted["name"]), address=str(noted["address"]))
    return author, {path for path in paths if _is_manuscript(path)}


def _is_manuscript(path: str) -> bool:
    hidden = any(part.startswith((".", "/")) for part in PurePosixPath(path).parts)
    return (path.endswith(".md") or path == SETTINGS_FILE) and path.isprintable() and not hidden
