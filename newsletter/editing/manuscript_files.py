"""Read and replace one manuscript, and notice programs that write it without the newsletter's lock."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from newsletter.content import FileKind, UnreadableFileError, kind_of
from newsletter.content.files import FILE_LIMIT, decoded, file_error
from newsletter.content.source_text import with_line_feeds
from newsletter.content.writing import NotUnicodeError
from newsletter.editing.errors import FileGoneError, TooLongError, UneditablePathError, UnsavedError, unsaved
from newsletter.editing.values import digest_of
from newsletter.errors import Finding
from newsletter.files import library_errors
from newsletter.files.atomic_write import create_file, rewrite_file
from newsletter.files.newsletter_folder import SETTINGS_FILE

_FORBIDDEN = frozenset("\x00\\")
_MARK = "\ufeff"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManuscriptPlace:
    """A manuscript's place: its path in the newsletter's folder, its kind, and the file itself behind any links.

    newsletter.toml has no kind.
    """

    path: str
    kind: FileKind | None
    file: Path

    def paths(self, root: Path) -> tuple[str, ...]:
        """Return its path and, if that is a link, the path of the file itself."""
        return tuple(dict.fromkeys((self.path, self.file.relative_to(root.resolve()).as_posix())))


@dataclass(frozen=True, slots=True, kw_only=True)
class ManuscriptFile:
    """A manuscript as it was read: its bytes, and the state of the file, to notice whether it has changed since."""

    place: ManuscriptPlace
    data: bytes
    state: tuple[int, ...]

    @property
    def digest(self) -> str:
        """Return the digest of its bytes."""
        return digest_of(self.data)

    @property
    def text(self) -> str:
        """Return its text with its own line ends. Raise UnreadableFileError if it is too large or not UTF-8."""
        text = decoded(self.data, self.place.path)
        if isinstance(text, Finding):
            raise UnreadableFileError([text])
        return text

    @property
    def is_text(self) -> bool:
        """Return whether its text can be read."""
        return isinstance(decoded(self.data, self.place.path), str)


def in_style_of(data: bytes, text: str) -> str:
    """Return a text from a form with the line ends and the byte order mark of a file."""
    plain = with_line_feeds(text)
    if data.startswith(_MARK.encode()) and not plain.startswith(_MARK):
        plain = _MARK + plain
    pairs = data.count(b"\r\n")
    return plain.replace("\n", "\r\n") if pairs and 2 * pairs >= data.count(b"\n") else plain


def manuscript_place(root: Path, path: str) -> ManuscriptPlace:
    """Return the place of a manuscript or newsletter.toml, given by a path relative to the newsletter's folder.

    The file need not exist. Raise UneditablePathError for anything that isn't read as a manuscript, and
    UnreadableFileError for a link that leads out of the folder.
    """
    parts = PurePosixPath(path).parts
    normal = "/".join(parts)
    kind = kind_of(normal)
    hidden = any(part.startswith(".") or part == "/" for part in parts)
    if (kind is None and normal != SETTINGS_FILE) or hidden or _FORBIDDEN.intersection(path):
        raise UneditablePathError(path=path)
    try:
        file = (root / normal).resolve()
    except (OSError, RuntimeError) as err:  # a link that leads to itself
        raise UneditablePathError(path=path) from err
    if not file.is_relative_to(root.resolve()):
        what = "a link that leads out of the newsletter's folder"
        raise UnreadableFileError([file_error("file-outside", normal, 1, what, "copy the file here")])
    inside = file.relative_to(root.resolve())
    suffix = ".md" if kind else ".toml"
    if file.suffix != suffix or any(part.startswith(".") for part in inside.parts):  # settings, or git's own files
        what = "a link to a file that is no manuscript"
        raise UnreadableFileError([file_error("file-outside", normal, 1, what, "remove the link")])
    return ManuscriptPlace(path=normal, kind=kind, file=file)


def read_manuscript(place: ManuscriptPlace) -> ManuscriptFile:
    """Return a manuscript. Raise FileGoneError if there is none, and UnreadableFileError if it can't be read."""
    try:
        handle = os.open(place.file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)  # a pipe would never end
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise _unreadable(place, "not a readable file", "put a text file here")
            return ManuscriptFile(place=place, data=file.read(FILE_LIMIT + 1), state=_state(status))
    except (FileNotFoundError, NotADirectoryError) as err:
        raise FileGoneError(path=place.path) from err
    except OSError as err:
        what = f"cannot be read: {library_errors.of_system(err)}"
        raise _unreadable(place, what, "fix the file or its permissions") from err


def replace_manuscript(file: ManuscriptFile, text: str) -> bytes | None:
    """Replace a manuscript's text and return the bytes of the file; None if somebody else has written it meanwhile.

    Raise TooLongError or NotUnicodeError, and UnsavedError if the system refuses; the file then stays as it was.
    """
    place = file.place
    data = encoded(place.path, text)
    try:
        if place.file.exists() and not os.access(place.file, os.W_OK):
            hint = "change the permissions of the file, and save again"
            raise UnsavedError(path=place.path, reason="the file is read-only", hint=hint)
        return data if rewrite_file(place.file, data, unless=lambda: _has_changed(file)) else None
    except FileNotFoundError:
        return None
    except OSError as err:
        raise unsaved(place.path, err) from err


def create_manuscript_file(place: ManuscriptPlace, text: str) -> bytes | None:
    """Write a manuscript that doesn't exist and return its bytes; None if it does. Raise as ``replace_manuscript``."""
    data = encoded(place.path, text)
    try:
        place.file.parent.mkdir(parents=True, exist_ok=True)
        return data if create_file(place.file, data) else None
    except OSError as err:
        raise unsaved(place.path, err) from err


def encoded(path: str, text: str) -> bytes:
    """Return a manuscript's bytes. Raise TooLongError if they are too many to be read again, or NotUnicodeError."""
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError as err:  # half a surrogate pair
        raise NotUnicodeError(position=err.start) from err
    if len(data) > FILE_LIMIT:
        raise TooLongError(path=path, limit=FILE_LIMIT)
    return data


def _has_changed(file: ManuscriptFile) -> bool:
    try:
        return _state(file.place.file.lstat()) != file.state
    except OSError:
        return True


def _state(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _unreadable(place: ManuscriptPlace, what: str, hint: str) -> UnreadableFileError:
    return UnreadableFileError([file_error("file-unreadable", place.path, 1, what, hint)])
