"""A newsletter's pictures: prepared when they are first needed, then known by their files' state."""

import hashlib
import os
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from newsletter.domain.pictures import PICTURE_NAME, Picture, UnusablePicture
from newsletter.domain.topics import slug_of
from newsletter.errors import NotFoundError
from newsletter.files.file_state import FileState, file_states
from newsletter.files.newsletter_folder import IMAGES, PREPARED_PICTURES
from newsletter.pictures.limits import LARGEST_FILE
from newsletter.pictures.records import DIGEST_DIGITS, PictureRecords
from newsletter.pictures.source_files import SourceState, source_file, source_names, source_state, unreadable

AT_ONCE = 4  # pictures that are prepared together: the largest take 200 MB each
LIST_EVERY = 2.0  # seconds until another request for an unknown picture looks for new files


class UnknownPictureError(NotFoundError):
    """A picture that no file of the editor has; ``name`` is the name in its address."""

    code = "picture-unknown"

    def __init__(self, *, name: str) -> None:
        self.name = name
        super().__init__("there is no such picture", hint="reload the page")


class PictureLibrary:
    """The pictures in a newsletter's folder, which several threads may look up.

    A picture's name begins with the digest of the editor's file, not of the prepared one: then every machine, whatever
    its version of Pillow, gives it the same address, and a message that was sent keeps its picture.
    """

    def __init__(self, root: Path, *, every: float = LIST_EVERY) -> None:
        self._root, self._every = root, every
        self._records = PictureRecords(root / PREPARED_PICTURES)
        self._seen: dict[str, tuple[Path, SourceState, Picture | UnusablePicture]] = {}
        self._listed: tuple[frozenset[FileState], dict[str, str]] = (frozenset(), {})
        self._listed_at = -every
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}  # each file is prepared by one thread

    def picture(self, image: str) -> Picture | UnusablePicture:
        """Return the picture in a file of the folder of pictures, prepared if it is new, or why it can't be used."""
        if (known := self._seen.get(image)) is not None:
            path, state, result = known
            with suppress(OSError):  # it was deleted or renamed
                if source_state(path) == state:
                    return result
        return self._looked_up(image)

    def prepare_all(self, images: Iterable[str]) -> None:
        """Prepare those of the pictures that are new, several at once."""
        new = [image for image in dict.fromkeys(images) if image not in self._seen and self._recorded(image) is None]
        if len(new) > 1:
            with ThreadPoolExecutor(min(AT_ONCE, os.cpu_count() or 1)) as pool:
                list(pool.map(self.picture, new))

    def content(self, name: str) -> bytes | None:
        """Return the bytes of a published picture, or None if no file has this digest.

        They are prepared if they are missing here: another machine may have sent the message that names them.
        """
        if not PICTURE_NAME.fullmatch(name):
            return None
        digest, ending = name[:DIGEST_DIGITS], name.rpartition(".")[2]
        content = self._records.content(f"{digest}.{ending}")
        if content is not None:
            return content
        with self._lock:
            image = self._by_digest().get(digest)
        if image is not None:
            self._looked_up(image)
        return self._records.content(f"{digest}.{ending}")

    def _looked_up(self, image: str) -> Picture | UnusablePicture:
        with self._lock:
            lock = self._locks.setdefault(image, threading.Lock())
        with lock:
            return self._recorded(image) or self._read(image)

    def _recorded(self, image: str) -> Picture | UnusablePicture | None:
        """Return the result of preparing a file in its present state, if it is recorded, or why it can't be read."""
        path = source_file(self._root, image)
        if isinstance(path, UnusablePicture):
            return path
        try:
            state = source_state(path)
        except OSError as err:
            return unreadable(image, err)
        digest = self._records.digest(image, state)
        outcome = self._records.outcome(digest) if digest else None
        return self._named(image, path, state, outcome) if outcome else None

    def _read(self, image: str) -> Picture | UnusablePicture:
        path = source_file(self._root, image)
        if isinstance(path, UnusablePicture):
            return path
        try:
            state = source_state(path)
            if state.size > LARGEST_FILE:
                what = f"{IMAGES}/{image} is larger than {LARGEST_FILE // 1_000_000} MB"
                return UnusablePicture(rule="image-huge", what=what, hint="export it smaller")
            digest = self._digest(image, path, state)
            outcome = self._records.outcome(digest) or self._prepared(digest, path.read_bytes())
        except OSError as err:
            return unreadable(image, err)
        return self._named(image, path, state, outcome)

    def _named(
        self, image: str, path: Path, state: SourceState, outcome: Picture | UnusablePicture
    ) -> Picture | UnusablePicture:
        """Return the result of preparing a file under the editor's name for it, and remember it."""
        result: Picture | UnusablePicture
        if isinstance(outcome, Picture):
            result = replace(outcome, name=_published_name(outcome.name, image))
        else:
            result = replace(outcome, what=f"{IMAGES}/{image} {outcome.what}")
        self._seen[image] = (path, state, result)
        return result

    def _digest(self, image: str, path: Path, state: SourceState) -> str:
        digest = self._records.digest(image, state)
        if digest is None:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()[:DIGEST_DIGITS]
            self._records.remember_digest(image, state, digest)
        return digest

    def _prepared(self, digest: str, content: bytes) -> Picture | UnusablePicture:
        from newsletter.pictures import preparing

        prepared = preparing.prepare(content)
        if isinstance(prepared, UnusablePicture):
            self._records.remember_outcome(digest, prepared)
            return prepared
        picture = Picture(
            name=f"{digest}.{prepared.ending}",
            width=prepared.width,
            height=prepared.height,
            original_width=prepared.original_width,
            animated=prepared.animated,
        )
        self._records.remember_outcome(digest, picture, prepared.content)
        return picture

    def _by_digest(self) -> dict[str, str]:
        """Return the names of all files by their digests."""
        if time.monotonic() - self._listed_at < self._every:  # anybody may request names that don't exist
            return self._listed[1]
        states = file_states((self._root / IMAGES,))
        if states != self._listed[0]:
            names = {}
            for image in source_names(self._root):
                path = source_file(self._root, image)
                if isinstance(path, UnusablePicture):
                    continue
                with suppress(OSError):
                    state = source_state(path)
                    if state.size <= LARGEST_FILE:
                        names[self._digest(image, path, state)] = image
            self._listed = (states, names)
        self._listed_at = time.monotonic()
        return self._listed[1]


@lru_cache(maxsize=16)
def picture_library(root: Path) -> PictureLibrary:
    """Return the library of a newsletter's folder: one for each process, so that it looks up each file once."""
    return PictureLibrary(root)


MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png"}


def media_type(name: str) -> str:
    """Return the media type of a published picture."""
    return MEDIA_TYPES[name.rpartition(".")[2]]


def _published_name(name: str, image: str) -> str:
    """Return the name of the published file, given the digest with its ending and the name of the editor's file."""
    digest, _, ending = name.rpartition(".")
    return f"{digest}-{slug_of(Path(image).stem)}.{ending}"
