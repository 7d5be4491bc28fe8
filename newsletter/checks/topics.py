"""Checks of the topics that entries and blocks name."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from newsletter.checks.places import at, is_readable
from newsletter.checks.rules import make_finding
from newsletter.domain.issue import Entry, Item
from newsletter.domain.topics import Topics
from newsletter.errors import Finding, Place


def named_topic_findings(item: Item, topics: Topics) -> Iterator[Finding]:
    """Yield topics that an entry or block names twice, and undeclared ones."""
    named: dict[str, str] = {}
    for name in item.topics:
        place, topic = topic_place(item, name), topics.resolve(name)
        if topic.slug in named:
            earlier = named[topic.slug]
            what = f'"{name}" is listed twice' if earlier == name else f'"{earlier}" and "{name}" are the same topic'
            yield make_finding("topic-repeated", place, what)
            continue
        named[topic.slug] = name
        if not topic.declared:
            hint = closest_topic(name, topics) or f"declare it: [topics.{topic.slug}] in newsletter.toml"
            yield make_finding("topic-undeclared", place, f'the topic "{name}" is not declared', hint)


def undeclared_topic_findings(items: Iterable[Item], topics: Topics) -> Iterator[Finding]:
    """Yield each undeclared topic once, at the first item that names it, with the number of others."""
    named: dict[str, list[tuple[Place, str, bool]]] = {}
    for item in sorted(filter(is_readable, items), key=lambda item: item.path):
        slugs = {topics.resolve(name).slug: name for name in reversed(item.topics) if not topics.resolve(name).declared}
        for slug, name in slugs.items():
            named.setdefault(slug, []).append((topic_place(item, name), name, isinstance(item, Entry)))
    for slug, ((place, name, _), *others) in named.items():
        what = f'the topic "{name}" is not declared'
        if others:
            words = ("entry", "entries") if all(is_entry for *_, is_entry in others) else ("place", "places")
            what += f", here and in {len(others)} other {words[len(others) != 1]}"
        hint = closest_topic(name, topics) or f"declare it: [topics.{slug}] in newsletter.toml"
        yield make_finding("topic-undeclared", place, what, hint)


def topic_place(item: Item, name: str) -> Place:
    """Return the place of a topic in an entry or block."""
    return at(item, f"topics.{name}", "topics")


def closest_topic(name: str, topics: Topics) -> str:
    """Return ``did you mean "…"?`` if a declared topic is spelled like this one, else ""."""
    known = {spelling.casefold(): spelling for topic in topics for spelling in (topic.slug, *topic.aliases, topic.name)}
    close = get_close_matches(name.casefold(), known, 1, 0.75)  # Russia is not a misspelt Asia
    return f'did you mean "{known[close[0]]}"?' if close else ""
