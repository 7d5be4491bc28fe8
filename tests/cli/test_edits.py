"""Edits during a send don't change its messages, and the next command reports them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from newsletter.message.mime import Letter, Recipient, Wire
from newsletter.rendering import default_templates
from newsletter.store import open_store
from newsletter.tokens import Signer
from tests.command_line import Run, edit
from tests.databases import sqlite3
from tests.smtp_server import SmtpServer, smtp_server

SECRET = "a-secret-without-spaces"
CHANGED = "have changed since the send began"
RELAY = 'name = "smtp"\nhost = "127.0.0.1"\nport = {}\nsecurity = "none"\nconnections = 1\nbatch_size = 1\n'


@pytest.fixture
def server(run: Run, readers: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpServer]:
    """Start a server and send a tailored issue that is paused after one of three readers."""
    monkeypatch.setenv("NEWSLETTER_SECRET", SECRET)
    with smtp_server() as running:
        edit("newsletter.toml", 'name = "outbox"\npath = "outbox"\n', RELAY.format(running.port))
        edit("issues/2026-11-23.md", "number: 1\n", "number: 1\ntailored: true\n")

        def pause() -> None:
            running.accepting = None
            with open_store("sqlite:///newsletter.db") as store:
                store.controls.pause(1, "paused by an operator")

        running.accepting = pause
        assert run("send", "latest", "--yes").status == 1
        assert len(running.received) == 1
        yield running


def as_frozen(base_url: str = "https://news.daily.example") -> dict[str, bytes]:
    """Return the message of each reader by the ledger, with links signed by the first secret."""
    links = Signer(SECRET).links(base_url, "2026-11-23")
    with open_store("sqlite:///newsletter.db") as store:
        compiled, date = store.frozen.content(1)
        assert compiled.digest == store.sends.get(1).digest
        with sqlite3.connect("newsletter.db") as database:
            editions = dict(database.execute("SELECT subscriber, edition FROM delivery").fetchall())
        database.close()
        readers = list(store.subscribers.stream())
        wires = {
            reader.id: Wire(compiled.email(store.frozen.edition(1, editions[reader.id])), date) for reader in readers
        }
    return {
        reader.address: Letter(
            wires[reader.id],
            Recipient(
                subscriber=reader.id,
                key=reader.key,
                address=reader.address,
                mac=links.message_mac(reader.key, reader.address),
                values=links(reader.key) | reader.slot_values(),
            ),
        ).message()
        for reader in readers
    }


def received(server: SmtpServer) -> dict[str, bytes]:
    assert len(server.received) == len({mail.recipients for mail in server.received})
    return {mail.recipients[0]: mail.content for mail in server.received}


def edit_entry() -> None:
    edit("issues/entries/lighthouse-ledger.md", "topics: [Oceans]", "topics: [Cities]")
    edit("issues/entries/tram-to-the-beach.md", "title: ", "title: Not ")


def edit_issue() -> None:
    edit("issues/2026-11-23.md", "subject: A lighthouse", "subject: No lighthouse")
    edit("issues/2026-11-23.md", "tailored: true", "tailored: false")


def remove_issue() -> None:
    Path("issues/2026-11-23.md").unlink()


def edit_theme() -> None:
    for name, before, after in (
        ("issue.mjml", "<mj-body", '<mj-body css-class="changed"'),
        ("issue.txt", "{{", "changed {{"),
    ):
        text = (default_templates() / "email" / "default" / name).read_text(encoding="utf-8")
        write_theme(name, text.replace(before, after, 1))


def break_theme() -> None:
    write_theme("issue.mjml", "<mjml>")


def write_theme(name: str, text: str) -> None:
    path = Path("templates/email/default") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def edit_settings() -> None:
    edit("newsletter.toml", 'name = "The Daily Test"', 'name = "The Weekly Test"')
    edit("newsletter.toml", "Editors <editors@daily.example>", "Others <others@daily.example>")
    edit("newsletter.toml", 'aliases = ["The sea"]\nparent = "science"', 'aliases = ["The sea"]')


def edit_base_url() -> None:
    edit("newsletter.toml", "https://news.daily.example", "https://elsewhere.daily.example")


@pytest.mark.parametrize(
    "change", [edit_entry, edit_issue, remove_issue, edit_theme, break_theme, edit_settings, edit_base_url]
)
def test_edits_during_a_send_change_none_of_its_bytes(run: Run, server: SmtpServer, change: Callable[[], None]) -> None:
    assert CHANGED not in run("sends", "show", "1").stderr
    frozen = as_frozen()
    change()
    assert CHANGED in run("sends", "show", "1").stderr
    resumed = run("sends", "resume", "1")
    assert CHANGED in resumed.stderr
    assert resumed.status == 0
    assert received(server) == frozen == as_frozen()
    assert CHANGED not in run("sends", "show", "1").stderr  # it is over


def test_a_new_secret_changes_no_link_of_a_send_in_progress(
    run: Run, server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = as_frozen()
    before = run("sends", "show", "1").stdout
    monkeypatch.setenv("NEWSLETTER_SECRET", "another-secret-quite-as-long")
    monkeypatch.setenv("NEWSLETTER_EARLIER_SECRETS", "a-third-one-of-long-ago")
    refused = run("send", "latest", "--resume")
    assert refused.status == 1
    assert "signed with another secret: put the secret that it began with into NEWSLETTER_EARLIER_" in refused.stderr
    assert len(server.received) == 1
    assert run("sends", "show", "1").stdout == before  # still paused, and by whom
    monkeypatch.setenv("NEWSLETTER_EARLIER_SECRETS", f"a-third-one-of-long-ago {SECRET}")
    assert run("send", "latest", "--resume").status == 0
    assert received(server) == frozen
