"""What is in the archive, and where: the issues that were sent, their entries, and the topics of those."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from zoneinfo import ZoneInfo

from newsletter.domain.delivery import Published
from newsletter.domain.issue import Correction, Entry, Issue, Newsletter, Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """An issue that was sent, when, and when its page was last corrected; between its neighbours by date."""

    issue: Issue
    sent: datetime.datetime
    updated: datetime.datetime
    earlier: Issue | None = None
    later: Issue | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """An entry, in the issue that had it first."""

    entry: Entry
    number: Numbered
    topics: tuple[Topic, ...]

    @property
    def corrections(self) -> tuple[Correction, ...]:
        """What was corrected in it."""
        return tuple(one for one in self.number.issue.corrections if one.entry == self.entry.slug)

    @property
    def updated(self) -> datetime.datetime:
        """When it was last corrected, or sent."""
        return self.number.updated if self.corrections else self.number.sent


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicShelf:
    """A topic and the entries about it or about one below it, the newest first."""

    topic: Topic
    above: tuple[Topic, ...]
    below: tuple[Topic, ...]
    entries: tuple[Archived, ...]

    @property
    def updated(self) -> datetime.datetime:
        """When anything of it last changed."""
        return max(one.updated for one in self.entries)


@dataclass(frozen=True, kw_only=True)
class Archive:
    """All issues, the newest first."""

    newsletter: Newsletter
    numbers: tuple[Numbered, ...]

    def number(self, slug: str) -> Numbered | None:
        """An issue by its slug."""
        return self._by_slug.get(slug)

    @cached_property
    def updated(self) -> datetime.datetime | None:
        """When anything last changed; None where there is nothing."""
        return max((one.updated for one in self.numbers), default=None)

    @cached_property
    def _by_slug(self) -> Mapping[str, Numbered]:
        return {number.issue.slug: number for number in self.numbers}

    @cached_property
    def months(self) -> Mapping[datetime.date, Sequence[Numbered]]:
        """The issues of each month, by its first day, the newest first."""
        by_month = groupby(self.numbers, lambda number: number.issue.date.replace(day=1))
        return {month: tuple(numbers) for month, numbers in by_month}

    @cached_property
    def entries(self) -> tuple[Archived, ...]:
        """Each entry once, the newest first. A digest repeats what other issues had: these count before it."""
        first: dict[str, Archived] = {}
        for number in sorted(self.numbers, key=lambda one: (one.issue.digest, one.issue.date, one.issue.slug)):
            for entry in number.issue.entries:
                first.setdefault(entry.slug, Archived(entry=entry, number=number, topics=self.topics_of(entry)))
        return tuple(
            first[slug]
            for number in self.numbers
            for slug in (entry.slug for entry in number.issue.entries)
            if first[slug].number is number
        )

    @cached_property
    def shelves(self) -> Mapping[str, TopicShelf]:
        """Each topic that has entries, by its slug, in the order of newsletter.toml, others by name."""
        topics = self.newsletter.topics
        found: dict[str, list[Archived]] = {}
        names: dict[str, Topic] = {topic.slug: topic for topic in topics}
        for one in self.entries:
            slugs: dict[str, None] = {}
            for topic in one.topics:
                names.setdefault(topic.slug, topic)
                slugs |= dict.fromkeys((topic.slug, *topics.ancestors(topic.slug)))
            for slug in slugs:
                found.setdefault(slug, []).append(one)
        declared = [topic.slug for topic in topics]
        others = sorted(found.keys() - set(declared), key=lambda slug: names[slug].name.casefold())
        return {
            slug: TopicShelf(
                topic=names[slug],
                above=tuple(names[one] for one in reversed(topics.ancestors(slug))),
                below=tuple(topic for topic in topics if topic.parent == slug and topic.slug in found),
                entries=tuple(found[slug]),
            )
            for slug in (*declared, *others)
            if slug in found
        }

    @cached_property
    def roots(self) -> Sequence[TopicShelf]:
        """The shelves that are below no other: first those of newsletter.toml, then the fullest of the others."""
        declared = {topic.slug for topic in self.newsletter.topics}
        top = [shelf for shelf in self.shelves.values() if not shelf.above]
        others = sorted((one for one in top if one.topic.slug not in declared), key=lambda one: -len(one.entries))
        return [*(one for one in top if one.topic.slug in declared), *others]

    def topics_of(self, entry: Entry) -> tuple[Topic, ...]:
        """What an entry is about, each once."""
        found = (self.newsletter.topics.find(name) for name in entry.topics)
        return tuple({topic.slug: topic for topic in found}.values())


def collect(issues: Iterable[Issue], published: Iterable[Published], newsletter: Newsletter) -> Archive:
    """The archive of the issues that were sent. One whose file has no entries, or no subject, cannot be shown."""
    sent = {one.issue: one.at for one in published}
    shown = sorted(
        (issue for issue in issues if issue.slug in sent and issue.entries and issue.subject),
        key=lambda issue: (issue.date, issue.slug),
        reverse=True,
    )
    zone = ZoneInfo(newsletter.time_zone)
    neighbours = zip(shown, [None, *shown], [*shown[1:], None], strict=False)
    return Archive(
        newsletter=newsletter,
        numbers=tuple(
            Numbered(
                issue=issue,
                sent=sent[issue.slug],
                updated=_updated(issue, sent[issue.slug], zone),
                later=later,
                earlier=earlier,
            )
            for issue, later, earlier in neighbours
        ),
    )


def _updated(issue: Issue, sent: datetime.datetime, zone: ZoneInfo) -> datetime.datetime:
    """A correction counts from the beginning of its day; one of the same day from a second after the send."""
    if not issue.corrections:
        return sent
    latest = max(one.date for one in issue.corrections)
    return max(datetime.datetime.combine(latest, datetime.time(), zone), sent + datetime.timedelta(seconds=1))
