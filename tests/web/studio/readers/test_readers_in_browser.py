"""Readers in a browser: a dropped file, the search while typing, details, an erasure; and who may do what."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from newsletter.domain.people import Role
from newsletter.store import Store, open_store
from tests.web.axe import looks, violations
from tests.web.preview.running_preview import NewsletterFolder, write_newsletter
from tests.web.studio.running_studio import Listening
from tests.web.studio.signed_in import hosted_studio

pytestmark = pytest.mark.usefixtures("secret")
FILE = "Adresse;Name;Town\nada@example.org;Ada Lovelace;London\nbea@example.org;Bea Müller;Kiel\nbroken;;\n"
DROP = """([text, name]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, {type: "text/csv"}));
  for (const type of ["dragenter", "dragover", "drop"]) {
    document.querySelector("#drop").dispatchEvent(new DragEvent(type, {bubbles: true, dataTransfer: data}));
  }
}"""


@pytest.fixture
def store(shared_folder: NewsletterFolder, desk: Page) -> Iterator[Store]:
    """Open the newsletter's database."""
    del desk
    with open_store(f"sqlite:///{shared_folder.root / 'newsletter.db'}") as opened:
        yield opened


def test_a_dropped_file_is_mapped_and_imported_and_a_reader_looked_after(
    desk: Page, studio: Listening, store: Store
) -> None:
    desk.emulate_media(reduced_motion="reduce")  # or axe sees colours on their way from one scheme to the other
    _import(desk, studio, store)
    _find(desk, studio)
    _edit(desk, store)
    _erase(desk, store)


def _import(page: Page, studio: Listening, store: Store) -> None:
    page.goto(f"{studio.base}/readers/import")
    _check_look(page)
    page.evaluate(DROP, [FILE, "Leser.csv"])
    expect(page.get_by_role("heading", name="The file can’t be imported like this")).to_be_visible()
    held: list[Route] = []
    page.route("**/readers-import.js", lambda route: held.append(route), times=1)  # it comes after the first choice
    with page.expect_request("**/readers-import.js"):
        page.reload(wait_until="commit")
    page.get_by_label("Adresse").select_option("Address")
    held[0].continue_()
    expect(page.get_by_role("heading", name="2 new readers")).to_be_visible()
    expect(page.get_by_text("1 row refused")).to_be_visible()
    page.get_by_label("Town").select_option("Not imported")
    expect(page.get_by_label("Town")).to_have_value("-")
    _check_look(page)
    assert store.reader_search.totals().readers == 0
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="Imported: 2 new readers")).to_be_visible()
    expect(page.get_by_role("heading", name="What the columns mean")).to_have_count(0)
    expect(page.get_by_role("button", name="Import", exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name="Forget this report")).to_be_visible()
    _check_look(page)
    bea = store.subscribers.get("bea@example.org")
    assert bea
    assert (bea.name, bea.attributes) == ("Bea Müller", {})


def _find(page: Page, studio: Listening) -> None:
    page.goto(f"{studio.base}/readers")
    expect(page.locator("[data-total=all]")).to_have_text("2")
    page.get_by_label("Find a reader").press_sequentially("mull")
    expect(page.locator("#readers").get_by_role("link")).to_have_count(1)
    assert page.url.endswith("/readers?q=mull")
    _check_look(page)
    page.get_by_role("link", name="Bea Müller").click()
    expect(page.get_by_role("heading", name="Bea Müller")).to_be_visible()
    expect(page.locator("#next-copy .fetching")).to_have_count(0)
    _check_look(page)


def _edit(page: Page, store: Store) -> None:
    page.get_by_label("First name").fill("Beate")
    page.get_by_label("Time zone").fill("Mars")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_label("Time zone")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Time zone").fill("Europe/Berlin")
    with page.expect_response(lambda response: "first_name=Bea&" in (response.request.post_data or "")) as answer:
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_label("First name").fill("Bea")  # again, before the first change is answered
        page.get_by_role("button", name="Save", exact=True).click()
    assert "first_name" in json.loads(answer.value.json()["seen"])
    expect(page.get_by_role("heading", name="Bea Müller")).to_be_visible()
    bea = store.subscribers.get("bea@example.org")
    assert bea
    assert (bea.first_name, bea.time_zone) == ("Bea", "Europe/Berlin")
    page.get_by_role("button", name="Never mail again").click()
    expect(page.get_by_text("This address is never mailed")).to_be_visible()
    page.get_by_role("button", name="Allow it again").click()
    expect(page.get_by_text("This address is never mailed")).to_be_hidden()


def _erase(page: Page, store: Store) -> None:
    page.get_by_text("Remove or erase").click()
    page.get_by_label("Type their address to make sure").fill("ada@example.org")
    page.get_by_role("button", name="Erase").click()
    expect(page.get_by_role("alert").filter(has_text="this isn't their address")).to_be_visible()
    _check_look(page)
    page.get_by_label("Type their address to make sure").fill("bea@example.org")
    page.get_by_role("button", name="Erase").click()
    page.wait_for_url("**/readers")
    assert store.subscribers.get("bea@example.org") is None
    assert store.subscribers.get("ada@example.org")


def _check_look(page: Page) -> None:
    size = page.viewport_size
    for width, scheme in looks(page, (375, "dark")):
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
        assert violations(page) == [], (page.url, scheme)
    page.emulate_media(color_scheme="light")
    assert size
    page.set_viewport_size(size)


def test_an_admin_exports_with_their_passkey_and_others_see_nobody(browser: Browser, tmp_path: Path) -> None:
    root = write_newsletter(tmp_path / "newsletter").root
    with hosted_studio(root) as studio:
        for role in (Role.WRITER, Role.EDITOR, Role.PUBLISHER):
            with studio.client(role) as client:
                for path in ("/readers", "/readers?q=ada", "/readers/new", "/readers/import", "/readers/export"):
                    assert client.get(path).status_code == 403, (role, path)
                file = {"file": ("a.csv", b"email\na@example.org\n")}
                assert client.post("/readers/import", files=file).status_code == 403
                assert client.post("/readers/export", data={"segment": ""}).status_code == 403
                assert client.get("/readers/totals").status_code == (200 if role is Role.PUBLISHER else 403)
        with studio.client() as outsider:
            answers = [outsider.get(f"/readers/{key}") for key in ("0123456789abcdef", "import", "nothing")]
            assert {(answer.status_code, answer.text) for answer in answers} == {(303, "")}
        with studio.client(Role.ADMIN, confirmed=False) as client:
            assert client.post("/readers/export", data={"segment": ""}).status_code == 401
        with studio.client(Role.ADMIN) as client:
            assert client.post("/readers/export", data={"segment": ""}).text.startswith("\ufeffemail,")
        context = studio.context(browser, Role.ADMIN)
        page = context.new_page()
        page.goto("/readers")
        expect(page.get_by_role("heading", name="No readers yet")).to_be_visible()
        context.close()
