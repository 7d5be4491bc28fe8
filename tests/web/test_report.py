"""The page of a report in the preview: figures, charts, and nothing that runs."""

import html
import os
import re

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from newsletter.audience import EVERYONE, Subscriber
from newsletter.counting import Link, Response
from newsletter.store import open_store
from tests import make
from tests.web.newsroom import Listening, Newsroom

REPORT = "/issues/2026-11-23/report"


def text(answer: httpx.Response) -> str:
    """What a reader of the page sees."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


@pytest.fixture
def room(room: Newsroom) -> Newsroom:
    """Two issues that were sent, with clicks; a title that would like to be markup."""
    room.entry("good-soil", title="<b>Good soil</b> & more " + "w" * 90, topics=["Soil"])
    room.issue("2026-11-22", "night-train")
    room.issue("2026-11-23", "night-train", "good-soil")
    with open_store(f"sqlite:///{room.root / 'newsletter.db'}") as store:
        store.subscribers.merge([[Subscriber(address=f"r{at}@example.com") for at in range(40)]])
        for slug in ("2026-11-22", "2026-11-23"):
            links = (
                Link(number=1, url="https://example.org/1", entry="night-train", position=1, topics=("railways",)),
                Link(number=2, url="https://example.org/2", entry="good-soil", position=2, topics=("soil",)),
            )
            send = store.sends.freeze(
                compiled=make.compiled(issue=slug, links=links),
                tailor=make.tailor(),
                date=make.WHEN,
                segments=[EVERYONE],
                provider="outbox",
            )
            store.sends.record(
                send.id, [make.submitted(one.subscriber) for one in store.sends.claim(send.id, slots=(), size=40)]
            )
            clicks = [Response(send=send.id, link=link, at=make.WHEN) for link in (1, 1, 1, 2)]
            store.responses.write(clicks)
    return room


def test_the_page_has_the_figures_and_its_charts_in_words(client: httpx.Client) -> None:
    answer = client.get(REPORT)
    assert answer.status_code == 200
    assert "script" not in answer.text
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"].partition("style-src")[0]
    assert "&lt;b&gt;Good soil" in answer.text
    words = text(answer)
    assert "Clicks by entry About night-train 3 <b>Good soil</b> & more" in words
    assert "Clicks by topic Railways 3 Soil 1" in words
    assert "Clicks for each reader 2026-11-23 10.0% 2026-11-22 10.0%" in words
    assert '<rect width="33.3" height="1"/>' in answer.text


def test_without_a_send_or_a_database_there_is_no_page(client: httpx.Client, room: Newsroom) -> None:
    room.issue("2026-11-24", "night-train")
    answer = client.get("/issues/2026-11-24/report")
    assert answer.status_code == 404
    assert "nothing was sent" in answer.text


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 375), ("dark", 375)])
def test_axe_finds_nothing_and_nothing_is_too_wide(reading: Page, preview: Listening, scheme: str, width: int) -> None:
    reading.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    reading.set_viewport_size({"width": width, "height": 800})
    reading.goto(preview.base + REPORT)
    results = Axe().run(reading, options={"resultTypes": ["violations"]})
    assert [violation["id"] for violation in results.response["violations"]] == []
    assert reading.evaluate("document.documentElement.scrollWidth") <= width
    if shots := os.environ.get("SCREENSHOTS"):
        reading.screenshot(path=f"{shots}/report-{width}-{scheme}.png", full_page=True)
