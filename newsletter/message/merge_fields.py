"""Merge fields in a subject, preheader or note: ``{{ subscriber.first_name | default("reader") }}``. No I/O.

Besides the reader's values there are those of their edition: ``{{ edition.titles[0] }}``, ``{{ edition.count }}``.

The grammar has no other forms, and nothing an editor types is ever run as template code. In a theme, Jinja objects
stand for the same slots.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from newsletter.domain.issue import Issue
from newsletter.domain.publication import Newsletter
from newsletter.errors import Finding, Place, Severity
from newsletter.message.template import Slot, Template

SUBSCRIBER_FIELDS = ("first_name", "last_name", "name", "email")
RULE = "merge-field-unknown"

_BRACES = re.compile(r"\{\{(.*?)(?:\}\}|(?=\{\{)|$)", re.MULTILINE)
_FIELD = re.compile(
    r"""\s*(?P<scope>[A-Za-z_]\w*)\.(?P<name>[A-Za-z_]\w*(?:\[[0-9]{1,2}\])?)
        (?:\s*\|\s*default\(\s*(?:"(?P<double>[^"{}]*)"|'(?P<single>[^'{}]*)')\s*\))?\s*""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeField:
    """A ``{{ … }}`` in a text, from ``start`` to ``end``; without a ``slot`` it is invalid, and ``what`` says why."""

    start: int
    end: int
    slot: Slot | None
    what: str = ""
    hint: str = ""


def merge_fields(text: str, attributes: Collection[str] = ()) -> tuple[MergeField, ...]:
    """Return every ``{{`` in a text, valid or not. ``attributes`` are the names of subscribers' custom fields."""
    return tuple(_field(match, (*SUBSCRIBER_FIELDS, *attributes)) for match in _BRACES.finditer(text))


def _field(match: re.Match[str], known: tuple[str, ...]) -> MergeField:
    start, end, written = match.start(), match.end(), match[0]
    if not written.endswith("}}"):
        return MergeField(
            start=start, end=end, slot=None, what=f'"{_short(written)}" has no end', hint="close it with }}"
        )
    field = _FIELD.fullmatch(match[1])
    if field is None:
        curly = any(quote in match[1] for quote in "“”„‘’«»")
        hint = "use straight quotes" if curly else 'write {{ subscriber.first_name | default("reader") }}'
        return MergeField(start=start, end=end, slot=None, what=f'"{_short(written)}" is not a merge field', hint=hint)
    name = f"{field['scope']}.{field['name']}"
    if not (_OF_EDITION.fullmatch(name) or (field["scope"] == "subscriber" and field["name"] in known)):
        return MergeField(
            start=start, end=end, slot=None, what=f'no merge field "{name}"', hint=_suggestion(name, known)
        )
    default = field["double"] or field["single"] or ""
    return MergeField(start=start, end=end, slot=Slot(name, default))


_OF_EDITION = re.compile(r"edition\.(?:count|titles\[[0-9]{1,2}\])")


def _short(written: str) -> str:
    return written if len(written) <= 40 else written[:39] + "…"


def _suggestion(name: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(name.rpartition(".")[2], known, 1, 0.6)
    if close:
        return f'did you mean "subscriber.{close[0]}"?'
    return f"there are {', '.join(f'subscriber.{field}' for field in known)}; newsletter.toml's attributes add more"


def template_of(text: str, attributes: Collection[str] = ()) -> Template:
    """Split a text at its merge fields; anything that isn't a valid merge field stays as text."""
    parts: list[str | Slot] = []
    done = 0
    for field in merge_fields(text, attributes):
        if field.slot is not None:
            parts.extend((text[done : field.start], field.slot))
            done = field.end
    return tuple(part for part in (*parts, text[done:]) if part != "")


def merge_findings(issue: Issue, newsletter: Newsletter) -> tuple[Finding, ...]:
    """Return a finding for each mistake in the merge fields of an issue's subject, preheader and note."""
    texts = {"subject": issue.subject, "preheader": issue.preheader, "note": issue.note}
    return tuple(
        finding for name, text in texts.items() for finding in _wrong(issue, name, text, newsletter.attributes)
    )


_LINK_TARGET = re.compile(r"\]\([^)\s]*\{\{|<[a-z]+:[^>\s]*\{\{")


def _wrong(issue: Issue, name: str, text: str, attributes: Collection[str]) -> Iterator[Finding]:
    def finding(offset: int, what: str, hint: str) -> Finding:
        top = issue.place(name)
        place = Place(path=top.path, line=(top.line or 1) + text.count("\n", 0, offset))
        return Finding(rule=RULE, severity=Severity.ERROR, place=place, what=what, hint=hint)

    for field in merge_fields(text, attributes):
        if field.slot is None:
            yield finding(field.start, field.what, field.hint)
    if name == "note":
        for match in _LINK_TARGET.finditer(text):
            yield finding(match.start(), "a merge field in a link's address", "link to one address for all readers")
