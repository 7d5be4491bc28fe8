"""Check that a theme can leave entries out: render an issue whose words are marked, and look for them in editions."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice

from newsletter.domain.edition import Edition
from newsletter.domain.issue import Entry, Issue, Section
from newsletter.errors import Finding, Place, Severity
from newsletter.message.compiled_issue import CompiledIssue
from newsletter.message.template import Template
from newsletter.rendering.compiling import HTML_TEMPLATE, TEXT_TEMPLATE, compile_issue
from newsletter.rendering.themes import Theme

RULE = "theme-parts"
_MARK = re.compile(r"zq([es])(\d+)qz", re.IGNORECASE)  # a theme may print titles in capitals


def part_findings(issue: Issue, theme: Theme) -> tuple[Finding, ...]:
    """Return the reasons why a theme can't make editions of an issue, at most one finding per template.

    Raise the errors of ``compile_issue``.
    """
    compiled = compile_issue(_marked(issue), theme.newsletter, theme)
    return tuple(
        Finding(rule=RULE, severity=Severity.ERROR, place=Place(path=theme.files.shown(name)), what=what, hint=hint)
        for name, is_html in ((HTML_TEMPLATE, True), (TEXT_TEMPLATE, False))
        for what, hint in islice(_problems(issue, compiled, is_html=is_html), 1)
    )


def _marked(issue: Issue) -> Issue:
    """Return an issue of the same shape whose every word names its entry or section."""
    positions = count()
    sections = tuple(
        Section(
            title=f"zqs{at}qz section" if section.title else None,
            items=tuple(_marked_entry(entry, f"zqe{next(positions)}qz") for entry in section.entries),
        )
        for at, section in enumerate(issue.sections)
    )
    return replace(issue, subject="Subject", preheader="", note="A note." if issue.note else "", sections=sections)


def _marked_entry(entry: Entry, mark: str) -> Entry:
    return replace(
        entry,
        title=f"{mark} title",
        url=f"https://example.org/{mark}",
        source=f"{mark} source",
        author=f"{mark} author" if entry.author else None,
        image=f"https://example.org/{mark}.png" if entry.image else None,
        image_alt=f"{mark} picture" if entry.image_alt else None,
        topics=tuple(f"{mark} topic {at}" for at in range(len(entry.topics))),
        passages=tuple(replace(passage, markdown=f"{mark} words") for passage in entry.passages),
    )


def _problems(issue: Issue, compiled: CompiledIssue, *, is_html: bool) -> Iterator[tuple[str, str]]:
    for edition in ((), *((at,) for at in compiled.full)):
        marks = _marks(compiled, edition, is_html=is_html)
        for at in sorted(at for kind, at in marks if kind == "e" and at not in edition):
            what = f'text of the entry "{issue.entries[at].slug}" is outside its part, so readers without it get it too'
            yield what, "put all of an entry between {% part entry %} and {% endpart %}"
        for at in edition:
            if ("e", at) not in marks:
                what = f'the entry "{issue.entries[at].slug}" is missing from an edition that has only this entry'
                yield what, "name the entry: {% part entry %}"
        for at in sorted(at for kind, at in marks if kind == "s" and not _has_entry_of(issue, at, edition)):
            what = f'the heading "{issue.sections[at].title}" is in an edition without an entry of its section'
            yield what, "put it between {% part section %} and {% endpart %}"


def _has_entry_of(issue: Issue, section: int, edition: Edition) -> bool:
    first, size = (
        sum(len(earlier.entries) for earlier in issue.sections[:section]),
        len(issue.sections[section].entries),
    )
    return size == 0 or any(first <= at < first + size for at in edition)  # empty sections are reported elsewhere


def _marks(compiled: CompiledIssue, edition: Edition, *, is_html: bool) -> set[tuple[str, int]]:
    """Return the entries ("e") and sections ("s") that have words in an edition."""
    email = compiled.email(edition)
    template: Template = email.html if is_html else email.text
    words = html.unescape("".join(piece for piece in template if isinstance(piece, str)))
    return {(match[1].lower(), int(match[2])) for match in _MARK.finditer(words)}
