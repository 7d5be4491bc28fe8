"""The desk: the next issues, and what waits."""

import datetime
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from newsletter import bootstrap, settings
from newsletter.domain.segment import EVERYONE
from newsletter.store import Store
from newsletter.web.studio.issue_cards import duration
from tests.web.axe import violations
from tests.web.preview.running_preview import NewsletterFolder, morning
from tests.web.studio.running_studio import Listening, listening_studio

NOON = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)


@pytest.fixture
def store(shared_folder: NewsletterFolder) -> Iterator[Store]:
    """Open the newsletter's database."""
    with bootstrap.open_store(settings.load(shared_folder.root)) as store:
        yield store


def test_the_desk_lists_the_next_issues_and_follows_the_files(desk: Page, shared_folder: NewsletterFolder) -> None:
    expect(desk.locator(".card")).to_have_count(1)
    expect(desk.locator(".card")).to_contain_text("Mon 23 Nov 2026 today")
    expect(desk.locator(".card-tally")).to_have_text("No findings")  # counted after the page was shown
    shared_folder.issue("2026-11-24", "old-map", "no-such-entry", subject="A map of everything")
    second = desk.get_by_role("link", name="A map of everything")
    expect(second).to_contain_text("tomorrow")
    expect(second).to_contain_text("1 error")
    expect(desk.locator("#changes li").first).to_contain_text("Issue 2026-11-24")
    spoilt = shared_folder.root / "issues/entries/spoilt.md"
    spoilt.write_text("---\ntitle: [Unclosed\n---\n", encoding="utf-8")
    shared_folder.issue("2026-11-20", "old-map", subject="A map of last week")
    earlier = desk.get_by_role("list", name="Earlier issues")
    expect(earlier.get_by_role("link", name="A map of last week")).to_have_attribute("href", "/issues/2026-11-20")
    expect(desk.get_by_role("link", name="issues/entries/spoilt.md")).to_be_visible()
    assert violations(desk) == []
    spoilt.unlink()
    (shared_folder.root / "issues/2026-11-20.md").unlink()
    (shared_folder.root / "issues/2026-11-24.md").unlink()
    expect(desk.get_by_role("link", name="A map of last week")).to_have_count(0)
    expect(desk.locator(".card")).to_have_count(1)


def test_a_scheduled_issue_has_a_countdown_and_links_wait_beside_it(desk: Page, store: Store) -> None:
    begins = morning() + datetime.timedelta(hours=3, minutes=12)
    for number in range(7):
        store.captured_links.add(f"https://example.org/piece-{number}", by="ada@example.org", now=morning())
    store.sends.schedule(
        issue="2026-11-23", provider="outbox", segments=[EVERYONE], begins=begins, deadline=3600, now=morning()
    )
    desk.reload()
    card = desk.locator("#card-2026-11-23")
    expect(card).to_contain_text("Scheduled")
    expect(card.locator(".countdown")).to_have_text("Goes out at 09:12, in 3 h 12 min")
    waiting = desk.get_by_role("region", name="Waiting links")
    expect(waiting.get_by_role("link", name="example.org/piece-6")).to_be_visible()
    expect(waiting).to_contain_text("and 2 more")
    assert violations(desk) == []


def test_an_address_pasted_on_the_desk_opens_the_capture_window_and_other_texts_do_nothing(
    desk: Page, studio: Listening
) -> None:
    def paste(text: str, target: str) -> None:
        desk.evaluate(
            """([text, target]) => {
                const clipboardData = new DataTransfer();
                clipboardData.setData("text/plain", text);
                const options = { clipboardData, bubbles: true, cancelable: true };
                document.querySelector(target).dispatchEvent(new ClipboardEvent("paste", options));
            }""",
            [text, target],
        )

    address = desk.url
    for text in ("some words", "see https://example.org/a for more", "javascript:alert(1)", "https://", ""):
        paste(text, "body")
        paste(text, "#paste")
    assert desk.url == address
    for target in ("#paste", "body"):
        desk.goto(studio.base)
        paste("  https://example.org/a?x=1&y=2  ", target)
        desk.wait_for_url("**/capture**")
        expect(desk.locator("[name=url]")).to_have_value("https://example.org/a?x=1&y=2")


def test_tomorrow_is_missed_from_the_configured_hour_and_begun_with_one_click(
    shared_folder: NewsletterFolder, desk: Page
) -> None:
    expect(desk.get_by_text("Tomorrow has no issue.")).to_have_count(0)  # at six in the morning
    with listening_studio(shared_folder.root, clock=lambda: NOON) as at:
        desk.goto(at.door)
        expect(desk.get_by_text("Tomorrow has no issue.")).to_be_visible()
        assert violations(desk) == []
        desk.get_by_role("button", name="Create it").click()
        desk.wait_for_url("**/issues/2026-11-24")
    text = (shared_folder.root / "issues/2026-11-24.md").read_text(encoding="utf-8")
    assert "date: 2026-11-24" in text
    (shared_folder.root / "issues/2026-11-24.md").unlink()


def test_a_desk_without_issues_and_one_with_broken_settings_say_what_to_do(
    shared_folder: NewsletterFolder, desk: Page, studio: Listening
) -> None:
    settings_file, issues = shared_folder.root / "newsletter.toml", shared_folder.root / "issues"
    text = settings_file.read_text(encoding="utf-8")
    issues.rename(issues.with_name("away"))
    try:
        desk.goto(studio.base)
        expect(desk.get_by_role("heading", name="No issue is planned")).to_be_visible()
        assert violations(desk) == []
        settings_file.write_text("nmae = 1\n" + text, encoding="utf-8")
        desk.goto(studio.base)
        expect(desk.get_by_role("heading", name="This can’t be shown yet")).to_be_visible()
        expect(desk.locator(".finding").first).to_contain_text("nmae")
        expect(desk.get_by_role("link", name="Fix the settings")).to_have_attribute("href", "/settings")
        assert violations(desk) == []
        settings_file.write_text(text, encoding="utf-8")
        expect(desk.get_by_role("heading", name="No issue is planned")).to_be_visible()  # by itself
    finally:
        issues.with_name("away").rename(issues)
        settings_file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "now"), (59, "in 59 min"), (60, "in 1 h"), (192, "in 3 h 12 min"), (3000, "in 2 days"), (-5, "5 min ago")],
)
def test_a_duration_is_written_as_people_say_it(minutes: int, words: str) -> None:
    assert duration(NOON + datetime.timedelta(minutes=minutes), NOON) == words
