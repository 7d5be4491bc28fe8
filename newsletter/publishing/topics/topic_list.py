"""The topics with what is known about each: followers, entries, and the latest issue about it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from newsletter.content import Manuscripts
from newsletter.domain.topic_changes import FollowerCounts
from newsletter.domain.topics import Topic, Topics
from newsletter.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTopic:
    """A topic in a list, ``depth`` levels below a top-level one.

    ``followers`` is None if they aren't known, and ``last_printed`` if no issue had an entry about the topic. Entries
    about topics below it don't count.
    """

    topic: Topic
    depth: int = 0
    entries: int = 0
    last_printed: date | None = None
    followers: FollowerCounts | None = None


def topic_list(topics: Topics, read: Manuscripts, store: Store | None) -> tuple[ListedTopic, ...]:
    """Return the declared topics, each followed by those below it, then the undeclared ones that entries name."""
    counts = None if store is None else store.topic_followers.counts()
    sent = None if store is None else store.sends.begun_issues()
    return topic_rows(topics, read, None if counts is None else by_current_slug(topics, counts), sent)


def by_current_slug(topics: Topics, counts: Mapping[str, FollowerCounts]) -> Mapping[str, FollowerCounts]:
    """Return the numbers of readers by the topics' current slugs. A reader of two names of a topic counts twice."""
    total: dict[str, FollowerCounts] = {}
    for slug, own in counts.items():
        current = topics.current(slug)
        before = total.get(current, FollowerCounts())
        total[current] = FollowerCounts(
            following=before.following + own.following, excluding=before.excluding + own.excluding
        )
    return total


def topic_rows(
    topics: Topics,
    read: Manuscripts,
    followers: Mapping[str, FollowerCounts] | None,
    sent: Collection[str] | None,
) -> tuple[ListedTopic, ...]:
    """Return the rows of ``topic_list``, given the numbers of followers and the issues that were sent.

    Either is None if it isn't known; then all issues count as sent.
    """
    entries: dict[str, int] = {}
    known = {topic.slug: topic for topic in topics}
    for entry in read.entries.values():
        for slug in _slugs(topics, entry.topics, known):
            entries[slug] = entries.get(slug, 0) + 1
    printed: dict[str, date] = {}
    for issue in read.issues:
        for item in issue.entries if sent is None or issue.slug in sent else ():
            for slug in _slugs(topics, item.topics, known):
                printed[slug] = max(printed.get(slug, issue.date), issue.date)
    for slug in followers or ():
        known.setdefault(slug, Topic(slug=slug, name=slug, declared=False))
    return tuple(
        ListedTopic(
            topic=known[slug],
            depth=depth,
            entries=entries.get(slug, 0),
            last_printed=printed.get(slug),
            followers=None if followers is None else followers.get(slug, FollowerCounts()),
        )
        for slug, depth in _in_order(list(known.values()))
    )


def _slugs(topics: Topics, names: Sequence[str], known: dict[str, Topic]) -> set[str]:
    resolved = [topics.resolve(name) for name in names]
    for topic in resolved:
        known.setdefault(topic.slug, topic)
    return {topic.slug for topic in resolved}


def _in_order(topics: Sequence[Topic]) -> Iterator[tuple[str, int]]:
    """Yield slugs and depths: the declared topics as a forest, in the order of the file, then the others by name."""
    declared = [topic for topic in topics if topic.declared]
    shown: set[str] = set()

    def below(parent: str | None, depth: int) -> Iterator[tuple[str, int]]:
        for topic in declared:
            if topic.parent == parent and topic.slug not in shown:
                shown.add(topic.slug)
                yield topic.slug, depth
                yield from below(topic.slug, depth + 1)

    yield from below(None, 0)
    yield from ((topic.slug, 0) for topic in declared if topic.slug not in shown)
    others = [topic for topic in topics if not topic.declared]
    yield from ((topic.slug, 0) for topic in sorted(others, key=lambda topic: topic.name.casefold()))
