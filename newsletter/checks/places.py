"""Where in an editor's file something stands, and what of a broken file is there at all."""

import datetime

from newsletter.domain.issue import Entry, Issue
from newsletter.errors import Place


def at(manuscript: Entry | Issue, *names: str) -> Place:
    """The first of these fields that has a line, or the top of the file."""
    return manuscript.place(next((name for name in names if name in manuscript.lines), ""))


def below(place: Place, lines: int) -> Place:
    """A place so many lines further down."""
    return Place(path=place.path, line=place.line + lines if place.line is not None else None)


def is_dated(issue: Issue) -> bool:
    """Whether an issue's file gave it a date; reading has reported one that did not."""
    return issue.date != datetime.date.min


def is_readable(manuscript: Entry | Issue) -> bool:
    """Whether there are fields: a file that cannot be read is there as an empty value, and is reported once."""
    if isinstance(manuscript, Issue):
        return bool(manuscript.subject or manuscript.preheader or manuscript.sections or manuscript.lines)
    return bool(manuscript.title or manuscript.url or manuscript.source or manuscript.topics or manuscript.lines)
