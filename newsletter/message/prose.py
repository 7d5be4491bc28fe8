"""Merge fields in prose: an issue's note, and the text of notes and sponsors among its blocks. No I/O.

There a merge field may also be the whole target of a link: ``[your topics]({{ links.preferences }})``.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from newsletter.domain.issue import Issue
from newsletter.domain.markdown_parser import authors_markdown
from newsletter.domain.publication import Newsletter
from newsletter.errors import Finding, Place, Severity
from newsletter.message.link_slots import LINKS, VOTE, answer_of
from newsletter.message.merge_fields import MergeField, merge_fields
from newsletter.message.template import Slot, Template

RULE = "merge-field-unknown"
_PARSER = authors_markdown()


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressedText:
    """A text of an issue that may have merge fields, in ``prose`` also as links' targets; ``place`` is its start."""

    text: str
    place: Place
    prose: bool

    def place_of(self, field: MergeField) -> Place:
        """Return the place of a merge field in it."""
        line = (self.place.line or 1) + self.text.count("\n", 0, field.start)
        return Place(path=self.place.path, line=line)


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteLink:
    """A link that votes for an answer, with its own text."""

    answer: str
    words: str
    place: Place


def addressed_texts(issue: Issue) -> Iterator[AddressedText]:
    """Yield all texts of an issue that may have merge fields."""
    yield AddressedText(text=issue.subject, place=issue.place("subject"), prose=False)
    yield AddressedText(text=issue.preheader, place=issue.place("preheader"), prose=False)
    yield AddressedText(text=issue.note, place=issue.place("note"), prose=True)
    for block in issue.blocks:
        if block.has_merge_fields:
            yield AddressedText(text=block.text, place=block.place("text"), prose=True)


def prose_template(text: str, newsletter: Newsletter, links: Mapping[str, str]) -> Template:
    """Split prose at its merge fields; anything that isn't a valid merge field stays as text.

    ``links`` has the URLs that are the same for all readers, as ``public_links`` returns them.
    """
    parts: list[str | Slot] = []
    done = 0
    for field in merge_fields(text, newsletter.attributes):
        part = links.get(field.link.removeprefix(LINKS)) or (Slot(field.link) if field.link else field.slot)
        if part is not None:
            parts.extend((text[done : field.start], part))
            done = field.end
    return tuple(part for part in (*parts, text[done:]) if part != "")


def merge_findings(issue: Issue, newsletter: Newsletter) -> tuple[Finding, ...]:
    """Return a finding for each mistake in the merge fields of an issue."""
    return tuple(
        Finding(rule=RULE, severity=Severity.ERROR, place=addressed.place_of(field), what=what, hint=hint)
        for addressed in addressed_texts(issue)
        for field, what, hint in _wrong(addressed, newsletter.attributes)
    )


def _wrong(addressed: AddressedText, attributes: Collection[str]) -> Iterator[tuple[MergeField, str, str]]:
    text, fields = addressed.text, merge_fields(addressed.text, attributes)
    targets: Collection[MergeField] = _link_texts(text, fields) if addressed.prose else ()
    for field in fields:
        if field.slot is None and field not in targets:
            yield field, field.what, field.hint
        if addressed.prose and not field.link and _is_in_address(text, field):
            yield field, "a merge field in a link's address", "link to one address for all readers"


def _is_in_address(text: str, field: MergeField) -> bool:
    return bool(
        _IN_TARGET.search(text, 0, field.start)
        or _AFTER_ADDRESS.search(text, 0, field.start)
        or _BEFORE_ADDRESS.match(text, field.end)
    )


_IN_TARGET = re.compile(r"(?:\]\([^)\s]*|<[a-z]+:[^>\s]*)\Z")
# Mail clients make links of addresses in a text, also of some without a scheme.
_AFTER_ADDRESS = re.compile(r"(?<!\S)(?>\S*?(?:://|mailto:|www\.|\w\.[a-z]{2,}/))\S*\Z", re.IGNORECASE)
_BEFORE_ADDRESS = re.compile(r"[\w.-]*://|www\.|(?:[\w-]*\.)+[a-z]{2,}/", re.IGNORECASE)


def vote_links(addressed: AddressedText) -> tuple[VoteLink, ...]:
    """Return the links of a text that vote for answers, in order."""
    if not addressed.prose or VOTE not in addressed.text:
        return ()
    texts = _link_texts(addressed.text, merge_fields(addressed.text))
    return tuple(
        VoteLink(answer=answer, words=words, place=addressed.place_of(field))
        for field, words in texts.items()
        if (answer := answer_of(field.link)) is not None
    )


def _link_texts(text: str, fields: Iterable[MergeField]) -> Mapping[MergeField, str]:
    """Return the fields for links that are the whole target of a link in Markdown, in order, with the link's text."""
    urls: dict[str, MergeField] = {}
    marked, done = "", 0
    for field in fields:
        if field.link:
            url = f"https://{len(urls)}.link.invalid"
            urls[url] = field
            marked += text[done : field.start] + url
            done = field.end
    if not urls:
        return {}
    texts: dict[MergeField, str] = {}
    for block in _PARSER.parse(marked + text[done:]):
        inside: MergeField | None = None
        for token in block.children or ():
            if token.type == "link_open":
                inside = urls.get(str(token.attrs.get("href"))) if token.info != "auto" else None
            if inside is not None:
                texts[inside] = texts.get(inside, "") + token.content
            if token.type == "link_close":
                inside = None
    return {field: " ".join(texts[field].split()) for field in urls.values() if field in texts}
