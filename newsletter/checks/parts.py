"""Checks that entries and blocks share: of prose, titles, other short lines, and images."""

from collections.abc import Iterable, Iterator

from newsletter.checks.doubles import doubled_findings
from newsletter.checks.lines import capitals, is_file_name, pasted_boilerplate, reply
from newsletter.checks.links import address_findings, disguise
from newsletter.checks.markdown import markdown_findings
from newsletter.checks.places import at, below
from newsletter.checks.quotations import mark_findings, quotation_findings
from newsletter.checks.rules import make_finding
from newsletter.checks.topics import topic_place
from newsletter.checks.words import text_findings
from newsletter.domain.issue import Item
from newsletter.domain.pictures import is_local_picture
from newsletter.errors import Finding, Place
from newsletter.message.merge_fields import merge_fields, without_merge_fields

LONGEST_TITLE = 150  # characters: five lines on a phone


def prose_findings(markdown: str, place: Place, where: str, *, quotation: bool = False) -> Iterator[Finding]:
    """Yield the findings of Markdown without merge fields. ``where`` names it in messages: "framing"."""
    yield from _words(markdown, place, where)
    yield from markdown_findings(markdown, place, quotation=quotation)
    if quotation:
        yield from quotation_findings(markdown, place)
    else:
        yield from mark_findings(markdown, place, where)
    for field in merge_fields(markdown)[:1]:
        line = below(place, markdown.count("\n", 0, field.start))
        yield make_finding("entry-merge-field", line, f"a merge field in the {where} would be printed as it stands")


def addressed_findings(markdown: str, place: Place, where: str) -> Iterator[Finding]:
    """Yield the findings of Markdown that may have merge fields."""
    yield from _words(markdown, place, where)
    yield from markdown_findings(markdown, place)
    blanked = without_merge_fields(markdown, lambda field: " " * (field.end - field.start))
    yield from mark_findings(blanked, place, where)


def _words(markdown: str, place: Place, where: str) -> Iterator[Finding]:
    yield from text_findings(markdown, place)
    yield from doubled_findings(markdown, place)
    if left := pasted_boilerplate(markdown):
        line = below(place, markdown.count("\n", 0, markdown.find(left)))
        yield make_finding("boilerplate-left", line, f'the {where} says "{left}"')


def title_findings(title: str, place: Place) -> Iterator[Finding]:
    """Yield the findings of a title's wording."""
    yield from doubled_findings(title, place)
    if prefix := reply(title):
        yield make_finding("title-reply", place, f'the title begins with "{prefix}"')
    if reason := capitals(title):
        yield make_finding("title-capitals", place, f"the title {reason}")
    if len(title) > LONGEST_TITLE:
        what = f"the title has {len(title)} characters, more than {LONGEST_TITLE}"
        yield make_finding("title-long", place, what)


def line_findings(text: str, place: Place, name: str) -> Iterator[Finding]:
    """Yield the findings of the characters in a short line without Markdown; ``name`` is its field's."""
    yield from text_findings(text, place, plain=True)
    if merge_fields(text):
        yield make_finding("entry-merge-field", place, f"a merge field in the {name} would be printed as it stands")


def field_findings(item: Item, names: Iterable[str]) -> Iterator[Finding]:
    """Yield the findings of the characters in these fields and in the names of topics."""
    for name in names:
        yield from line_findings(getattr(item, name) or "", item.place(name), name)
    for name in item.topics:
        yield from text_findings(name, topic_place(item, name), plain=True)


def linked_name_findings(text: str, url: str, place: Place, name: str) -> Iterator[Finding]:
    """Yield a finding if a title or source, shown as a link, names another host than its link goes to.

    A title of several words may mention another host.
    """
    text = text.strip()
    if "." not in text or (name == "title" and " " in text):
        return
    if (misled := disguise(text, url)) is not None:
        named, goes_to, _ = misled
        yield make_finding("link-host", place, f"the {name} names {named}, but its link goes to {goes_to}")


def image_address_findings(item: Item) -> Iterator[Finding]:
    """Yield the findings of an image's address and its alternative text."""
    if not item.image:
        return
    if not is_local_picture(item.image):
        yield from address_findings(item.image, item.place("image"), "the image")
    words = (item.image_alt or "").strip()
    if not words:
        yield make_finding("image-alt", item.place("image"), "the image has no alternative text")
    elif is_file_name(words):
        place = at(item, "image_alt", "image")
        yield make_finding("image-alt-name", place, f'the image\'s alternative text is the file name "{words}"')
