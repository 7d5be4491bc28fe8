"""Checks of an entry: words, link, image, topics and quotations."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches

from newsletter.checks.doubles import doubled_findings
from newsletter.checks.lines import capitals, is_file_name, pasted_boilerplate, reply
from newsletter.checks.links import address_findings, disguise
from newsletter.checks.markdown import markdown_findings
from newsletter.checks.places import at, below, is_readable
from newsletter.checks.quotations import mark_findings, quotation_findings
from newsletter.checks.rules import make_finding
from newsletter.checks.words import text_findings
from newsletter.domain.issue import Entry, Issue, Passage, PassageKind
from newsletter.domain.pictures import is_brought_along
from newsletter.domain.topics import Topics
from newsletter.errors import Finding, Place
from newsletter.message.merge_fields import merge_fields

LONGEST_TITLE = 150  # characters: five lines on a phone
_FIELDS = ("title", "source", "author", "image_alt")


def entry_findings(entry: Entry, topics: Topics) -> Iterator[Finding]:
    """Yield an entry's findings that don't depend on its issue. The reader of files has reported missing fields."""
    if not is_readable(entry):
        return
    yield from _links(entry)
    yield from _topics(entry, topics)
    yield from _fields(entry)
    yield from _title(entry)
    for passage in entry.passages:
        yield from _passage(passage, Place(path=entry.path, line=passage.line))
    yield from _body(entry)


def undeclared_topic_findings(entries: Iterable[Entry], topics: Topics) -> Iterator[Finding]:
    """Yield each undeclared topic once, at the first entry that names it, with the number of other entries."""
    named: dict[str, list[tuple[Place, str]]] = {}
    for entry in sorted(filter(is_readable, entries), key=lambda entry: entry.path):
        slugs = {
            topics.resolve(name).slug: name for name in reversed(entry.topics) if not topics.resolve(name).declared
        }
        for slug, name in slugs.items():
            named.setdefault(slug, []).append((_topic_place(entry, name), name))
    for slug, ((place, name), *others) in named.items():
        others_too = f", here and in {len(others)} other {'entry' if len(others) == 1 else 'entries'}" if others else ""
        hint = closest_topic(name, topics) or f"declare it: [topics.{slug}] in newsletter.toml"
        yield make_finding("topic-undeclared", place, f'the topic "{name}" is not declared{others_too}', hint)


def override_findings(issue: Issue, entries: Mapping[str, Entry], topics: Topics) -> Iterator[Finding]:
    """Yield the findings that an issue's overrides add to its entries, placed in the issue's file."""
    for entry in issue.entries:
        original = entries.get(entry.slug, entry)
        if entry == original:
            continue
        known = {(finding.rule, finding.what) for finding in entry_findings(original, topics)}
        table = f"overrides.{entry.slug}"
        lines = {
            name: at(issue, f"{table}.{name}", table, "overrides").line or 1
            for name in (*_FIELDS, "url", "image", "topics", "body")
        }
        here = replace(entry, path=issue.path, lines=lines)
        for finding in entry_findings(here, topics):
            if (finding.rule, finding.what) not in known:
                yield finding


def _passage(passage: Passage, place: Place) -> Iterator[Finding]:
    yield from text_findings(passage.markdown, place)
    yield from doubled_findings(passage.markdown, place)
    if left := pasted_boilerplate(passage.markdown):
        line = below(place, passage.markdown.count("\n", 0, passage.markdown.find(left)))
        yield make_finding("boilerplate-left", line, f'the {passage.kind} says "{left}"')
    yield from markdown_findings(passage.markdown, place, quotation=passage.kind is PassageKind.QUOTATION)
    if passage.kind is PassageKind.QUOTATION:
        yield from quotation_findings(passage, place)
    else:
        yield from mark_findings(passage.markdown, place, "framing")
    for field in merge_fields(passage.markdown)[:1]:
        line = below(place, passage.markdown.count("\n", 0, field.start))
        yield make_finding("entry-merge-field", line, "a merge field in an entry would be printed as it stands")


def _links(entry: Entry) -> Iterator[Finding]:
    if entry.url:
        yield from address_findings(entry.url, entry.place("url"), "the url")
        yield from _linked_names(entry)
    if entry.image:
        if not is_brought_along(entry.image):
            yield from address_findings(entry.image, entry.place("image"), "the image")
        words = (entry.image_alt or "").strip()
        if not words:
            yield make_finding("image-alt", entry.place("image"), "the image has no alternative text")
        elif is_file_name(words):
            yield make_finding(
                "image-alt-name",
                at(entry, "image_alt", "image"),
                f'the image\'s alternative text is the file name "{words}"',
            )


def _linked_names(entry: Entry) -> Iterator[Finding]:
    """Yield a title or source, both shown as links, that names another host.

    A title of several words may mention another host.
    """
    for name in ("title", "source"):
        text = getattr(entry, name).strip()
        if "." not in text or (name == "title" and " " in text):
            continue
        if (misled := disguise(text, entry.url)) is not None:
            named, goes_to, _ = misled
            yield make_finding(
                "link-host", entry.place(name), f"the {name} names {named}, but its link goes to {goes_to}"
            )


def _fields(entry: Entry) -> Iterator[Finding]:
    for name in _FIELDS:
        text = getattr(entry, name) or ""
        yield from text_findings(text, entry.place(name), plain=True)
        if merge_fields(text):
            yield make_finding(
                "entry-merge-field", entry.place(name), f"a merge field in the {name} would be printed as it stands"
            )
    for name in entry.topics:
        yield from text_findings(name, _topic_place(entry, name), plain=True)


def _title(entry: Entry) -> Iterator[Finding]:
    title = entry.title.strip()
    yield from doubled_findings(title, entry.place("title"))
    if prefix := reply(title):
        yield make_finding("title-reply", entry.place("title"), f'the title begins with "{prefix}"')
    if reason := capitals(title):
        yield make_finding("title-capitals", entry.place("title"), f"the title {reason}")
    if len(title) > LONGEST_TITLE:
        what = f"the title has {len(title)} characters, more than {LONGEST_TITLE}"
        yield make_finding("title-long", entry.place("title"), what)


def _topics(entry: Entry, topics: Topics) -> Iterator[Finding]:
    if not entry.topics and any(topics):  # a newsletter without topics needs none
        yield make_finding("topics-none", entry.place("topics"), "the entry has no topics")
    named: dict[str, str] = {}
    for name in entry.topics:
        place, topic = _topic_place(entry, name), topics.resolve(name)
        if topic.slug in named:
            earlier = named[topic.slug]
            what = f'"{name}" is listed twice' if earlier == name else f'"{earlier}" and "{name}" are the same topic'
            yield make_finding("topic-repeated", place, what)
            continue
        named[topic.slug] = name
        if not topic.declared:
            hint = closest_topic(name, topics) or f"declare it: [topics.{topic.slug}] in newsletter.toml"
            yield make_finding("topic-undeclared", place, f'the topic "{name}" is not declared', hint)


def _topic_place(entry: Entry, name: str) -> Place:
    return at(entry, f"topics.{name}", "topics")


def closest_topic(name: str, topics: Topics) -> str:
    """Return ``did you mean "…"?`` if a declared topic is spelled like this one, else ""."""
    known = {spelling.casefold(): spelling for topic in topics for spelling in (topic.slug, *topic.aliases, topic.name)}
    close = get_close_matches(name.casefold(), known, 1, 0.75)  # Russia is not a misspelt Asia
    return f'did you mean "{known[close[0]]}"?' if close else ""


def _body(entry: Entry) -> Iterator[Finding]:
    if not any(passage.markdown.strip() for passage in entry.passages):
        yield make_finding("entry-empty", at(entry, "body"), "the entry has neither framing nor quotation")
    elif (last := entry.passages[-1]).kind is PassageKind.FRAMING and last.markdown.rstrip().endswith((":", "：")):
        place = Place(path=entry.path, line=last.line + last.markdown.rstrip().count("\n"))
        yield make_finding("quotation-missing", place, "the framing ends with a colon and no quotation follows")


def quotations(entry: Entry) -> tuple[Passage, ...]:
    """Return the quotations of an entry."""
    return tuple(passage for passage in entry.passages if passage.kind is PassageKind.QUOTATION)
