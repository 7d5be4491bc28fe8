"""The send page in a browser: it shows the ledger, whoever changes it, and needs neither a mouse nor scripts."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from newsletter import bootstrap, settings
from newsletter.domain.send import SendStatus
from newsletter.store import Store
from tests.make import SECRET
from tests.web.axe import looks, violations
from tests.web.preview.running_preview import Listening, morning
from tests.web.studio import send_stages
from tests.web.studio.sending.test_send_page import PAGE, TODAY, root  # noqa: F401  a fixture
from tests.web.studio.test_pressed_buttons import FRAMES

SLOWLY = 20_000  # milliseconds


@pytest.fixture
def store(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:  # noqa: F811
    """The newsletter's store, without a send."""
    monkeypatch.setenv("NEWSLETTER_SECRET", SECRET)
    send_stages.put(root, TODAY, "unsent", now=morning())
    with bootstrap.open_store(settings.load(root)) as opened:
        yield opened


def stage(page: Page, name: str) -> None:
    expect(page.locator("#send-state")).to_have_attribute("data-stage", name, timeout=SLOWLY)


def test_a_send_is_started_undone_by_a_key_and_followed_whoever_changes_it(
    desk: Page,
    studio: Listening,
    root: Path,  # noqa: F811
    store: Store,
) -> None:
    desk.goto(studio.base + PAGE)
    button = desk.get_by_role("button", name="Send in 60 s")
    expect(button).to_be_visible(timeout=SLOWLY)
    button.press("Enter")
    stage(desk, "counting down")
    expect(desk.locator("#state-title")).to_be_focused()  # the button is gone
    expect(desk.locator("[data-left]")).to_have_text(re.compile(r"^(60|5\d)$"))
    expect(desk.locator("#send-plan")).to_be_empty()
    send = store.sends.of_issue(TODAY)
    assert send is not None
    desk.keyboard.press("u")
    stage(desk, "unsent")
    assert store.sends.get(send.id).status is SendStatus.CANCELLED
    expect(desk.get_by_role("button", name="Send in 60 s")).to_be_visible(timeout=SLOWLY)

    send_stages.put(root, TODAY, "sending", now=morning())  # somebody else has started it
    stage(desk, "sending")
    expect(desk.locator(".ledger")).to_contain_text("Submitted")
    number = store.sends.of_issue(TODAY)
    assert number is not None
    store.controls.pause(number.id, "paused by Pia Lund")
    stage(desk, "paused")
    expect(desk.locator("#send-state")).to_contain_text("paused by Pia Lund")
    desk.keyboard.press("r")
    stage(desk, "sending")
    assert store.sends.get(number.id).status is SendStatus.RUNNING
    desk.locator("#confirm-cancel > summary").click()
    expect(desk.locator(".confirm-sheet")).to_contain_text("will not get it")
    for width, scheme in looks(desk, (375, "dark")):
        assert desk.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(desk, frames=False) == [], scheme


def test_a_button_does_not_become_another_one_while_it_is_pressed(
    desk: Page,
    studio: Listening,
    root: Path,  # noqa: F811
    store: Store,
) -> None:
    send_stages.put(root, TODAY, "sending", now=morning())
    send = store.sends.of_issue(TODAY)
    assert send is not None
    told: list[str] = []
    devtools = desk.context.new_cdp_session(desk)
    devtools.send("Network.enable")
    devtools.on("Network.eventSourceMessageReceived", lambda event: told.append(event["data"]))
    desk.goto(studio.base + PAGE)
    desk.get_by_role("button", name="Pause").hover()
    desk.mouse.down()
    store.controls.pause(send.id, "paused by Pia Lund")
    while not any("paused by Pia Lund" in data for data in told):
        desk.wait_for_timeout(20)
    desk.evaluate(FRAMES)
    expect(desk.get_by_role("button", name="Resume")).to_have_count(0)  # it would be where the pointer is
    desk.mouse.up()
    stage(desk, "paused")
    assert store.sends.get(send.id).status is SendStatus.PAUSED


def test_what_has_to_be_confirmed_is_asked_where_it_is_refused(desk: Page, studio: Listening, store: Store) -> None:
    desk.goto(studio.base + PAGE)
    desk.get_by_text("Schedule for later").click()
    words = desk.locator("#time-words")
    expect(words).to_contain_text("Monday 23 November 2026 at 06:30", timeout=SLOWLY)
    desk.locator("#at").fill("2026-11-25T06:30")
    expect(words).to_contain_text("The issue is dated", timeout=SLOWLY)
    box = desk.locator("#any-date")
    expect(box).to_be_visible()
    desk.get_by_role("button", name="Schedule", exact=True).click()
    expect(desk.locator(".later [data-refusal]")).to_contain_text("is dated Monday 23 November 2026", timeout=SLOWLY)
    assert store.sends.of_issue(TODAY) is None
    box.check()
    desk.get_by_role("button", name="Schedule", exact=True).click()
    stage(desk, "scheduled")
    expect(desk.locator(".state-time")).to_contain_text("Wednesday 25 November 2026 at 06:30")


def test_words_about_a_time_that_was_typed_before_do_not_replace_those_about_the_last(
    desk: Page, studio: Listening, store: Store
) -> None:
    held: list[Route] = []
    desk.route(re.compile(r"/send/time\?.*2026-11-24"), lambda route: held.append(route))
    desk.goto(studio.base + PAGE)
    desk.get_by_text("Schedule for later").click()
    words = desk.locator("#time-words")
    expect(words).to_contain_text("Monday 23 November", timeout=SLOWLY)
    with desk.expect_request(re.compile("2026-11-24")):
        desk.locator("#at").fill("2026-11-24T06:30")
    desk.locator("#at").fill("2026-11-25T06:30")
    expect(words).to_contain_text("Wednesday 25 November", timeout=SLOWLY)
    with desk.expect_response(re.compile("2026-11-24")) as late:
        held[0].continue_()
    late.value.finished()
    desk.evaluate("() => fetch(location).then((page) => page.text())")  # answered later, so the page has read that one
    expect(words).to_contain_text("Wednesday 25 November")


def test_without_scripts_every_step_is_a_form(
    browser: Browser,
    studio: Listening,
    editor: httpx.Client,
    store: Store,
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(studio.door)
    page.goto(studio.base + PAGE)
    page.get_by_role("link", name="Show the plan").click()
    page.get_by_role("button", name="Send in 60 s").click()
    expect(page.locator("#state-title")).to_have_text("Counting down")
    page.get_by_role("button", name="Undo", exact=True).first.click()
    expect(page.locator("#send-state")).to_contain_text("An earlier send was undone")
    context.close()
