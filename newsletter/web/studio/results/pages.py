"""The pages of an issue's report and of the report over time, and the latter as CSV and JSON."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, Response

from newsletter.domain.issue_stages import IssueStage
from newsletter.domain.people import Act, require
from newsletter.domain.send_stages import stage_of
from newsletter.errors import NotFoundError
from newsletter.reports.counting import count_again, kept_counts
from newsletter.reports.exports import ExportedTable, facts, table_rows
from newsletter.reports.issue_report import NoReportError, report_of, sends_for
from newsletter.reports.issue_view import issue_view
from newsletter.reports.over_time import (
    DayRange,
    OverTime,
    bring_up_to_date,
    expected_seconds,
    lacks_counts,
    needs_counting,
    over_time_as_counted,
)
from newsletter.reports.over_time_view import over_time_view
from newsletter.store import Store
from newsletter.subscriber_files import quoted
from newsletter.web.preview.snapshot import Snapshot
from newsletter.web.studio.context import Studio
from newsletter.web.studio.paths import entry_path, report_path
from newsletter.web.studio.results.background_count import FIRST_PATIENCE, PATIENCE, BackgroundCount

RANGES: Mapping[str, str] = {"30": "30 days", "90": "90 days", "365": "A year", "all": "All"}
USUAL = "90"
_LARGE = 20_000  # recipients; the page of a smaller issue waits for its first count
_EARLIEST = 3653  # days, which is as far back as days are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedRange:
    """The days that a page is asked for: a number of days until today, or two dates."""

    days: str = USUAL
    since: date | None = None
    until: date | None = None

    @property
    def preset(self) -> str:
        """Return the name of the preset, or "" if dates are given."""
        return "" if self.since or self.until else self.days

    @property
    def query(self) -> str:
        """Return the query of the same page or its downloads."""
        if self.preset:
            return urlencode({"days": self.preset})
        dates = {"since": self.since, "until": self.until}
        return urlencode({name: day.isoformat() for name, day in dates.items() if day})

    def range(self, today: date, first: date | None) -> DayRange:
        """Return the days. Raise BadRangeError if they are the wrong way round."""
        if self.since or self.until:
            last = self.until or today
            return DayRange(first=self.since or last - timedelta(days=int(USUAL) - 1), last=last)
        if self.days == "all":
            return DayRange(first=min(first or today, today), last=today)
        return DayRange.until(today, min(int(self.days), _EARLIEST))


def _requested_range(
    days: Annotated[str, Query(pattern="^([1-9][0-9]{0,3}|all)$")] = USUAL,
    since: str = "",
    until: str = "",
) -> RequestedRange:
    return RequestedRange(days=days, since=_date(since), until=_date(until))


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    router = APIRouter()
    pages = _Pages(studio)

    @router.get("/issues/{slug}/report", response_class=HTMLResponse)
    def issue_report(slug: str) -> str:
        """Show what became of an issue."""
        return pages.issue(slug)

    @router.get("/reports", response_class=HTMLResponse)
    def reports(requested: Annotated[RequestedRange, Depends(_requested_range)]) -> str:
        """Show how the newsletter does over time."""
        return pages.over_time(requested)

    @router.get("/reports/report.json")
    def as_json(requested: Annotated[RequestedRange, Depends(_requested_range)]) -> Response:
        """Return the report over time as JSON."""
        text = json.dumps(facts(pages.counted(requested)), ensure_ascii=False, indent=2)
        return _download(text, "application/json", "report.json")

    @router.get("/reports/{table}.csv")
    def as_csv(table: ExportedTable, requested: Annotated[RequestedRange, Depends(_requested_range)]) -> Response:
        """Return a table of the report over time as CSV."""
        text = io.StringIO()
        writer = csv.writer(text)
        for row in table_rows(pages.counted(requested), table):
            writer.writerow([quoted(cell) if isinstance(cell, str) else cell for cell in row])
        return _download("\ufeff" + text.getvalue(), "text/csv; charset=utf-8", f"{table}.csv")

    return router


def _download(text: str, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(text.encode(), media_type=media_type, headers=headers)


class _Pages:
    """The pages, with the count in the background that they share."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._count = BackgroundCount(self._bring_up_to_date)

    def issue(self, slug: str) -> str:
        """Return the page of an issue's report. Raise NoReportError if it wasn't sent."""
        studio, snapshot = self._studio, self._studio.snapshot
        person, issues = studio.person, snapshot.manuscripts.issues
        require(person, Act.SEE_REPORTS)
        if not snapshot.settings.has_database():
            raise NoReportError(issue=slug)
        with snapshot.settings.open_store() as store:
            sends = sends_for(person, store, slug)
            is_large = sends[0].recipients >= _LARGE
            is_known = sends[0].id in store.issue_totals.times()
            is_later = is_known and expected_seconds(store, now=studio.now) > PATIENCE
            fresh = not is_later and self._counted(store, snapshot, is_known=is_known or is_large)
            stored = store.issue_totals.all()
            counted = kept_counts(stored, sends)
            if sends[0].id not in counted and is_large:
                return studio.page("results/counting", place="reports", slug=slug)
            if sends[0].id not in counted:  # all others are being counted for the first time
                counted |= count_again(store, snapshot.settings.newsletter, issues, sends[:1], now=studio.now)
                stored = store.issue_totals.all()
            report = report_of(store, snapshot.settings.newsletter, issues, sends, counted)
        if is_later:
            self._count.ask(0)
        return studio.page(
            "results/issue",
            place="reports",
            slug=slug,
            title=report.subject or slug,
            stage=IssueStage(words=stage_of(sends[0], studio.now).value),
            issue=next((issue for issue in issues if issue.slug == slug), None),
            began=report.figures.began.astimezone(snapshot.settings.zone),
            counted_at=stored[sends[0].id].counted_at.astimezone(snapshot.settings.zone),
            is_fresh=fresh,
            view=issue_view(
                report,
                entry_url=self._entry_urls(),
                issue_url=report_path,
            ),
        )

    def over_time(self, requested: RequestedRange) -> str:
        """Return the page of the report over time."""
        report, fresh = self._report(requested)
        return self._studio.page(
            "results/over-time",
            place="reports",
            requested=requested,
            ranges=RANGES,
            tables=list(ExportedTable),
            is_fresh=fresh,
            view=over_time_view(report, issue_url=report_path, entry_url=self._entry_urls()) if report else None,
            today=self._studio.today(self._studio.snapshot),
        )

    def counted(self, requested: RequestedRange) -> OverTime:
        """Return the report after everything was counted once. Raise NotFoundError if there is no database."""
        report, _ = self._report(requested, is_whole=True)
        if report is None:
            raise NotFoundError("there is nothing to report yet", hint="add readers and send an issue first")
        return report

    def _entry_urls(self) -> Callable[[str], str]:
        """Return a function that returns the address of an entry's page; "" for entries without a file."""
        entries = self._studio.snapshot.manuscripts.entries
        return lambda slug: entry_path(slug) if slug in entries else ""

    def _report(self, requested: RequestedRange, *, is_whole: bool = False) -> tuple[OverTime | None, bool]:
        studio, snapshot = self._studio, self._studio.snapshot
        require(studio.person, Act.SEE_REPORTS)
        if not snapshot.settings.has_database():
            return None, True
        newsletter = snapshot.settings.newsletter
        with snapshot.settings.open_store() as store:
            is_known = not lacks_counts(store) if is_whole else store.daily_totals.first_day() is not None
            is_later = is_known and expected_seconds(store, now=studio.now) > PATIENCE
            if is_whole and not is_known:
                fresh = self._count.ask(None)
            else:  # the count would only compete with a page that can't wait for it
                fresh = not is_later and self._counted(store, snapshot, is_known=is_known)
            days = requested.range(studio.today(snapshot), store.daily_totals.first_day())
            issues = snapshot.manuscripts.issues
            report = over_time_as_counted(studio.person, store, newsletter, issues, days, now=studio.now)
        if is_later:
            self._count.ask(0)
        return report, fresh

    def _counted(self, store: Store, snapshot: Snapshot, *, is_known: bool) -> bool:
        """Count what has to be counted, and return whether that is done; wait longer if nothing is known yet."""
        if not needs_counting(store, snapshot.settings.newsletter, now=self._studio.now):
            return True
        return self._count.ask(PATIENCE if is_known else FIRST_PATIENCE)

    def _bring_up_to_date(self) -> None:
        snapshot = self._studio.snapshot
        newsletter, issues = snapshot.settings.newsletter, snapshot.manuscripts.issues
        with snapshot.settings.open_store() as store:
            bring_up_to_date(store, newsletter, issues, now=self._studio.now)
