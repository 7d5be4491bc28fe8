"""The mail about a send without the approval that it needs, also while the mail server is away."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from newsletter.domain.notices import NoticeKind
from newsletter.domain.reviews import ReviewEvent, ReviewEventKind
from newsletter.publishing.reviews.override_mail import tell_publishers
from newsletter.settings import Settings, load
from newsletter.store import Store
from tests.smtp_server import SmtpServer, smtp_server

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
OVERRIDE = ReviewEvent(
    issue="2026-11-23",
    kind=ReviewEventKind.OVERRIDE,
    at=NOW,
    by="pia@daily.example",
    name="Pia Lund",
    content="c" * 64,
    audience="a" * 64,
    note="the editor is on a train",
)


def by_relay(settings: Settings, server: SmtpServer) -> Settings:
    """Return the settings with a relay, and an address that is notified."""
    file = settings.root / "newsletter.toml"
    provider = f'[provider]\nname = "smtp"\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\n'
    text = file.read_text("utf-8")
    assert "[provider]" not in text
    file.write_text(f"{text}\n{provider}", "utf-8")
    return replace(load(settings.root), notify=("desk@daily.example",))


@pytest.mark.parametrize("is_away", [False, True])
def test_publishers_are_told_at_once_or_by_the_next_worker(settings: Settings, store: Store, is_away: bool) -> None:
    with smtp_server() as server:
        own = by_relay(settings, server)
        if not is_away:
            tell_publishers(own, store, OVERRIDE, ("1 approval missing",), now=NOW)
        received = [message_from_bytes(message.content, policy=policy.default) for message in server.received]
    if is_away:
        tell_publishers(own, store, OVERRIDE, ("1 approval missing",), now=NOW)
    store.notices.address(own.notify, NOW)
    notices = store.notices.reserve(NOW, 20)
    if is_away:
        assert received == []
        assert [(notice.kind, notice.issue) for notice in notices] == [(NoticeKind.OVERRIDE, "2026-11-23")]
        assert "the editor is on a train" in notices[0].reason
    else:
        assert ["goes out without an approval" in str(message["Subject"]) for message in received] == [True]
        assert notices == []
