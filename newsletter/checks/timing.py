"""Checks of when an issue's entries may run: embargoes, and dates they should have run by."""

from collections.abc import Iterator

from newsletter.checks.places import at, is_dated
from newsletter.checks.rules import make_finding
from newsletter.domain.date_words import day_in_words
from newsletter.domain.issue import Issue
from newsletter.errors import Finding


def timing_findings(issue: Issue) -> Iterator[Finding]:
    """Yield the entries that an unsent issue has too early or too late, by its date; sends compare the time too."""
    if not is_dated(issue):
        return
    dated = f"the issue is dated {day_in_words(issue.date)}"
    for entry in issue.entries:
        place = at(issue, f"entries.{entry.slug}", "entries", "sections")
        if entry.not_before is not None and issue.date < entry.not_before.date():
            until = day_in_words(entry.not_before.date())
            yield make_finding("entry-embargoed", place, f"{entry.slug} may not run before {until}, and {dated}")
        if entry.best_before is not None and issue.date > entry.best_before:
            until = day_in_words(entry.best_before)
            yield make_finding("entry-best-before", place, f"{entry.slug} was best before {until}, and {dated}")
