"""An issue is composed in a real Chromium: by keys, with a mouse, with a finger, and in two windows at once."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Locator, Page, expect

from newsletter import content
from tests.web.axe import Look, looks, violations
from tests.web.preview.running_preview import NewsletterFolder
from tests.web.preview.test_scripts_from_outside import PAYLOADS
from tests.web.studio.fingers import dragging
from tests.web.studio.running_studio import Listening
from tests.web.studio.test_compose import SECTIONS

ISSUE = "/issues/2026-11-23"
FRAME = "iframe.email:not(.arriving)"


@pytest.fixture
def file(shared_folder: NewsletterFolder) -> Path:
    """Write an issue of two sections, and two entries for the shelf; return the issue's file."""
    for number, slug in enumerate(("old-map", "new-map")):
        path = shared_folder.entry(slug)
        os.utime(path, ns=(10**18 + number, 10**18 + number))
    shared_folder.issue("2026-11-22", "new-map", number=6)
    path = shared_folder.root / "issues/2026-11-23.md"
    path.write_text(SECTIONS, encoding="utf-8")
    return path


@pytest.fixture
def composing(desk: Page, studio: Listening, file: Path) -> Page:
    """Open the issue, 1280 px wide."""
    desk.goto(studio.base + ISSUE)
    expect(desk.locator("main[data-tab]")).to_have_count(1)  # its scripts run
    return desk


@pytest.fixture
def phone(browser: Browser, studio: Listening, file: Path) -> Iterator[Page]:
    """Open the issue on a phone: 375 px wide, with touch."""
    context = browser.new_context(viewport={"width": 375, "height": 720}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(studio.door)
    page.goto(studio.base + ISSUE)
    expect(page.locator("main[data-tab]")).to_have_count(1)
    yield page
    context.close()


@contextmanager
def _saving(page: Page) -> Iterator[None]:
    """Wait until the change that the page makes inside is saved."""
    with page.expect_response(lambda answer: answer.request.method == "POST" and "/issues/" in answer.url) as saved:
        yield
    assert saved.value.ok, saved.value.text()


def _lists(file: Path) -> list[list[str]]:
    sections = content.outline(file.read_text(encoding="utf-8"))
    return [[item.slug or item.block_kind for item in section.items] for section in sections]


def _item(page: Page, slug: str) -> Locator:
    return page.locator(f"#item-{slug}")


def _says(page: Page, text: str) -> None:
    expect(page.locator("#announcements")).to_contain_text(text)


def test_an_issue_is_ordered_by_keys_alone(composing: Page, file: Path) -> None:
    page, title = composing, composing.get_by_role("link", name="About tired-bridge")
    title.focus()
    with _saving(page):
        page.keyboard.press("Alt+ArrowUp")
    _says(page, "About tired-bridge, 1 of 2, On the move.")
    expect(title).to_be_focused()
    assert _lists(file) == [["tired-bridge", "night-train"], ["quote", "good-soil"]]
    with _saving(page):
        page.keyboard.press("Alt+Shift+ArrowDown")
    _says(page, "About tired-bridge, 1 of 3, At rest.")
    assert _lists(file) == [["night-train"], ["tired-bridge", "quote", "good-soil"]]
    # Carried, seen on its way, and put back with Escape.
    page.keyboard.press("m")
    _says(page, "About tired-bridge picked up.")
    page.keyboard.press("ArrowDown")
    _says(page, "About tired-bridge, 2 of 3, At rest.")
    page.keyboard.press("Escape")
    _says(page, "Put back.")
    # Carried again, and dropped two places further down.
    with _saving(page):
        for key in ("m", "ArrowDown", "ArrowDown", "Enter"):
            page.keyboard.press(key)
    assert _lists(file) == [["night-train"], ["quote", "good-soil", "tired-bridge"]]
    expect(title).to_be_focused()
    # Pinned, cut and pasted into the other section.
    with _saving(page):
        page.keyboard.press("*")
    expect(_item(page, "tired-bridge")).to_contain_text("Pinned")
    page.keyboard.press("Control+x")
    expect(_item(page, "tired-bridge")).to_have_class(re.compile("cut"))
    for _ in range(3):
        page.keyboard.press("k")
    expect(page.get_by_role("link", name="About night-train")).to_be_focused()
    with _saving(page):
        page.keyboard.press("Control+v")
    assert _lists(file) == [["night-train", "tired-bridge"], ["quote", "good-soil"]]
    expect(title).to_be_focused()
    with _saving(page):
        page.keyboard.press("Delete")
    _says(page, "About tired-bridge is on the shelf.")
    expect(page.locator("#shelf-tired-bridge")).to_be_visible()
    expect(page.get_by_role("link", name="About night-train")).to_be_focused()
    # The shelf's button adds it to the end of the last section.
    page.get_by_role("button", name="Add About tired-bridge").focus()
    with _saving(page):
        page.keyboard.press("Enter")
    assert _lists(file) == [["night-train"], ["quote", "good-soil", "tired-bridge"]]
    expect(page.locator("#numbers")).to_contain_text("3 entries")
    # An entry is carried from the shelf to where it belongs.
    page.get_by_role("button", name="Add About old-map").focus()
    with _saving(page):
        for key in ("m", "ArrowDown", "ArrowUp", "Enter"):
            page.keyboard.press(key)
    assert _lists(file) == [["night-train"], ["quote", "good-soil", "old-map", "tired-bridge"]]
    expect(page.get_by_role("link", name="About old-map")).to_be_focused()


def test_changes_are_undone_one_by_one(composing: Page, file: Path) -> None:
    composing.get_by_role("link", name="About tired-bridge").focus()
    with _saving(composing):
        composing.keyboard.press("Alt+ArrowUp")
    with _saving(composing):
        composing.keyboard.press("Delete")
    assert _lists(file) == [["night-train"], ["quote", "good-soil"]]
    composing.keyboard.press("Control+z")
    expect(composing.locator(".section:nth-of-type(1) [data-item]").first).to_have_id("item-tired-bridge")
    composing.keyboard.press("Control+z")
    expect(composing.locator(".section:nth-of-type(1) [data-item]").first).to_have_id("item-night-train")
    assert file.read_text(encoding="utf-8") == SECTIONS


def test_items_are_dragged_with_the_mouse(composing: Page, file: Path) -> None:
    page, first = composing, composing.locator(".section:nth-of-type(1) [data-item]")
    page.emulate_media(reduced_motion="reduce")  # an item that is still gliding to its place can be dropped beside it
    page.reload()
    expect(page.locator("main[data-tab]")).to_have_count(1)  # its scripts run
    logged: list[str] = []
    page.on("console", lambda message: logged.append(message.text))
    shelf = page.locator("#shelf-items")
    _drag(page, _item(page, "good-soil"), _item(page, "night-train"), first.nth(0))
    _says(page, "About good-soil, 1 of 3, On the move.")
    assert _lists(file) == [["good-soil", "night-train", "tired-bridge"], ["quote"]]
    _drag(page, page.locator("#shelf-old-map"), _item(page, "tired-bridge"), first.nth(2))
    assert _lists(file) == [["good-soil", "night-train", "old-map", "tired-bridge"], ["quote"]]
    _drag(page, _item(page, "night-train"), shelf, shelf.locator("[data-item]").first)
    assert _lists(file) == [["good-soil", "old-map", "tired-bridge"], ["quote"]]
    expect(page.locator("#shelf-night-train")).to_be_visible()
    assert logged == []  # the page's policy allows all that dragging does


_NUDGES = 60
_OFFSETS = (4, 6, 8, -40)  # px from the upper edge of the target


def _drag(page: Page, item: Locator, target: Locator, place: Locator) -> None:
    """Drag an item onto another, until it is at a place in a list, drop it, and wait until the page has followed."""
    shown = page.locator("#preview-state").get_attribute("data-frame") or ""
    slug = item.get_attribute("data-item") or ""
    item.locator(".handle").hover()  # once it keeps its place
    page.mouse.down()
    start = item.bounding_box()
    assert start is not None
    page.mouse.move(start["x"] + 20, start["y"] + 20, steps=4)
    expect(page.locator("body.dragging")).to_have_count(1)
    # As a hand does: the list makes room on the way, so the target moves, and one left at the wrong side has to be left
    # and entered again. Over the room that was made, nothing moves any more.
    for nudge in range(_NUDGES):
        _move_to(page, target, _OFFSETS[nudge % len(_OFFSETS)])
        if place.get_attribute("data-item") == slug:
            _move_to(page, place, 20)
            if place.get_attribute("data-item") == slug:
                break
    expect(place).to_have_attribute("data-item", slug)
    with _saving(page):
        page.mouse.up()
    expect(page.locator("#preview-state")).not_to_have_attribute("data-frame", shown)


def _move_to(page: Page, place: Locator, below: float) -> None:
    """Move the mouse over a place, so many pixels ``below`` its upper edge."""
    box = place.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + below, steps=6)


def test_an_issue_is_composed_on_a_phone_by_touch(phone: Page, file: Path) -> None:
    page = phone
    tabs = page.get_by_role("tablist", name="Columns")
    tabs.get_by_role("tab", name="Shelf").tap()
    expect(page.get_by_role("tabpanel", name="Shelf")).to_be_visible()
    page.get_by_label("Add to").select_option("On the move")
    with _saving(page):
        page.get_by_role("button", name="Add About old-map").tap()
    expect(page.locator("#numbers")).to_contain_text("4 entries")  # the page was refreshed, and the choice stays
    expect(page.get_by_label("Add to").locator("option:checked")).to_have_text("On the move")
    tabs.get_by_role("tab", name="Issue").tap()
    _item(page, "old-map").get_by_label("Move or change").tap()
    with _saving(page):
        _item(page, "old-map").get_by_role("button", name="Move up").tap()
    assert _lists(file) == [["night-train", "old-map", "tired-bridge"], ["quote", "good-soil"]]
    good_soil = _item(page, "good-soil")
    good_soil.scroll_into_view_if_needed()
    with _saving(page), dragging(page, good_soil, _item(page, "night-train")):
        first = page.locator(".section:nth-of-type(1) .items [data-item]").first
        expect(first).to_have_attribute("data-item", "good-soil")
    assert _lists(file) == [["good-soil", "night-train", "old-map", "tired-bridge"], ["quote"]]
    page.get_by_label("Subject").fill("Slow things")
    with _saving(page):
        page.get_by_label("Preheader").tap()
    tabs.get_by_role("tab", name="Preview").tap()
    expect(page.locator(".row-subject")).to_have_text("Slow things")
    expect(page.frame_locator(FRAME).get_by_text("About old-map").first).to_be_visible()


def test_two_windows_show_each_others_moves_and_keep_the_focus(composing: Page, studio: Listening, file: Path) -> None:
    other = composing.context.new_page()
    other.goto(studio.base + ISSUE)
    expect(other.locator("main[data-tab]")).to_have_count(1)
    note = other.get_by_label("Note", exact=True)
    note.focus()
    composing.get_by_role("link", name="About tired-bridge").focus()
    composing.keyboard.press("Alt+ArrowUp")
    expect(other.locator(".section:nth-of-type(1) [data-item]").first).to_have_id("item-tired-bridge")
    expect(note).to_be_focused()
    # While one window carries an item, the other's move waits.
    other.get_by_role("link", name="About good-soil").focus()
    other.keyboard.press("m")
    with _saving(composing):
        composing.keyboard.press("Alt+ArrowDown")
    expect(_item(other, "good-soil")).to_have_class(re.compile("carried"))
    with _saving(other):
        other.keyboard.press("ArrowUp")
        other.keyboard.press("Enter")
    assert _lists(file) == [["night-train", "tired-bridge"], ["good-soil", "quote"]]
    expect(other.locator(".section:nth-of-type(1) [data-item]").first).to_have_id("item-night-train")
    # The marks below a subject are those of the words in the field, even if they aren't in the file yet.
    subject = other.get_by_label("Subject")
    before = subject.input_value()
    subject.focus()
    subject.evaluate("field => { field.value = 'Typed'; }")
    with _saving(composing):
        composing.keyboard.press("Alt+ArrowUp")
    expect(other.locator(".section:nth-of-type(1) [data-item]").first).to_have_id("item-tired-bridge")
    expect(other.locator(".ruler-words")).to_have_text("5 characters: fits everywhere")
    subject.evaluate("(field, text) => { field.value = text; }", before)
    other.close()


def test_an_item_is_cut_in_one_window_and_pasted_in_another(composing: Page, studio: Listening, file: Path) -> None:
    later = file.with_name("2026-11-24.md")
    later.write_text("---\ndate: 2026-11-24\nsubject: Later\nentries: [old-map]\n---\n", encoding="utf-8")
    other = composing.context.new_page()
    other.goto(f"{studio.base}/issues/2026-11-24")
    expect(other.locator("main[data-tab]")).to_have_count(1)
    composing.get_by_role("link", name="A seat is a promise.").focus()
    composing.keyboard.press("Control+x")
    other.locator("#item-old-map summary").click()
    with _saving(other):
        other.get_by_role("button", name="Paste below").click()
    expect(other.get_by_role("link", name="A seat is a promise.")).to_be_focused()
    assert (_lists(later), _lists(file)) == ([["old-map", "quote"]], [["night-train", "tired-bridge"], ["good-soil"]])
    expect(composing.get_by_role("link", name="A seat is a promise.")).to_have_count(0)
    other.close()
    later.unlink()


def test_without_scripts_buttons_and_forms_do_the_same(browser: Browser, studio: Listening, file: Path) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(studio.door)
    page.goto(studio.base + ISSUE)
    page.locator("#item-tired-bridge summary").click()
    page.locator("#item-tired-bridge").get_by_role("button", name="Move up").click()
    expect(page.locator(".section:nth-of-type(1) [data-item]").first).to_have_id("item-tired-bridge")
    page.get_by_role("button", name="Add About old-map").click()
    expect(page.locator(".section:nth-of-type(2) #item-old-map")).to_be_visible()
    page.get_by_label("Heading of On the move").fill("Under way")
    page.get_by_role("button", name="Rename").first.click()
    page.get_by_label("Subject").fill("Slow things")
    page.get_by_role("button", name="Save subject").click()
    expect(page.locator(".section:nth-of-type(1)")).to_have_attribute("data-section", "Under way")
    assert _lists(file) == [["tired-bridge", "night-train"], ["quote", "good-soil", "old-map"]]
    assert "subject: Slow things" in file.read_text(encoding="utf-8")
    assert violations(page, script=False, frames=False) == []
    context.close()


def test_a_refused_move_is_taken_back_and_says_why(composing: Page, file: Path) -> None:
    page = composing
    page.route(
        "**/changes",
        lambda route: (
            route.continue_()
            if route.request.method == "GET"
            else route.fulfill(
                status=422, json={"error": {"code": "busy", "what": "the file is locked", "hint": "", "field": ""}}
            )
        ),
    )
    page.get_by_role("link", name="About tired-bridge").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#status")).to_have_text("Not saved: the file is locked")
    expect(page.locator(".section:nth-of-type(1) [data-item]").first).to_have_id("item-night-train")
    expect(page.get_by_role("link", name="About tired-bridge")).to_be_focused()


def test_sections_and_fields_are_edited_in_place(composing: Page, file: Path) -> None:
    page = composing
    heading = page.get_by_label("Heading of At rest")
    heading.fill("Standing still")
    heading.press("Enter")
    _says(page, "The section is now Standing still.")
    expect(page.locator(".section:nth-of-type(2)")).to_have_attribute("data-section", "Standing still")
    # Sections move by keys from their headings, with the focus.
    page.get_by_label("Heading of Standing still").press("Alt+ArrowUp")
    expect(page.locator(".section:nth-of-type(1)")).to_have_attribute("data-section", "Standing still")
    expect(page.get_by_label("Heading of Standing still")).to_be_focused()
    page.get_by_label("Heading of Standing still").press("Alt+ArrowDown")
    expect(page.locator(".section:nth-of-type(2)")).to_have_attribute("data-section", "Standing still")
    page.get_by_label("Heading of a new section").fill("Later")
    page.get_by_role("button", name="Add section").click()
    expect(page.locator(".section:nth-of-type(3)")).to_have_attribute("data-section", "Later")
    subject = page.get_by_label("Subject")
    subject.fill("A subject that is so long that a phone cuts it, and a desktop at the very end")
    expect(page.locator("#ruler .cut")).to_have_text(["phone", "desktop"])
    expect(page.locator(".ruler-words")).to_have_text("77 characters: phones cut it after 40, desktops after 70")
    note = page.get_by_label("Note", exact=True)
    note.fill("Good morning, ")
    page.get_by_text("Insert a field").click()
    page.get_by_role("button", name="Reader’s first name").click()
    expect(note).to_have_value('Good morning, {{ subscriber.first_name | default("reader") }}')
    expect(note).to_be_focused()
    note.blur()
    expect(page.locator(".row-subject")).to_contain_text("A subject that is so long")
    expect(page.frame_locator(FRAME).get_by_text("Good morning, Ada")).to_be_visible()
    assert 'first_name | default("reader")' in file.read_text(encoding="utf-8")
    page.get_by_label("Move or change About tired-bridge").click()
    page.get_by_role("link", name="Change it in this issue only").locator("visible=true").click()
    title = page.get_by_role("region", name="About tired-bridge in this issue only").get_by_label("Title")
    expect(title).to_be_focused()
    expect(page.locator(".menu-sheet").locator("visible=true")).to_have_count(0)  # it would cover the fields
    title.fill("A bridge, rested")
    title.blur()
    expect(page.frame_locator(FRAME).get_by_text("A bridge, rested").first).to_be_visible()
    assert "title: A bridge, rested" in file.read_text(encoding="utf-8").replace('"', "")


def test_findings_are_stepped_through_with_one_key(composing: Page, file: Path) -> None:
    text = SECTIONS.replace("Good morning.", "Good morning, {{ subscriber.nme }}.").replace(
        "- tired-bridge", "- tired-brige"
    )
    file.write_text(text, encoding="utf-8")
    expect(composing.locator("#field-note [data-finding]")).to_have_count(1)
    composing.keyboard.press("F8")
    expect(composing.locator("#field-note [data-finding]")).to_be_focused()
    composing.keyboard.press("F8")
    expect(composing.locator("#item-tired-brige [data-finding]")).to_be_focused()


def test_the_shelf_is_filtered_while_typing(composing: Page, file: Path) -> None:
    field = composing.get_by_label("Filter the shelf")
    field.fill("nothing like this")
    expect(composing.locator("#shelf-list")).to_contain_text("Nothing on the shelf fits this filter.")
    field.fill("old-map")
    expect(composing.locator("#shelf-items [data-item]")).to_have_count(1)
    expect(field).to_be_focused()
    assert composing.url.endswith("?q=old-map")


def test_the_page_is_accessible_and_fits_in_every_state(
    desk: Page, studio: Listening, file: Path, shared_folder: NewsletterFolder
) -> None:
    desk.emulate_media(reduced_motion="reduce")
    logged: list[str] = []
    desk.on("console", lambda message: logged.append(message.text))
    desk.on("pageerror", lambda error: logged.append(str(error)))
    broken: dict[object, object] = {}
    for state, path in _states(shared_folder, file).items():
        desk.goto(studio.base + path)
        # Axe takes time for each item.
        for width, scheme in looks(desk, *(_PHONE if state == "full" else ())):
            if found := violations(desk, frames=False):
                broken[state, width, scheme] = found
            assert desk.evaluate("document.documentElement.scrollWidth") <= width, (state, width)
    assert (broken, logged) == ({}, [])


_PHONE: tuple[Look, ...] = ((375, "dark"),)


def _states(folder: NewsletterFolder, file: Path) -> dict[str, str]:
    """Write an issue for each state of the page, and return their addresses."""
    issues = file.parent
    empty = "---\ndate: 2026-12-02\nsubject:\n---\n"
    (issues / "2026-12-02.md").write_text(empty, encoding="utf-8")
    (issues / "2026-12-03.md").write_text("---\nsubject: [broken\n---\n", encoding="utf-8")
    slugs = [f"one-of-many-{number}" for number in range(30)]
    for slug in slugs:
        folder.entry(slug)
    folder.issue("2026-12-04", *slugs)
    folder.entry("rtl", title="قطار الليل يعود", source="مجلة الطريق", body="نص قصير.\n")
    subject = "قطار الليل وأشياء بطيئة أخرى" + "W" * 120
    folder.issue("2026-12-05", "rtl", "no-such-entry", subject=subject, note="صباح الخير.\n", pinned=["rtl"])
    return {
        "typical": f"{ISSUE}?override=night-train",
        "text": f"{ISSUE}?view=text&mode=dark",
        "empty": "/issues/2026-12-02",
        "broken": "/issues/2026-12-03",
        "full": "/issues/2026-12-04",
        "right to left, with findings": "/issues/2026-12-05",
    }


def test_nothing_that_the_files_say_runs(composing: Page, studio: Listening, shared_folder: NewsletterFolder) -> None:
    page, ran = composing, list[str]()
    page.context.expose_function("ran", lambda name: ran.append(name))

    def closed(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", closed)
    slugs = [f"payload-{number}" for number in range(len(PAYLOADS))]
    for slug, payload in zip(slugs, PAYLOADS, strict=True):
        shared_folder.entry(slug, title=payload, source=payload, topics=[payload], body=f"{payload}\n\n> {payload}\n")
    everything = " ".join(PAYLOADS)
    shared_folder.issue(
        "2026-12-07", *slugs, "<b>", subject=everything, preheader=everything, note=everything, segments=PAYLOADS[:3]
    )
    shared_folder.issue("2026-12-08", slugs[0], subject="Harmless", overrides={slugs[0]: {"title": PAYLOADS[1]}})
    for path in ("/issues/2026-12-07", "/issues/2026-12-08", f"{ISSUE}?q={PAYLOADS[1]}&override={PAYLOADS[2]}"):
        page.goto(studio.base + path)
        expect(page.locator("main[data-tab]")).to_have_count(1)
        page.locator(".sections .item-title").first.focus()
        page.keyboard.press("Control+x")
    page.get_by_label("Subject").fill(PAYLOADS[1])
    expect(page.locator(".ruler-text")).to_contain_text("<img src=x")
    assert ran == []
