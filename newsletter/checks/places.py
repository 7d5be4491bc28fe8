"""Places in an editor's files, and tests for files that could be read only in part."""

import datetime

from newsletter.domain.blocks import Block
from newsletter.domain.issue import Issue, Item
from newsletter.errors import Place


def at(manuscript: Item | Issue, *names: str) -> Place:
    """Return the place of the first of these fields that has a line, or the top of the file."""
    return manuscript.place(next((name for name in names if name in manuscript.lines), ""))


def below(place: Place, lines: int) -> Place:
    """Return the place a number of ``lines`` further down."""
    return Place(path=place.path, line=place.line + lines if place.line is not None else None)


def is_dated(issue: Issue) -> bool:
    """Return whether an issue's file gives a date. The reader of files has reported an issue without one."""
    return issue.date != datetime.date.min


def is_readable(manuscript: Item | Issue) -> bool:
    """Return whether any field could be read. An unreadable file is an empty value and has been reported already."""
    if isinstance(manuscript, Block):
        return bool(manuscript.text or manuscript.links or manuscript.url or manuscript.image)
    if isinstance(manuscript, Issue):
        return bool(manuscript.subject or manuscript.preheader or manuscript.sections or manuscript.lines)
    return bool(manuscript.title or manuscript.url or manuscript.source or manuscript.topics or manuscript.lines)
