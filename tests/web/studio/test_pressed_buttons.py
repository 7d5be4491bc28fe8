"""No press of a button is lost: before the scripts listen, while another form is sent, and while the page changes."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.web.preview.running_preview import NewsletterFolder
from tests.web.studio.running_studio import Listening

pytestmark = pytest.mark.usefixtures("secret")
ISSUE = "2026-11-24"
PATH = f"/issues/{ISSUE}/review"
FRAMES = "() => new Promise((passed) => requestAnimationFrame(() => requestAnimationFrame(passed)))"


@pytest.fixture
def folder(shared_folder: NewsletterFolder) -> NewsletterFolder:
    """Return the module's newsletter with an issue that has one warning: it has no preheader."""
    shared_folder.entry("gloves", title="About gloves")
    shared_folder.issue(ISSUE, "gloves", number=8, subject="Gloves", preheader="")
    return shared_folder


def _open_without_script(page: Page, url: str, script: str) -> Route:
    """Open a page whose script is held back, and return its request."""
    held: list[Route] = []
    page.route(f"**/{script}", lambda route: held.append(route))
    with page.expect_request(f"**/{script}"):
        page.goto(url, wait_until="commit")
    page.evaluate("window.isFirst = true")
    return held[0]


def _let_go(page: Page, held: Route) -> None:
    """Let a script come that was held back; the page must still be the one that waits for it."""
    held.continue_()
    page.wait_for_load_state()
    assert page.evaluate("window.isFirst")


def test_a_form_that_was_sent_before_its_script_listened(
    desk: Page, studio: Listening, folder: NewsletterFolder
) -> None:
    held = _open_without_script(desk, studio.base + PATH, "forms.js")
    desk.get_by_label("New comment").fill("Early.")
    desk.get_by_role("button", name="Comment", exact=True).dblclick()
    _let_go(desk, held)
    expect(desk.locator(".comment-text", has_text="Early.")).to_have_count(1)


def test_what_was_typed_and_pressed_before_any_script_listened(
    desk: Page, studio: Listening, folder: NewsletterFolder
) -> None:
    held = _open_without_script(desk, f"{studio.base}/entries/good-soil", "studio.js")
    desk.get_by_role("textbox", name="Title", exact=True).fill("About early soil")
    desk.get_by_role("button", name="Keyboard shortcuts").click()
    desk.get_by_role("button", name="Find").click()
    _let_go(desk, held)
    expect(desk.get_by_role("dialog", name="Find")).to_be_visible()
    expect(desk.locator("#status")).to_contain_text("Saved")
    assert "About early soil" in (folder.root / "issues/entries/good-soil.md").read_text(encoding="utf-8")


def test_a_form_that_is_sent_while_the_answer_to_another_is_shown(
    desk: Page, studio: Listening, folder: NewsletterFolder
) -> None:
    desk.goto(studio.base + PATH)
    held: list[Route] = []
    desk.get_by_label("New comment").fill("One.")
    desk.route(f"**{PATH}", lambda route: held.append(route))  # the page with the comment
    with desk.expect_request(f"**{PATH}"):
        desk.get_by_role("button", name="Comment", exact=True).click()
    desk.get_by_role("button", name="Ask for changes").click()
    expect(desk.locator("#decide-refusal")).to_contain_text("say which changes you ask for")
    desk.unroute(f"**{PATH}")  # which also lets the held one go on
    expect(desk.locator(".comment-text").last).to_have_text("One.")


def test_what_is_typed_while_a_comment_is_sent_stays(desk: Page, studio: Listening, folder: NewsletterFolder) -> None:
    desk.goto(studio.base + PATH)
    held: list[Route] = []
    desk.get_by_label("New comment").fill("First.")
    desk.route("**/comments", lambda route: held.append(route))
    with desk.expect_request("**/comments"):
        desk.get_by_role("button", name="Comment", exact=True).click()
    desk.get_by_label("New comment").fill("Second.")
    held[0].continue_()
    expect(desk.locator(".comment-text").last).to_have_text("First.")
    expect(desk.get_by_label("New comment")).to_have_value("Second.")


def test_a_button_that_is_pressed_while_the_page_changes(
    desk: Page, studio: Listening, folder: NewsletterFolder
) -> None:
    desk.goto(studio.base + PATH)
    desk.get_by_label("Note").fill("Shorter, please.")
    desk.get_by_role("button", name="Ask for changes").hover()
    desk.mouse.down()
    with desk.expect_response(f"**{PATH}") as refreshed:
        folder.issue(ISSUE, "gloves", number=8, subject="Gloves", preheader="What hands need.")
    refreshed.value.finished()
    desk.evaluate(FRAMES)
    expect(desk.get_by_role("button", name="Approve")).to_have_count(0)  # it would be where the pointer is
    desk.mouse.up()
    expect(desk.locator("#decide-refusal")).to_contain_text("has changed since you opened this page")
    expect(desk.get_by_role("button", name="Approve")).to_be_visible()
    expect(desk.get_by_label("Note")).to_have_value("Shorter, please.")
