"""Rules that select readers: trees of tests, each of which holds for a reader or doesn't. No I/O.

``domain.segment_rule_parser`` makes them from text, and ``store.subscribers.rule_sql`` turns them into SQL.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.domain.languages import covers, language_for
from newsletter.domain.subscriber import Frequency, Subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicClick:
    """A reader's click on a link of a send, with the slugs of its entry's topics."""

    send: int
    link: int
    at: datetime
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderFacts:
    """Everything that a rule may ask about a reader ``now``."""

    reader: Subscriber
    now: datetime
    clicks: tuple[TopicClick, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """A rule that holds if all of its parts do; without any, it always holds."""

    rules: tuple["ReaderRule", ...]

    def holds(self, facts: ReaderFacts) -> bool:
        """Return whether the rule holds for a reader."""
        return all(rule.holds(facts) for rule in self.rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """A rule that holds if one of its parts does."""

    rules: tuple["ReaderRule", ...]

    def holds(self, facts: ReaderFacts) -> bool:
        """Return whether the rule holds for a reader."""
        return any(rule.holds(facts) for rule in self.rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """A rule that holds if another doesn't."""

    rule: "ReaderRule"

    def holds(self, facts: ReaderFacts) -> bool:
        """Return whether the rule holds for a reader."""
        return not self.rule.holds(facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageIn:
    """A test whether a tag covers the reader's language; ``missing`` is the answer for readers without one."""

    tags: tuple[str, ...]
    missing: bool

    def holds(self, facts: ReaderFacts) -> bool:
        """Return whether the test holds for a reader."""
        language = facts.reader.language
        return any(covers(tag, language) for tag in self.tags) if language else self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguagePresent:
    """A test whether the reader has a language."""

    def holds(self, facts: ReaderFacts) -> bool:
        """Return whether the test holds for a reader."""
        return bool(facts.reader.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadsLanguage:
    """A test whether a language, one of the newsletter's ``languages``, is the closest to the reader's."""

    language: str
    languages: tuple[str, ...]

    def holds(self, facts: ReaderFacts) -> bool:
        """Return whether the test holds for a reader."""
        return language_for(facts.reader.language, self.languages) == self.language


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedSince:
    """A test whether the reader joined at a time or later."""

    at: datetime

    def holds(self, facts: ReaderFacts) -> bool:
        """Return whether the test holds for a reader."""
        return facts.reader.created is not None and facts.reader.created >= self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedWithin:
    """A test whether the reader joined in the last ``days`` days."""

    days: int

    def holds(self, facts: ReaderFacts) -> bool:
        """Return whether the test holds for a reader."""
        return JoinedSince(at=days_before(facts.now, self.days)).holds(facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeIn:
    """A test whether an attribute has one of the values; a missing attribute is an empty one."""

    name: str
    values: tuple[str, ...]

    def holds(self, facts: ReaderFacts) -> bool:
        """Return whether the test holds for a reader."""
        return facts.reader.attributes.get(self.name, "") in self.values


@dataclass(frozen=True, slots=True, kw_only=True)
class Follows:
    """A test whether the reader follows one of the topics, by their slugs; or any, if there are none."""

    topics: frozenset[str]

    def holds(self, facts: ReaderFacts) -> bool:
        """Return whether the test holds for a reader."""
        return _is_among(set(facts.reader.topics).difference(facts.reader.excludes), self.topics)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excludes:
    """A test whether the reader excludes one of the topics, by their slugs; or any, if there are none."""

    topics: frozenset[str]

    def holds(self, facts: ReaderFacts) -> bool:
        """Return whether the test holds for a reader."""
        return _is_among(facts.reader.excludes, self.topics)


@dataclass(frozen=True, slots=True, kw_only=True)
class HasFrequency:
    """A test of how often the reader wants mail."""

    frequency: Frequency

    def holds(self, facts: ReaderFacts) -> bool:
        """Return whether the test holds for a reader."""
        return facts.reader.frequency is self.frequency


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicked:
    """A test whether the reader clicked at least ``times`` different links of entries on one of the topics.

    Without topics, every link counts; with ``days``, only clicks in the last days do.
    """

    topics: frozenset[str]
    times: int
    days: int | None = None

    def holds(self, facts: ReaderFacts) -> bool:
        """Return whether the test holds for a reader."""
        since = None if self.days is None else days_before(facts.now, self.days)
        links = {
            (click.send, click.link)
            for click in facts.clicks
            if (since is None or click.at >= since) and (not self.topics or not self.topics.isdisjoint(click.topics))
        }
        return len(links) >= self.times


ReaderRule = (
    AllOf
    | AnyOf
    | Not
    | LanguageIn
    | LanguagePresent
    | ReadsLanguage
    | JoinedSince
    | JoinedWithin
    | AttributeIn
    | Follows
    | Excludes
    | HasFrequency
    | Clicked
)


def parts_of(rule: ReaderRule) -> Iterator[ReaderRule]:
    """Yield a rule and all its parts."""
    yield rule
    if isinstance(rule, AllOf | AnyOf):
        for part in rule.rules:
            yield from parts_of(part)
    elif isinstance(rule, Not):
        yield from parts_of(rule.rule)


def days_before(now: datetime, days: int) -> datetime:
    """Return the time a number of days before ``now``."""
    return now - timedelta(days=days)


def _is_among(chosen: Collection[str], topics: frozenset[str]) -> bool:
    return not topics.isdisjoint(chosen) if topics else bool(chosen)
