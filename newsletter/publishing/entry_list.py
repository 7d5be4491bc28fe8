"""The entries of a newsletter, with the issues that include them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from newsletter.content import Manuscripts
from newsletter.domain.issue import Entry, Issue
from newsletter.domain.topics import Topics


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEntry:
    """An entry, the slugs of its topics and the name of its first one, and the latest issue that includes it.

    ``first_topic`` is empty for an entry without topics, ``latest_issue`` for one in no issue. The issue may not have
    been sent yet.
    """

    entry: Entry
    topics: tuple[str, ...]
    first_topic: str
    latest_issue: str


def list_entries(entries: Iterable[Entry], issues: Sequence[Issue], topics: Topics) -> list[ListedEntry]:
    """Return the entries by their first topic, in the order of newsletter.toml, those in no issue first.

    Entries with an undeclared topic, or without any, come last. ``issues`` are in order of date.
    """
    latest = {entry.slug: issue.slug for issue in issues for entry in issue.entries}
    order = {declared.name: position for position, declared in enumerate(topics)}
    listed = [_listed(entry, topics, latest.get(entry.slug, "")) for entry in entries]
    return sorted(
        listed,
        key=lambda item: (
            order.get(item.first_topic, len(order)),
            item.first_topic,
            item.latest_issue,
            item.entry.slug,
        ),
    )


def entries_about(listed: Iterable[ListedEntry], topics: Topics, name: str) -> list[ListedEntry]:
    """Return the entries about a topic, given by any of its names, or about one of its subtopics."""
    covered = topics.with_descendants(topics.resolve(name).slug)
    return [entry for entry in listed if covered.intersection(entry.topics)]


def unused_entries(root: Path, manuscripts: Manuscripts) -> tuple[Entry, ...]:
    """Return the entries that are in no issue, those whose files in the folder ``root`` were saved last first."""
    used = {entry.slug for issue in manuscripts.issues for entry in issue.entries}
    unused = (entry for slug, entry in manuscripts.entries.items() if slug not in used)
    return tuple(sorted(unused, key=lambda entry: (-_saved_at(root / entry.path), entry.slug)))


def _saved_at(file: Path) -> int:
    """Return the time at which a file was saved, in ns; 0 if it is gone."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _listed(entry: Entry, topics: Topics, latest_issue: str) -> ListedEntry:
    resolved = [topics.resolve(name) for name in entry.topics]
    return ListedEntry(
        entry=entry,
        topics=tuple(topic.slug for topic in resolved),
        first_topic=resolved[0].name if resolved else "",
        latest_issue=latest_issue,
    )
