"""`newsletter send --rehearse`: each reader's message as a file, without a trace of a send."""

import json
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.cli.test_send import EVERYONE, outbox
from tests.command_line import Run, edit, files
from tests.databases import sqlite3
from tests.smtp_server import smtp_server

REHEARSED = Path("outbox/rehearsal/2026-11-23")


def rows() -> dict[str, list[tuple[object, ...]]]:
    """Return all rows in the database."""
    with sqlite3.connect("newsletter.db") as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        tables = {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in names}
    database.close()
    return tables


def test_a_rehearsal_writes_every_message_and_records_nothing(run: Run, readers: Path) -> None:
    before = rows()
    rehearsed = run("send", "2026-11-23", "--rehearse")
    assert rehearsed.status == 0
    assert "Rehearsed: 3 messages in outbox/rehearsal/2026-11-23." in rehearsed.stdout
    assert outbox() == EVERYONE
    assert rows() == before
    assert not Path("newsletter.db.installation").exists()
    assert run("issue", "list", "--json").stdout.count('"draft"') == 1
    assert run("send", "today", "--yes").status == 0
    assert len(list(Path("outbox/2026-11-23").glob("*.eml"))) == 3


def test_a_rehearsal_needs_no_secret_and_its_links_are_invalid(
    run: Run, readers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("send", "today", "--yes")
    monkeypatch.delenv("NEWSLETTER_SECRET")
    rehearsed = run("send", "today", "--rehearse")  # also of a sent issue
    assert (rehearsed.status, "not been sent" in rehearsed.stdout) == (0, False)
    tokens = []
    for folder in (REHEARSED, Path("outbox/2026-11-23")):
        (ada,) = folder.glob("ada*.eml")
        message = message_from_bytes(ada.read_bytes(), policy=policy.default)
        tokens.append(str(message["List-Unsubscribe"]))
    assert tokens[0] != tokens[1]
    assert [len(token) for token in tokens] == [len(tokens[0])] * 2


def test_a_rehearsal_has_the_messages_of_the_send(run: Run, readers: Path) -> None:
    edit("issues/2026-11-23.md", "number: 1\n", "number: 1\ntailored: {otherwise: skip}\n")
    assert run("send", "today", "--rehearse").status == 0
    assert run("send", "today", "--yes").status == 0
    assert sorted(path.name for path in REHEARSED.glob("*.eml")) == sorted(
        path.name for path in Path("outbox/2026-11-23").glob("*.eml")
    )
    assert len(list(REHEARSED.glob("*.eml"))) > 1
    for path in REHEARSED.glob("*.eml"):
        texts = []
        for each in (path, Path("outbox/2026-11-23") / path.name):
            message = message_from_bytes(each.read_bytes(), policy=policy.default)
            body = message.get_body(("plain",))
            assert body is not None
            texts.append([line for line in body.get_content().splitlines() if "https://news." not in line])
        assert texts[0] == texts[1]
        assert len(texts[0]) > 10


def test_a_second_rehearsal_replaces_the_first(run: Run, readers: Path) -> None:
    run("send", "today", "--rehearse")
    run("subscribers", "remove", "ben@example.net")
    assert run("send", "today", "--rehearse").status == 0
    assert outbox() == ["ada@example.com", "cleo@example.org"]


def test_a_rehearsal_mails_no_reader_with_any_provider(run: Run, readers: Path) -> None:
    with smtp_server() as server:
        relay = f'name = "smtp"\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\n'
        edit("newsletter.toml", 'name = "outbox"\npath = "outbox"\n', relay)
        assert run("send", "today", "--rehearse").status == 0
        assert not server.received
    assert outbox() == EVERYONE


def test_a_scheduled_issue_can_be_rehearsed_and_an_issue_with_errors_cannot(run: Run, readers: Path) -> None:
    run("send", "today", "--yes", "--any-date", "--at", "2099-11-23 06:30")
    assert run("send", "2026-11-23", "--rehearse").status == 0
    assert json.loads(run("sends", "--json").stdout)[0]["status"] == "scheduled"
    before = files(readers / "outbox")
    edit("issues/2026-11-23.md", "subject:", "subjekt:")
    assert run("send", "2026-11-23", "--rehearse").status == 1
    assert files(readers / "outbox") == before


def test_a_rehearsal_cannot_be_combined_with_other_options(run: Run, readers: Path) -> None:
    for option in ("--dry-run", "--once", "--resume", "--at=2099-01-01 06:30"):
        assert run("send", "2026-11-23", "--rehearse", option).status == 2
    assert not Path("outbox").exists()


def test_a_send_to_the_outbox_warns_that_the_issue_will_count_as_sent(run: Run, readers: Path) -> None:
    assert "the issue will count as sent" in run("send", "today", stdin="n\n").stderr
