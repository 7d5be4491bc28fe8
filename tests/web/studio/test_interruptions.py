"""Nothing typed is lost: a killed studio, editors that rename files, and changes of others to what one could undo."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.web.preview.running_preview import NewsletterFolder, write_newsletter
from tests.web.studio.running_studio import Listening

REPOSITORY = Path(__file__).parents[3]
ENTRY = "issues/entries/night-train.md"
PAGE = "/entries/night-train"


@contextmanager
def _running(root: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a studio in a process of its own; yield it with the address it prints, token included."""
    command = [sys.executable, "-m", "newsletter", "-C", str(root), "studio", "--no-open", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as process:
        try:
            assert process.stdout is not None
            yield process, next(word for word in process.stdout.readline().split() if word.startswith("http"))
        finally:
            process.kill()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _entry_page(context: BrowserContext) -> tuple[Page, Locator]:
    """Return a new tab, and the field of the framing on an entry's page."""
    page = context.new_page()
    return page, page.get_by_role("textbox", name="Framing", exact=True)


def test_what_was_typed_when_the_studio_was_killed_is_offered_when_it_is_back(browser: Browser, tmp_path: Path) -> None:
    root, port = write_newsletter(tmp_path).root, _free_port()
    before = (root / ENTRY).read_bytes()
    context = browser.new_context()
    page, framing = _entry_page(context)
    with _running(root, port) as (process, address):
        page.goto(address)
        page.goto(address.partition("/?")[0] + PAGE)
        process.send_signal(signal.SIGSTOP)  # so that the save is under way when it ends
        framing.fill("Typed before the crash.")
        expect(page.locator("#status")).to_have_text("Saving…")
        process.kill()
        expect(page.locator("#status")).to_contain_text("Not saved: the studio doesn’t answer")
    page.close()
    assert (root / ENTRY).read_bytes() == before
    page, framing = _entry_page(context)
    with _running(root, port) as (_, address):
        page.goto(address)
        page.goto(address.partition("/?")[0] + PAGE)
        offer = page.get_by_role("group", name="Two versions of Framing")
        expect(offer).to_contain_text("Typed before the crash.")
        expect(framing).to_have_value("A framing of night-train, which says:")
        assert (root / ENTRY).read_bytes() == before
        offer.get_by_role("button", name="Use what I typed").press("Enter")
        expect(offer).to_have_count(0)
        expect(page.locator("#status")).to_contain_text("Saved")
    expected = before.replace(b"A framing of night-train, which says:", b"Typed before the crash.")
    assert (root / ENTRY).read_bytes() == expected
    context.close()


def test_an_editor_that_renames_files_meets_a_field_in_use(
    desk: Page, studio: Listening, shared_folder: NewsletterFolder
) -> None:
    path = shared_folder.root / ENTRY
    text = path.read_text(encoding="utf-8")
    desk.goto(studio.base + PAGE)
    title = desk.get_by_role("textbox", name="Title", exact=True)
    title.press("End")
    theirs = path.with_suffix(".swp")
    theirs.write_text(text.replace("About night-train", "Theirs").replace("A framing of", "Their words on"), "utf-8")
    theirs.replace(path)
    expect(desk.get_by_role("textbox", name="Framing", exact=True)).to_have_value(
        "Their words on night-train, which says:"
    )
    expect(title).to_have_value("About night-train")  # it has the focus
    desk.keyboard.type(" and me")
    conflict = desk.get_by_role("group", name="Two versions of Title")
    expect(conflict).to_contain_text("Theirs")
    assert 'title: "Theirs"' in path.read_text(encoding="utf-8")
    conflict.get_by_role("button", name="Keep both").press("Enter")
    expect(conflict).to_have_count(0)
    expect(title).to_have_value("About night-train and me Theirs")
    expect(desk.locator("#status")).to_contain_text("Saved")
    assert 'title: "About night-train and me Theirs"' in path.read_text(encoding="utf-8")


def test_undo_leaves_what_somebody_else_has_changed_since(
    desk: Page, studio: Listening, shared_folder: NewsletterFolder
) -> None:
    path = shared_folder.root / "issues/2026-11-23.md"
    desk.goto(f"{studio.base}/issues/2026-11-23")
    desk.get_by_role("link", name="About tired-bridge").focus()
    desk.keyboard.press("Alt+ArrowUp")
    expect(desk.locator("#status")).to_contain_text("Saved")
    desk.get_by_role("textbox", name="Preheader").fill("Mine.")
    desk.keyboard.press("Escape")
    expect(desk.locator("#field-preheader [name=seen]")).to_have_value("Mine.")
    text = path.read_text(encoding="utf-8")
    assert 'entries: ["night-train", "tired-bridge", "good-soil"]' in text
    path.write_text(text.replace("Mine.", "Theirs."), encoding="utf-8")
    expect(desk.get_by_role("textbox", name="Preheader")).to_have_value("Theirs.")
    desk.keyboard.press("Control+z")
    expect(desk.locator("#announcements")).to_contain_text("can’t be undone")
    assert "Theirs." in path.read_text(encoding="utf-8")
