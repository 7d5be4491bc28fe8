"""All data that is stored about a reader: downloaded, and erased."""

import json

import httpx

from newsletter.domain.events import Bounce, Event, EventKind
from newsletter.domain.subscriber import SuppressionReason
from newsletter.feedback import Feedback
from tests.databases import sqlite3
from tests.web.public.public_pages import Public, link_in, only_reader


def rows_of(pages: Public) -> str:
    """Return everything in the database, as text."""
    with sqlite3.connect(pages.root / "newsletter.db") as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return "\n".join(repr((name, *row)) for name in tables for row in connection.execute(f'SELECT * FROM "{name}"'))


def test_all_stored_data_can_be_downloaded_and_is_erased_completely(pages: Public, visitor: httpx.Client) -> None:
    pages.sign_up(visitor, name="Zenobia Quill", topic="nato", address="zen@old.example")
    visitor.post(link_in(pages.mails()[0]), data={"name": "Zenobia Quill", "topic": "nato"})
    before = only_reader(pages)
    bounced = Event(
        key="1",
        provider="mail",
        kind=EventKind.BOUNCED,
        at=pages.clock(),
        address="zen@old.example",
        bounce=Bounce.TRANSIENT,
        detail="452 zen has no room",
        raw="REPORT of zen",
    )
    Feedback(pages.store, pages.site.signer, soft_bounces=9).record([bounced], now=pages.clock())
    visitor.post(f"{pages.visit(before)}/address", data={"address": "zen@quill.example"})
    visitor.post(link_in(pages.mails()[0]))
    pages.mails()
    visitor.post(f"{pages.visit(before)}/address", data={"address": "zen@later.example"})
    pages.store.suppressions.add("zen@quill.example", SuppressionReason.COMPLAINED, now=pages.clock())
    reader = only_reader(pages)
    page = visitor.get(pages.visit(reader))
    assert "Send me The Daily Test by email" in page.text
    answer = visitor.get(f"{pages.visit(reader)}/download")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    stored = json.loads(answer.text)
    assert (stored["address"], stored["topics"]) == ("zen@quill.example", ["nato"])
    assert [item["what"] for item in stored["consent"]] == ["asked", "confirmed", "moved"]
    requests = {(item["what"], item["address"]) for item in stored["asked"]}
    assert requests == {
        ("sign-up", "zen@old.example"),
        ("move", "zen@quill.example"),
        ("undo", "zen@old.example"),
        ("move", "zen@later.example"),
    }
    assert [(item["why"], item["report"]) for item in stored["reported"]] == [("452 zen has no room", "REPORT of zen")]
    assert stored["never_mailed"]["why"] == "complained"
    assert "zen" in rows_of(pages)
    visitor.post(f"{pages.visit(reader)}/erase", data={"sure": "yes"})
    left = rows_of(pages).casefold()
    for word in ("zen", "quill", reader.key):
        assert word not in left
