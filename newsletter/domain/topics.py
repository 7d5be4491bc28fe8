"""Topics that readers follow, as a forest, and the slugs that name things. No I/O."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from slugify import slugify

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?")


@lru_cache(maxsize=4096)
def slug_of(text: str) -> str:
    """Return the slug of a title or topic name: ``[a-z0-9-]``, 1 to 80 characters; ``untitled`` if nothing is left."""
    return slugify(text, max_length=80, word_boundary=False).strip("-") or "untitled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A subject of entries that readers can follow. ``declared`` is false if newsletter.toml doesn't list it."""

    slug: str
    name: str
    aliases: tuple[str, ...] = ()
    parent: str | None = None
    declared: bool = True


class Topics:
    """A forest of the declared topics; any other name is a topic with a slug of its own.

    ``clashes`` lists every name that two topics claim: (name, slug it means, slug of the other topic).
    """

    def __init__(self, declared: Iterable[Topic] = ()) -> None:
        self._by_slug = {topic.slug: topic for topic in declared}
        self._by_name: dict[str, str] = {slug: slug for slug in self._by_slug}
        self.clashes: list[tuple[str, str, str]] = []
        for topic in self._by_slug.values():
            for name in (topic.name, *topic.aliases):
                meant = self._by_name.setdefault(folded_name(name), topic.slug)
                if meant != topic.slug:
                    self.clashes.append((name, meant, topic.slug))
        # Slugs that readers may still follow from before a topic was renamed, and its current slug.
        self._former: dict[str, str] = {}
        for topic in self._by_slug.values():
            for name in (*topic.aliases, topic.name):
                former = slug_of(name)
                if former not in self._by_slug:
                    self._former.setdefault(former, topic.slug)
        self._children: dict[str, list[str]] = {}
        for topic in self._by_slug.values():
            if topic.parent is not None:
                self._children.setdefault(topic.parent, []).append(topic.slug)

    def __iter__(self) -> Iterator[Topic]:
        return iter(self._by_slug.values())

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, Topics) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def resolve(self, name: str) -> Topic:
        """Return the topic with this slug, name or alias, ignoring case; an undeclared topic if there is none."""
        slug = slug_of(name)
        known = self._by_name.get(folded_name(name)) or self._by_name.get(slug) or self._former.get(slug)
        if known is not None:
            return self._by_slug[known]
        return Topic(slug=slug, name=name.strip(), declared=False)

    @property
    def former(self) -> Mapping[str, str]:
        """Return the current slug of each former slug."""
        return self._former

    def current(self, slug: str) -> str:
        """Return a topic's current slug, given its current or a former one (the slug of an alias)."""
        return self._former.get(slug, slug)

    def with_former(self, slugs: Iterable[str]) -> frozenset[str]:
        """Return these slugs and the former slugs of their topics, which readers may still follow."""
        wanted = frozenset(slugs)
        return wanted.union(former for former, slug in self._former.items() if slug in wanted)

    def ancestors(self, slug: str) -> tuple[str, ...]:
        """Return the parent, grandparent and so on, nearest first."""
        parents: list[str] = []
        topic = self._by_slug.get(slug)
        while topic is not None and topic.parent is not None and topic.parent not in parents:
            parents.append(topic.parent)
            topic = self._by_slug.get(topic.parent)
        return tuple(parents)

    def with_descendants(self, slug: str) -> frozenset[str]:
        """Return the topic and all topics below it, which its followers follow too."""
        covered = {slug}
        waiting = [slug]
        while waiting:
            below = [child for child in self._children.get(waiting.pop(), ()) if child not in covered]
            covered.update(below)
            waiting.extend(below)
        return frozenset(covered)

    def related(self, slug: str) -> frozenset[str]:
        """Return the slugs of topics whose followers follow this one in whole or in part, former slugs included.

        They are the topic itself, its ancestors and its descendants.
        """
        return self.with_former(self.with_descendants(slug).union(self.ancestors(slug)))


def folded_name(name: str) -> str:
    """Return a topic's name without differences of case and spaces."""
    return " ".join(name.split()).casefold()
