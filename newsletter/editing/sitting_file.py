"""The file that notes unfinished sittings, so that the next process can commit what a killed one has left."""

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from newsletter.files.atomic_write import write_file
from newsletter.files.cache_folder import CACHE, make_cache_folder
from newsletter.git import Identity

_NAME = "sitting.json"


def write_noted(root: Path, sittings: Mapping[Identity, Collection[str]]) -> None:
    """Note the files that each author has changed. Never fails: only a killed process's authors would be lost."""
    noted = [
        {"name": author.name, "address": author.address, "paths": sorted(paths)} for author, paths in sittings.items()
    ]
    with suppress(OSError):
        make_cache_folder(root / CACHE)
        content = json.dumps({"sittings": noted}, ensure_ascii=False, indent=1)
        write_file(root / CACHE / _NAME, content.encode(), private=True, sync=False)


def read_noted(root: Path) -> dict[Identity, set[str]]:
    """Return the files that each author had changed when they were noted, or nothing if the file can't be read."""
    try:
        noted = json.loads((root / CACHE / _NAME).read_bytes())["sittings"]
        return dict(_parsed(sitting) for sitting in noted if sitting["paths"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def _parsed(noted: Mapping[str, object]) -> tuple[Identity, set[str]]:
    paths = noted["paths"]
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise TypeError("paths are a list of texts")
    return Identity(name=str(noted["name"]), address=str(noted["address"])), set(paths)
