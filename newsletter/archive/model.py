"""The contents of the archive: the issues that were sent, their entries and blocks, and their topics."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from zoneinfo import ZoneInfo

from newsletter.domain.blocks import Block, BlockKind
from newsletter.domain.issue import Correction, Entry, Issue
from newsletter.domain.languages import bare_language, language_for, same_language
from newsletter.domain.publication import Newsletter
from newsletter.domain.send import PublishedIssue
from newsletter.domain.topics import Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedIssue:
    """An issue that was sent, the time of its last correction, and its neighbours by date in the same language."""

    issue: Issue
    sent: datetime.datetime
    updated: datetime.datetime
    earlier: Issue | None = None
    later: Issue | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedEntry:
    """An entry, and the issue that had it first."""

    entry: Entry
    first_issue: ArchivedIssue
    topics: tuple[Topic, ...]

    @property
    def is_entry(self) -> bool:
        """Return True: templates ask it of entries and blocks."""
        return True

    @property
    def corrections(self) -> tuple[Correction, ...]:
        """Return the entry's corrections."""
        return tuple(note for note in self.first_issue.issue.corrections if note.entry == self.entry.slug)

    @property
    def updated(self) -> datetime.datetime:
        """Return when the entry was last corrected, or else sent."""
        return self.first_issue.updated if self.corrections else self.first_issue.sent


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedBlock:
    """A block, and the issue that had it first."""

    block: Block
    first_issue: ArchivedIssue

    @property
    def is_entry(self) -> bool:
        """Return False: templates ask it of entries and blocks."""
        return False


ArchivedItem = ArchivedEntry | ArchivedBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedTopic:
    """A topic, with the entries about it or about a topic below it, the newest first."""

    topic: Topic
    above: tuple[Topic, ...]
    below: tuple[Topic, ...]
    entries: tuple[ArchivedEntry, ...]

    @property
    def updated(self) -> datetime.datetime:
        """Return when any of the entries last changed."""
        return max(entry.updated for entry in self.entries)


@dataclass(frozen=True, kw_only=True)
class Archive:
    """The archive: all issues, the newest first."""

    newsletter: Newsletter
    issues: tuple[ArchivedIssue, ...]

    def issue(self, slug: str) -> ArchivedIssue | None:
        """Return an issue by its slug, or None."""
        return self._by_slug.get(slug)

    def latest(self, language: str = "") -> ArchivedIssue | None:
        """Return the latest issue for a reader of a language, or else the latest of all; None if there are none."""
        newsletter = self.newsletter
        wanted = language_for(language, newsletter.languages)
        spoken = (
            archived_issue
            for archived_issue in self.issues
            if same_language(archived_issue.issue.language or newsletter.language, wanted)
        )
        return next(spoken, self.issues[0] if self.issues else None)

    @cached_property
    def updated(self) -> datetime.datetime | None:
        """Return when any issue last changed; None if there are none."""
        return max((archived_issue.updated for archived_issue in self.issues), default=None)

    @cached_property
    def _by_slug(self) -> Mapping[str, ArchivedIssue]:
        return {archived_issue.issue.slug: archived_issue for archived_issue in self.issues}

    @cached_property
    def months(self) -> Mapping[datetime.date, Sequence[ArchivedIssue]]:
        """Return the issues of each month by its first day, the newest first."""
        by_month = groupby(self.issues, lambda archived_issue: archived_issue.issue.date.replace(day=1))
        return {month: tuple(issues) for month, issues in by_month}

    @cached_property
    def entries(self) -> tuple[ArchivedEntry, ...]:
        """Return each entry once, the newest first. Entries that a digest repeats belong to the issue before it."""
        first: dict[str, ArchivedEntry] = {}
        for archived in sorted(self.issues, key=lambda sent: (sent.issue.digest, sent.issue.date, sent.issue.slug)):
            for entry in archived.issue.entries:
                topics = self.topics_of(entry)
                first.setdefault(entry.slug, ArchivedEntry(entry=entry, first_issue=archived, topics=topics))
        return tuple(
            first[slug]
            for archived_issue in self.issues
            for slug in (entry.slug for entry in archived_issue.issue.entries)
            if first[slug].first_issue is archived_issue
        )

    @cached_property
    def blocks(self) -> tuple[ArchivedBlock, ...]:
        """Return each block once, the newest first, without sponsors'."""
        first: dict[str, ArchivedIssue] = {}
        for archived in reversed(self.issues):
            for block in archived.issue.blocks:
                first.setdefault(block.slug, archived)
        return tuple(
            ArchivedBlock(block=block, first_issue=archived)
            for archived in self.issues
            for block in archived.issue.blocks
            if block.kind is not BlockKind.SPONSOR and not (block.slug and first[block.slug] is not archived)
        )

    @cached_property
    def topics(self) -> Mapping[str, ArchivedTopic]:
        """Return the topics with entries by slug, in the order of newsletter.toml, then undeclared ones by name."""
        topics = self.newsletter.topics
        entries: dict[str, list[ArchivedEntry]] = {}
        names: dict[str, Topic] = {topic.slug: topic for topic in topics}
        for archived in self.entries:
            slugs: dict[str, None] = {}
            for topic in archived.topics:
                names.setdefault(topic.slug, topic)
                slugs |= dict.fromkeys((topic.slug, *topics.ancestors(topic.slug)))
            for slug in slugs:
                entries.setdefault(slug, []).append(archived)
        declared = [topic.slug for topic in topics]
        others = sorted(entries.keys() - set(declared), key=lambda slug: names[slug].name.casefold())
        return {
            slug: ArchivedTopic(
                topic=names[slug],
                above=tuple(names[ancestor] for ancestor in reversed(topics.ancestors(slug))),
                below=tuple(topic for topic in topics if topic.parent == slug and topic.slug in entries),
                entries=tuple(entries[slug]),
            )
            for slug in (*declared, *others)
            if slug in entries
        }

    @cached_property
    def top_topics(self) -> Sequence[ArchivedTopic]:
        """Return the top-level topics: those of newsletter.toml first, then the others by their number of entries."""
        declared = {topic.slug for topic in self.newsletter.topics}
        top = [archived_topic for archived_topic in self.topics.values() if not archived_topic.above]
        others = [archived_topic for archived_topic in top if archived_topic.topic.slug not in declared]
        others.sort(key=lambda archived_topic: -len(archived_topic.entries))
        return [*(archived_topic for archived_topic in top if archived_topic.topic.slug in declared), *others]

    def topics_of(self, entry: Entry) -> tuple[Topic, ...]:
        """Return an entry's topics, each once."""
        topics = map(self.newsletter.topics.resolve, entry.topics)
        return tuple({topic.slug: topic for topic in topics}.values())


def collect(issues: Iterable[Issue], published: Iterable[PublishedIssue], newsletter: Newsletter) -> Archive:
    """Return the archive of the issues that were sent, without those that have lost their content or subject."""
    sent = {send.issue: send.at for send in published}

    def is_own(issue: Issue) -> bool:
        return same_language(issue.language or newsletter.language, newsletter.language)

    shown = sorted(
        (issue for issue in issues if issue.slug in sent and (issue.entries or issue.blocks) and issue.subject),
        key=lambda issue: (issue.date, is_own(issue), issue.slug),
        reverse=True,
    )
    zone = newsletter.zone
    earlier = _followers(shown, newsletter)
    later = _followers(shown[::-1], newsletter)
    return Archive(
        newsletter=newsletter,
        issues=tuple(
            ArchivedIssue(
                issue=issue,
                sent=sent[issue.slug],
                updated=_updated(issue, sent[issue.slug], zone),
                later=later.get(issue.slug),
                earlier=earlier.get(issue.slug),
            )
            for issue in shown
        ),
    )


def _followers(issues: Iterable[Issue], newsletter: Newsletter) -> Mapping[str, Issue]:
    """Return by slug the next of the issues in the same language."""
    followers: dict[str, Issue] = {}
    last: dict[str, Issue] = {}
    for issue in issues:
        language = bare_language(issue.language or newsletter.language)
        if language in last:
            followers[last[language].slug] = issue
        last[language] = issue
    return followers


def _updated(issue: Issue, sent: datetime.datetime, zone: ZoneInfo) -> datetime.datetime:
    """Return when an issue last changed.

    That is the start of the latest correction's day, or one second after the send if it is the same day.
    """
    if not issue.corrections:
        return sent
    latest = max(correction.date for correction in issue.corrections)
    return max(datetime.datetime.combine(latest, datetime.time(), zone), sent + datetime.timedelta(seconds=1))
