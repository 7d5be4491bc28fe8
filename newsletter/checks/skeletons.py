"""Checks of an unsent issue against the skeleton of its weekday: how many entries it has, and how long it takes."""

from collections.abc import Iterator

from newsletter.checks.places import at, is_dated
from newsletter.checks.rules import make_finding
from newsletter.domain.issue import Issue
from newsletter.domain.plurals import counted
from newsletter.domain.publication import Newsletter
from newsletter.domain.reading_time import issue_minutes
from newsletter.domain.skeletons import skeleton_of
from newsletter.errors import Finding


def skeleton_findings(issue: Issue, newsletter: Newsletter) -> Iterator[Finding]:
    """Yield where an issue has more entries, or takes longer, than its weekday's skeleton allows."""
    skeleton = skeleton_of(newsletter.skeletons, issue.date) if is_dated(issue) and not issue.digest else None
    if skeleton is None:
        return
    place = at(issue, "sections", "entries")
    entries = len(issue.entries)
    if skeleton.entries is not None and entries > skeleton.entries:
        what = f"the issue has {counted(entries, 'entry')}, more than its skeleton's {skeleton.entries}"
        yield make_finding("skeleton-entries", place, what)
    limits = {section.title: section.limit for section in skeleton.sections}
    for section in issue.sections:
        limit = limits.get(section.title or "")
        if limit is not None and len(section.entries) > limit:
            what = f'"{section.title}" has {counted(len(section.entries), "entry")}, more than its {limit}'
            yield make_finding("skeleton-entries", place, what)
    minutes = issue_minutes(issue)
    if skeleton.minutes is not None and minutes > skeleton.minutes:
        what = f"the issue takes {counted(minutes, 'minute')}, more than its skeleton's {skeleton.minutes}"
        yield make_finding("skeleton-minutes", place, what)
