"""Checks of the pictures that entries and blocks bring along."""

from collections.abc import Iterable, Iterator, Mapping

from newsletter.checks.places import at
from newsletter.checks.rules import make_finding
from newsletter.domain.blocks import Block
from newsletter.domain.issue import Entry, Issue
from newsletter.domain.pictures import LookUp, UnusablePicture, is_brought_along
from newsletter.domain.publication import Newsletter
from newsletter.errors import Finding, Place
from newsletter.files.toml_lines import setting_place

NARROWEST = 828  # pixels: one and a half for each CSS pixel of the widest picture in a message


def picture_findings(
    items: Iterable[Entry | Block], issues: Iterable[Issue], originals: Mapping[str, Entry], look_up: LookUp
) -> Iterator[Finding]:
    """Yield findings about the pictures of these entries and blocks, and about those of issues' blocks and overrides.

    ``originals`` are all entries by slug, as their own files have them.
    """
    for item in items:
        yield from _findings(item.image, item.place("image"), look_up)
    for issue in issues:
        for block in issue.blocks:
            yield from _findings(block.image, block.place("image"), look_up)
        for entry in issue.entries:
            if entry.slug in originals and entry.image != originals[entry.slug].image:
                table = f"overrides.{entry.slug}"
                yield from _findings(entry.image, at(issue, f"{table}.image", table, "overrides"), look_up)


def newsletter_picture_findings(newsletter: Newsletter, settings: str, look_up: LookUp) -> Iterator[Finding]:
    """Yield findings about the picture of the newsletter itself; ``settings`` is the text of newsletter.toml."""
    yield from _findings(newsletter.picture, setting_place(settings, "picture"), look_up)


def _findings(image: str | None, place: Place, look_up: LookUp) -> Iterator[Finding]:
    if not image or not is_brought_along(image):
        return
    found = look_up(image)
    if isinstance(found, UnusablePicture):
        yield make_finding(found.rule, place, found.what, found.hint)
        return
    if found.original_width < NARROWEST:
        yield make_finding("image-small", place, f"the picture {image} is only {found.original_width} pixels wide")
    if found.animated:
        yield make_finding("image-animated", place, f"the picture {image} is animated; only its first frame is shown")
