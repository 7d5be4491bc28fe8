"""The studio's pages of reports: an issue's and those over time, with their files."""

import csv
import io
import sqlite3
import threading
from collections.abc import Iterable
from contextlib import closing
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from newsletter.domain.people import Role
from newsletter.files.file_state import FileState, file_states
from newsletter.reports.counting import count_again
from newsletter.web.preview import snapshot
from newsletter.web.studio.results import pages
from tests.web.axe import Look, looks, violations
from tests.web.preview.running_preview import NewsletterFolder, morning, write_newsletter
from tests.web.preview.test_scripts_from_outside import PAYLOADS
from tests.web.studio.page_errors import no_page_errors
from tests.web.studio.running_studio import TOKEN, Listening, listening_studio
from tests.web.studio.sent_history import write_history
from tests.web.studio.signed_in import hosted_studio

TODAY = morning().date()


@pytest.fixture(scope="module", autouse=True)
def history(shared_folder: NewsletterFolder) -> None:
    """Write a past of two months with ten issues; one entry's title has every payload."""
    shared_folder.entry("evil", title="".join(PAYLOADS), topics=["Soil"])
    slugs = [(TODAY - timedelta(days=back)).isoformat() for back in range(10, 0, -1)]
    shared_folder.issue(slugs[-1], "evil", "night-train", subject="".join(PAYLOADS)[:300])
    write_history(
        shared_folder.root, until=TODAY, days=60, issues=slugs, entries=("evil", "night-train"), topics=("soil",)
    )


def latest() -> str:
    return f"/issues/{TODAY - timedelta(days=1)}/report"


def test_reports_show_growth_topics_and_issues(editor: httpx.Client) -> None:
    page = editor.get("/reports").text
    assert "readers" in page
    assert "Joined and lost" in page
    assert "Unsubscribe button of the mail client" in page
    assert f'href="{latest()}"' in page
    assert 'aria-current="true">90 days' in page


@pytest.mark.parametrize("path", ["/", "/reports?days=all", latest(), f"{latest().removesuffix('/report')}/send"])
def test_a_page_looks_at_the_files_once_however_much_it_shows(
    editor: httpx.Client, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    looks = count()

    def looked(places: Iterable[Path]) -> frozenset[FileState]:
        next(looks)
        return file_states(places)

    monkeypatch.setattr(snapshot, "file_states", looked)
    assert editor.get(path).status_code == 200
    assert next(looks) == 1


def test_a_large_issue_that_has_never_been_counted_says_so_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_newsletter(tmp_path)
    yesterday = str(TODAY - timedelta(days=1))
    write_history(folder.root, until=TODAY, days=3, issues=[yesterday], entries=("night-train",), topics=("soil",))
    with closing(sqlite3.connect(folder.root / "newsletter.db", isolation_level=None)) as database:
        database.execute("DELETE FROM issue_total")
    go_on = threading.Event()

    def count_later(*arguments: Any, **options: Any) -> Any:
        go_on.wait(60)
        return count_again(*arguments, **options)

    monkeypatch.setattr(pages, "_LARGE", 1)
    monkeypatch.setattr("newsletter.reports.over_time.count_again", count_later)
    with (
        listening_studio(folder.root) as at,
        httpx.Client(base_url=at.base, headers={"Origin": at.base}, timeout=60) as client,
    ):
        client.get("/", params={"token": TOKEN})
        assert "The results are being counted" in client.get(latest()).text
        go_on.set()
        client.get("/reports/report.json")  # waits for the count
        assert "Recipients" in client.get(latest()).text


@pytest.mark.parametrize("milliseconds", [0, 60_000])
def test_a_download_does_not_wait_until_known_results_are_counted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, milliseconds: int
) -> None:
    folder = write_newsletter(tmp_path)
    yesterday = str(TODAY - timedelta(days=1))
    write_history(folder.root, until=TODAY, days=3, issues=[yesterday], entries=("night-train",), topics=("soil",))
    with closing(sqlite3.connect(folder.root / "newsletter.db", isolation_level=None)) as database:
        values = (milliseconds, "2000-01-01 00:00:00.000000")
        database.execute("UPDATE issue_total SET milliseconds = ?, counted_at = ?", values)
    go_on = threading.Event()
    begun = threading.Event()

    def count_later(*arguments: Any, **options: Any) -> Any:
        begun.set()
        go_on.wait(60)
        return count_again(*arguments, **options)

    monkeypatch.setattr("newsletter.reports.over_time.count_again", count_later)
    with (
        listening_studio(folder.root) as at,
        httpx.Client(base_url=at.base, headers={"Origin": at.base}, timeout=30) as client,
    ):
        client.get("/", params={"token": TOKEN})
        assert client.get("/reports/days.csv").status_code == 200
        assert begun.wait(30)
        go_on.set()


def test_the_desk_and_the_issue_lead_to_the_report(editor: httpx.Client) -> None:
    for path in ("/", latest().removesuffix("/report")):
        assert f'href="{latest()}"' in editor.get(path).text, path


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("days=30", 30),
        ("days=all", 61),
        (f"since={TODAY - timedelta(days=9)}&until={TODAY}", 10),
        ("since=nonsense", 61),
    ],
)
def test_a_range_is_also_that_of_the_files(editor: httpx.Client, query: str, days: int) -> None:
    assert editor.get(f"/reports?{query}").status_code == 200
    answer = editor.get(f"/reports/days.csv?{query}")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="days.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert len(rows) == days
    assert date.fromisoformat(rows[-1]["day"]) == TODAY
    assert len(editor.get(f"/reports/report.json?{query}").json()["days"]) == days


def test_a_range_that_can_not_be_is_refused(editor: httpx.Client) -> None:
    answer = editor.get(f"/reports?since={TODAY}&until={TODAY - timedelta(days=2)}")
    assert "give the earlier day first" in answer.text.lower()
    assert editor.get("/reports?days=-1").status_code == 404
    assert editor.get("/reports/secrets.csv").status_code == 404


def test_every_table_is_a_file(editor: httpx.Client) -> None:
    for table, column in (("sources", "source"), ("topics", "topic"), ("issues", "issue"), ("failures", "reason")):
        rows = list(csv.DictReader(io.StringIO(editor.get(f"/reports/{table}.csv").text.lstrip("\ufeff"))))
        assert rows, table
        assert all(row[column] or table == "sources" for row in rows)


def test_an_unsent_issue_has_no_report(editor: httpx.Client) -> None:
    answer = editor.get("/issues/2031-01-01/report")
    assert answer.status_code == 404
    assert "has not been sent" in answer.text


def test_reports_are_accessible_and_read_by_keyboard(browser: Browser, studio: Listening) -> None:
    context = browser.new_context(reduced_motion="reduce")
    with no_page_errors(context):
        page = context.new_page()
        page.goto(studio.door)
        # Checking all points of a chart takes long; test_every_page sees longer charts in other looks.
        pages: dict[str, Look] = {latest(): (1280, "light"), "/reports?days=30": (375, "dark")}
        for path, look in pages.items():
            page.goto(studio.base + path)
            expect(page.locator(".time-chart").first).to_be_visible()
            for width, _ in looks(page, look):
                assert violations(page, frames=False) == []
                assert page.evaluate("document.documentElement.scrollWidth") <= width
        points = page.locator("#growth-1 .point")
        expect(page.locator('#growth-1 .point[tabindex="0"]')).to_have_count(1)
        points.last.focus()
        page.keyboard.press("ArrowLeft")
        expect(points.nth(points.count() - 2)).to_be_focused()
        expect(points.nth(points.count() - 2).locator(".readout").last).to_be_visible()
        page.keyboard.press("Home")
        expect(points.first).to_be_focused()
        expect(page.locator('#growth-1 .point[tabindex="0"]')).to_have_count(1)
    context.close()


def test_titles_from_outside_are_shown_as_text(browser: Browser, studio: Listening) -> None:
    context = browser.new_context()
    with no_page_errors(context):
        page = context.new_page()
        page.goto(studio.door)
        page.goto(studio.base + latest())
        assert PAYLOADS[0] in page.locator("main").inner_text()
        hostile = "main script, iframe, object, base, [onload], [onerror], [href^='javascript:' i]"
        assert page.locator(hostile).count() == 0
    context.close()


def test_reports_are_for_publishers_and_admins(shared_folder: NewsletterFolder) -> None:
    paths = (latest(), "/reports", "/reports/days.csv", "/reports/report.json", f"/preview{latest()}")
    with hosted_studio(shared_folder.root) as hosted:
        for role in Role:
            may_see = role in (Role.PUBLISHER, Role.ADMIN)
            with hosted.client(role) as client:
                for path in paths:
                    shown = client.get(path).text
                    assert any(word in shown for word in ("joined", "Results")) is may_see, (role, path)
                assert ('href="/reports"' in client.get("/").text) is may_see
        with hosted.client() as outsider:
            answers = {outsider.get(path).text for path in (*paths, "/issues/2031-01-01/report")}
            assert len(answers) == 1
