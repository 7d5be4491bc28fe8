"""Editors' own pictures: their names, and issues with addresses in place of file names. No I/O."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from newsletter.domain.issue import Issue, Item

PICTURE_NAME = re.compile(r"[0-9a-f]{16}-[a-z0-9-]{1,80}\.(?:jpg|png)")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture as readers get it. ``name`` is that of its published file, which never changes its content.

    ``width`` and ``height`` are in pixels; ``original_width`` is that of the editor's file, upright. If that is
    ``animated``, the picture is its first frame.
    """

    name: str
    width: int
    height: int
    original_width: int
    animated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusablePicture:
    """A file name that no usable picture has: the rule that it breaks, what is wrong, and how to fix it."""

    rule: str
    what: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketSettings:
    """A bucket of S3 that the pictures are published in: their keys begin with ``prefix``.

    ``public_url`` is the address below which readers load them. ``endpoint_url`` is that of another service than S3.
    """

    bucket: str
    prefix: str
    public_url: str
    region: str | None = None
    endpoint_url: str | None = None


LookUp = Callable[[str], Picture | UnusablePicture]


def is_local_picture(image: str | None) -> bool:
    """Return whether an entry's or block's ``image`` is the name of a file, not an address."""
    return bool(image) and _ADDRESS.match(image or "") is None


def pictures_of(issue: Issue, look_up: LookUp) -> tuple[Picture, ...]:
    """Return the usable pictures of an issue that are files, each once."""
    pictures = map(look_up, local_pictures(issue.items))
    return tuple(dict.fromkeys(picture for picture in pictures if isinstance(picture, Picture)))


def local_pictures(items: Iterable[Item]) -> Iterator[str]:
    """Yield the file names of the pictures of entries and blocks."""
    return (item.image for item in items if item.image and is_local_picture(item.image))


def with_pictures(issue: Issue, look_up: LookUp, url: str) -> Issue:
    """Return an issue with its pictures' addresses below ``url`` in place of file names, and with their sizes.

    A picture that can't be used is left out.
    """
    if not any(is_local_picture(item.image) for item in issue.items):
        return issue
    sections = tuple(
        replace(section, items=tuple(_with_picture(item, look_up, url) for item in section.items))
        for section in issue.sections
    )
    return replace(issue, sections=sections)


def _with_picture(item: Item, look_up: LookUp, url: str) -> Item:
    if not is_local_picture(item.image):
        return item
    picture = look_up(item.image or "")
    if isinstance(picture, UnusablePicture):
        return replace(item, image=None)
    return replace(item, image=f"{url}/{picture.name}", image_size=(picture.width, picture.height))
