"""The preview in a real Chromium."""

import re
from itertools import cycle

import pytest
from playwright.sync_api import ConsoleMessage, Frame, Page, Route, expect

from tests.pictures.drawings import bring_along
from tests.web.axe import LOOKS, Look, looks, violations
from tests.web.preview.running_preview import Listening, NewsletterFolder

ISSUE = "/issues/2026-11-23"
FRAME = "iframe.email:not(.arriving)"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def _email(page: Page) -> Frame:
    """Return the email's frame once it has loaded, not one that is being replaced."""
    for _ in range(50):
        expect(page.frame_locator(FRAME).locator("body")).to_be_visible()
        element = page.locator(FRAME).element_handle()
        frame = element.content_frame() if element else None
        if frame is not None:
            return frame
    raise AssertionError("the email has no frame that stays")


def _scroll(page: Page, top: int) -> None:
    """Scroll down once the email has its height."""
    expect(page.locator(FRAME)).to_have_attribute("height", re.compile(r"\d{4,}"))
    page.evaluate("top => scrollTo(0, top)", top)
    expect(page.locator("html")).to_have_js_property("scrollTop", top)


def _live(page: Page) -> None:
    expect(page.locator(".live")).to_have_text("Live")


@pytest.mark.parametrize(("name", "width"), [("Phone", 375), ("Desktop", 700)])
def test_the_email_has_the_width_chosen_in_the_toolbar(
    reading: Page, preview: Listening, name: str, width: int
) -> None:
    reading.goto(preview.base + ISSUE)
    reading.get_by_role("link", name=name).click()
    expect(reading.get_by_role("link", name=name)).to_have_attribute("aria-current", "true")
    expect(reading.locator(FRAME)).to_have_js_property("clientWidth", width)
    assert _email(reading).evaluate("innerWidth") == width
    # The toolbar's state is in the URL, so it can be shared.
    reading.reload()
    expect(reading.locator(FRAME)).to_have_js_property("clientWidth", width)


def test_a_finding_begins_with_a_capital_unless_it_quotes(
    reading: Page, preview: Listening, folder: NewsletterFolder
) -> None:
    folder.entry("night-train", topics=["Unheard"], body="See [[this]] or that.")
    reading.goto(preview.base + ISSUE)
    shown = reading.locator(".what").evaluate_all(
        "all => all.map(each => [each.textContent[0], getComputedStyle(each, '::first-letter').textTransform])"
    )
    assert dict(shown) == {"t": "uppercase", '"': "none"}


def test_a_picture_is_shown_from_this_computer(reading: Page, preview: Listening, folder: NewsletterFolder) -> None:
    bring_along(folder.root, "harbour.jpg")
    folder.entry("night-train", image="harbour.jpg", image_alt="Boats in a harbour")
    reading.route(re.compile(r"^https:"), lambda route: route.abort())
    reading.goto(preview.base + ISSUE)
    picture = reading.frame_locator(FRAME).get_by_role("img", name="Boats in a harbour")
    expect(picture).to_have_js_property("naturalWidth", 1104)
    reading.goto(f"{preview.base}{ISSUE}?images=off")
    expect(picture).to_have_js_property("naturalWidth", 0)


@pytest.mark.parametrize("system", ["light", "dark"])
def test_the_emails_mode_does_not_depend_on_the_editors_system(reading: Page, preview: Listening, system: str) -> None:
    reading.emulate_media(color_scheme="dark" if system == "dark" else "light")
    brightness = {}
    for mode in ("light", "dark"):
        reading.goto(f"{preview.base}{ISSUE}?mode={mode}")
        brightness[mode] = _email(reading).evaluate(
            """() => {
              const ground = [...document.querySelectorAll("*")].map(e => getComputedStyle(e).backgroundColor)
                .find(c => !c.startsWith("rgba(0, 0, 0, 0)"));
              const [r, g, b] = ground.match(/\\d+/g).map(Number);
              return {ground: r + g + b, canvas: getComputedStyle(document.documentElement).colorScheme};
            }"""
        )
    assert brightness["light"]["ground"] > 600
    assert brightness["dark"]["ground"] < 200
    assert "light" in brightness["light"]["canvas"]
    assert "dark" in brightness["dark"]["canvas"]


def test_no_image_is_requested_with_images_off(reading: Page, preview: Listening, folder: NewsletterFolder) -> None:
    requested: list[str] = []

    def answer(route: Route) -> None:
        requested.append(route.request.url)
        route.fulfill(body=PIXEL, content_type="image/png")

    reading.context.route("https://example.org/**", answer)
    folder.entry("night-train", image="https://example.org/train.png", image_alt="A train at night")
    reading.goto(f"{preview.base}{ISSUE}?images=off")
    expect(reading.frame_locator(FRAME).get_by_alt_text("A train at night")).to_have_count(1)
    reading.wait_for_load_state("load")
    assert requested == []
    reading.get_by_role("link", name="Images on").click()
    picture = reading.frame_locator(FRAME).get_by_alt_text("A train at night")
    expect(picture).to_have_js_property("naturalWidth", 1)
    assert requested == ["https://example.org/train.png"]


def test_plain_text_and_source_replace_the_email(reading: Page, preview: Listening) -> None:
    reading.goto(preview.base + ISSUE)
    reading.get_by_role("link", name="Plain text").click()
    expect(reading.locator("pre")).to_contain_text("Good morning, Ada.")
    expect(reading.locator("iframe")).to_have_count(0)
    expect(reading.get_by_role("link", name="Images on")).to_have_attribute("aria-disabled", "true")
    reading.get_by_role("link", name="Source").click()
    expect(reading.locator("mark").first).to_contain_text("{{ ")
    reading.get_by_role("link", name="HTML").click()
    expect(reading.frame_locator(FRAME).locator("body")).to_contain_text("Good morning, Ada.")


def test_a_finding_leads_to_its_line(reading: Page, preview: Listening, folder: NewsletterFolder) -> None:
    folder.entry("night-train", topics=["Nobody declared this"])
    reading.goto(preview.base + ISSUE)
    place = reading.get_by_role("complementary").get_by_role("link", name="issues/entries/night-train.md:")
    label = place.inner_text()
    place.click()
    line = reading.locator("li:target")
    expect(line).to_contain_text("Nobody declared this")
    expect(line).to_have_id("L" + label.rpartition(":")[2])
    expect(line).to_be_in_viewport()


def test_a_saved_file_is_shown_at_the_same_scroll_position_and_toolbar_state(
    reading: Page, preview: Listening, folder: NewsletterFolder
) -> None:
    for slug in ("night-train", "good-soil", "tired-bridge"):
        folder.entry(slug, body="A long framing, which goes on for some time. " * 60)
    reading.goto(f"{preview.base}{ISSUE}?width=375&mode=dark")
    _live(reading)
    before = _email(reading)
    _scroll(reading, 1200)
    folder.entry(
        "good-soil", title="A new title, just saved", body="A long framing, which goes on for some time. " * 60
    )
    expect(reading.frame_locator(FRAME).get_by_text("A new title, just saved")).to_have_count(1)
    expect(reading.locator("iframe.arriving")).to_have_count(0)
    assert before.is_detached()
    expect(reading.locator("html")).to_have_js_property("scrollTop", 1200)
    assert reading.url.endswith("?width=375&mode=dark")
    expect(reading.locator(FRAME)).to_have_js_property("clientWidth", 375)
    expect(reading.get_by_role("link", name="Dark")).to_have_attribute("aria-current", "true")


def test_a_manual_reload_keeps_the_scroll_position(reading: Page, preview: Listening, folder: NewsletterFolder) -> None:
    folder.entry("night-train", body="A long framing, which goes on for some time. " * 200)
    reading.goto(preview.base + ISSUE)
    _live(reading)
    _scroll(reading, 1200)
    reading.reload()
    expect(reading.locator("html")).to_have_js_property("scrollTop", 1200)


def test_a_broken_file_shows_its_error_and_the_page_recovers_at_the_same_place(
    reading: Page, preview: Listening, folder: NewsletterFolder
) -> None:
    path = folder.entry("good-soil", body="A long framing, which goes on for some time. " * 200)
    good = path.read_text(encoding="utf-8")
    reading.goto(f"{preview.base}{ISSUE}?mode=dark")
    _live(reading)
    _scroll(reading, 1200)

    path.write_text(good.replace("title:", "titel:"), encoding="utf-8")
    alert = reading.get_by_role("alert")
    expect(alert).to_contain_text("This issue can’t be shown yet")
    expect(alert).to_contain_text("issues/entries/good-soil.md:")
    expect(alert).to_contain_text("titel")
    expect(reading.locator(FRAME)).to_have_count(0)

    path.write_text(good, encoding="utf-8")
    expect(reading.frame_locator(FRAME).locator("body")).to_contain_text("Good morning, Ada.")
    expect(alert).to_have_count(0)
    expect(reading.locator("html")).to_have_js_property("scrollTop", 1200)
    expect(reading.get_by_role("link", name="Dark")).to_have_attribute("aria-current", "true")


def test_broken_settings_show_their_error_and_the_page_recovers(
    reading: Page, preview: Listening, folder: NewsletterFolder
) -> None:
    settings = folder.root / "newsletter.toml"
    good = settings.read_text(encoding="utf-8")
    reading.goto(preview.base + ISSUE)
    _live(reading)
    settings.write_text(good.replace('"The Daily Test"', "The Daily Test", 1), encoding="utf-8")
    expect(reading.get_by_role("alert")).to_contain_text("newsletter.toml:1")
    settings.write_text(good.replace('"The Daily Test"', '"The Daily Best"', 1), encoding="utf-8")
    expect(reading.locator(".sender")).to_contain_text("The Daily")
    expect(reading.frame_locator(FRAME).get_by_text("The Daily Best").first).to_be_visible()


def test_the_list_and_a_files_page_are_live(reading: Page, preview: Listening, folder: NewsletterFolder) -> None:
    _live(reading)
    folder.issue("2026-11-24", "old-map", subject="Written just now")
    expect(reading.get_by_role("link", name="Written just now")).to_be_visible()
    reading.goto(f"{preview.base}/files/issues/2026-11-24.md")
    _live(reading)
    folder.issue("2026-11-24", "old-map", subject="Written anew")
    expect(reading.get_by_text("Written anew")).to_be_visible()


def test_everything_can_be_done_with_keys(reading: Page, preview: Listening, folder: NewsletterFolder) -> None:
    reading.get_by_role("link", name="What happened until 2026-11-23").focus()
    reading.keyboard.press("Enter")
    expect(reading).to_have_url(preview.base + ISSUE)
    _live(reading)
    for key, query in (("1", "?width=375"), ("d", "?width=375&mode=dark"), ("d", "?width=375"), ("2", "")):
        reading.keyboard.press(key)
        expect(reading).to_have_url(preview.base + ISSUE + query)
    reading.keyboard.press("i")
    expect(reading).to_have_url(f"{preview.base}{ISSUE}?images=off")
    reading.keyboard.press("t")
    expect(reading.locator("pre")).to_be_visible()
    reading.keyboard.press("h")
    _email(reading)
    reading.keyboard.press("f")
    expect(reading.get_by_role("heading", name="Findings")).to_be_focused()
    reading.keyboard.press("?")
    dialog = reading.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    reading.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    reading.keyboard.press("p")
    expect(reading).to_have_url(f"{preview.base}/issues/2026-11-22?images=off")
    _live(reading)
    reading.keyboard.press("u")
    expect(reading).to_have_url(f"{preview.base}/")


def test_keys_work_while_the_email_has_the_focus(reading: Page, preview: Listening) -> None:
    reading.goto(preview.base + ISSUE)
    _live(reading)
    expect(reading.locator(FRAME)).to_have_attribute("height", re.compile(r"\d+"))
    reading.frame_locator(FRAME).get_by_role("heading").first.click()
    reading.keyboard.press("d")
    expect(reading).to_have_url(f"{preview.base}{ISSUE}?mode=dark")


def test_shortcuts_can_be_turned_off(reading: Page, preview: Listening) -> None:
    reading.goto(preview.base + ISSUE)
    _live(reading)
    reading.get_by_role("button", name="Keyboard shortcuts").click()
    reading.get_by_label("Single-key shortcuts").uncheck()
    reading.keyboard.press("Escape")
    reading.keyboard.press("d")
    reading.reload()
    expect(reading).to_have_url(preview.base + ISSUE)
    expect(reading.get_by_label("Single-key shortcuts")).not_to_be_checked()


def test_the_focus_is_kept_and_visible(reading: Page, preview: Listening, folder: NewsletterFolder) -> None:
    reading.goto(preview.base + ISSUE)
    _live(reading)
    reading.get_by_role("link", name="Dark").focus()
    reading.keyboard.press("Enter")
    dark = reading.get_by_role("link", name="Dark")
    expect(dark).to_have_attribute("aria-current", "true")
    expect(dark).to_be_focused()
    assert dark.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    folder.issue("2026-11-23", "night-train", subject="Another subject")
    expect(reading.locator(".row-subject")).to_have_text("Another subject")
    expect(dark).to_be_focused()


def test_links_of_the_email_open_in_a_new_tab(reading: Page, preview: Listening) -> None:
    reading.goto(preview.base + ISSUE)
    unsubscribe = reading.frame_locator(FRAME).locator('a[href="/reader-links/unsubscribe"]').first
    with reading.context.expect_page() as opened:
        unsubscribe.click()
    expect(opened.value.get_by_role("heading", name="Unsubscribe")).to_be_visible()
    assert opened.value.evaluate("opener") is None
    expect(reading).to_have_url(preview.base + ISSUE)


def test_pages_are_accessible(reading: Page, preview: Listening, folder: NewsletterFolder) -> None:
    folder.entry("tired-bridge", topics=["Nobody declared this"])
    folder.entry("old-map", title=None)
    folder.entry("not-yet-run", url="htp://example.org/")
    reading.emulate_media(reduced_motion="reduce")
    paths = [
        "/",
        ISSUE,
        f"{ISSUE}?width=375&mode=dark",
        f"{ISSUE}?view=text&mode=dark",
        f"{ISSUE}?view=text",
        f"{ISSUE}?view=source",
        "/issues/2026-11-22",
        "/issues/2026-11-30",
        "/no/such/page",
        "/files/issues/entries/tired-bridge.md#L6",
        "/reader-links/preferences",
        "/reader-links/vote",
    ]
    violated = {}
    for path, look in zip(paths, cycle(LOOKS)):
        reading.goto(preview.base + path)
        _live(reading)
        violated[path] = _violations(reading, look)
    reading.goto(preview.base + ISSUE)
    reading.keyboard.press("?")
    expect(reading.get_by_role("dialog")).to_be_visible()
    violated["shortcuts"] = _violations(reading, *LOOKS[:2])
    reading.context.clear_cookies()
    reading.goto(preview.base)
    expect(reading.get_by_role("heading", name="This preview is locked")).to_be_visible()
    violated["locked"] = _violations(reading, *LOOKS[:2])
    assert {path: what for path, what in violated.items() if what} == {}


def _violations(page: Page, *some: Look) -> list[object]:
    # The sandboxed email can't run axe; the theme's own tests check it.
    return [(look, violation) for look in looks(page, *some) for violation in violations(page, frames=False)]


def test_every_page_fits_the_screen(reading: Page, preview: Listening, folder: NewsletterFolder) -> None:
    folder.entry("tired-bridge", title="W" * 190, topics=["undeclared-" + "x" * 60])
    folder.issue("2026-11-22", "old-map", "no-such-entry-" + "y" * 60)
    for path in ("/", ISSUE, f"{ISSUE}?view=source", "/issues/2026-11-22", "/files/issues/entries/tired-bridge.md"):
        reading.goto(preview.base + path)
        for width in (320, 375, 700, 1280):
            reading.set_viewport_size({"width": width, "height": 800})
            assert reading.evaluate("document.documentElement.scrollWidth") <= width, (path, width)


def test_the_toolbar_stays_on_one_line(reading: Page, preview: Listening) -> None:
    reading.goto(preview.base + ISSUE)
    for width in (1024, 1366, 1390, 1440, 1610):
        reading.set_viewport_size({"width": width, "height": 800})
        first, last = (reading.locator(end).bounding_box() for end in ("#to-issues", "#to-shortcuts"))
        assert first is not None
        assert last is not None
        assert abs(first["y"] + first["height"] / 2 - last["y"] - last["height"] / 2) < 4, width


def test_a_long_line_of_a_broken_file_scrolls_within_its_box(
    reading: Page, preview: Listening, folder: NewsletterFolder
) -> None:
    (folder.root / "newsletter.toml").write_text("nmae = 1 # " + "a long line " * 30, encoding="utf-8")
    reading.goto(preview.base + ISSUE)
    card, excerpt = (reading.locator(part).first.bounding_box() for part in (".broken", ".excerpt"))
    assert card is not None
    assert excerpt is not None
    assert excerpt["x"] + excerpt["width"] < card["x"] + card["width"]


def test_pages_write_nothing_to_the_console(reading: Page, preview: Listening, folder: NewsletterFolder) -> None:
    logged: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        logged.append(message.text)

    reading.on("console", heard)
    reading.on("pageerror", lambda error: logged.append(str(error)))
    for path in ("/", ISSUE, f"{ISSUE}?mode=dark&width=375", f"{ISSUE}?view=source", "/files/newsletter.toml"):
        reading.goto(preview.base + path)
        _live(reading)
    folder.issue("2026-11-23", "night-train")
    reading.goto(preview.base + ISSUE)
    reading.get_by_role("link", name="Dark").click()
    expect(reading.get_by_role("link", name="Dark")).to_have_attribute("aria-current", "true")
    _email(reading)
    assert logged == []
