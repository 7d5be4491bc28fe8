"""Pictures that editors bring along: their names, and issues with addresses in place of file names. No I/O."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from newsletter.domain.blocks import Block
from newsletter.domain.issue import Entry, Issue

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


def is_brought_along(image: str | None) -> bool:
    """Return whether an entry's or block's ``image`` is the name of a file, not an address."""
    return bool(image) and _ADDRESS.match(image or "") is None


def pictures_of(issue: Issue, look_up: LookUp) -> tuple[Picture, ...]:
    """Return the usable pictures that an issue's entries and blocks bring along, each once."""
    found = map(look_up, brought_along(_items(issue)))
    return tuple(dict.fromkeys(picture for picture in found if isinstance(picture, Picture)))


def brought_along(items: Iterable[Entry | Block]) -> Iterator[str]:
    """Yield the names of the files that entries and blocks bring along."""
    return (item.image for item in items if item.image and is_brought_along(item.image))


def with_pictures(issue: Issue, look_up: LookUp, url: str) -> Issue:
    """Return an issue with its pictures' addresses below ``url`` in place of file names, and with their sizes.

    A picture that can't be used is left out.
    """
    if not any(is_brought_along(item.image) for item in _items(issue)):
        return issue
    sections = tuple(
        replace(section, items=tuple(_with_picture(item, look_up, url) for item in section.items))
        for section in issue.sections
    )
    return replace(issue, sections=sections)


def with_local_pictures(html: str, pictures_url: str, folder: str) -> str:
    """Return an email's HTML with its pictures in a ``folder`` in place of their public addresses."""
    public = re.compile(f"{re.escape(pictures_url)}/(?={PICTURE_NAME.pattern})")
    return public.sub(f"{folder}/", html)


def _items(issue: Issue) -> Iterator[Entry | Block]:
    return (item for section in issue.sections for item in section.items)


def _with_picture(item: Entry | Block, look_up: LookUp, url: str) -> Entry | Block:
    if not is_brought_along(item.image):
        return item
    found = look_up(item.image or "")
    if isinstance(found, UnusablePicture):
        return replace(item, image=None)
    return replace(item, image=f"{url}/{found.name}", image_size=(found.width, found.height))
