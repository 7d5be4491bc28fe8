"""Static files that browsers keep: their path has their version, so a changed file has another path.

A page has dozens of scripts and styles. Without this a browser asks for each of them again with every page. The scripts
import each other by relative paths, so a folder has one version.
"""

import hashlib
from functools import cache
from os import PathLike
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response

_KEPT = "private, max-age=31536000, immutable"  # a year: RFC 8246


class _KeptFiles(StaticFiles):
    def file_response(self, full_path: str | PathLike[str], *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(full_path, *args, **kwargs)
        response.headers["Cache-Control"] = _KEPT
        return response


def mount_kept(app: FastAPI, path: str, folder: Path) -> None:
    """Serve a folder's files below ``path``, and below ``kept_path`` so that browsers keep them."""
    app.mount(kept_path(path, folder), _KeptFiles(directory=folder))
    app.mount(path, StaticFiles(directory=folder))


@cache
def kept_path(path: str, folder: Path) -> str:
    """Return ``path`` with the version that the folder's files had when it was first asked for."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            digest.update(f"{file.relative_to(folder).as_posix()}\0".encode())
            digest.update(file.read_bytes())
    return f"{path}/{digest.hexdigest()[:16]}"
