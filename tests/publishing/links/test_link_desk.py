"""What editors may do with captured links, and the entries that become of them."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from newsletter.content import read_manuscripts
from newsletter.domain.captured_links import LinkFacts
from newsletter.domain.people import ForbiddenError, Person, Role
from newsletter.editing import Editing
from newsletter.publishing.links.link_desk import LinkDesk, NoLinkError
from newsletter.store import open_store
from tests.databases import new_sqlite
from tests.make import WHEN

ADA = Person(name="Ada", address="ada@example.org", role=Role.EDITOR)
WRITER = Person(name="Ben", address="ben@example.org", role=Role.WRITER)
URL = "https://example.org/review/night-train"


@pytest.fixture
def desk(tmp_path: Path) -> LinkDesk:
    (tmp_path / "issues/entries").mkdir(parents=True)
    (tmp_path / "issues/2026-11-24.md").write_text("---\ndate: 2026-11-24\nentries: []\n---\n", encoding="utf-8")
    return LinkDesk(Editing(tmp_path), partial(open_store, new_sqlite(tmp_path / "newsletter.db")))


def test_a_writer_captures_but_does_not_compose(desk: LinkDesk, tmp_path: Path) -> None:
    link = desk.capture(WRITER, f"{URL}?utm_source=x", now=WHEN, facts=LinkFacts(title="Night train"))
    with pytest.raises(ForbiddenError):
        desk.add_to_issue(WRITER, link, "issues/2026-11-24.md", language="en", now=WHEN)
    assert read_manuscripts(tmp_path).entries == {}
    desk.add_to_issue(ADA, link, "issues/2026-11-24.md", language="en", now=WHEN)
    (issue,) = read_manuscripts(tmp_path).issues
    assert [entry.url for entry in issue.entries] == [URL]
    assert desk.lists(WHEN.date()) == ([], [])


def test_a_link_becomes_one_entry_however_often_it_is_clicked_at_once(desk: LinkDesk, tmp_path: Path) -> None:
    link = desk.capture(ADA, URL, now=WHEN, facts=LinkFacts(title="Night train"))
    with ThreadPoolExecutor(4) as pool:
        slugs = list(pool.map(lambda _: desk.make_entry(ADA, link, language="en", now=WHEN), range(4)))
    assert slugs == ["night-train"] * 4
    assert list(read_manuscripts(tmp_path).entries) == ["night-train"]


def test_what_is_pasted_is_stored_once(desk: LinkDesk) -> None:
    text = f"Trains {URL}\nhttps://example.org/b\nnothing"
    first = desk.paste(ADA, text, day=WHEN.date(), now=WHEN)
    again = desk.paste(ADA, text, day=WHEN.date(), now=WHEN)
    assert (len(first.added), first.other_lines) == (2, ("nothing",))
    assert again.added == ()
    assert [link.title for link in again.already] == ["Trains", "example.org/b"]
    with pytest.raises(NoLinkError):
        desk.capture(ADA, "javascript:alert(1)", now=WHEN)


def test_the_link_of_an_entry_written_by_hand_is_kept_for_its_text(desk: LinkDesk, tmp_path: Path) -> None:
    path = tmp_path / "issues/entries/by-hand.md"
    path.write_text(f"---\ntitle: By hand\nurl: {URL}\nsource: The Review\n---\n", encoding="utf-8")
    entry = read_manuscripts(tmp_path).entries["by-hand"]
    link = desk.follow(ADA, entry, now=WHEN)
    assert desk.follow(ADA, entry, now=WHEN) == link
    followed = desk.of_entry("by-hand")
    assert followed is not None
    assert (followed.id, followed.url) == (link, URL)
    assert desk.lists(WHEN.date()) == ([], [])
