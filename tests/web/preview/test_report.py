"""A report's page in the preview: figures and charts, without scripts."""

import html
import json
import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime

import httpx
import pytest
from playwright.sync_api import Page, Route

from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Subscriber
from newsletter.domain.tracking import ClickOrOpen, Link
from newsletter.store import open_store
from tests import ledger, make
from tests.databases import new_sqlite
from tests.web.axe import looks, violations
from tests.web.preview.running_preview import Listening, NewsletterFolder
from tests.web.preview.test_scripts_from_outside import PAYLOADS

REPORT = "/issues/2026-11-23/report"


def text(answer: httpx.Response) -> str:
    """Return the visible text of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def sent(folder: NewsletterFolder, slug: str, links: tuple[Link, ...], *, clicks: Iterable[int]) -> None:
    """Send an issue to all readers, and record clicks on its links by number."""
    with open_store(f"sqlite:///{folder.root / 'newsletter.db'}") as store:
        send = store.sends.freeze(
            compiled=make.compiled(issue=slug, links=links),
            tailor=make.tailor(),
            date=make.WHEN,
            segments=[EVERYONE],
            provider="outbox",
            now=datetime.fromisoformat(f"{slug}T06:30Z"),
        )
        claimed = ledger.claim(store, send.id, size=40)
        ledger.record(store, send.id, [make.submitted(delivery.subscriber) for delivery in claimed])
        store.clicks_and_opens.record([ClickOrOpen(send=send.id, link=link, at=make.WHEN) for link in clicks])


def without_policy(route: Route) -> None:
    """Serve the page without its Content-Security-Policy."""
    answer = route.fetch()
    headers = {name: value for name, value in answer.headers.items() if name != "content-security-policy"}
    route.fulfill(response=answer, headers=headers)


@pytest.fixture
def folder(folder: NewsletterFolder) -> NewsletterFolder:
    """Send two issues with clicks; one title contains markup."""
    folder.entry("good-soil", title="<b>Good soil</b> & more " + "w" * 90, topics=["Soil"])
    folder.issue("2026-11-22", "night-train")
    folder.issue("2026-11-23", "night-train", "good-soil")
    with open_store(new_sqlite(folder.root / "newsletter.db")) as store:
        store.subscribers.merge([[Subscriber(address=f"r{at}@example.com") for at in range(40)]], now=make.WHEN)
    links = (
        Link(number=1, url="https://example.org/1", entry="night-train", position=1, topics=("railways",)),
        Link(number=2, url="https://example.org/2", entry="good-soil", position=2, topics=("soil",)),
    )
    for slug in ("2026-11-22", "2026-11-23"):
        sent(folder, slug, links, clicks=(1, 1, 1, 2))
    return folder


def test_a_report_has_figures_and_charts_as_text(client: httpx.Client) -> None:
    answer = client.get(REPORT)
    assert answer.status_code == 200
    assert "script" not in answer.text
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"].partition("style-src")[0]
    assert "&lt;b&gt;Good soil" in answer.text
    words = text(answer)
    assert "Entry Clicks Of all About night-train no. 1 3 75% <b>Good soil</b> & more" in words
    assert "Topic Clicks Of all Railways 3 75% Soil 1 25%" in words
    assert "For every 100 messages there were 10 clicks, as usual." in words
    assert "Issue Clicks 2026-11-23 10.0% 2026-11-22 10.0%" in words


def test_there_is_no_report_without_a_send_or_a_database(client: httpx.Client, folder: NewsletterFolder) -> None:
    folder.issue("2026-11-24", "night-train")
    answer = client.get("/issues/2026-11-24/report")
    assert answer.status_code == 404
    assert "has not been sent" in answer.text


def test_typed_text_never_runs_as_script(reading: Page, preview: Listening, folder: NewsletterFolder) -> None:
    """Each payload as a title, a topic and in the newsletter's name; what the policy forbids is let through, so that
    escaping alone must do it."""
    everything = "".join(PAYLOADS)
    toml = (folder.root / "newsletter.toml").read_text(encoding="utf-8")
    toml = toml.replace('"The Daily Test"', json.dumps(everything[:200]), 1)
    slugs = [f"evil-{number}" for number in range(len(PAYLOADS))]
    for slug, payload in zip(slugs, PAYLOADS, strict=True):
        toml += f"\n[topics.{slug}]\nname = {json.dumps(payload)}\n"
    (folder.root / "newsletter.toml").write_text(toml, encoding="utf-8")
    for slug, payload in zip(slugs, PAYLOADS, strict=True):
        folder.entry(slug, title=payload, source=payload, topics=[slug])
    folder.issue("2026-11-24", *slugs, subject=everything[:300], preheader=everything)
    links = tuple(
        Link(number=at, url=f"https://example.org/{at}", entry=slug, position=at, topics=(slug,))
        for at, slug in enumerate(slugs, 1)
    )
    sent(folder, "2026-11-24", links, clicks=range(1, len(links) + 1))
    ran: list[str] = []
    reading.expose_function("ran", lambda what: ran.append(what))
    reading.route("**/report", without_policy)
    reading.goto(preview.base + "/issues/2026-11-24/report")
    reading.wait_for_load_state("load")
    words = reading.locator("body").inner_text()
    assert PAYLOADS[0] in words
    assert PAYLOADS[-1] in words
    hostile = "script, iframe, img, object, base, [onload], [onerror], [href^='javascript:' i]"
    assert reading.locator(hostile).count() == 0
    assert ran == []


def test_pages_are_accessible_and_fit_the_screen(reading: Page, preview: Listening) -> None:
    reading.goto(preview.base + REPORT)
    for width, scheme in looks(reading):
        assert violations(reading) == [], (width, scheme)
        assert reading.evaluate("document.documentElement.scrollWidth") <= width, scheme
        if shots := os.environ.get("SCREENSHOTS"):
            reading.screenshot(path=f"{shots}/report-{width}-{scheme}.png", full_page=True)


def test_the_list_shows_each_issues_status_and_updates_after_a_send(
    client: httpx.Client, folder: NewsletterFolder
) -> None:
    folder.issue("2026-11-24", "night-train")
    listed = text(client.get("/"))
    assert "Sent to 0 of" not in listed
    assert listed.count("Sent to ") + listed.count("Being sent") == 2
    assert listed.count("Draft") == 1
    assert '"night-train" has already run' in text(client.get("/files/issues/2026-11-24.md"))
    with open_store(f"sqlite:///{folder.root / 'newsletter.db'}") as store:
        store.sends.schedule(
            issue="2026-11-24",
            provider="outbox",
            segments=[EVERYONE],
            begins=datetime(2026, 11, 24, 6, tzinfo=UTC),
            deadline=60,
            now=store.now(),
        )
    assert "Scheduled for 2026-11-24 06:00 (UTC)" in text(client.get("/"))


def test_a_short_bar_has_no_track(page: Page, preview: Listening, folder: NewsletterFolder) -> None:
    page.goto(preview.door)
    full = """all => all.filter(bar => {
      const [own, whole] = [bar, bar.parentElement].map(element => element.getBoundingClientRect().width);
      return own > whole / 2;
    }).length"""
    page.goto(f"{preview.base}/issues/2026-11-23")
    assert page.locator(".meter").count() == 2
    assert page.locator(".meter rect").evaluate_all(full) == 0
    page.goto(f"{preview.base}{REPORT}")
    bars = page.locator(".bar-line")
    assert bars.count() == 4  # two in each of the two charts
    assert page.locator(".bar-line rect").count() == 4
    assert set(bars.evaluate_all("all => all.map(bar => getComputedStyle(bar).backgroundColor)")) == {
        "rgba(0, 0, 0, 0)"
    }
