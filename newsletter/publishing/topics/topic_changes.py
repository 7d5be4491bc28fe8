"""Rename, merge and split topics with their followers: in newsletter.toml, the database and, if wanted, the entries.

The followers get their new topics first, then newsletter.toml changes, and then the old topics are taken away. Nobody
loses a topic if that stops half-way, and the same change again finishes it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from newsletter.content import Manuscripts
from newsletter.domain.changes import SetField
from newsletter.domain.people import Act, Person, require
from newsletter.domain.settings_changes import SeveralSettings, paths_of
from newsletter.domain.staff import WorkStep
from newsletter.domain.topic_changes import (
    FollowerCounts,
    NewTopic,
    TopicChange,
    TopicChangeKind,
    TopicTarget,
    settings_change,
)
from newsletter.domain.topics import SLUG, Topics, slug_of
from newsletter.editing import Editing, apply_settings_change
from newsletter.errors import NotFoundError, UsageError, did_you_mean
from newsletter.files.newsletter_folder import SETTINGS_FILE
from newsletter.files.newsletter_lock import newsletter_lock
from newsletter.files.toml_edits import toml_value
from newsletter.settings import SettingsFile, parse_settings, topics_of
from newsletter.store import Store

_STEPS = {
    TopicChangeKind.RENAME: WorkStep.TOPIC_RENAMED,
    TopicChangeKind.MERGE: WorkStep.TOPIC_MERGED,
    TopicChangeKind.SPLIT: WorkStep.TOPIC_SPLIT,
}


class UnknownTopicError(NotFoundError):
    """A topic that newsletter.toml doesn't declare, no entry names and no reader follows.

    ``suggestion`` asks for one that is close.
    """

    code = "topic-unknown"

    def __init__(self, *, topic: str, suggestion: str) -> None:
        self.topic, self.suggestion = topic, suggestion
        super().__init__(f'there is no topic "{topic}"', hint=suggestion or "look at the list of topics")


class TopicExistsError(UsageError):
    """A slug for a renamed topic that another topic has."""

    code = "topic-exists"

    def __init__(self, *, topic: str) -> None:
        self.topic = topic
        super().__init__(f'there is a topic "{topic}" already', hint="merge the two topics instead")


class TopicChangeError(UsageError):
    """A change of topics that makes no sense, such as a topic merged into itself."""

    code = "topic-change"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicChangePlan:
    """A plan of a change of topics.

    ``settings`` is its change of newsletter.toml; ``segments`` have rules that it rewrites, and ``clicked`` those among
    them that count clicks on the topic, for which a split leaves only the first. ``entries`` name the topic.
    ``followers`` has the readers who get each new topic; ``keeping`` is about those who keep what they had chosen.
    ``is_done`` says that nothing is left to do.
    """

    change: TopicChange
    settings: SeveralSettings
    segments: tuple[str, ...]
    clicked: tuple[str, ...]
    entries: tuple[str, ...]
    followers: Mapping[str, FollowerCounts]
    is_done: bool


def rename_of(source: str, slug: str, name: str = "") -> TopicChange:
    """Return the change that renames a topic."""
    return TopicChange(kind=TopicChangeKind.RENAME, source=source, targets=(NewTopic(slug=slug, name=name),))


def merge_of(source: str, target: str) -> TopicChange:
    """Return the change that merges a topic into another."""
    return TopicChange(kind=TopicChangeKind.MERGE, source=source, targets=(NewTopic(slug=target),))


def split_of(source: str, names: tuple[str, ...]) -> TopicChange:
    """Return the change that splits a topic into others, given by their slugs or names."""
    targets = tuple(NewTopic(slug=slug_of(name), name="" if SLUG.fullmatch(name) else name) for name in names)
    return TopicChange(kind=TopicChangeKind.SPLIT, source=source, targets=targets)


def plan_topic_change(text: str, read: Manuscripts, store: Store | None, change: TopicChange) -> TopicChangePlan:
    """Return what a change would do, given the text of newsletter.toml and everything that the editor wrote.

    Raise UnknownTopicError, TopicExistsError or TopicChangeError, and FindingsError if the settings have mistakes.
    """
    file = parse_settings(text)
    if not isinstance(file, SettingsFile):
        raise TopicChangeError("newsletter.toml has mistakes", hint="correct them first")
    topics = topics_of(file)
    change = replace(change, source=_slug_of_source(topics, change.source))
    entries = tuple(
        slug
        for slug, entry in sorted(read.entries.items())
        if any(_means(topics, name, change.source) for name in entry.topics)
    )
    sources = _sources(topics, change)
    followers = _followers(store, topics, change, sources)
    moving = any(counts.following or counts.excluding or counts.keeping for counts in followers.values())
    _require_sense(topics, change, known=bool(entries) or moving)
    tables = toml_value(text, ())
    settings = settings_change(tables, topics, change)
    return TopicChangePlan(
        change=change,
        settings=settings,
        segments=tuple(sorted({path[1] for path in paths_of(settings) if path[0] == "segments"})),
        clicked=_clicked(tables, change, settings),
        entries=entries,
        followers=followers,
        is_done=not settings.changes and not moving,
    )


def change_topics(
    editing: Editing,
    store: Store | None,
    read: Manuscripts,
    person: Person,
    change: TopicChange,
    *,
    rewrite_entries: bool = False,
    session: str = "",
    now: datetime,
) -> TopicChangePlan:
    """Make a change of topics, and return what it has done. Without a ``store`` there are no readers.

    With ``rewrite_entries``, entries that name the topic name the new ones; they work under the old name too, as an
    alias. Raise ForbiddenError, the errors of ``plan_topic_change``, and those of ``Editing.change_settings``.
    """
    require(person, Act.CHANGE_SETTINGS)
    text = editing.read(SETTINGS_FILE).text
    plan = plan_topic_change(text, read, store, change)
    topics, change = _topics(text), plan.change
    _topics(apply_settings_change(text, plan.settings).text)  # raises for what would be a mistake
    moves = _moves(topics, change)
    for sources, targets in moves:
        if store is not None:
            store.topic_followers.copy(sources, [TopicTarget(slug=slug) for slug in targets if slug != change.source])
    with newsletter_lock(editing.root):  # somebody may have changed the file meanwhile
        text = editing.read(SETTINGS_FILE).text
        settings = settings_change(toml_value(text, ()), _topics(text), change)
        if settings.changes:
            editing.change_settings(person, settings, session=session, now=now)
    if rewrite_entries:
        _rewrite_entries(editing, read, person, topics, plan, now)
    if store is not None:
        for sources, targets in moves:
            if sources.isdisjoint(targets):  # else the topic stays one of them
                store.topic_followers.finish(sources, [TopicTarget(slug=slug) for slug in targets])
        if not plan.is_done:
            store.audit.add(person, _STEPS[change.kind], f"topic {change.source}", now=now, detail=_detail(plan))
    return plan


def _detail(plan: TopicChangePlan) -> Mapping[str, Any]:
    followers = {slug: counts.following for slug, counts in plan.followers.items()}
    return {"topics": list(plan.change.slugs), "followers": followers, "segments": list(plan.segments)}


def _topics(text: str) -> Topics:
    file = parse_settings(text)
    if not isinstance(file, SettingsFile):
        raise TopicChangeError("newsletter.toml would have mistakes", hint="choose other names")
    return topics_of(file)


def _slug_of_source(topics: Topics, name: str) -> str:
    """Return the slug of a topic, given by its slug or name.

    A slug that is an alias now stays as it is: the topic has been renamed or merged, perhaps not to the end.
    """
    if name in (topic.slug for topic in topics) or SLUG.fullmatch(name):
        return name
    return topics.resolve(name).slug


def _means(topics: Topics, name: str, slug: str) -> bool:
    return slug in (topics.resolve(name).slug, slug_of(name))


def _sources(topics: Topics, change: TopicChange) -> frozenset[str]:
    """Return the slugs whose followers move: the topic's own, and those that it had before."""
    return topics.with_former([change.source]).difference(change.slugs) | {change.source}


def _moves(topics: Topics, change: TopicChange) -> tuple[tuple[frozenset[str], tuple[str, ...]], ...]:
    """Return which slugs' followers move to which topics, in order: first, those of the targets' own former slugs."""
    sources = _sources(topics, change)
    own = [
        (former, (slug,))
        for slug in change.slugs
        if slug != change.source and (former := topics.with_former([slug]) - sources - {slug})
    ]
    return (*own, (sources, change.slugs))


def _targets(after: Topics, change: TopicChange, sources: frozenset[str]) -> tuple[TopicTarget, ...]:
    return tuple(
        TopicTarget(slug=slug, former=after.with_former([slug]) - sources)
        for slug in change.slugs
        if slug != change.source
    )


def _followers(
    store: Store | None, topics: Topics, change: TopicChange, sources: frozenset[str]
) -> Mapping[str, FollowerCounts]:
    if store is None:
        return {}
    return {
        target.slug: store.topic_followers.affected(sources, target) for target in _targets(topics, change, sources)
    }


def _require_sense(topics: Topics, change: TopicChange, *, known: bool) -> None:
    """Raise an error unless a change makes sense. ``known`` says that entries or readers name the topic."""
    declared = {topic.slug for topic in topics}
    source, slugs = change.source, change.slugs
    wrong = next((slug for slug in slugs if not SLUG.fullmatch(slug)), None)
    if wrong is not None:
        raise TopicChangeError(f'"{wrong}" is not a slug', hint=f"use only a-z, 0-9 and hyphens: {slug_of(wrong)}")
    begun = source not in declared and topics.current(source) == slugs[0]
    if not (source in declared or begun or known):
        raise UnknownTopicError(topic=source, suggestion=did_you_mean(source, declared))
    if change.kind is TopicChangeKind.SPLIT:
        if len(set(slugs)) < 2:
            raise TopicChangeError("a split needs at least two different topics", hint="name the topics")
        return
    if source == slugs[0]:
        raise TopicChangeError(f'"{source}" would stay the same', hint="choose another topic")
    if change.kind is TopicChangeKind.RENAME and slugs[0] in declared and not begun:
        raise TopicExistsError(topic=slugs[0])
    if change.kind is TopicChangeKind.RENAME and not begun and source not in declared:
        if topics.current(source) != source:
            hint = f'name the topic itself: "{topics.current(source)}"'
            raise TopicChangeError(f'"{source}" is only another name of a topic', hint=hint)
        hint = "declare it first, or merge it into a topic that is"
        raise TopicChangeError(f'the topic "{source}" is not declared', hint=hint)
    if change.kind is TopicChangeKind.MERGE and slugs[0] not in declared:
        raise UnknownTopicError(topic=slugs[0], suggestion=did_you_mean(slugs[0], declared))


_CLICKED = re.compile(r"\bclicked\s*[\"']", re.IGNORECASE)


def _clicked(tables: Mapping[str, Any], change: TopicChange, settings: SeveralSettings) -> tuple[str, ...]:
    if change.kind is not TopicChangeKind.SPLIT:
        return ()
    rules = {path[1] for path in paths_of(settings) if path[0] == "segments" and path[-1] == "where"}
    return tuple(sorted(slug for slug in rules if _CLICKED.search(tables["segments"][slug]["where"])))


def _rewrite_entries(
    editing: Editing, read: Manuscripts, person: Person, topics: Topics, plan: TopicChangePlan, now: datetime
) -> None:
    for slug in plan.entries:
        entry = read.entries[slug]
        names = dict.fromkeys(
            word
            for name in entry.topics
            for word in (plan.change.slugs if _means(topics, name, plan.change.source) else (name,))
        )
        editing.change(person, entry.path, SetField(name="topics", value=tuple(names)), now=now)
