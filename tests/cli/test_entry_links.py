"""`newsletter entry new URL`: what a page says becomes an entry, and a link that is already there is refused."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.cli import resources
from newsletter.fetching import WebClient
from tests.command_line import Run, files
from tests.web_site import WebSite, web_site


@pytest.fixture(scope="module")
def running() -> Iterator[WebSite]:
    with web_site() as site:
        yield site


@pytest.fixture
def site(running: WebSite, root: Path, monkeypatch: pytest.MonkeyPatch) -> WebSite:
    """Return a site that the command may connect to, although it is on the loopback."""
    monkeypatch.setattr(resources, "web_client", lambda: running.client)
    return running


def test_an_entry_is_made_from_the_page_with_the_origin_of_each_value(run: Run, root: Path, site: WebSite) -> None:
    made = run("entry", "new", f"{site.url}/redirect/1?utm_source=rss", "-t", "Oceans", "--author", "Ada Writer")

    assert (made.status, made.stdout) == (0, "issues/entries/the-bell-on-the-mudflat.md\n")
    assert made.stderr.splitlines() == [
        "  title     The bell on the mudflat  (page title)",
        "  author    Ada Writer  (given)",
        "  source    The Breakwater Almanac  (OpenGraph)",
        "  language  en  (page head)",
        f"  address   {site.url}/piece  (address)",
        "  minutes   1  (words of the text)",
    ]
    text = Path("issues/entries/the-bell-on-the-mudflat.md").read_text()
    assert text == (
        "---\n"
        "title: The bell on the mudflat\n"
        f"url: {site.url}/piece\n"
        "source: The Breakwater Almanac\n"
        "author: Ada Writer\n"
        "topics: [Oceans]\n"
        "minutes: 1\n"
        "---\n"
    )


def test_a_page_that_cannot_be_fetched_still_becomes_an_entry(run: Run, root: Path, site: WebSite) -> None:
    made = run("entry", "new", f"{site.url}/status/404", "--title", "A lost page", "--source", "The Attic")

    assert (made.status, made.stdout) == (0, "issues/entries/a-lost-page.md\n")
    assert "warning: the page doesn't exist (status 404)" in made.stderr
    assert "source: The Attic\n" in Path("issues/entries/a-lost-page.md").read_text()


def test_offline_nothing_is_fetched(run: Run, root: Path, site: WebSite) -> None:
    before = len(site.requested)
    made = run("entry", "new", "https://www.example.org/2026/11/05/the-quiet-hour?fbclid=1", "--offline", "--json")

    assert made.status == 0
    entry = json.loads(made.stdout)
    assert entry["path"] == "issues/entries/the-quiet-hour.md"
    assert entry["url"] == "https://www.example.org/2026/11/05/the-quiet-hour"
    assert (entry["title"], entry["source"], entry["date"]) == ("The quiet hour", "example.org", "2026-11-05")
    assert set(entry["origins"].values()) == {"address"}
    assert len(site.requested) == before


def test_a_private_address_is_not_contacted(
    run: Run, root: Path, running: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "web_client", WebClient)
    before = len(running.requested)
    made = run("entry", "new", f"{running.url}/piece")

    assert made.status == 0
    assert "127.0.0.1, which isn't on the public internet" in made.stderr
    assert len(running.requested) == before


def test_a_link_that_an_entry_has_is_refused_unless_forced(run: Run, root: Path, site: WebSite) -> None:
    run("entry", "new", "Waiting", "--url", "https://example.org/waiting/")
    before = files(root)

    refused = run("entry", "new", "http://www.example.org/waiting?utm_source=x#top", "--offline")
    assert (refused.status, refused.stdout) == (1, "")
    assert "issues/entries/waiting.md:3: the entry “Waiting” has this link, and is in no issue yet" in refused.stderr
    assert "add --force" in refused.stderr
    assert files(root) == before

    forced = run("entry", "new", "https://example.org/waiting", "--offline", "--force", "--title", "Again")
    assert forced.stdout == "issues/entries/again.md\n"
    assert "“Waiting” has the same link, and is in no issue yet" in forced.stderr


def test_a_link_that_ran_is_refused_with_its_issue(run: Run, root: Path) -> None:
    entries = {entry["slug"]: entry for entry in json.loads(run("entry", "list", "--json").stdout)}
    url = entries["tram-to-the-beach"]["url"]

    refused = run("entry", "new", url + "?utm_medium=rss", "--offline")
    assert refused.status == 1
    assert "2026-11-23 in 2026-11-23" in refused.stderr


def test_a_similar_title_is_only_a_warning(run: Run, root: Path) -> None:
    made = run("entry", "new", "https://example.org/2026/what-a-lighthouse-writes-down", "--offline", "--slug", "other")

    assert (made.status, made.stdout) == (0, "issues/entries/other.md\n")
    assert "has a similar title" in made.stderr


def test_a_title_with_an_address_in_it_is_a_title(run: Run, root: Path) -> None:
    made = run("entry", "new", "https://example.org and other places")
    assert made.stdout == "issues/entries/https-example-org-and-other-places.md\n"
    assert run("entry", "new", "A title", "--title", "Another").status == 2
