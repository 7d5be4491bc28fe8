"""Records of prepared pictures on disk, so that no file is read or decoded twice, whichever process needs it."""

import hashlib
import json
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from newsletter.domain.pictures import Picture, UnusablePicture
from newsletter.files.atomic_write import write_file
from newsletter.files.cache_folder import make_cache_folder
from newsletter.pictures.limits import RECIPE
from newsletter.pictures.source_files import SourceState

DIGEST_DIGITS = 16


class PictureRecords:
    """A folder of prepared pictures and of records: the digest of each file, and the result of preparing it.

    It is a cache: without it, everything is prepared again. If nothing can be written to the folder, a temporary one
    is used as well. Prepared pictures have the digest of the editor's file as their name here.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._lock = threading.Lock()  # guards the next one
        self._spare: tempfile.TemporaryDirectory[str] | None = None  # deleted when the process ends

    def digest(self, image: str, state: SourceState) -> str | None:
        """Return the digest of an editor's file if it is known in this state."""
        record = self._read(_source(image))
        return str(record["digest"]) if record and record.get("state") == list(state) else None

    def remember_digest(self, image: str, state: SourceState, digest: str) -> None:
        """Record the digest of an editor's file in a state."""
        self._write(_source(image), _json({"image": image, "state": list(state), "digest": digest}))

    def outcome(self, digest: str) -> Picture | UnusablePicture | None:
        """Return the result of preparing a file, or None if it has to be prepared."""
        record = self._read(f"{digest}.json")
        if record is None or record.get("recipe") != RECIPE:
            return None
        with suppress(TypeError, KeyError):
            if not record["usable"]:
                return UnusablePicture(**record["outcome"])
            picture = Picture(**record["outcome"])
            return picture if any(map(os.path.isfile, self._paths(picture.name))) else None
        return None

    def remember_outcome(self, digest: str, outcome: Picture | UnusablePicture, content: bytes = b"") -> None:
        """Record the result of preparing a file, and keep the prepared picture."""
        if isinstance(outcome, Picture):
            self._write(outcome.name, content)
        record = {"recipe": RECIPE, "usable": isinstance(outcome, Picture), "outcome": asdict(outcome)}
        self._write(f"{digest}.json", _json(record))

    def content(self, name: str) -> bytes | None:
        """Return the bytes of a prepared picture, or None if there is none of this name."""
        for path in self._paths(name):
            with suppress(OSError), open(path, "rb") as file:  # noqa: PTH123  a Path takes longer than the reading
                return file.read()
        return None

    def _paths(self, name: str) -> Iterator[str]:
        yield f"{self._folder}/{name}"
        if self._spare is not None:
            yield f"{self._spare.name}/{name}"

    def _read(self, name: str) -> dict[str, Any] | None:
        content = self.content(name)
        with suppress(ValueError):
            record = json.loads(content or b"")
            return record if isinstance(record, dict) else None
        return None

    def _write(self, name: str, content: bytes) -> None:
        """Write a file, in the temporary folder if need be. After a power cut it may be empty, which is no loss."""
        try:
            folder = Path(self._folder)
            make_cache_folder(folder)
            write_file(folder / name, content, sync=False)
        except OSError:  # a folder that this user may only read, or a full disk
            with self._lock:
                self._spare = self._spare or _temporary_folder()
            write_file(Path(self._spare.name) / name, content, sync=False)


def _temporary_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="newsletter-pictures-", ignore_cleanup_errors=True)


def _source(image: str) -> str:
    return f"source-{hashlib.sha256(image.encode('utf-8', 'surrogateescape')).hexdigest()[:DIGEST_DIGITS]}.json"


def _json(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode()
