"""The weekly summary that members of staff can get by mail. No I/O."""

from collections.abc import Iterator

from newsletter.domain.plurals import counted
from newsletter.domain.publication import Newsletter
from newsletter.reports.issue_report import Figures, percent
from newsletter.reports.over_time import OverTime
from newsletter.reports.over_time_view import over_time_view

_ENTRIES, _TOPICS, _REASONS = 5, 5, 3  # lines of each list


def weekly_summary(week: OverTime, before: OverTime, newsletter: Newsletter) -> str:
    """Return the text about a ``week`` and the one ``before``."""
    first, last = week.range.first, week.range.last
    paragraphs = [f"{newsletter.name}, {first.day} {first:%B} to {last.day} {last:%B %Y}", over_time_view(week).lede]
    if before.readers is not None:
        paragraphs[-1] += (
            f" The week before, {counted(before.total('joined'), 'reader')} joined and {_lost(before):,} left."
        )
    paragraphs += [_issues(week)]
    clicked = [line for line in week.entries if line.clicks][:_ENTRIES]
    if clicked:
        paragraphs.append("\n".join(["Most clicked:", *(f"  {line.clicks:>7,}  {line.name}" for line in clicked)]))
    topics = list(_missed_topics(week))[:_TOPICS]
    if topics:
        paragraphs.append("\n".join(["Topics that readers follow and no issue had:", *topics]))
    failures = [f"  {group.messages:>7,}  {group.reason} ({group.provider})" for group in week.bounces[:_REASONS]]
    if failures:
        paragraphs.append("\n".join(["Why messages failed:", *failures]))
    return "\n\n".join(paragraphs) + "\n"


def _lost(report: OverTime) -> int:
    return report.total("left") + report.total("bounced") + report.total("complained")


def _issues(week: OverTime) -> str:
    if not week.issues:
        return "No issue was sent."
    lines = [
        f"  {issue.issue}  {week.subjects.get(issue.issue, '')}".rstrip() + f"\n    {_result(issue)}"
        for issue in week.issues
    ]
    return "\n".join([f"{counted(len(week.issues), 'issue').capitalize()} sent:", *lines])


def _result(issue: Figures) -> str:
    parts = [f"{issue.submitted:,} of {counted(issue.recipients, 'reader')}"]
    if issue.delivered:
        parts.append(f"{percent(issue.share(issue.delivered))} delivered")
    if issue.clicks.people:
        parts.append(f"{percent(issue.share(issue.clicks.people))} clicks")
    parts.append(f"{issue.unsubscribed:,} unsubscribed")
    if issue.bounced:
        parts.append(counted(issue.bounced, "hard bounce"))
    if issue.complained:
        parts.append(counted(issue.complained, "complaint"))
    return ", ".join(parts)


def _missed_topics(week: OverTime) -> Iterator[str]:
    if week.issues:
        for row in week.topics:
            if row.followers and not row.printed:
                yield f"  {row.followers:>7,}  {row.name}"
