"""The part of `newsletter entry new` that reads a link: what was read, what was given instead, and duplicates."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import TYPE_CHECKING

from newsletter.cli import output, resources

if TYPE_CHECKING:
    from newsletter.capture import Captured, Duplicates
    from newsletter.domain.issue import Entry
    from newsletter.settings import Settings

_GIVEN = "given"
_LABELS = {"canonical_url": "address"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLink:
    """A captured link, and the entries that it repeats."""

    captured: "Captured"
    duplicates: "Duplicates"


def is_link(text: str) -> bool:
    """Return whether an argument is a link and not a title."""
    return re.match(r"https?://\S+$", text.strip(), re.IGNORECASE) is not None


def read_link(url: str, settings: "Settings", *, offline: bool) -> ReadLink:
    """Return what the page at a link says about itself; without fetching it, what the link itself says."""
    from newsletter import capture, content

    captured = capture.capture(url, client=None if offline else resources.web_client())
    candidates = capture.entry_candidates(content.read_manuscripts(settings.root))
    addresses = (captured.url, captured.facts.value("canonical_url"), url)
    return ReadLink(
        captured=captured,
        duplicates=capture.find_duplicates(addresses, captured.facts.value("title"), candidates),
    )


def completed(link: ReadLink, given: "Entry", settings: "Settings") -> "Entry":
    """Return an entry with the values that were given, and those of the page for the rest."""
    from newsletter.capture import entry_from, facts_of

    read = entry_from(link.captured.url, facts_of(link.captured), language=settings.newsletter.language)
    values = {field.name: getattr(given, field.name) for field in fields(given) if getattr(given, field.name)}
    return replace(read, **values)


def refuse_duplicates(link: ReadLink, entry: "Entry", *, today: date, force: bool) -> None:
    """Warn of entries with a similar title. Raise RepeatedLinkError if one has the same link, unless that is forced."""
    from newsletter.capture import RepeatedLinkError

    same = [duplicate for duplicate in link.duplicates if duplicate.same_address]
    if same and not force:
        raise RepeatedLinkError(same[0], url=entry.url, today=today)
    for duplicate in link.duplicates:
        candidate = duplicate.candidate
        why = "has the same link" if duplicate.same_address else "has a similar title"
        output.note(
            f"warning: {candidate.place}: “{candidate.title}” {why}, and {candidate.when(today)}", style="yellow"
        )


def print_facts(link: ReadLink, entry: "Entry") -> None:
    """Print what was read, each value with its origin, and what went wrong."""
    for name, (value, origin) in _read(link, entry).items():
        output.note(f"  {_LABELS.get(name, name):<9} {value}  ({origin})")
    for text in filter(None, (link.captured.problem, *link.captured.facts.notes)):
        output.note(f"warning: {text}", style="yellow")


def as_json(path: str, entry: "Entry", link: ReadLink | None) -> Mapping[str, object]:
    """Return the new entry as JSON, with the origins of its values and the entries that it repeats."""
    fact = {name: getattr(entry, name) for name in ("slug", "title", "url", "source", "author", "date", "topics")}
    fact |= {name: getattr(entry, name) or None for name in ("language", "kind", "minutes", "paywall")}
    if link is None:
        return {"path": path, **fact}
    return {
        "path": path,
        **fact,
        "image": link.captured.facts.value("image") or None,
        "origins": {name: origin for name, (_, origin) in _read(link, entry).items()},
        "problem": link.captured.problem or None,
        "notes": link.captured.facts.notes,
        "duplicates": [
            {
                "slug": duplicate.candidate.name,
                "title": duplicate.candidate.title,
                "issue": duplicate.candidate.issue or None,
                "date": duplicate.candidate.date,
                "same_link": duplicate.same_address,
            }
            for duplicate in link.duplicates
        ],
    }


def _read(link: ReadLink, entry: "Entry") -> dict[str, tuple[str, str]]:
    """Return the values and their origins; a value that was given instead of the page's counts."""
    from newsletter.capture import FIELDS

    facts = link.captured.facts
    values = {}
    for name in FIELDS:
        read = facts.value(name)
        used = read
        if name not in ("canonical_url", "image", "paywall", "language"):
            used = str(getattr(entry, name) or "")
        elif name == "language":
            used = entry.language or read
        elif name == "paywall":
            used = "yes" if entry.paywall else read
        if used:
            values[name] = (used, facts.origin(name) if used == read else _GIVEN)
    return values
