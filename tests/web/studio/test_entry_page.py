"""An entry is quoted from its piece, edited field by field and seen in the email: by keys, by touch, in plain forms."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from newsletter.domain.captured_links import LinkFacts
from newsletter.web.preview.app import preview_settings
from tests.web.axe import violations
from tests.web.preview.running_preview import Listening, NewsletterFolder, morning
from tests.web.preview.test_scripts_from_outside import PAYLOADS
from tests.web.studio.captured_pages import PARAGRAPHS, CapturedPages, article, captured_pages
from tests.web.studio.running_studio import listening_studio


@pytest.fixture(scope="module")
def gazette() -> Iterator[CapturedPages]:
    with captured_pages() as at:
        at.pages["/night"] = article("The quiet return of the night train")
        yield at


@pytest.fixture(scope="module")
def studio(shared_folder: NewsletterFolder, gazette: CapturedPages) -> Iterator[Listening]:
    with listening_studio(shared_folder.root, web_client=gazette.client) as at:
        yield at


def captured(
    folder: NewsletterFolder, slug: str, text: str = "\n\n".join(PARAGRAPHS), *, body: str = "", **fields: object
) -> Path:
    """Write an entry that was made of a captured link, with the piece's text."""
    path = folder.entry(slug, body=body, **fields)
    with preview_settings(folder.root, morning).open_store() as store:
        link = store.captured_links.add(f"https://example.org/review/{slug}", by="ada@example.org", now=morning())
        store.captured_links.record(link, LinkFacts(text=text, image="https://example.org/a.jpg"), morning())
        store.captured_links.use(link, slug)
    return path


def test_quotes_are_joined_and_saved_by_keys_alone(
    desk: Page, studio: Listening, shared_folder: NewsletterFolder
) -> None:
    path = captured(shared_folder, "by-keys", body="Read this.\n")
    desk.goto(f"{studio.base}/entries/by-keys")
    desk.get_by_role("group", name="The piece").focus()
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("q")
    quotation = desk.get_by_label("Quotation", exact=True)
    expect(quotation).to_have_value("An aeroplane gives you back the hours it did not use.")
    for key in ("ArrowDown", "ArrowDown", "Shift+ArrowDown"):  # the second paragraph's two sentences
        desk.keyboard.press(key)
    desk.keyboard.press("q")
    joined = f"An aeroplane gives you back the hours it did not use. . . .\n\n{PARAGRAPHS[1]}"
    expect(quotation).to_have_value(joined)
    expect(desk.frame_locator("iframe.email").get_by_text("The attendant has worked the line")).to_be_visible()
    quotation.evaluate("field => { field.focus(); field.setSelectionRange(3, 12); }")
    desk.keyboard.press("[")
    expect(quotation).to_have_value(joined.replace("aeroplane", "[aeroplane]"))
    desk.keyboard.press("Control+s")
    expected = joined.replace("aeroplane", "[aeroplane]").replace("\n\n", "\n>\n> ")
    expect(desk.locator("#announcements")).to_contain_text("Saved")
    assert f"Read this.\n\n> {expected}\n" in path.read_text(encoding="utf-8")
    assert violations(desk) == []


def test_topics_are_chosen_in_a_combobox(desk: Page, studio: Listening, shared_folder: NewsletterFolder) -> None:
    path = captured(shared_folder, "with-topics", topics=["railways"])  # its slug, which isn't what readers see
    desk.goto(f"{studio.base}/entries/with-topics")
    box = desk.get_by_role("combobox", name="Topics")
    box.press_sequentially("ra")
    expect(desk.get_by_role("option")).to_have_text(["ra (not declared)"])  # it has Railways already
    box.fill("")
    box.press_sequentially("so")
    expect(desk.get_by_role("option", name="Soil")).to_have_attribute("aria-selected", "true")
    assert violations(desk) == []
    box.press("Enter")
    expect(desk.get_by_role("button", name="Remove Soil")).to_be_visible()
    expect(box).to_be_focused()
    assert 'topics: ["railways", Soil]' in path.read_text(encoding="utf-8")
    box.press("Backspace")
    expect(desk.get_by_role("button", name="Remove Soil")).to_have_count(0)
    desk.get_by_role("button", name="Remove Railways").click()
    expect(desk.locator("#topic-chips li")).to_have_count(0)
    box.press_sequentially("Cheese")
    desk.get_by_role("option", name="Cheese (not declared)").click()
    expect(desk.locator("#fields .finding").filter(has_text="Cheese")).to_be_visible()  # at the field
    assert "topics: [Cheese]" in path.read_text(encoding="utf-8")


def test_findings_are_at_their_fields_and_the_issues_are_listed(
    desk: Page, studio: Listening, shared_folder: NewsletterFolder
) -> None:
    shared_folder.entry("wrong", url="http://example.org/?utm_source=x", body="Framing.\n\n> One ... two . . . three")
    desk.goto(f"{studio.base}/entries/wrong")
    expect(desk.locator("#quotation-notes .finding")).to_contain_text("ellipses")
    expect(desk.locator("#url-notes .finding").first).to_be_visible()
    expect(desk.locator("#title-notes .finding")).to_have_count(0)
    assert violations(desk) == []
    desk.goto(f"{studio.base}/entries/old-map")
    expect(desk.locator("#runs").get_by_role("link", name="Sun 22 Nov 2026")).to_have_attribute(
        "href", "/issues/2026-11-22"
    )
    shared_folder.root.joinpath("issues/entries/torn.md").write_text("---\ntitle: [x\n---\nText.\n", encoding="utf-8")
    desk.goto(f"{studio.base}/entries/torn")
    expect(desk.get_by_role("link", name="Edit it as text")).to_have_attribute("href", "/text/issues/entries/torn.md")
    assert violations(desk) == []


def test_a_piece_is_fetched_and_quoted_by_touch(
    browser: Browser, studio: Listening, shared_folder: NewsletterFolder, gazette: CapturedPages
) -> None:
    path = shared_folder.entry("by-touch", url=gazette.url("/night"), body="Read this.\n")
    context = browser.new_context(viewport={"width": 375, "height": 700}, has_touch=True, color_scheme="dark")
    page = context.new_page()
    page.goto(studio.door)
    page.goto(f"{studio.base}/entries/by-touch")
    page.get_by_role("button", name="Read the page").tap()
    expect(page.get_by_text(PARAGRAPHS[1])).to_be_visible()
    page.get_by_text(PARAGRAPHS[1]).evaluate("paragraph => getSelection().selectAllChildren(paragraph)")
    with page.expect_response("**/fields/quotation"):
        page.get_by_role("button", name="Quote").tap()
    expect(page.get_by_label("Quotation", exact=True)).to_have_value(PARAGRAPHS[1])
    assert f"> {PARAGRAPHS[1]}\n" in path.read_text(encoding="utf-8")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert violations(page) == []
    context.close()


def test_fields_are_saved_without_scripts(browser: Browser, studio: Listening, shared_folder: NewsletterFolder) -> None:
    path = captured(shared_folder, "plainly", topics=["Railways"])
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(studio.door)
    page.goto(f"{studio.base}/entries/plainly")
    page.get_by_label("Topics", exact=True).first.fill("Railways, Soil")
    page.get_by_role("button", name="Save topics").click()
    page.get_by_role("button", name="Use “https://example.org/a.jpg” as Picture").click()
    page.get_by_text("More fields").click()
    page.get_by_label("Paywall").check()
    with page.expect_response("**/fields/paywall"):  # it is saved before the answer
        page.get_by_role("button", name="Save paywall").click()
    expect(page.get_by_text("More fields")).to_be_visible()
    text = path.read_text(encoding="utf-8")
    assert "paywall: true\n" in text
    page.get_by_text("More fields").click()
    page.get_by_label("Paywall").uncheck()
    with page.expect_response("**/fields/paywall"):  # it is saved before the answer
        page.get_by_role("button", name="Save paywall").click()
    expect(page.get_by_text("More fields")).to_be_visible()
    expect(page.get_by_label("Paywall")).not_to_be_checked()
    text = path.read_text(encoding="utf-8")
    assert "paywall" not in text
    assert 'topics: ["Railways", Soil]\n' in text
    assert "image: https://example.org/a.jpg\n" in text
    assert violations(page, script=False) == []
    page.goto(f"{studio.base}/entries?topic=soil&unused=yes")
    expect(page.get_by_role("link", name="About plainly")).to_be_visible()
    expect(page.get_by_role("link", name="About old-map")).to_have_count(0)
    assert violations(page, script=False) == []
    context.close()


def test_pieces_and_fields_run_nothing(desk: Page, studio: Listening, shared_folder: NewsletterFolder) -> None:
    ran: list[str] = []
    desk.context.expose_function("ran", lambda name: ran.append(name))
    desk.on("dialog", lambda dialog: ran.append(dialog.message))
    together = "".join(PAYLOADS)
    captured(
        shared_folder,
        "hostile",
        text="\n\n".join(PAYLOADS),
        title=together[:190],
        source=together[:190],
        topics=[payload[:80] for payload in PAYLOADS[:6]],
        url="javascript:ran('url')",
        image=together[:190],
        label=together[:60],
        body="\n\n".join(PAYLOADS) + "\n\n> " + "\n> ".join(PAYLOADS),
    )
    captured(shared_folder, "hostile-look", body="\n\n".join(PAYLOADS).replace("{", "("))
    for slug in ("hostile", "hostile-look"):
        desk.goto(f"{studio.base}/entries/{slug}")
        for frame in desk.frames:
            targets = frame.locator("a, form, iframe").evaluate_all(
                "all => all.flatMap(e => [e.href, e.src, e.action])"
            )
            assert [target for target in targets if str(target).strip().lower().startswith("javascript:")] == []
        desk.evaluate("getSelection().selectAllChildren(document.getElementById('piece-text'))")
        desk.get_by_role("button", name="Quote").click()
        expect(desk.locator("#announcements")).to_contain_text("uot")
    assert ran == []


@pytest.mark.parametrize("path", ["/entries/none", "/entries/none/email", "/entries/..%2fx"])
def test_an_entry_that_does_not_exist_is_not_found(editor: httpx.Client, path: str) -> None:
    assert editor.get(path).status_code == 404
