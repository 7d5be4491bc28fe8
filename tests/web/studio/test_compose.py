"""The compose page and its changes over HTTP, with and without scripts."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from lxml import html

from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Subscriber
from newsletter.store import open_store
from tests import make
from tests.databases import new_sqlite
from tests.make import WHEN
from tests.web.preview.running_preview import NewsletterFolder

ISSUE = "/issues/2026-11-23"
JSON = {"Accept": "application/json"}

SECTIONS = """\
---
date: 2026-11-23
number: 7
subject: Night trains and other slow things
preheader: What a timetable can teach.
sections:
  - title: On the move
    entries:
      - night-train
      # The bridge is kept for last.
      - tired-bridge
  - title: At rest
    entries:
      - quote: A seat is a promise.
        who: a guard
      - good-soil
---
Good morning.
"""


@pytest.fixture
def file(shared_folder: NewsletterFolder) -> Path:
    """Write an issue of two sections, and return its file."""
    path = shared_folder.root / "issues/2026-11-23.md"
    path.write_text(SECTIONS, encoding="utf-8")
    return path


def _page(editor: httpx.Client, path: str = ISSUE) -> html.HtmlElement:
    answer = editor.get(path)
    assert answer.status_code == 200, answer.text
    return html.fromstring(answer.text)


def _lists(page: html.HtmlElement) -> dict[str, list[str]]:
    """Return the titles of the items on a page by their sections."""
    return {
        section.get("aria-label"): [item.get("data-title") for item in section.cssselect("[data-item]")]
        for section in page.cssselect(".sections [data-section]")
    }


def _change(editor: httpx.Client, change: str, *, path: str = ISSUE, **fields: str) -> httpx.Response:
    return editor.post(f"{path}/changes", data={"change": change, **fields}, headers=JSON)


def _text(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def test_the_page_shows_an_issues_sections_fields_and_numbers(editor: httpx.Client, file: Path) -> None:
    page = _page(editor)
    assert _lists(page) == {
        "On the move": ["About night-train", "About tired-bridge"],
        "At rest": ["A seat is a promise.", "About good-soil"],
    }
    assert page.get_element_by_id("subject").get("value") == "Night trains and other slow things"
    assert page.get_element_by_id("note").text_content().strip() == "Good morning."
    numbers = _text(page.get_element_by_id("numbers"))
    assert numbers.startswith("3 entries 1 min to read")
    assert "of 102 KB" in numbers
    assert "On the move 2At rest 1" in numbers
    assert page.get_element_by_id("ruler").cssselect(".ruler-words")[0].text == "34 characters: fits everywhere"
    (frame,) = page.cssselect("iframe")
    shown = editor.get(frame.get("src"))
    assert "A seat is a promise." in shown.text


@pytest.mark.parametrize(
    ("fields", "lists", "says"),
    [
        (
            {"change": "move", "item": "tired-bridge", "section": "On the move", "before": "night-train"},
            [["tired-bridge", "night-train"], ["quote", "good-soil"]],
            "About tired-bridge, 1 of 2, On the move.",
        ),
        (
            {"change": "move", "item": "night-train", "section": "At rest"},
            [["tired-bridge"], ["quote", "good-soil", "night-train"]],
            "About night-train, 3 of 3, At rest.",
        ),
        (
            {"change": "move-down", "item": "tired-bridge"},
            [["night-train"], ["tired-bridge", "quote", "good-soil"]],
            "About tired-bridge, 1 of 3, At rest.",
        ),
        (
            {"change": "move-up", "item": "good-soil"},
            [["night-train", "tired-bridge"], ["good-soil", "quote"]],
            "About good-soil, 1 of 2, At rest.",
        ),
        (
            {"change": "remove", "item": "night-train"},
            [["tired-bridge"], ["quote", "good-soil"]],
            "About night-train is on the shelf.",
        ),
        (
            {"change": "add", "item": "old-map", "section": "On the move", "before": "tired-bridge"},
            [["night-train", "old-map", "tired-bridge"], ["quote", "good-soil"]],
            "About old-map, 2 of 3, On the move.",
        ),
        (
            {"change": "pin", "item": "good-soil"},
            [["night-train", "tired-bridge"], ["quote", "good-soil"]],
            "About good-soil is pinned.",
        ),
        (
            {"change": "move-section-up", "section": "At rest"},
            [["quote", "good-soil"], ["night-train", "tired-bridge"]],
            "At rest, section 1 of 2.",
        ),
        (
            {"change": "remove-section", "section": "At rest"},
            [["night-train", "tired-bridge", "quote", "good-soil"]],
            "Section At rest removed.",
        ),
        (
            {"change": "add-section", "title": "Later"},
            [["night-train", "tired-bridge"], ["quote", "good-soil"], []],
            "Section Later added.",
        ),
        (
            {"change": "rename-section", "section": "At rest", "title": "Standing still"},
            [["night-train", "tired-bridge"], ["quote", "good-soil"]],
            "The section is now Standing still.",
        ),
    ],
)
def test_each_change_is_made_in_the_file_and_said_in_words(
    editor: httpx.Client, file: Path, fields: dict[str, str], lists: list[list[str]], says: str
) -> None:
    _page(editor)  # the titles in the announcements are those that the page has
    answer = editor.post(f"{ISSUE}/changes", data=fields, headers=JSON)
    assert answer.status_code == 200, answer.text
    assert answer.json()["announce"] == says
    assert _in_file(file) == lists
    assert "# The bridge is kept for last." in file.read_text(encoding="utf-8")
    # The same from a form without scripts.
    file.write_text(SECTIONS, encoding="utf-8")
    answer = editor.post(f"{ISSUE}/changes", data={**fields, "next": f"{ISSUE}#sections"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ISSUE}#sections")
    assert _in_file(file) == lists


def _in_file(file: Path) -> list[list[str]]:
    from newsletter import content

    sections = content.outline(file.read_text(encoding="utf-8"))
    return [[item.slug or item.block_kind for item in section.items] for section in sections]


def test_a_change_that_does_not_fit_is_refused_and_changes_nothing(editor: httpx.Client, file: Path) -> None:
    for fields, code in (
        ({"change": "move-up", "item": "night-train"}, "first-or-last"),
        ({"change": "move-down", "item": "no-such-item"}, "item-missing"),
        ({"change": "move-section-up", "section": "Nowhere"}, "section-missing"),
        ({"change": "explode", "item": "night-train"}, "change-unknown"),
    ):
        answer = editor.post(f"{ISSUE}/changes", data=fields, headers=JSON)
        assert answer.status_code in (404, 422)
        assert answer.json()["error"]["code"] == code
    assert file.read_text(encoding="utf-8") == SECTIONS
    assert editor.post("/issues/2026-12-31/changes", data={"change": "pin", "item": "x"}).status_code == 404
    assert editor.post("/issues/..%2Fnewsletter/changes", data={"change": "pin", "item": "x"}).status_code == 404


def test_a_move_beside_an_item_that_is_gone_says_so(editor: httpx.Client, file: Path) -> None:
    answer = _change(editor, "move", item="good-soil", section="On the move", before="gone")
    assert answer.status_code == 200, answer.text
    assert _in_file(file) == [["night-train", "tired-bridge", "good-soil"], ["quote"]]
    assert answer.json()["notes"]


def test_fields_are_saved_one_by_one(editor: httpx.Client, file: Path) -> None:
    for name, value in (
        ("subject", "Slow things"),
        ("number", "8"),
        ("note", "Two\r\n\r\nparagraphs."),
        ("number", ""),
    ):
        answer = editor.post(f"{ISSUE}/fields/{name}", data={"value": value}, headers=JSON)
        assert answer.status_code == 200, answer.text
    text = file.read_text(encoding="utf-8")
    expected = SECTIONS.replace("Night trains and other slow things", "Slow things").replace("number: 7\n", "")
    assert text == expected.replace("Good morning.", "Two\n\nparagraphs.")
    refused = editor.post(f"{ISSUE}/fields/date", data={"value": "tomorrow"}, headers=JSON)
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "date")


def test_an_entry_can_have_other_words_in_one_issue(editor: httpx.Client, file: Path) -> None:
    page = _page(editor, f"{ISSUE}?override=night-train")
    title = page.get_element_by_id("override-title")
    assert (title.get("value"), title.get("placeholder")) == ("", "About night-train")
    path = title.xpath("ancestor::form/@action")[0]
    assert editor.post(path, data={"value": "By night"}, headers=JSON).status_code == 200
    page = _page(editor)
    assert "By night" in _lists(page)["On the move"]
    assert "Changed here: title" in _text(page.get_element_by_id("item-night-train"))
    assert editor.post(path, data={"value": "", "seen": "By night"}, headers=JSON).status_code == 200
    assert _lists(_page(editor))["On the move"] == ["About night-train", "About tired-bridge"]


def test_segments_are_ticked_one_by_one_or_saved_together(editor: httpx.Client, file: Path) -> None:
    one = editor.post(f"{ISSUE}/members/segments", data={"word": "rail", "present": "yes"}, headers=JSON)
    assert one.status_code == 200, one.text
    assert "segments: [rail]" in file.read_text(encoding="utf-8")
    whole = editor.post(f"{ISSUE}/members/segments", data={"word": ["soil", "maps"], "next": ISSUE})
    assert whole.status_code == 303
    assert "segments: [soil, maps]" in file.read_text(encoding="utf-8")


def test_an_item_is_pasted_from_another_issue_with_its_block(editor: httpx.Client, file: Path) -> None:
    other = file.with_name("2026-11-24.md")
    other.write_text(SECTIONS.replace("2026-11-23", "2026-11-24"), encoding="utf-8")
    file.write_text(
        SECTIONS.replace("      - quote: A seat is a promise.\n        who: a guard\n", ""), encoding="utf-8"
    )
    key = next(
        item.get("data-item")
        for item in _page(editor, "/issues/2026-11-24").cssselect("[data-item]")
        if "seat" in item.get("data-title")
    )
    fields = {"from": "2026-11-24", "item": key, "section": "On the move", "before": "night-train"}
    answer = _change(editor, "paste", **fields)
    assert answer.status_code == 200, answer.text
    assert _in_file(file) == [["quote", "night-train", "tired-bridge"], ["good-soil"]]
    assert "who: a guard" in file.read_text(encoding="utf-8")
    assert _in_file(other) == [["night-train", "tired-bridge"], ["good-soil"]]
    other.unlink()


def test_the_shelf_has_unused_entries_the_latest_first_and_filters_them(
    editor: httpx.Client, file: Path, shared_folder: NewsletterFolder
) -> None:
    for number in range(60):
        path = shared_folder.entry(f"spare-{number:02}", source="The Quarry" if number % 2 else "The Review")
        os.utime(path, ns=(10**18 + number, 10**18 + number))
    shared_folder.entry("bench", reserve=True, best_before="2026-12-24")
    spoilt = shared_folder.root / "issues/entries/spoilt.md"
    spoilt.write_text("---\ntitle: [Unclosed\n---\n", encoding="utf-8")
    assert "Can’t be read" in _text(_page(editor).get_element_by_id("shelf-spoilt"))
    spoilt.unlink()
    page = _page(editor)
    shelf = page.get_element_by_id("shelf-items").cssselect("[data-item]")
    assert [card.get("data-item") for card in shelf[:2]] == ["spare-59", "spare-58"]
    assert len(shelf) == 50
    assert _text(page.get_element_by_id("more")) == "Show more (10 left)"
    assert len(_page(editor, page.get_element_by_id("more").get("href")).cssselect("#shelf-items > li")) == 60
    assert "Best before 24 December" in _text(page.get_element_by_id("reserve-items"))
    found = _page(editor, f"{ISSUE}?q=quarry+spare-1").cssselect("#shelf-items [data-item]")
    assert [card.get("data-item") for card in found] == [f"spare-{number}" for number in (19, 17, 15, 13, 11)]
    for number in range(60):
        (shared_folder.root / f"issues/entries/spare-{number:02}.md").unlink()
    (shared_folder.root / "issues/entries/bench.md").unlink()


def test_blocks_with_files_are_on_the_shelf_unless_the_issue_has_them(
    editor: httpx.Client, file: Path, shared_folder: NewsletterFolder
) -> None:
    block = shared_folder.root / "issues/blocks/kettle.md"
    block.parent.mkdir(exist_ok=True)
    block.write_text("---\nblock: note\ntitle: The Kettle\n---\nTea, all day.\n", encoding="utf-8")
    card = _page(editor).get_element_by_id("block-items").cssselect("li")[0]
    assert _text(card) == "Note The Kettle"
    assert _change(editor, "add", item="kettle", section="At rest").status_code == 200
    page = _page(editor)
    assert _lists(page)["At rest"] == ["A seat is a promise.", "About good-soil", "The Kettle"]
    assert not page.cssselect("#block-items")
    block.unlink()


def test_a_waiting_link_becomes_an_entry_of_the_issue(
    editor: httpx.Client, file: Path, shared_folder: NewsletterFolder
) -> None:
    editor.post("/links", data={"text": "[Slow water](https://example.org/slow-water)"}, headers=JSON)
    button = _page(editor).cssselect("#shelf-list .waiting button")[0]
    answer = _change(editor, "add", link=button.get("value"), section="On the move")
    assert answer.status_code == 200, answer.text
    assert _in_file(file)[0] == ["night-train", "tired-bridge", "slow-water"]
    assert not _page(editor).cssselect("#shelf-list .waiting")
    assert _change(editor, "add", link="none", section="On the move").status_code == 422


def test_readers_are_counted_by_the_entries_they_get(
    editor: httpx.Client, file: Path, shared_folder: NewsletterFolder
) -> None:
    file.write_text(SECTIONS.replace("sections:", "tailored: {otherwise: skip}\nsections:"), encoding="utf-8")
    shared_folder.entry("good-soil", topics=["Soil"])
    database = shared_folder.root / "newsletter.db"
    database.unlink(missing_ok=True)
    with open_store(new_sqlite(database)) as store:
        for name, topics in (("ada", ("railways",)), ("ben", ("soil",)), ("cid", ("maps",))):
            store.subscribers.add(Subscriber(address=f"{name}@example.org", topics=topics), now=WHEN)
    try:
        part = html.fromstring(editor.get(f"{ISSUE}/readers").text)
        assert _text(part) == "1 get none 1 get 1 1 get 2–3 0 get 4 or more"
        assert json.loads(part.get("data-reach")) == dict.fromkeys(
            ("night-train", "tired-bridge", "good-soil"), "1 reader"
        )
    finally:
        database.unlink()
        shared_folder.entry("good-soil")


def test_an_issue_whose_send_has_begun_says_that_changes_come_too_late(
    editor: httpx.Client, file: Path, shared_folder: NewsletterFolder
) -> None:
    assert _text(_page(editor).get_element_by_id("issue-status")) == "Draft: review this issue"
    database = shared_folder.root / "newsletter.db"
    database.unlink(missing_ok=True)
    with open_store(new_sqlite(database)) as store:
        store.subscribers.add(Subscriber(address="ada@example.org"), now=WHEN)
        store.sends.freeze(
            compiled=make.compiled(issue="2026-11-23"),
            tailor=make.tailor(),
            date=WHEN,
            segments=[EVERYONE],
            provider="outbox",
            base_url="https://news.example.org",
            signing_key="key",
            now=WHEN,
        )
    try:
        page = _page(editor)
        assert _text(page.get_element_by_id("issue-status")).startswith("Sending sent to 0 of 1 readers")
        assert "readers get it as it was then" in _text(page.cssselect(".frozen")[0])
    finally:
        database.unlink()


def test_sources_that_come_often_are_counted(editor: httpx.Client, file: Path, shared_folder: NewsletterFolder) -> None:
    shared_folder.issue("2026-11-22", "old-map", number=6)
    page = _page(editor)
    assert "The Review: 4 in 30 days" in _text(page.get_element_by_id("item-night-train"))
    assert _text(page.get_element_by_id("balance").cssselect("tbody tr")[0]) == "The Review31"


def test_findings_are_at_their_field_and_item(
    editor: httpx.Client, file: Path, shared_folder: NewsletterFolder
) -> None:
    entry = shared_folder.root / "issues/entries/good-soil.md"
    before = entry.read_text(encoding="utf-8")
    shared_folder.entry("good-soil", topics=["Nobody declared this"])
    text = SECTIONS.replace("Good morning.", "Good morning, {{ subscriber.nme }}.").replace(
        "- tired-bridge", "- tried-bridge"
    )
    file.write_text(text + "", encoding="utf-8")
    page = _page(editor)
    assert "subscriber.nme" in _text(page.get_element_by_id("field-note"))
    assert "Nobody declared this" in _text(page.get_element_by_id("item-good-soil"))
    assert 'no entry "tried-bridge"' in _text(page.get_element_by_id("item-tried-bridge")).lower()
    entry.write_text(before, encoding="utf-8")


def test_findings_about_missing_fields_are_at_their_fields(
    editor: httpx.Client, shared_folder: NewsletterFolder
) -> None:
    shared_folder.issue("2026-11-26", subject="", preheader=None, entries=None)
    page = _page(editor, "/issues/2026-11-26")
    assert "issue has no preheader" in page.get_element_by_id("field-preheader").text_content()
    assert "subject is empty" in page.get_element_by_id("field-subject").text_content()
    assert "an issue without entries" in page.get_element_by_id("sections").text_content()
    assert not page.cssselect(".others")


def test_findings_of_items_in_one_line_are_told_apart_by_their_names(
    editor: httpx.Client, shared_folder: NewsletterFolder
) -> None:
    shared_folder.issue("2026-11-25", "night-train", "nigth-train", "good-soil")
    page = _page(editor, "/issues/2026-11-25")
    assert "nigth-train" in _text(page.get_element_by_id("item-nigth-train").cssselect(".findings")[0])
    assert not page.get_element_by_id("item-good-soil").cssselect(".findings")


def test_a_broken_file_is_offered_as_text_with_its_findings(editor: httpx.Client, file: Path) -> None:
    file.write_text("---\nsubject: [broken\n---\nGood morning.\n", encoding="utf-8")
    page = _page(editor)
    notice = page.get_element_by_id("unreadable")
    assert notice.cssselect("a.button")[0].get("href") == "/text/issues/2026-11-23.md"
    assert notice.cssselect(".finding")
    assert not page.cssselect("#sections")


def test_a_broken_theme_shows_its_reasons_beside_the_issue(
    editor: httpx.Client, file: Path, shared_folder: NewsletterFolder
) -> None:
    theme = shared_folder.root / "templates/email/default"
    theme.mkdir(parents=True)
    (theme / "issue.mjml").write_text("<mjml>{% if %}</mjml>", encoding="utf-8")
    try:
        page = _page(editor)
        assert "issue.mjml" in page.get_element_by_id("preview-state").text_content() or page.cssselect(
            ".broken .finding"
        )
        assert _lists(page)["On the move"] == ["About night-train", "About tired-bridge"]
    finally:
        (theme / "issue.mjml").unlink()
        theme.rmdir()


def test_the_preview_keeps_the_pages_state_in_its_links(editor: httpx.Client, file: Path) -> None:
    page = _page(editor, f"{ISSUE}?q=map&mode=dark")
    assert page.get_element_by_id("view-text").get("href") == f"{ISSUE}?mode=dark&q=map&view=text"
    text = _page(editor, f"{ISSUE}?view=text&mode=dark&q=map")
    assert "Good morning." in text.cssselect("pre")[0].text_content()
    assert not text.cssselect("iframe")


def test_the_next_issue_is_one_key_away(editor: httpx.Client, file: Path) -> None:
    assert editor.get("/compose", follow_redirects=False).headers["location"] == ISSUE


@pytest.fixture
def new_issue(shared_folder: NewsletterFolder) -> Iterator[Path]:
    path = shared_folder.root / "issues/2026-12-01.md"
    yield path
    path.unlink(missing_ok=True)


def test_a_new_issue_starts_on_the_chosen_day(editor: httpx.Client, new_issue: Path) -> None:
    assert re.fullmatch(r"2026-11-2\d", _page(editor, "/issues").get_element_by_id("date").get("value"))
    created = editor.post("/issues", data={"date": "2026-12-01", "subject": "Advent"}, follow_redirects=False)
    assert (created.status_code, created.headers["location"]) == (303, "/issues/2026-12-01")
    assert "subject: Advent" in new_issue.read_text(encoding="utf-8")
    again = editor.post("/issues", data={"date": "2026-12-01", "subject": "Another"})
    page = html.fromstring(again.text)
    assert (again.status_code, page.get_element_by_id("subject").get("value")) == (422, "Another")
    assert page.get_element_by_id("error").cssselect("a")[0].get("href") == "/issues/2026-12-01"
    wrong = editor.post("/issues", data={"date": "Advent"}, headers=JSON)
    assert wrong.json()["error"]["what"] == '"Advent" is not a date'
