"""Checks of an entry: words, link, image, topics and quotations."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from newsletter.checks.links import address_findings
from newsletter.checks.parts import (
    field_findings,
    image_address_findings,
    linked_name_findings,
    prose_findings,
    title_findings,
)
from newsletter.checks.places import at, is_readable
from newsletter.checks.rules import make_finding
from newsletter.checks.topics import named_topic_findings
from newsletter.domain.issue import ACCESS_FIELDS, Entry, Issue, Passage, PassageKind
from newsletter.domain.topics import Topics
from newsletter.errors import Finding, Place
from newsletter.translation.locales import is_known

LONGEST_LABEL = 24  # characters: "Read more at The Review" has to fit on a phone's line
LONGEST_READING = 24 * 60  # minutes
_FIELDS = ("title", "source", "author", "image_alt", "label")
_OVERRIDDEN = (*_FIELDS, *ACCESS_FIELDS, "url", "image", "topics", "body")


def entry_findings(entry: Entry, topics: Topics) -> Iterator[Finding]:
    """Yield an entry's findings that don't depend on its issue. The reader of files has reported missing fields."""
    if not is_readable(entry):
        return
    if entry.url:
        yield from address_findings(entry.url, entry.place("url"), "the url")
        for name in ("title", "source"):
            yield from linked_name_findings(getattr(entry, name), entry.url, entry.place(name), name)
    yield from image_address_findings(entry)
    yield from _access_notes(entry)
    if not entry.topics and any(topics):  # a newsletter without topics needs none
        yield make_finding("topics-none", entry.place("topics"), "the entry has no topics")
    yield from named_topic_findings(entry, topics)
    yield from field_findings(entry, _FIELDS)
    yield from title_findings(entry.title.strip(), entry.place("title"))
    for passage in entry.passages:
        place = Place(path=entry.path, line=passage.line)
        is_quotation = passage.kind is PassageKind.QUOTATION
        yield from prose_findings(passage.markdown, place, passage.kind.value, quotation=is_quotation)
    yield from _body(entry)


def override_findings(issue: Issue, entries: Mapping[str, Entry], topics: Topics) -> Iterator[Finding]:
    """Yield the findings that an issue's overrides add to its entries, placed in the issue's file."""
    for entry in issue.entries:
        original = entries.get(entry.slug, entry)
        if entry == original:
            continue
        known = {(finding.rule, finding.what) for finding in entry_findings(original, topics)}
        table = f"overrides.{entry.slug}"
        lines = {name: at(issue, f"{table}.{name}", table, "overrides").line or 1 for name in _OVERRIDDEN}
        here = replace(entry, path=issue.path, lines=lines)
        for finding in entry_findings(here, topics):
            if (finding.rule, finding.what) not in known:
                yield finding


def _access_notes(entry: Entry) -> Iterator[Finding]:
    """Yield findings about the link's label, language, reading time and paywall."""
    if len(entry.label) > LONGEST_LABEL:
        what = f"the label has {len(entry.label)} characters, more than {LONGEST_LABEL}"
        yield make_finding("label-long", entry.place("label"), what)
    if entry.language and not is_known(entry.language):
        what = f'"{entry.language}" is not a known language'
        yield make_finding("entry-language", entry.place("language"), what)
    if (entry.minutes or 0) > LONGEST_READING:
        yield make_finding("minutes-many", entry.place("minutes"), f"{entry.minutes} minutes are more than a day")
    if entry.gift:
        problems = address_findings(entry.gift, entry.place("gift"), "the gift link")
        yield from (problem for problem in problems if problem.rule != "url-detour")  # publishers shorten them
        if not entry.paywall:
            yield make_finding("gift-paywall", entry.place("gift"), "the entry has a gift link but no paywall")


def _body(entry: Entry) -> Iterator[Finding]:
    if not any(passage.markdown.strip() for passage in entry.passages):
        yield make_finding("entry-empty", at(entry, "body"), "the entry has neither framing nor quotation")
    elif (last := entry.passages[-1]).announces:
        place = Place(path=entry.path, line=last.line + last.markdown.rstrip().count("\n"))
        yield make_finding("quotation-missing", place, "the framing ends with a colon and no quotation follows")


def quotations(entry: Entry) -> tuple[Passage, ...]:
    """Return the quotations of an entry."""
    return tuple(passage for passage in entry.passages if passage.kind is PassageKind.QUOTATION)
