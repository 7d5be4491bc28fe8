"""How long an issue is: the numbers in the compose page's bar."""

from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.composing import Composed
from newsletter.domain.issue import Issue
from newsletter.domain.reading_time import issue_minutes
from newsletter.web.preview.issue_page import HtmlSize, sizes_to_show
from newsletter.web.studio.compose_items import IssueSection


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueLength:
    """The length of an issue; ``minutes`` and ``size`` are None for one that can't be rendered.

    ``sections`` has the number of entries of each section by its name, without nameless ones that have none. ``size``
    is the email's HTML as it is sent or decoded, whichever is closer to its limit.
    """

    entries: int
    sections: tuple[tuple[str, int], ...]
    minutes: int | None = None
    size: HtmlSize | None = None


def issue_length(sections: Iterable[IssueSection], issue: Issue, composed: Composed | None) -> IssueLength:
    """Return the length of an issue, with that of its compiled email if there is one."""
    numbers = [(section, sum(not item.kind for item in section.items)) for section in sections]
    counted = tuple((section.name, number) for section, number in numbers if section.title or number)
    entries = sum(number for _, number in counted)
    if composed is None:
        return IssueLength(entries=entries, sections=counted)
    return IssueLength(
        entries=entries,
        sections=counted,
        minutes=issue_minutes(issue),
        size=max(sizes_to_show(composed.email), key=lambda part: part.size / part.limit),
    )
