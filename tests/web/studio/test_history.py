"""A file's history and its text as a whole, with real git."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.web.axe import violations
from tests.web.preview.running_preview import NewsletterFolder, write_newsletter
from tests.web.studio.running_studio import Listening

ENTRY = "issues/entries/night-train.md"
HISTORY, TEXT = f"/history/{ENTRY}", f"/text/{ENTRY}"


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> NewsletterFolder:
    """Return a newsletter in a repository of Ada's, in which an entry has two versions."""
    folder = write_newsletter(tmp_path_factory.mktemp("newsletter"))
    _git(folder.root, "init", "--quiet")
    _git(folder.root, "config", "user.name", "Ada Lovelace")
    _git(folder.root, "config", "user.email", "ada@example.org")
    (folder.root / ".gitignore").write_text(".newsletter\n", encoding="utf-8")
    _git(folder.root, "add", ".")
    _git(folder.root, "commit", "--quiet", "--message", "Begin")
    return folder


@pytest.fixture
def entry(shared_folder: NewsletterFolder) -> Iterator[Path]:
    """Return an entry, which is restored after the test."""
    path = shared_folder.root / ENTRY
    original = path.read_bytes()
    yield path
    path.write_bytes(original)


@pytest.fixture
def second_version(shared_folder: NewsletterFolder, entry: Path) -> str:
    """Commit another version of the entry and return its text."""
    text = entry.read_text(encoding="utf-8").replace("A framing of", "Other words about")
    entry.write_bytes(text.replace("\n", "\r\n").encode())
    _git(shared_folder.root, "commit", "--quiet", "--all", "--message", "Edit Night train: framing")
    return entry.read_bytes().decode()


def test_a_version_is_brought_back_to_the_byte_as_a_new_change(
    desk: Page, studio: Listening, shared_folder: NewsletterFolder, entry: Path, second_version: str
) -> None:
    entry.write_text("---\ntitle: Spoilt\n---\n", encoding="utf-8")
    desk.goto(studio.base + HISTORY)
    expect(desk.locator(".listed-version").first).to_contain_text("Edit Night train: framing")
    expect(desk.locator(".listed-version").first).to_contain_text("Ada Lovelace")
    expect(desk.locator(".sides ins").first).to_have_text("Other words about ")
    expect(desk.locator(".sides del").first).to_have_text("A framing of ")
    assert violations(desk) == []
    desk.get_by_role("link", name="Compared with now").click()
    expect(desk.locator(".sides")).to_contain_text("Spoilt")
    desk.wait_for_load_state("load")  # its scripts post the form with the tab's key
    desk.get_by_role("button", name="Bring back").click()
    desk.wait_for_url("**/entries/night-train")
    assert entry.read_bytes().decode() == second_version
    expect(desk.locator("#status")).to_have_text("Brought back.")
    undo = desk.get_by_role("button", name="Undo", exact=True).first
    undo.click()
    expect(desk.locator("#status")).to_have_text("Undone.")
    assert "Spoilt" in entry.read_text(encoding="utf-8")
    entry.write_bytes(second_version.encode())
    desk.goto(studio.base + HISTORY)
    expect(desk.locator(".listed-version").first).to_be_visible()
    expect(desk.get_by_role("button", name="Bring back")).to_have_count(0)  # the file has this version
    desk.goto(studio.base)
    expect(desk.locator("#changes li").first).to_contain_text("Edit Night train: framing")
    desk.keyboard.press("Control+s")
    expect(desk.locator("#changes li a").first).to_be_visible()


def test_bringing_back_refuses_a_file_that_was_changed_since_the_page_was_shown(
    editor: httpx.Client, shared_folder: NewsletterFolder, entry: Path
) -> None:
    sha = _git(shared_folder.root, "rev-list", "--max-parents=0", "HEAD").strip()
    entry.write_text("---\ntitle: Somebody else's\n---\n", encoding="utf-8")
    before = entry.read_bytes()
    answer = editor.post(HISTORY, data={"version": sha, "digest": "0" * 64}, headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert entry.read_bytes() == before
    answer = editor.post(HISTORY, data={"version": "f" * 40, "digest": ""}, headers={"Accept": "application/json"})
    assert answer.status_code == 404


def test_a_file_that_cannot_be_parsed_is_fixed_as_text_at_the_line_of_its_finding(
    desk: Page, studio: Listening, entry: Path
) -> None:
    whole = entry.read_bytes()
    entry.write_bytes(whole.replace(b'topics: ["Railways"]', b'topics: ["Railways"'))
    desk.goto(studio.base + TEXT)
    finding = desk.locator(".finding")
    expect(finding).to_have_count(1)
    assert violations(desk) == []
    desk.keyboard.press("F8")
    expect(finding).to_be_focused()
    desk.keyboard.press("Tab")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    area = desk.get_by_label("Text of the file")
    expect(area).to_be_focused()
    selected = "document.activeElement.value.slice(document.activeElement.selectionStart).split('\\n')[0]"
    assert desk.evaluate(selected).startswith('topics: ["Railways"')
    desk.keyboard.press("End")
    desk.keyboard.type("]")
    expect(desk.locator("#status")).not_to_contain_text("Saved")  # it is saved by hand
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#status")).to_contain_text("Saved")
    expect(desk.get_by_text("No problems found in this file.")).to_be_visible()
    assert entry.read_bytes() == whole


def test_a_conflict_in_a_whole_text_is_shown_and_nothing_is_lost(desk: Page, studio: Listening, entry: Path) -> None:
    desk.goto(studio.base + TEXT)
    area = desk.get_by_label("Text of the file")
    mine = area.input_value().replace("About night-train", "Mine")
    theirs = entry.read_text(encoding="utf-8").replace("About night-train", "Theirs")
    area.fill(mine)
    entry.write_text(theirs, encoding="utf-8")
    desk.get_by_role("button", name="Save", exact=True).click()
    conflict = desk.get_by_role("group", name="Two versions of Text")
    expect(conflict.get_by_text("Theirs").first).to_be_visible()
    expect(area).to_have_value(mine)
    assert entry.read_text(encoding="utf-8") == theirs
    conflict.get_by_role("button", name="Keep mine").click()
    expect(desk.locator("#status")).to_contain_text("Saved")
    assert entry.read_text(encoding="utf-8") == mine


HOSTILE = [
    ".git/config",
    ".newsletter/sitting.json",
    "issues/../newsletter.toml",
    "issues/entries/../../.git/config.md",
    "../outside.md",
    "/etc/passwd",
    "issues/entries/link.md",
    "issues/entries/folder.md",
    "issues/entries/binary.md",
    "issues/entries/large.md",
    "issues/entries/nul\0.md",
    "issues/entries/" + "x" * 300 + ".md",
]


@pytest.mark.parametrize("path", HOSTILE)
def test_other_files_are_neither_shown_nor_written(
    editor: httpx.Client, shared_folder: NewsletterFolder, path: str
) -> None:
    entries = shared_folder.root / "issues/entries"
    outside = shared_folder.root.parent / "outside.md"
    outside.write_text("secret", encoding="utf-8")
    made = [entries / f"{name}.md" for name in ("link", "folder", "binary", "large")]
    made[0].symlink_to(outside)
    made[1].mkdir()
    made[2].write_bytes(b"---\ntitle: secret\xff\n---\n")
    made[3].write_bytes(b"secret" * 1_000_000)
    before = {file: file.read_bytes() for file in (outside, *made[2:], shared_folder.root / ".git/config")}
    try:
        encoded = path.replace("\0", "%00").replace("../", "%2e%2e/")
        for page in (f"/text/{encoded}", f"/history/{encoded}"):
            assert "secret" not in editor.get(page).text
        form = {"value": "written", "seen": "secret", "digest": "", "version": "HEAD", "next": "//evil.example"}
        for page in (f"/text/{encoded}", f"/history/{encoded}"):
            answer = editor.post(page, data=form, headers={"Accept": "application/json"})
            assert answer.status_code in (404, 422)
        assert {file: file.read_bytes() for file in before} == before
    finally:
        made[1].rmdir()
        for file in (made[0], *made[2:]):
            file.unlink()
