"""Checks of the pictures in `issues/images`."""

from collections.abc import Iterable, Iterator, Mapping

from newsletter.checks.places import at
from newsletter.checks.rules import make_finding
from newsletter.domain.issue import Entry, Issue, Item
from newsletter.domain.pictures import LookUp, UnusablePicture, is_local_picture
from newsletter.domain.publication import Newsletter
from newsletter.errors import Finding, Place
from newsletter.files.toml_lines import setting_place

NARROWEST = 828  # pixels: one and a half for each CSS pixel of the widest picture in a message
SHOWN = 552  # pixels: one for each


def picture_findings(items: Iterable[Item], look_up: LookUp) -> Iterator[Finding]:
    """Yield findings about the pictures of entries and blocks."""
    for item in items:
        yield from _findings(item.image, item.place("image"), look_up)


def override_picture_findings(issue: Issue, entries: Mapping[str, Entry], look_up: LookUp) -> Iterator[Finding]:
    """Yield findings about the pictures in an issue's overrides. ``entries`` are as their own files have them."""
    for entry in issue.entries:
        if entry.slug in entries and entry.image != entries[entry.slug].image:
            table = f"overrides.{entry.slug}"
            yield from _findings(entry.image, at(issue, f"{table}.image", table, "overrides"), look_up)


def newsletter_picture_findings(newsletter: Newsletter, settings: str, look_up: LookUp) -> Iterator[Finding]:
    """Yield findings about the picture of the newsletter itself; ``settings`` is the text of newsletter.toml."""
    yield from _findings(newsletter.picture, setting_place(settings, "picture"), look_up)


def _findings(image: str | None, place: Place, look_up: LookUp) -> Iterator[Finding]:
    if not image or not is_local_picture(image):
        return
    picture = look_up(image)
    if isinstance(picture, UnusablePicture):
        yield make_finding(picture.rule, place, picture.what, picture.hint)
        return
    if picture.original_width < NARROWEST:
        yield make_finding("image-small", place, f"the picture {image} is only {picture.original_width} pixels wide")
    elif picture.width < SHOWN:
        tall = picture.height > 2 * picture.width
        fitted = f"{picture.height:,} pixels high" if tall else "at most 200 KB"
        what = f"the picture {image} is only {picture.width} pixels wide once it is {fitted}"
        hint = "crop it, or cut it into several" if tall else "export it as JPEG"
        yield make_finding("image-small", place, what, hint)
    if picture.animated:
        yield make_finding("image-animated", place, f"the picture {image} is animated; only its first frame is shown")
