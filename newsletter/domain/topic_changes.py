"""Renaming, merging and splitting topics: what becomes of newsletter.toml, as a function of its tables. No I/O."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from newsletter.domain.rule_topics import with_topics
from newsletter.domain.settings_changes import RenameTable, SetSetting, SettingsChange, SeveralSettings
from newsletter.domain.topics import Topics, folded_name, slug_of

_LISTS = ("any", "all", "none")


class TopicChangeKind(StrEnum):
    """A kind of change of topics."""

    RENAME = "rename"  # one topic gets another slug, and perhaps another name
    MERGE = "merge"  # a topic becomes part of another one
    SPLIT = "split"  # a topic becomes several

    @property
    def participle(self) -> str:
        """Return what was done to the topic, in words that the new topics can follow."""
        return {"rename": "renamed to", "merge": "merged into", "split": "split into"}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicTarget:
    """A topic that takes over followers: its slug, and the former slugs that mean it too."""

    slug: str
    former: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowerCounts:
    """Numbers of readers who follow a topic and who exclude it; of a move, also of those who are ``keeping`` theirs."""

    following: int = 0
    excluding: int = 0
    keeping: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTopic:
    """A topic that takes the place of another: its slug, and the name it gets if it is new or shall have another."""

    slug: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicChange:
    """A change of a topic, by its slug, into one other, or by a split into several, which may include itself."""

    kind: TopicChangeKind
    source: str
    targets: tuple[NewTopic, ...]

    @property
    def slugs(self) -> tuple[str, ...]:
        """Return the slugs of the topics afterwards."""
        return tuple(target.slug for target in self.targets)

    @property
    def words(self) -> str:
        """Return the change for the audit log: ``music > audio``."""
        return f"{self.source} > {', '.join(self.slugs)}"


def settings_change(tables: Mapping[str, Any], topics: Topics, change: TopicChange) -> SeveralSettings:
    """Return what a change of topics does to newsletter.toml, given its tables; nothing if it is done already.

    The former slug and names become aliases, topics below it get another parent, and segments' rules other words.
    """
    declared: Mapping[str, Any] = tables.get("topics", {})
    changes: list[SettingsChange] = []
    first, source = change.targets[0], change.source
    if source in change.slugs:
        changes += _declared(declared, change.targets, declared.get(source, {}).get("parent"))
    elif first.slug in declared:
        changes += _absorbed(declared, topics, change)
    elif source in declared:
        changes += _renamed(declared, source, first)
        changes += _declared(declared, change.targets[1:], declared[source].get("parent"))
    changes += _in_segments(tables.get("segments", {}), topics, change)
    return SeveralSettings(changes=tuple(changes))


def _declared(declared: Mapping[str, Any], targets: Iterable[NewTopic], parent: str | None) -> Iterator[SettingsChange]:
    for target in targets:
        if target.slug not in declared:
            table = {"name": target.name} if target.name else {}
            table |= {"parent": parent} if parent else {}
            yield SetSetting(path=("topics", target.slug), value=table or {"name": target.slug})


def _renamed(declared: Mapping[str, Any], source: str, target: NewTopic) -> Iterator[SettingsChange]:
    table, path = declared[source], ("topics", target.slug)
    yield RenameTable(path=("topics", source), name=target.slug)
    name = table.get("name", source)
    new_name = target.name or name
    former = [source] if new_name == name else [source, name]
    yield from _aliases(path, target.slug, new_name, table.get("aliases", ()), former)
    if target.name and target.name != name:
        yield SetSetting(path=(*path, "name"), value=target.name)
    for slug, other in declared.items():
        if other.get("parent") == source:
            yield SetSetting(path=("topics", target.slug if slug == source else slug, "parent"), value=target.slug)


def _absorbed(declared: Mapping[str, Any], topics: Topics, change: TopicChange) -> Iterator[SettingsChange]:
    """Yield how the first target takes a topic over, which need not be declared any more."""
    target, source = change.targets[0].slug, change.source
    table, old = declared[target], declared.get(source, {})
    parent = old.get("parent")
    above = (target, *topics.ancestors(target))  # of the target, which must not come to stand below itself
    for slug, other in declared.items():
        if other.get("parent") == source and slug != source:
            value = parent if slug in above else target
            yield SetSetting(path=("topics", slug, "parent"), value=value)
    if topics.current(source) != target or source in declared:
        names = [source, old.get("name", source), *old.get("aliases", ())]
        if source in declared:
            yield SetSetting(path=("topics", source), value=None)
        yield from _aliases(("topics", target), target, table.get("name", target), table.get("aliases", ()), names)
    yield from _declared(declared, change.targets[1:], parent)


def _aliases(
    path: tuple[str, ...], slug: str, name: str, aliases: Sequence[str], former: Iterable[str]
) -> Iterator[SettingsChange]:
    """Yield a change of aliases if a former name isn't known yet, or the topic gets a slug that was an alias."""
    kept = [alias for alias in aliases if alias != slug]
    known = {folded_name(known) for known in (slug, name, *kept)}
    for alias in former:
        if folded_name(alias) not in known:
            known.add(folded_name(alias))
            kept.append(alias)
    if kept != list(aliases):
        yield SetSetting(path=(*path, "aliases"), value=kept or None)


def _in_segments(segments: Mapping[str, Any], topics: Topics, change: TopicChange) -> Iterator[SettingsChange]:
    def replaced(name: str) -> tuple[str, ...] | None:
        return change.slugs if topics.resolve(name).slug == change.source and slug_of(name) != "untitled" else None

    for slug, segment in segments.items():
        for key in _LISTS:
            names = segment.get(key, [])
            new = list(dict.fromkeys(word for name in names for word in replaced(name) or (name,)))
            if new != names:
                yield SetSetting(path=("segments", slug, key), value=new)
        where = segment.get("where")
        if isinstance(where, str) and (rule := with_topics(where, replaced)) != where:
            yield SetSetting(path=("segments", slug, "where"), value=rule)
