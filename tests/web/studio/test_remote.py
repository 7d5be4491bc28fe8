"""The remote's page: how the exchange of commits goes, and conflicts to decide, with and without scripts."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect

from newsletter.web.studio.context import Studio
from tests.git.repositories import Checkout
from tests.web.axe import looks, violations
from tests.web.preview.running_preview import write_newsletter
from tests.web.studio.running_studio import TOKEN, Listening, listening_studio

ENTRY = "issues/entries/night-train.md"


class Pair:
    """A newsletter in a studio and a colleague's clone, with a bare remote between them."""

    def __init__(self, folder: Path) -> None:
        for name in ("here", "there"):
            (folder / name).mkdir()
        write_newsletter(folder / "here")
        self.here = Checkout(folder / "home", folder / "here")
        self.here.set_global("user.name", "Robin Vale")
        self.here.set_global("user.email", "robin@lantern.example.org")
        self.here.write(".gitignore", ".newsletter/\nnewsletter.db*\n")
        self.here.git("init", "--quiet", "--initial-branch=main")
        self.here.git("add", "--all")
        self.here.git("commit", "--quiet", "--message=First")
        self.here.git("clone", "--quiet", "--bare", ".", str(folder / "remote.git"))
        self.here.git("remote", "add", "origin", str(folder / "remote.git"))
        self.here.git("fetch", "--quiet", "origin")
        self.here.git("branch", "--quiet", "--set-upstream-to=origin/main")
        self.there = Checkout(folder / "home", folder / "there")
        self.there.git("clone", "--quiet", str(folder / "remote.git"), ".")
        self.studio: Studio

    def contradict(self) -> None:
        """Change the same fields of an entry on both sides, and let the studio notice."""
        text = (self.here.folder / ENTRY).read_text()
        for checkout, name in ((self.there, "Their"), (self.here, "My")):
            lines = [f"title: {name} title" if line.startswith("title:") else line for line in text.splitlines()]
            body = lines.index("---", 1) + 1
            lines[body:] = [f"{name} framing of the same piece.", "", "> A seat is a promise."]
            checkout.write(ENTRY, "\n".join(lines) + "\n")
            checkout.git("commit", "--quiet", "--all", "--message=Change")
        self.there.git("push", "--quiet")
        self.studio.syncing.sync_now()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return Pair(tmp_path_factory.mktemp("pair"))


@pytest.fixture(scope="module")
def listening(pair: Pair) -> Iterator[Listening]:
    def prepare(app: FastAPI) -> None:
        pair.studio = app.state.studio
        pair.studio.syncing._protocols = ("file",)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"):
            patch.setenv(name, pair.here.environment[name])
        with listening_studio(pair.here.folder, prepare=prepare) as at:
            yield at


@pytest.fixture
def page(browser: Browser, listening: Listening) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 860}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(listening.door)
    yield page
    context.close()


def test_an_editor_decides_conflicts_and_the_exchange_goes_on(pair: Pair, listening: Listening, page: Page) -> None:
    page.goto(f"{listening.base}/remote")
    expect(page.locator("#exchange")).to_contain_text("This newsletter and its remote have the same commits")
    pair.contradict()
    page.get_by_role("link", name="2 conflicts with the remote").click()
    framing = page.get_by_role("form", name="Framing")
    expect(framing).to_contain_text("Their framing")
    for _ in looks(page):
        assert violations(page) == []
    framing.locator("summary").click()
    expect(framing.get_by_label("Your text")).to_have_value(
        "My framing of the same piece.\n\nTheir framing of the same piece."
    )
    framing.get_by_label("Your text").fill("Our framing.")
    framing.get_by_role("button", name="Save this").click()
    page.get_by_role("form", name="Title").get_by_role("button", name="Take theirs").click()
    expect(page.locator("#exchange")).to_contain_text("This newsletter and its remote have the same commits")
    text = (pair.here.folder / ENTRY).read_text()
    assert "title: Their title\n" in text
    assert "Our framing." in text
    assert pair.here.git("status", "--porcelain") == ""


def test_a_choice_for_a_conflict_that_is_gone_changes_nothing(pair: Pair, listening: Listening) -> None:
    before = pair.here.git("rev-parse", "HEAD")
    with httpx.Client(base_url=listening.base, headers={"Origin": listening.base}) as client:
        client.get("/", params={"token": TOKEN})
        answer = client.post("/remote/choices", data={"conflict": "x", "choice": "mine"})
        assert (answer.status_code, "no longer there" in answer.text) == (404, True)
        assert client.post("/remote", data={"next": "/"}).headers["location"] == "/remote"
    assert pair.here.git("rev-parse", "HEAD") == before
