"""Check that a theme can leave entries and blocks out: mark an issue's words, and look for them in its editions."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from newsletter.domain.blocks import Block
from newsletter.domain.edition import Edition
from newsletter.domain.issue import Entry, Issue, Item, Section
from newsletter.domain.item_positions import heading_positions, item_positions
from newsletter.errors import Finding, Place, Severity
from newsletter.message.compiled_issue import CompiledIssue
from newsletter.message.template import Template
from newsletter.rendering.compiling import HTML_TEMPLATE, TEXT_TEMPLATE, compile_issue
from newsletter.rendering.themes import Theme

RULE = "theme-parts"
_MARK = re.compile(r"zq([is])(\d+)qz", re.IGNORECASE)  # a theme may print titles in capitals


def part_findings(issue: Issue, theme: Theme) -> tuple[Finding, ...]:
    """Return the reasons why a theme can't make editions of an issue, at most one finding per template.

    Issues of one shape are compiled once for a theme, however often their words change. Raise the errors of
    ``compile_issue``.
    """
    marked = _marked(issue)
    if marked in theme.sound_shapes:
        return ()
    compiled = compile_issue(marked, theme.newsletter, theme)
    findings = tuple(
        Finding(rule=RULE, severity=Severity.ERROR, place=Place(path=theme.files.shown(name)), what=what, hint=hint)
        for name, is_html in ((HTML_TEMPLATE, True), (TEXT_TEMPLATE, False))
        for what, hint in islice(_problems(issue, compiled, is_html=is_html), 1)
    )
    if not findings:
        theme.sound_shapes.append(marked)
    return findings


def _marked(issue: Issue) -> Issue:
    """Return an issue of the same shape whose every word names its entry, block or section by its number.

    It has no lines: where the words are in their files makes no difference.
    """
    marks = (f"zqi{number}qz" for number in range(len(issue.items)))
    sections = tuple(
        Section(
            title=f"zqs{at}qz section" if section.title else None,
            items=tuple(
                _marked_entry(item, mark) if isinstance(item, Entry) else _marked_block(item, mark)
                for item, mark in zip(section.items, marks, strict=False)
            ),
        )
        for at, section in enumerate(issue.sections)
    )
    note = "A note." if issue.note else ""
    return replace(issue, subject="Subject", preheader="", note=note, sections=sections, lines={})


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
        gift=f"https://example.org/{mark}/gift" if entry.gift else "",
        passages=tuple(replace(passage, markdown=f"{mark} words", line=1) for passage in entry.passages),
        lines={},
    )


def _marked_block(block: Block, mark: str) -> Block:
    return replace(
        block,
        title=f"{mark} title" if block.title else "",
        text=f"{mark} words" if block.text else "",
        who=f"{mark} speaker" if block.who else "",
        where=f"{mark} source" if block.where else "",
        url=f"https://example.org/{mark}" if block.url else "",
        links=tuple(
            replace(
                link,
                title=f"{mark} link",
                url=f"https://example.org/{mark}/{at}",
                source=f"{mark} source",
                kind=f"{mark} kind",
            )
            for at, link in enumerate(block.links)
        ),
        image=f"https://example.org/{mark}.png" if block.image else None,
        image_alt=f"{mark} picture" if block.image_alt else None,
        lines={},
    )


def _problems(issue: Issue, compiled: CompiledIssue, *, is_html: bool) -> Iterator[tuple[str, str]]:
    placed = item_positions(issue)
    items = issue.items
    positions = [own for section in placed for own in section]
    for edition in ((), *((at,) for at in compiled.full)):
        marks = _marks(compiled, edition, is_html=is_html)
        for at in sorted(at for kind, at in marks if kind == "i" and not _is_in(edition, positions[at])):
            what = f"text of {_name(items[at])} is outside its part, so readers without it get it too"
            whole, name = ("an entry", "entry") if isinstance(items[at], Entry) else ("a block", "block")
            yield what, f"put all of {whole} between {{% part {name} %}} and {{% endpart %}}"
        for at, item in enumerate(items):
            if isinstance(item, Entry) and _is_in(edition, positions[at]) and ("i", at) not in marks:
                what = f"{_name(item)} is missing from an edition that has only this entry"
                yield what, "name the entry: {% part entry %}"
        for at in sorted(
            at for kind, at in marks if kind == "s" and not _is_in(edition, heading_positions(placed[at]))
        ):
            what = f'the heading "{issue.sections[at].title}" is in an edition without an entry of its section'
            yield what, "put it between {% part section %} and {% endpart %}"


def _is_in(edition: Edition, positions: Edition) -> bool:
    return not positions or not set(positions).isdisjoint(edition)


def _name(item: Item) -> str:
    if isinstance(item, Entry):
        return f'the entry "{item.slug}"'
    return f'the block "{item.slug}"' if item.slug else f"a {item.kind} block"


def _marks(compiled: CompiledIssue, edition: Edition, *, is_html: bool) -> set[tuple[str, int]]:
    """Return the items ("i") and sections ("s") that have words in an edition."""
    email = compiled.email(edition)
    template: Template = email.html if is_html else email.text
    words = html.unescape("".join(piece for piece in template if isinstance(piece, str)))
    return {(match[1].lower(), int(match[2])) for match in _MARK.finditer(words)}
