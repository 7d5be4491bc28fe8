"""A Maildir for bounces, and an issue sent by SMTP whose messages may come back to it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from newsletter.store import open_store
from tests import incoming_mail
from tests.command_line import Run, edit
from tests.smtp_server import Received, SmtpServer, smtp_server

ADA, BEN, CLEO = "ada@example.com", "ben@example.net", "cleo@example.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class Maildir:
    """A Maildir to which tests add mail."""

    path: Path

    def put(self, name: str, message: bytes) -> None:
        """Add a new message."""
        (self.path / "new" / name).write_bytes(message)

    def flags(self) -> dict[str, str]:
        """Return the flags of each message, by the name it was added with."""
        return {
            name: flags for path in (self.path / "cur").iterdir() for name, _, flags in [path.name.partition(":2,")]
        }

    def waiting(self) -> list[str]:
        """Return the unread messages."""
        return sorted(path.name for path in (self.path / "new").iterdir())


@pytest.fixture
def maildir(tmp_path: Path) -> Maildir:
    """Return an empty Maildir."""
    for folder in ("new", "cur", "tmp"):
        (tmp_path / "Maildir" / folder).mkdir(parents=True)
    return Maildir(path=tmp_path / "Maildir")


@pytest.fixture
def sent(readers: Path, run: Run, maildir: Maildir) -> Iterator[dict[str, Received]]:
    """Send the issue by SMTP with our own return paths, and return the messages by address."""
    with smtp_server() as server:
        by_smtp(readers, server, maildir)
        assert run("send", "latest", "--yes").status == 0
        yield {got.recipients[0]: got for got in server.received}


def by_smtp(root: Path, server: SmtpServer, maildir: Maildir) -> None:
    toml = root / "newsletter.toml"
    text = toml.read_text()
    provider = f'[provider]\nname = "smtp"\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\n'
    text = re.sub(r"\[provider\]\n(?:[^\[].*\n|\n)*", provider + "\n", text)
    toml.write_text(f'{text}\n[feedback]\nreturn_path = "bounces@news.daily.example"\nmailbox = "{maildir.path}"\n')


def header(message: Received, name: str) -> str:
    match = re.search(rf"^{name}: (.*)\r$".encode(), message.content, re.MULTILINE)
    assert match
    return match[1].decode()


def message_id(message: Received) -> str:
    return header(message, "Message-ID")


def complaint(message: Received, *, feedback: str = "abuse") -> bytes:
    """Return a complaint with the headers of a message and a redacted recipient."""
    path = f"X-Return-Path: {header(message, 'X-Return-Path')}\n"
    return incoming_mail.complaint(message_id(message), feedback=feedback, headers=path)


def without_return_path(root: Path) -> None:
    """Remove the return path from newsletter.toml."""
    edit(str(root / "newsletter.toml"), 'return_path = "bounces@news.daily.example"\n', "")


def suppressed(root: Path) -> dict[str, str]:
    with open_store(f"sqlite:///{root / 'newsletter.db'}") as store:
        return {suppression.address_key: suppression.reason.value for suppression in store.suppressions.stream()}


def unsubscribe_mail(message: Received) -> str:
    """Return the address in a message's List-Unsubscribe."""
    match = re.fullmatch(
        r"<https://[^>]+>, <mailto:([^?>]+)\?subject=unsubscribe>", header(message, "List-Unsubscribe")
    )
    assert match
    return match[1]
