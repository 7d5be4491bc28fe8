"""The segments of newsletter.toml, and the words that their rules may use."""

from zoneinfo import ZoneInfo

from newsletter.domain.segment import Segment
from newsletter.domain.segment_rule_parser import RuleWords, parse_rule
from newsletter.domain.topics import Topic, Topics
from newsletter.domain.tracking import TrackingLevel
from newsletter.settings.file import SegmentTable, SettingsFile, TopicTable

_DEFAULT_LANGUAGE = "en"


def languages_of(file: SettingsFile) -> tuple[str, ...]:
    """Return the newsletter's languages, the default first."""
    return tuple(file.languages or [file.language or _DEFAULT_LANGUAGE])


def topics_of(file: SettingsFile) -> Topics:
    """Return the declared topics."""
    return Topics(_topic(slug, table) for slug, table in file.topics.items())


def rule_words(file: SettingsFile) -> RuleWords:
    """Return the words that the segments' rules may use."""
    return RuleWords(
        topics=topics_of(file),
        attributes=tuple(file.attributes),
        language=languages_of(file)[0],
        zone=ZoneInfo(file.time_zone),
        counted=file.counting.clicks is TrackingLevel.INDIVIDUAL,
    )


def parse_segment(slug: str, table: SegmentTable, words: RuleWords) -> Segment:
    """Return a segment. Raise RuleSyntaxError for a mistake in its rule."""
    topics = words.topics

    def groups(names: list[str]) -> tuple[frozenset[str], ...]:
        return tuple(topics.related(topics.resolve(name).slug) for name in names)

    return Segment(
        slug=slug,
        name=table.name or slug,
        any=groups(table.any),
        all=groups(table.all),
        none=groups(table.none),
        where=None if table.where is None else parse_rule(table.where, words),
    )


def _topic(slug: str, table: TopicTable) -> Topic:
    return Topic(slug=slug, name=table.name or slug, aliases=tuple(table.aliases), parent=table.parent)
