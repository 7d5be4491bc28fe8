"""Keys of every page of the studio: going to places, finding anything, stepping, and none of them in fields."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.web.axe import violations
from tests.web.preview.running_preview import NewsletterFolder
from tests.web.studio.field_page import add_field_page
from tests.web.studio.running_studio import Listening, listening_studio


@pytest.fixture(scope="module")
def studio(shared_folder: NewsletterFolder) -> Iterator[Listening]:
    """Start the studio with the page of fields."""
    with listening_studio(shared_folder.root, prepare=add_field_page) as at:
        yield at


def test_sequences_go_to_places_and_the_list_has_the_keys_of_the_page(desk: Page, studio: Listening) -> None:
    desk.keyboard.press("g")
    desk.keyboard.press("l")
    desk.wait_for_url("**/links")
    desk.locator("h1").first.wait_for(state="attached")
    desk.evaluate("document.activeElement.blur()")
    desk.keyboard.press("g")
    desk.keyboard.press("d")
    desk.wait_for_url(f"{studio.base}/")
    desk.keyboard.press("?")
    listed = desk.locator("#key-list")
    expect(listed.get_by_text("Save and commit")).to_be_visible()
    expect(listed.locator("div", has_text="Links").locator("kbd").first).to_have_text("g")
    assert violations(desk) == []
    desk.keyboard.press("Escape")
    expect(listed).to_be_hidden()


def test_single_keys_are_switched_off_for_good_but_not_those_with_control(desk: Page, studio: Listening) -> None:
    desk.keyboard.press("?")
    desk.get_by_label("Single-key shortcuts").uncheck()
    desk.keyboard.press("Escape")
    desk.reload()
    desk.keyboard.press("g")
    desk.keyboard.press("l")
    desk.keyboard.press("?")
    expect(desk.locator("#menu")).to_be_hidden()
    desk.keyboard.press("Control+k")
    expect(desk.get_by_role("dialog", name="Find")).to_be_visible()
    assert desk.url == f"{studio.base}/"


def test_keys_typed_into_a_field_are_text(desk: Page, studio: Listening, shared_folder: NewsletterFolder) -> None:
    desk.goto(f"{studio.base}/sample/good-soil")
    title = desk.get_by_label("Title", exact=True)
    title.fill("")
    title.press_sequentially("g d?/jc")
    expect(title).to_have_value("g d?/jc")
    title.press("Control+z")  # the browser's own undo
    expect(title).not_to_have_value("g d?/jc")
    title.fill("Kept")
    title.press("Control+s")
    expect(desk.locator("#status")).to_contain_text("Saved")
    expect(desk.locator("#announcements")).to_contain_text("Saved.")
    entry = shared_folder.root / "issues/entries/good-soil.md"
    assert 'title: "Kept"' in entry.read_text(encoding="utf-8")
    title.blur()
    desk.keyboard.press("Control+z")  # outside fields, the studio's
    expect(title).to_have_value("About good-soil")
    expect(desk.locator("#announcements")).to_contain_text("Undone: title.")
    assert 'title: "About good-soil"' in entry.read_text(encoding="utf-8")
    title.fill("By touch")
    title.blur()
    expect(desk.locator("#status")).to_contain_text("Saved")
    desk.get_by_role("button", name="Undo").click()  # there is no Ctrl+Z on a phone
    expect(title).to_have_value("About good-soil")
    desk.get_by_role("button", name="Undo").click()
    expect(desk.locator("#status")).to_contain_text("There is nothing to undo.")
    expect(desk.get_by_role("button", name="Undo")).to_be_hidden()


def test_the_palette_finds_entries_issues_and_commands(desk: Page) -> None:
    desk.keyboard.press("/")
    find = desk.get_by_role("combobox", name="Find")
    expect(find).to_be_focused()
    find.press_sequentially("tired")
    option = desk.get_by_role("option", name="About tired-bridge")
    expect(option).to_have_attribute("aria-selected", "true")
    assert violations(desk) == []
    find.fill("paste a link")
    desk.get_by_role("option", name="Paste a link").wait_for()
    find.press("Enter")
    expect(desk.locator("#paste")).to_be_focused()
    desk.evaluate("document.activeElement.blur()")
    desk.keyboard.press("/")
    find.fill("commit")
    expect(desk.get_by_role("option", name="Save and commit")).to_be_visible()
    find.fill("until 2026-11-22")
    expect(desk.get_by_role("option", name="What happened until 2026-11-22")).to_have_attribute("aria-selected", "true")
    find.press("Enter")
    desk.wait_for_url("**/issues/2026-11-22")


def test_j_and_k_step_through_the_page(desk: Page, shared_folder: NewsletterFolder) -> None:
    desk.keyboard.press("j")
    expect(desk.locator("#card-2026-11-23")).to_be_focused()
    desk.keyboard.press("k")
    last = desk.locator("[data-step]").last
    expect(last).to_be_focused()
    desk.keyboard.press("j")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/issues/2026-11-23")
