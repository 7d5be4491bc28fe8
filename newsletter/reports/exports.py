"""The report over time as rows for spreadsheets, and as JSON. No I/O."""

from collections.abc import Iterator
from dataclasses import asdict
from enum import StrEnum

from newsletter.domain.growth import ChangeCounts
from newsletter.reports.issue_report import Figures
from newsletter.reports.over_time import DayRow, OverTime

Cell = str | int


class ExportedTable(StrEnum):
    """A table of the report over time."""

    DAYS = "days"  # readers at the end of each day, and the changes
    SOURCES = "sources"  # changes by source
    TOPICS = "topics"  # followers, printed entries, clicks and changes by topic
    ISSUES = "issues"  # the figures of each issue that was sent
    FAILURES = "failures"  # messages that failed, by reason and mailbox provider


_CHANGES = ("joined", "left", "bounced", "complained")
_FIGURES = (
    "recipients", "submitted", "refused", "skipped", "held", "open", "delivered", "bounced", "bounced_softly",
    "complained", "unsubscribed", "clicks", "opens",
)  # fmt: skip


def table_rows(report: OverTime, table: ExportedTable) -> Iterator[tuple[Cell, ...]]:
    """Yield the rows of a table, the names of its columns first."""
    return {
        ExportedTable.DAYS: _days,
        ExportedTable.SOURCES: _sources,
        ExportedTable.TOPICS: _topics,
        ExportedTable.ISSUES: _issues,
        ExportedTable.FAILURES: _failures,
    }[table](report)


def facts(report: OverTime) -> dict[str, object]:
    """Return the whole report as JSON values."""
    return {
        "first": report.range.first.isoformat(),
        "last": report.range.last.isoformat(),
        "readers": report.readers,
        "days": [_day_facts(row) for row in report.days],
        "sources": [{"source": source} | asdict(changes) for source, changes in report.sources.items()],
        "topics": [
            {"topic": row.slug, "name": row.name, "followers": row.followers, "printed": row.printed}
            | {"clicks": row.clicks}
            | asdict(row.changes)
            for row in report.topics
        ],
        "issues": [_issue_facts(report, issue) for issue in report.issues],
        "failures": [
            {"kind": group.kind, "reason": group.reason, "provider": group.provider, "messages": group.messages}
            for group in report.bounces
        ],
    }


def _day_facts(row: DayRow) -> dict[str, object]:
    totals = row.totals
    changes = {name: getattr(totals, name) for name in _CHANGES}
    return {"day": totals.day.isoformat(), "readers": totals.readers} | changes | {"other": row.other}


def _issue_facts(report: OverTime, issue: Figures) -> dict[str, object]:
    named = {"issue": issue.issue, "subject": report.subjects.get(issue.issue, "")}
    return (
        named | {"began": issue.began.isoformat(timespec="seconds")} | {name: issue.number(name) for name in _FIGURES}
    )


def _days(report: OverTime) -> Iterator[tuple[Cell, ...]]:
    yield ("day", "readers", *_CHANGES, "other")
    for row in report.days:
        readers = "" if row.totals.readers is None else row.totals.readers
        yield (row.totals.day.isoformat(), readers, *(getattr(row.totals, name) for name in _CHANGES), row.other)


def _changes(changes: ChangeCounts) -> tuple[int, ...]:
    return tuple(getattr(changes, name) for name in _CHANGES)


def _sources(report: OverTime) -> Iterator[tuple[Cell, ...]]:
    yield ("source", *_CHANGES)
    for source, changes in report.sources.items():
        yield (source, *_changes(changes))


def _topics(report: OverTime) -> Iterator[tuple[Cell, ...]]:
    yield ("topic", "name", "followers", "printed", "clicks", *_CHANGES)
    for row in report.topics:
        yield (
            row.slug,
            row.name,
            "" if row.followers is None else row.followers,
            row.printed,
            row.clicks,
            *_changes(row.changes),
        )


def _issues(report: OverTime) -> Iterator[tuple[Cell, ...]]:
    yield ("issue", "subject", "began", *_FIGURES)
    for issue in report.issues:
        numbers = (issue.number(name) for name in _FIGURES)
        yield (issue.issue, report.subjects.get(issue.issue, ""), issue.began.isoformat(timespec="seconds"), *numbers)


def _failures(report: OverTime) -> Iterator[tuple[Cell, ...]]:
    yield ("kind", "reason", "provider", "messages")
    for group in report.bounces:
        yield (group.kind.value, group.reason, group.provider, group.messages)
