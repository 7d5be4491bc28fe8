"""Stored cross-site scripting: what editors' files, commits and addresses contain never runs in the studio."""

import subprocess
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.web.preview.running_preview import NewsletterFolder
from tests.web.preview.test_scripts_from_outside import PAYLOADS
from tests.web.studio.field_page import add_field_page
from tests.web.studio.running_studio import Listening, listening_studio

ALL = "\n\n".join(PAYLOADS)
SENT = urlencode({"title": ALL, "text": ALL, "url": "javascript:ran('url')"})  # by a share sheet


@pytest.fixture(scope="module")
def studio(shared_folder: NewsletterFolder) -> Iterator[Listening]:
    """Start the studio of a newsletter in which everything is a payload."""
    _fill(shared_folder)
    with listening_studio(shared_folder.root, prepare=add_field_page) as at:
        yield at


def _fill(folder: NewsletterFolder) -> None:
    run = ("git", "-c", "user.name=<img src=x onerror=ran('author')>", "-c", "user.email=a@example.org")
    for number, payload in enumerate(PAYLOADS):
        folder.entry(f"one-{number}", title=payload, source=payload, body=payload)
    folder.entry("night-train", title=ALL[:190], source=ALL[:190], author=ALL[:190], body=ALL)
    folder.issue("2026-11-23", *(f"one-{number}" for number in range(20)), subject=ALL[:300], note=ALL)
    (folder.root / "issues/<img src=x onerror=ran('file')>.md").write_text("---\ndate: x\n---\n", encoding="utf-8")
    subprocess.run([*run, "init", "--quiet"], cwd=folder.root, check=True)
    subprocess.run([*run, "add", "."], cwd=folder.root, check=True)
    subprocess.run([*run, "commit", "--quiet", "--message", "".join(PAYLOADS)], cwd=folder.root, check=True)
    for number, payload in enumerate(PAYLOADS):
        folder.entry(f"one-{number}", title=f"Now {payload}", body=payload[::-1])
        if number < 5:
            command = [*run, "commit", "--quiet", "--all", "--message", payload]
            subprocess.run(command, cwd=folder.root, check=True)


@pytest.fixture
def ran(desk: Page) -> Iterator[list[str]]:
    """Record which payloads ran: each calls ``ran`` or opens a dialog."""
    calls: list[str] = []

    def call(name: str) -> None:
        calls.append(name)

    def close(dialog: Dialog) -> None:
        calls.append(dialog.message)
        dialog.dismiss()

    desk.expose_function("ran", call)
    desk.on("dialog", close)
    yield calls
    assert calls == []


def test_payloads_never_run_on_a_page(desk: Page, studio: Listening, ran: list[str]) -> None:
    hostile = "%3Cimg%20src=x%20onerror=ran('file')%3E.md"
    paths = (
        "/",
        "/history/issues/entries/one-1.md",
        "/history/issues/entries/one-1.md?against=now",
        f"/history/issues/{hostile}",
        "/text/issues/entries/night-train.md",
        "/text/issues/2026-11-23.md",
        f"/text/issues/{hostile}",
        "/sample/night-train",
        "/%3Cscript%3Eran('path')%3C/script%3E",
        "/?findings=%3Cscript%3Eran('query')%3C/script%3E",
        f"/share?{SENT}",
        f"/entries?{SENT}&q={quote(ALL[:300])}&topic={quote(PAYLOADS[0])}",
        f"/issues?date={quote(PAYLOADS[1])}",
        f"/issues/2026-11-23?q={quote(ALL[:300])}&override={quote(PAYLOADS[2])}",
    )
    for path in paths:
        desk.goto(studio.base + path)
        expect(desk.locator("main")).to_be_visible()
        targets = desk.locator("a, form, iframe, object, embed, base").evaluate_all(
            "all => all.flatMap(element => [element.href, element.src, element.action, element.data])"
        )
        scripts = [target for target in targets if str(target).strip().lower().startswith("javascript:")]
        assert scripts == [], path


def test_payloads_never_run_in_the_palette_a_conflict_or_an_error(
    desk: Page, studio: Listening, shared_folder: NewsletterFolder, ran: list[str]
) -> None:
    desk.keyboard.press("/")
    for words in ("<", "img", "script"):
        desk.get_by_role("combobox", name="Find").fill(words)
        expect(desk.get_by_role("option").first).to_be_visible()
    desk.goto(f"{studio.base}/sample/night-train")
    title = desk.get_by_label("Title", exact=True)
    title.focus()
    shared_folder.entry("night-train", title=ALL[200:380], date="2026-11-20")
    title.fill(ALL[:150])
    title.press("Enter")
    expect(desk.get_by_role("group", name="Two versions of Title")).to_contain_text("onload")
    date = desk.get_by_label("Date", exact=True)
    expect(date).to_have_value("2026-11-20")  # until the page has the other's date, another one contradicts it
    date.fill("<img src=x onerror=ran('date')>")
    date.press("Enter")
    expect(desk.locator("#date-notes")).to_contain_text("must be a date")
