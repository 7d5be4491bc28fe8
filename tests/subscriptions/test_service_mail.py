"""Service mail: what it contains, and how it is retried, batched and kept going."""

from contextlib import closing
from pathlib import Path

import httpx
import sqlalchemy as sa

from tests.databases import sqlite3
from tests.rows import database_of
from tests.web.public.public_pages import Public, public

SIGN_UP = "/api/sign-ups"


def test_the_message_contains_nothing_that_was_typed(pages: Public, visitor: httpx.Client) -> None:
    typed = {"name": "Zebedee Quixote", "topic": "nato", "wording": "WORDING", "subject": "SUBJECT"}
    pages.sign_up(visitor, **typed)
    pages.clock.move(hours=26)
    visitor.post("/api/sign-ups", json={"address": "ada@example.com", "name": "Zebedee Quixote", "wording": "WORDING"})
    mails = pages.mails()
    assert len(mails) == 2
    for mail in mails:
        visible = mail.as_string() + "".join(str(part.get_content()) for part in mail.iter_parts())
        for word in ("Zebedee", "Quixote", "WORDING", "SUBJECT", "NATO"):
            assert word not in visible


def test_a_deferred_service_message_is_retried_and_a_refused_one_is_not(pages: Public, visitor: httpx.Client) -> None:
    pages.outbox.write_text("in the way")  # the outbox cannot write
    pages.sign_up(visitor)
    assert pages.mails() == []
    assert "ada@example.com" not in "".join(pages.logged)
    pages.outbox.unlink()
    assert pages.mails() == []
    pages.clock.move(minutes=2)
    assert len(pages.mails()) == 1


def test_service_messages_due_together_share_a_commit(pages: Public, visitor: httpx.Client) -> None:
    for number in range(5):
        assert visitor.post(SIGN_UP, json={"address": f"reader{number}@example.com"}).status_code == 202
    commits: list[sa.Connection] = []
    sa.event.listen(database_of(pages.store).engine, "commit", commits.append)
    assert len(pages.mails()) == 5
    with closing(sqlite3.connect(pages.root / "newsletter.db")) as connection:
        assert connection.execute("SELECT count(*) FROM service_message").fetchone() == (0,)
    writing = [connection for connection in commits if not connection.get_execution_options().get("begin")]
    assert len(writing) <= 3  # deletes old ones once, takes the messages, and settles them


def test_a_service_message_that_cannot_be_composed_does_not_block_others(tmp_path: Path) -> None:
    broken = tmp_path / "templates" / "email" / "default" / "service" / "known.txt"
    broken.parent.mkdir(parents=True)
    broken.write_text("no subject\n")
    with public(tmp_path) as pages, pages.client() as visitor:
        for address in (pages.reader().address, "new@example.com"):
            assert visitor.post(SIGN_UP, json={"address": address}).status_code == 202
        assert [mail["To"] for mail in pages.mails()] == ["new@example.com"]
        (line,) = pages.logged
        assert "service/known.txt" in line
        assert "the message has no subject" in line
        assert pages.mails() == []
        broken.write_text("Subject: You read us\n\n<{{ link }}>\n")
        pages.clock.move(minutes=1)
        assert [mail["To"] for mail in pages.mails()] == ["ada@example.com"]
