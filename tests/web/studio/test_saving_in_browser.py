"""Fields that save themselves, in a real Chromium: what is typed is in the file, and nothing typed is lost."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, Route, expect

from newsletter.files.newsletter_lock import newsletter_lock
from tests.web.axe import violations
from tests.web.preview.running_preview import NewsletterFolder
from tests.web.studio.field_page import add_field_page
from tests.web.studio.running_studio import Listening, listening_studio

SAVED = re.compile(r"^Saved \d\d:\d\d")
NO_ANSWERS = (
    "() => { const send = fetch; window.fetch = (...sent) => { send(...sent); return new Promise(() => {}); }; }"
)
BODY = "The first paragraph.\n\nThe second paragraph.\n\n> Quoted.\n"


@pytest.fixture(scope="module")
def studio(shared_folder: NewsletterFolder) -> Iterator[Listening]:
    """Start the studio with the page of fields."""
    with listening_studio(shared_folder.root, prepare=add_field_page) as at:
        yield at


class Fields:
    """The page of fields of an entry, open in a tab of an editor's browser."""

    def __init__(self, page: Page, studio: Listening, entry: Path) -> None:
        self.page, self.entry = page, entry
        self.address = f"{studio.base}/sample/{entry.stem}"
        self.requests: list[Request] = []
        page.on("request", self._note)
        page.goto(self.address)

    @property
    def title(self) -> Locator:
        """The title's field."""
        return self.page.get_by_label("Title", exact=True)

    @property
    def framing(self) -> Locator:
        """The framing's field."""
        return self.page.get_by_label("Framing", exact=True)

    @property
    def status(self) -> Locator:
        """The header's line about saving."""
        return self.page.locator("#status")

    @property
    def text(self) -> str:
        """The entry's file."""
        return self.entry.read_text(encoding="utf-8")

    @property
    def saves(self) -> list[str]:
        """The values that were sent."""
        return [parse_qs(request.post_data or "", keep_blank_values=True)["value"][0] for request in self.requests]

    def _note(self, request: Request) -> None:
        if request.method == "POST":
            self.requests.append(request)


@pytest.fixture
def entry(shared_folder: NewsletterFolder, request: pytest.FixtureRequest) -> Path:
    """Write an entry for one test."""
    slug = re.sub(r"[^a-z]+", "-", request.node.name.lower()).strip("-")
    return shared_folder.entry(slug, title="Before", date="2026-11-20", body=BODY)


@pytest.fixture
def browsers(browser: Browser, studio: Listening) -> Iterator[Callable[..., BrowserContext]]:
    """Return a function that opens an editor's browser."""
    contexts = []

    def opened(**options: object) -> BrowserContext:
        context = browser.new_context(**options)  # type: ignore[arg-type]  # as Playwright has them
        context.new_page().goto(studio.door)
        contexts.append(context)
        return context

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def mine(browsers: Callable[..., BrowserContext], studio: Listening, entry: Path) -> Fields:
    """Open the fields in an editor's browser."""
    return Fields(browsers().pages[0], studio, entry)


@pytest.fixture
def theirs(browsers: Callable[..., BrowserContext], studio: Listening, entry: Path) -> Fields:
    """Open the fields in somebody else's browser, which hears of no changes."""
    context = browsers()
    context.route("**/changes", lambda route: route.abort())
    return Fields(context.pages[0], studio, entry)


@contextmanager
def held(page: Page) -> Iterator[list[Route]]:
    """Hold back what a page posts, until the end."""
    routes: list[Route] = []
    page.route("**/sample/*/*", lambda route: routes.append(route))
    yield routes
    for route in routes:
        route.continue_()
    page.unroute("**/sample/*/*")


def test_a_field_is_saved_when_typing_pauses_and_only_its_bytes_change(mine: Fields) -> None:
    before = mine.text
    mine.title.press("End")
    mine.title.press_sequentially(" and after", delay=5)
    expect(mine.status).to_have_text(SAVED)
    assert mine.text == before.replace('"Before"', '"Before and after"')
    assert mine.saves == ["Before and after"]
    mine.framing.fill("Only one.")
    mine.page.get_by_role("button", name="Elsewhere").focus()  # leaving a field saves it at once
    expect(mine.framing).to_have_value("Only one.")
    expect(mine.page.locator("#field-framing [name=seen]")).to_have_value("Only one.")
    assert "\nOnly one.\n\n> Quoted.\n" in mine.text
    assert mine.page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('studio-draft'))") == []


def test_a_text_that_is_emptied_and_written_anew_is_never_saved_empty(mine: Fields) -> None:
    mine.page.clock.install()
    mine.framing.fill("")
    mine.page.clock.run_for(5000)
    mine.framing.fill("Written anew.")
    mine.page.clock.run_for(5000)
    expect(mine.page.locator("#field-framing [name=seen]")).to_have_value("Written anew.")
    mine.framing.fill("")
    mine.page.get_by_role("button", name="Elsewhere").focus()
    expect(mine.page.locator("#field-framing [name=seen]")).to_have_value("")
    assert mine.saves == ["Written anew.", ""]


def test_what_is_typed_while_a_save_is_under_way_is_saved_next(mine: Fields) -> None:
    with held(mine.page) as routes:
        mine.title.fill("One")
        mine.title.press("Enter")
        expect(mine.status).to_have_text("Saving…")
        for value in ("Two", "Three", "Four"):
            mine.title.fill(value)
            mine.title.press("Enter")
        assert len(routes) == 1
    expect(mine.status).to_have_text(SAVED)
    assert mine.saves == ["One", "Four"]
    assert 'title: "Four"' in mine.text


def test_what_is_typed_last_is_saved_when_the_page_is_left_in_the_middle_of_a_save(mine: Fields) -> None:
    mine.page.evaluate(NO_ANSWERS)
    with mine.page.expect_response("**/sample/*/*"):
        mine.title.fill("One")
        mine.title.press("Enter")
    expect(mine.status).to_have_text("Saving…")
    mine.title.fill("Two")
    mine.page.goto(mine.address.replace("/sample/", "/preview/files/issues/entries/") + ".md")
    expect(mine.page.get_by_text('title: "Two"')).to_be_visible()
    mine.page.goto(mine.address)
    expect(mine.title).to_have_value("Two")
    expect(mine.page.get_by_role("group", name="Two versions")).to_have_count(0)


def test_what_is_typed_last_is_saved_when_the_page_is_left_while_a_save_waits(
    mine: Fields, shared_folder: NewsletterFolder
) -> None:
    with newsletter_lock(shared_folder.root):
        mine.title.fill("One")
        mine.title.press("Enter")
        expect(mine.status).to_have_text("Saving…")
        mine.title.fill("Two")
        mine.page.goto(mine.address.replace("/sample/", "/preview/files/issues/entries/") + ".md")
    expect(mine.page.get_by_text('title: "Two"')).to_be_visible()
    mine.page.goto(mine.address)
    expect(mine.title).to_have_value("Two")
    expect(mine.page.get_by_role("group", name="Two versions")).to_have_count(0)


def test_a_save_whose_answer_is_lost_does_not_contradict_the_next(mine: Fields) -> None:
    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    mine.page.route("**/sample/*/*", lose, times=1)
    mine.title.fill("One")
    mine.title.press("Enter")
    expect(mine.status).to_have_text(re.compile("^Not saved"))
    mine.title.fill("Two")
    expect(mine.status).to_have_text(SAVED)
    assert 'title: "Two"' in mine.text
    expect(mine.page.get_by_role("group", name="Two versions")).to_have_count(0)


def test_a_conflict_is_shown_beside_the_field_and_settled_with_the_keyboard(mine: Fields, theirs: Fields) -> None:
    conflict = theirs.page.get_by_role("group", name="Two versions of Title")
    finals = {"Keep mine": "Theirs 0", "Take theirs": "Mine 1", "Keep both": "Theirs 2 Mine 2"}
    for number, (choice, final) in enumerate(finals.items()):
        mine.title.fill(f"Mine {number}")
        mine.title.press("Enter")
        expect(mine.page.locator("#field-title [name=seen]")).to_have_value(f"Mine {number}")
        theirs.title.fill(f"Theirs {number}")
        theirs.title.press("Enter")
        expect(conflict).to_contain_text("Somebody else has changed this meanwhile.")
        expect(theirs.status).to_have_text("Not saved: somebody else has changed Title")
        expect(theirs.title).to_have_value(f"Theirs {number}")  # which stays where it is
        assert f'title: "Mine {number}"' in theirs.text
        assert number or violations(theirs.page) == []
        theirs.title.press("Tab")  # to the first choice
        for _ in range(number):
            theirs.page.keyboard.press("Tab")
        expect(conflict.get_by_role("button", name=choice)).to_be_focused()
        theirs.page.keyboard.press("Enter")
        expect(theirs.title).to_be_focused()
        expect(conflict).to_have_count(0)
        expect(theirs.title).to_have_value(final)
        mine.title.blur()
        expect(mine.title).to_have_value(final)  # once it is in the file
        assert f'title: "{final}"' in theirs.text


def test_two_people_edit_two_paragraphs_at_the_same_time_and_go_on_typing(mine: Fields, theirs: Fields) -> None:
    mine.framing.focus()  # so that it doesn't show the other change
    theirs.framing.fill("The first paragraph, by others.\n\nThe second paragraph.")
    theirs.framing.blur()
    expect(theirs.status).to_have_text(SAVED)
    mine.framing.fill("The first paragraph.\n\nThe second paragraph, by me.")
    expect(mine.status).to_have_text(SAVED)
    mine.framing.press("Control+End")
    mine.framing.press_sequentially(" And more.", delay=5)
    mine.page.get_by_role("button", name="Elsewhere").focus()
    both = "The first paragraph, by others.\n\nThe second paragraph, by me. And more."
    expect(mine.framing).to_have_value(both)
    assert both in mine.text


def test_a_field_waits_for_the_studio_to_answer_again(mine: Fields) -> None:
    context = mine.page.context
    context.set_offline(True)
    mine.title.fill("Typed on a train")
    expect(mine.status).to_have_text("Not saved: the studio doesn’t answer")
    context.set_offline(False)
    expect(mine.status).to_have_text(SAVED)
    assert 'title: "Typed on a train"' in mine.text


def test_a_field_is_saved_by_itself_once_a_restarted_studio_is_opened_again(
    browsers: Callable[..., BrowserContext], shared_folder: NewsletterFolder, entry: Path
) -> None:
    context = browsers()
    with listening_studio(shared_folder.root, prepare=add_field_page) as first:
        context.pages[0].goto(first.door)
        mine = Fields(context.pages[0], first, entry)
        expect(mine.title).to_have_value("Before")
    expect(mine.status).to_have_text("Not connected")
    mine.title.fill("Typed meanwhile")
    expect(mine.status).to_have_text("Not saved: the studio doesn’t answer")
    port = int(first.host.partition(":")[2])
    with listening_studio(shared_folder.root, prepare=add_field_page, port=port, token="another") as second:
        expect(mine.status).to_have_text("Not saved: the studio was restarted: open it again")
        other = context.new_page()
        other.goto(f"{second.base}/?token=another")
        expect(mine.status).to_have_text(SAVED)
        assert 'title: "Typed meanwhile"' in mine.text
        entry.write_text(mine.text.replace("Typed meanwhile", "From outside"), encoding="utf-8")
        mine.title.blur()
        expect(mine.title).to_have_value("From outside")  # it hears of changes again
        other.close()
        mine.page.close()


def test_a_refused_value_stays_in_the_field_with_the_reason(mine: Fields) -> None:
    date = mine.page.get_by_label("Date", exact=True)
    date.fill("tomorrow")
    expect(mine.page.locator("#date-notes")).to_contain_text("must be a date")
    expect(date).to_have_value("tomorrow")
    expect(mine.status).to_contain_text("Not saved: Date")
    date.fill("2026-11-21")
    expect(mine.status).to_have_text(SAVED)
    expect(mine.page.locator(".refusal")).to_have_count(0)
    assert "date: 2026-11-21" in mine.text


def test_a_draft_is_offered_after_a_crash_and_never_put_back_silently(mine: Fields, studio: Listening) -> None:
    context = mine.page.context
    mine.page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('nothing is sent')); }")
    mine.framing.fill("Typed before the crash.")
    expect(mine.status).to_contain_text("Not saved")
    mine.page.close()
    page = context.new_page()
    again = Fields(page, studio, mine.entry)
    offer = page.get_by_role("group", name="Two versions of Framing")
    expect(offer).to_contain_text("and it wasn’t saved.")
    expect(offer).to_contain_text("Typed before the crash.")
    expect(again.framing).to_have_value("The first paragraph.\n\nThe second paragraph.")
    assert again.saves == []
    offer.get_by_role("button", name="Use what I typed").click()
    expect(again.status).to_have_text(SAVED)
    assert "\nTyped before the crash.\n" in again.text
    page.reload()
    expect(again.framing).to_have_value("Typed before the crash.")
    expect(offer).to_have_count(0)


def test_a_saved_file_changes_the_page_but_not_a_field_with_the_focus(mine: Fields) -> None:
    mine.page.set_viewport_size({"width": 800, "height": 300})
    mine.title.focus()
    mine.page.evaluate("scrollTo(0, 90)")
    changed = mine.text.replace('"Before"', '"From outside"').replace("The first", "Their first")
    mine.entry.write_text(changed, encoding="utf-8")
    expect(mine.framing).to_have_value("Their first paragraph.\n\nThe second paragraph.")
    expect(mine.title).to_have_value("Before")
    expect(mine.title).to_be_focused()
    assert mine.page.evaluate("scrollY") == 90
    mine.title.blur()
    expect(mine.title).to_have_value("From outside")
    assert mine.saves == []


def test_many_tabs_share_one_stream_and_the_next_listens_when_one_is_closed(mine: Fields) -> None:
    context = mine.page.context
    tabs = [mine.page]
    for _ in range(8):  # a browser keeps six connections to a server
        tabs.append(context.new_page())
        tabs[-1].goto(mine.address)
    mine.entry.write_text(mine.text.replace('"Before"', '"For all"'), encoding="utf-8")
    for tab in tabs:
        expect(tab.get_by_label("Title", exact=True)).to_have_value("For all")
    mine.page.close()  # the one that listens
    mine.entry.write_text(mine.text.replace('"For all"', '"For the others"'), encoding="utf-8")
    for tab in tabs[1:]:
        expect(tab.get_by_label("Title", exact=True)).to_have_value("For the others")


def test_without_scripts_each_field_has_a_button_and_a_conflict_a_page(
    browsers: Callable[..., BrowserContext], studio: Listening, entry: Path
) -> None:
    page = browsers(java_script_enabled=False).pages[0]
    fields = Fields(page, studio, entry)
    assert violations(page, script=False) == []
    fields.framing.fill("Typed.\n\nIn two paragraphs.")
    page.get_by_role("button", name="Save framing").click()
    expect(fields.framing).to_have_value("Typed.\n\nIn two paragraphs.")
    assert "\nTyped.\n\nIn two paragraphs.\n\n> Quoted.\n" in fields.text
    entry.write_text(fields.text.replace('"Before"', '"Theirs"'), encoding="utf-8")
    fields.title.fill("Mine")
    page.get_by_role("button", name="Save title").click()
    expect(page.get_by_role("heading", name="Not saved")).to_be_visible()
    expect(page.get_by_label("Yours")).to_have_value("Mine")
    expect(page.get_by_label("In the file now")).to_have_value("Theirs")
    assert violations(page, script=False) == []
    page.get_by_role("button", name="Save yours").click()
    expect(fields.title).to_have_value("Mine")
    assert 'title: "Mine"' in fields.text
