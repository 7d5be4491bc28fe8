"""Links are stored at once, read in the background, and become entries, in plain forms and with scripts."""

import datetime
import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from newsletter.domain.captured_links import CapturedLink
from newsletter.web.preview.app import preview_settings
from tests.web.axe import violations
from tests.web.preview.running_preview import TOKEN, Listening, NewsletterFolder, morning
from tests.web.preview.test_scripts_from_outside import PAYLOADS
from tests.web.studio.captured_pages import CapturedPages, article, captured_pages
from tests.web.studio.running_studio import listening_studio

_HOSTILE = 4  # pages, each with a share of the payloads
TODAY = datetime.date(2026, 11, 23)


@pytest.fixture(scope="module")
def gazette() -> Iterator[CapturedPages]:
    with captured_pages() as at:
        at.pages["/night"] = article("The quiet return of the night train")
        yield at


@pytest.fixture(scope="module")
def studio(shared_folder: NewsletterFolder, gazette: CapturedPages) -> Iterator[Listening]:
    with listening_studio(shared_folder.root, web_client=gazette.client) as at:
        yield at


@pytest.fixture
def links(shared_folder: NewsletterFolder) -> Iterator["Links"]:
    stored = Links(shared_folder)
    yield stored
    stored.drop_all()


class Links:
    """The captured links in the newsletter's database."""

    def __init__(self, folder: NewsletterFolder) -> None:
        self._settings = preview_settings(folder.root, morning)

    def waiting(self, day: datetime.date = TODAY) -> list[CapturedLink]:
        with self._settings.open_store() as store:
            return store.captured_links.waiting(day)

    def drop_all(self) -> None:
        with self._settings.open_store() as store:
            for link in store.captured_links.waiting(datetime.date.max):
                store.captured_links.drop(link.id, morning())


def post(editor: httpx.Client, path: str, **fields: str) -> httpx.Response:
    return editor.post(path, data={"next": "/links"} | fields)


def test_pasted_links_are_stored_and_lines_without_one_come_back(
    editor: httpx.Client, links: Links, gazette: CapturedPages
) -> None:
    text = f"Trains {gazette.url('/night')}?utm_source=x\nhttps://nothing.example.org/none\nbuy milk"
    answer = post(editor, "/links", text=text)
    assert answer.status_code == 200  # the box has the line that isn't a link
    assert re.search(r"<textarea[^>]*>buy milk</textarea>", answer.text)
    assert "2 links added. 1 line without a link." in answer.text
    stored = links.waiting()
    assert [link.url for link in stored] == ["https://nothing.example.org/none", gazette.url("/night")]
    assert stored[1].title == "Trains"
    again = post(editor, "/links", text=gazette.url("/night"))
    assert again.status_code == 303
    assert len(links.waiting()) == 2


def test_a_link_is_put_off_dropped_brought_back_and_made_an_entry(
    editor: httpx.Client, links: Links, shared_folder: NewsletterFolder
) -> None:
    post(editor, "/links", text="A *short* title https://unread.example.org/a")
    (link,) = links.waiting()
    assert post(editor, f"/links/{link.id}/put-off", until="2026-11-23").status_code == 422  # today
    post(editor, f"/links/{link.id}/put-off", day="2026-11-25")
    assert links.waiting() == []
    assert [waiting.id for waiting in links.waiting(datetime.date(2026, 11, 25))] == [link.id]
    post(editor, f"/links/{link.id}/restore")
    post(editor, f"/links/{link.id}/drop")
    assert links.waiting() == []
    post(editor, f"/links/{link.id}/restore")
    made = post(editor, f"/links/{link.id}/entry")
    assert made.headers["location"] == "/entries/a-short-title"
    text = (shared_folder.root / "issues/entries/a-short-title.md").read_text(encoding="utf-8")
    assert "title: A *short* title\nurl: https://unread.example.org/a\n" in text
    assert links.waiting() == []
    assert post(editor, f"/links/{link.id}/entry").headers["location"] == "/entries/a-short-title"  # not another
    assert post(editor, f"/links/{link.id}/eat").status_code == 422
    assert post(editor, f"/links/{'9' * 30}/drop").status_code == 404
    assert post(editor, "/links/999/drop").status_code == 404
    assert post(editor, "/links/chosen/drop").status_code == 422


def test_chosen_links_are_added_to_an_issue(
    editor: httpx.Client, links: Links, shared_folder: NewsletterFolder
) -> None:
    post(editor, "/links", text="Boat one https://unread.example.org/b1\nBoat two https://unread.example.org/b2")
    issue = shared_folder.issue("2026-11-30", "night-train")
    second, first = (str(link.id) for link in links.waiting())
    data = {"link": [first, second], "issue": "2026-11-30"}
    assert editor.post("/links/chosen/issue", data=data).status_code == 303
    assert '["night-train", boat-one, boat-two]' in issue.read_text(encoding="utf-8")
    assert links.waiting() == []


def test_a_link_pasted_anywhere_is_captured(desk: Page) -> None:
    desk.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text/plain", "https://example.org/review/old-map?utm_source=x");
            const init = { clipboardData: data, bubbles: true, cancelable: true };
            document.getElementById("main").dispatchEvent(new ClipboardEvent("paste", init));
        }"""
    )
    expect(desk.get_by_label("Link", exact=True)).to_have_value("https://example.org/review/old-map")
    expect(desk.get_by_role("link", name="Already ran on 22 November 2026")).to_be_visible()


def test_two_links_with_one_title_become_two_entries(editor: httpx.Client, links: Links) -> None:
    post(editor, "/links", text="Same https://unread.example.org/1\nSame https://unread.example.org/2")
    made = [post(editor, f"/links/{link.id}/entry").headers["location"] for link in links.waiting()]
    assert made == ["/entries/same", "/entries/same-2"]


def test_links_are_added_and_worked_through_by_keys(
    desk: Page, links: Links, gazette: CapturedPages, shared_folder: NewsletterFolder
) -> None:
    gazette.held.add("/night")
    desk.goto(desk.url.split("?")[0] + "links")
    expect(desk.get_by_label("Paste a link")).to_be_focused()
    desk.keyboard.insert_text(gazette.url("/night"))
    desk.keyboard.press("Enter")
    card = desk.locator(".link-card")
    expect(card).to_have_count(1)
    expect(card.get_by_text("Reading the page")).to_be_visible()
    expect(desk.get_by_label("Paste a link")).to_have_value("")
    gazette.go.set()  # the page arrives, and the list shows it by itself
    expect(card.get_by_role("heading", name="The quiet return of the night train")).to_be_visible()
    expect(card.locator(".facts")).to_contain_text("The Gazette")
    expect(card.locator(".facts")).to_contain_text("Ada Writer")
    desk.keyboard.insert_text("https://example.org/review/old-map https://unread.example.org/3")
    desk.keyboard.press("Enter")
    expect(card).to_have_count(3)
    ran = desk.get_by_role("link", name="Already ran on 22 November 2026")
    expect(ran).to_have_attribute("href", "/issues/2026-11-22")
    assert violations(desk) == []
    desk.keyboard.press("Tab")
    desk.keyboard.press("j")
    expect(card.first).to_be_focused()
    desk.keyboard.press("x")
    expect(card.first.get_by_role("checkbox")).to_be_checked()
    expect(desk.locator("#chosen-count")).to_have_text("1 link ticked:")
    desk.keyboard.press("x")
    desk.keyboard.press("Delete")
    expect(card).to_have_count(2)
    desk.keyboard.press("Control+z")
    expect(card).to_have_count(3)
    expect(card.first).to_be_focused()
    desk.keyboard.press("j")
    desk.keyboard.press("j")
    expect(card.last).to_be_focused()
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/entries/the-quiet-return-of-the-night-train")
    path = shared_folder.root / "issues/entries/the-quiet-return-of-the-night-train.md"
    assert "author: Ada Writer\ndate: 2026-11-17\n" in path.read_text(encoding="utf-8")


def test_everything_works_by_touch_and_without_scripts(
    browser: Browser, studio: Listening, links: Links, shared_folder: NewsletterFolder
) -> None:
    context = browser.new_context(
        viewport={"width": 375, "height": 700}, has_touch=True, java_script_enabled=False, color_scheme="dark"
    )
    page = context.new_page()
    page.goto(studio.door)
    page.goto(f"{studio.base}/links")
    page.get_by_label("Paste a link").fill("Slow boat https://unread.example.org/boat\nno link")
    page.get_by_role("button", name="Add", exact=True).tap()
    expect(page.get_by_label("Paste a link")).to_have_value("no link")
    assert violations(page, script=False) == []
    page.get_by_text("Put off", exact=True).tap()
    page.get_by_role("button", name="Next week").tap()
    expect(page.get_by_role("heading", name="Nothing is waiting")).to_be_visible()
    page.get_by_text("1 link put off").tap()
    page.get_by_role("button", name="Bring back").tap()
    expect(page.get_by_role("button", name="Make an entry")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.get_by_role("button", name="Make an entry").tap()
    page.wait_for_url("**/entries/slow-boat")
    assert (shared_folder.root / "issues/entries/slow-boat.md").is_file()
    context.close()


def test_hostile_pages_and_pastes_run_nothing(desk: Page, links: Links, gazette: CapturedPages) -> None:
    ran: list[str] = []
    desk.context.expose_function("ran", lambda name: ran.append(name))
    desk.on("dialog", lambda dialog: ran.append(dialog.message))
    for number in range(_HOSTILE):
        payloads = PAYLOADS[number::_HOSTILE]
        escaped = " ".join(payloads).replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
        head = f'<link rel=canonical href="javascript:ran(\'canonical\')"><meta property=og:image content="{escaped}">'
        gazette.pages[f"/hostile-{number}"] = article(
            escaped, author=escaped, paragraphs=(escaped, *payloads), head=head
        )
    lines = [gazette.url(f"/hostile-{number}") for number in range(_HOSTILE)]
    lines += [f"{payload} https://unread.example.org/{at}" for at, payload in enumerate(PAYLOADS)]
    with httpx.Client(base_url=desk.url.partition("/?")[0].rstrip("/")) as client:
        client.get("/", params={"token": TOKEN})
        client.post("/links", data={"text": "\n".join(lines)}, headers={"Origin": str(client.base_url).rstrip("/")})
    desk.goto(desk.url.split("?")[0] + "links")
    expect(desk.locator(".link-card")).to_have_count(len(links.waiting()))
    expect(desk.locator(".link-card[aria-busy]")).to_have_count(0, timeout=60_000)
    targets = desk.locator("a").evaluate_all("all => all.map(link => link.href)")
    assert [target for target in targets if target.lower().startswith("javascript:")] == []
    assert ran == []
