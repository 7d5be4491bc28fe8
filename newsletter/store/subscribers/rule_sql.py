"""Rules that select readers as SQL conditions. Each rule's ``holds`` answers the same; a test compares the two.

No condition is ever NULL, whose negation would be NULL too.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import singledispatch
from typing import Any

import sqlalchemy as sa

from newsletter.domain.languages import bare_language, covers
from newsletter.domain.reader_rules import (
    AllOf,
    AnyOf,
    AttributeIn,
    Clicked,
    Excludes,
    Follows,
    HasFrequency,
    JoinedSince,
    JoinedWithin,
    LanguageIn,
    LanguagePresent,
    Not,
    ReaderRule,
    ReadsLanguage,
    days_before,
)
from newsletter.store.event_tables import link, response
from newsletter.store.tables import subscriber, subscriber_topic

Condition = sa.ColumnElement[bool]
_LANGUAGE = sa.func.lower(subscriber.c.language)


@singledispatch
def condition(rule: ReaderRule, now: datetime) -> Condition:
    """Return the condition over ``subscriber`` that a rule holds ``now``."""
    raise TypeError(f"{type(rule).__name__} at {now} has no SQL")


@condition.register
def _(rule: AllOf, now: datetime) -> Condition:
    return sa.and_(sa.true(), *(condition(part, now) for part in rule.rules))


@condition.register
def _(rule: AnyOf, now: datetime) -> Condition:
    return sa.or_(sa.false(), *(condition(part, now) for part in rule.rules))


@condition.register
def _(rule: Not, now: datetime) -> Condition:
    return sa.not_(condition(rule.rule, now))


@condition.register
def _(rule: LanguageIn, _now: datetime) -> Condition:
    return sa.or_(_covered(rule.tags), subscriber.c.language == "" if rule.missing else sa.false())


@condition.register
def _(_rule: LanguagePresent, _now: datetime) -> Condition:
    return subscriber.c.language != ""


@condition.register
def _(rule: ReadsLanguage, _now: datetime) -> Condition:
    languages = rule.languages
    narrower = [tag for tag in languages if tag != rule.language and covers(rule.language, tag)]
    closest = [sa.and_(_covered([rule.language]), ~_covered(narrower))]
    bare = bare_language(rule.language)
    if rule.language == next((tag for tag in languages if bare_language(tag) == bare), ""):
        closest.append(sa.and_(_covered([bare]), ~_covered(languages)))
    if rule.language == languages[0]:
        closest.append(~_covered(map(bare_language, languages)))
    return sa.or_(*closest)


@condition.register
def _(rule: JoinedSince, _now: datetime) -> Condition:
    return subscriber.c.created >= rule.at


@condition.register
def _(rule: JoinedWithin, now: datetime) -> Condition:
    return subscriber.c.created >= days_before(now, rule.days)


@condition.register
def _(rule: AttributeIn, _now: datetime) -> Condition:
    return sa.func.coalesce(subscriber.c.attributes[rule.name].as_string(), "").in_(rule.values)


@condition.register
def _(rule: Follows, _now: datetime) -> Condition:
    return _has_topic(rule.topics, ~subscriber_topic.c.excluded)


@condition.register
def _(rule: Excludes, _now: datetime) -> Condition:
    return _has_topic(rule.topics, subscriber_topic.c.excluded)


@condition.register
def _(rule: HasFrequency, _now: datetime) -> Condition:
    return subscriber.c.frequency == rule.frequency.value


@condition.register
def _(rule: Clicked, now: datetime) -> Condition:
    clicks = sa.select(response.c.subscriber, response.c.send, response.c.link).where(
        response.c.subscriber.is_not(None), response.c.link.is_not(None), response.c.machine == ""
    )
    # As a case, no index of times can help: of all clicks, too many are recent.
    recent = (
        sa.true() if rule.days is None else sa.case((response.c.at >= days_before(now, rule.days), 1), else_=0) == 1
    )
    return _clicked_topics(rule, clicks.where(recent)) if rule.topics else _clicked_anything(rule, clicks, recent)


def _clicked_topics(rule: Clicked, clicks: sa.Select[Any]) -> Condition:
    """Return the condition of a rule with topics: their links are few, so their clicks are read once for all readers.

    A list of topics is JSON, in which each slug stands in quotation marks.
    """
    listed = sa.cast(link.c.topics, sa.Text)
    about = sa.or_(*(listed.contains(f'"{slug}"') for slug in sorted(rule.topics)))
    links = sa.select(link.c.send, link.c.number).where(about)
    # Not joined: then SQLite would read all clicks and look each one's link up.
    clicks = clicks.where(sa.tuple_(response.c.send, response.c.link).in_(links))
    if rule.times == 1:
        return subscriber.c.id.in_(clicks.with_only_columns(response.c.subscriber))
    clicked = clicks.distinct().subquery()
    readers = sa.select(clicked.c.subscriber).group_by(clicked.c.subscriber).having(sa.func.count() >= rule.times)
    return subscriber.c.id.in_(readers)


def _clicked_anything(rule: Clicked, clicks: sa.Select[Any], recent: Condition) -> Condition:
    """Return the condition of a rule without topics: each reader's clicks are looked up.

    PostgreSQL would not hash a list of very many readers, but read it again for each of them.
    """
    own = clicks.with_only_columns(response.c.send, response.c.link).where(response.c.subscriber == subscriber.c.id)
    own = own.where(recent)
    if rule.times > 1:
        own = own.distinct().limit(1).offset(rule.times - 1)
    return own.correlate(subscriber).exists()


def _covered(tags: Iterable[str]) -> Condition:
    """Return the condition that one of the tags covers the reader's language."""
    lower = [tag.lower() for tag in tags]
    return sa.or_(_LANGUAGE.in_(lower), *(_LANGUAGE.startswith(f"{tag}-", autoescape=True) for tag in lower))


def _has_topic(topics: frozenset[str], kind: Condition) -> Condition:
    query = sa.exists().where(subscriber_topic.c.subscriber == subscriber.c.id, kind)
    return query.where(subscriber_topic.c.topic.in_(sorted(topics))) if topics else query
