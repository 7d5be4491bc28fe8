"""Find editors' files in the folder of pictures, by the names that entries and blocks give them."""

import os
import re
import stat
import unicodedata
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from newsletter.domain.pictures import UnusablePicture
from newsletter.files import library_errors
from newsletter.files.newsletter_folder import IMAGES

_STRAY = re.compile(r"[\\\0]|(?:^|/)\.|/$|^/|//")
_HOST = re.compile(r"(?:www\.|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/)", re.IGNORECASE)


class SourceState(NamedTuple):
    """The state of an editor's file, which differs after each save."""

    inode: int
    size: int
    modified: int
    changed: int


def source_file(root: Path, image: str) -> Path | UnusablePicture:
    """Return the file of a picture; it may have been deleted meanwhile."""
    if _STRAY.search(image):
        what = f'"{image}" isn\'t the name of a file in {IMAGES}/'
        return UnusablePicture(rule="image-missing", what=what, hint="write it like harbour.jpg or spring/harbour.jpg")
    path = root / IMAGES / image
    try:
        regular = stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        names = source_names(root)
        same = [name for name in names if _composed(name) == _composed(image)]  # macOS decomposes accents
        if not same:
            return UnusablePicture(
                rule="image-missing", what=f"there is no file {IMAGES}/{image}", hint=_hint(image, names)
            )
        path, regular = root / IMAGES / same[0], False
    if not (_is_folder_inside(root, path.parent) if regular else _is_inside(root, path)):
        what = f"{IMAGES}/{image} is a link that leads out of the newsletter's folder"
        return UnusablePicture(rule="file-outside", what=what, hint="copy the file here")
    return path


def _is_inside(root: Path, path: Path) -> bool:
    """Return whether a path leads to something in the newsletter's folder, or to nowhere."""
    real = os.path.realpath(path)
    return not os.path.lexists(real) or Path(real).is_relative_to(os.path.realpath(root))


# Resolving a path takes as long as all the rest, and most pictures are in the same folder.
_is_folder_inside = lru_cache(maxsize=256)(_is_inside)


def source_state(path: Path) -> SourceState:
    """Return the state of a file. Raise OSError if it isn't a readable file."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise IsADirectoryError(None, "not a file")
    return SourceState(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def unreadable(image: str, err: OSError) -> UnusablePicture:
    """Return what is wrong with a file that can't be read."""
    why = library_errors.of_system(err) if err.errno else str(err.strerror)
    what = f"{IMAGES}/{image} can't be read: {why}"
    return UnusablePicture(rule="file-unreadable", what=what, hint="fix the file or its permissions")


def source_names(root: Path) -> list[str]:
    """Return the names of all files in the folder of pictures and its subfolders, without hidden ones."""
    folder = root / IMAGES
    names = []
    for above, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = Path(above).relative_to(folder)
        names += [(below / name).as_posix() for name in sorted(files) if not name.startswith(".")]
    return names


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _hint(image: str, names: list[str]) -> str:
    if _HOST.match(image):
        return "begin an address on the web with https://"
    named = _bare(image)
    by_name = {_bare(name): name for name in names}
    close = named if named in by_name else next(iter(get_close_matches(named, by_name, 1)), "")
    return f'did you mean "{by_name[close]}"?' if close else f"put the file into {IMAGES}/"


def _bare(name: str) -> str:
    """Return a file's name without its folder and ending: with them, all names look alike."""
    return PurePosixPath(name).stem.casefold()
