"""Notices about a send, mailed to editors once by one of several processes."""

import threading
from contextlib import closing, nullcontext
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from newsletter.cli.notice_text import notice_message
from newsletter.domain.segment import EVERYONE
from newsletter.errors import NewsletterError
from newsletter.providers import open_provider
from newsletter.sending import notify
from newsletter.store import Store
from tests import make
from tests.sending.faults import fill
from tests.sending.test_operators import by
from tests.ses_stub import ses_stub
from tests.smtp_server import smtp_server

EDITORS = ["editor@daily.example", "night-desk@daily.example"]


def pause_scheduled(store: Store) -> None:
    """Pause a scheduled send, as the program does."""
    fill(store, 1)
    number = store.sends.schedule(
        issue="2026-11-23", provider="test", segments=[EVERYONE], begins=datetime.now(UTC), deadline=60, now=store.now()
    ).id
    with store.leases.acquire(number) as lease:
        store.controls.pause_held(number, "the relay refuses", holder=lease.holder, now=store.now())


NEWSLETTER = make.newsletter()


def fail_with(trouble: NewsletterError) -> None:
    pytest.fail(str(trouble))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_ses_gets_the_plain_text_too(store: Store) -> None:
    pause_scheduled(store)
    with ses_stub() as stub:
        provider = by("ses", int(stub.url.rpartition(":")[2])).provider
        mailed = notify(
            store, EDITORS, NEWSLETTER, lambda: closing(provider), notice_message, fail_with, now=store.now()
        )
        assert mailed == len(EDITORS)
        assert [message.to for message in stub.mailed] == EDITORS
    for message in (message_from_bytes(mail.raw, policy=policy.default) for mail in stub.mailed):
        assert message.get_content_type() == "text/plain"
        assert "Reason: the relay refuses" in message.get_content()
        assert message["List-Id"] is None


def test_each_notice_is_mailed_by_only_one_of_several_workers(store: Store, tmp_path: Path) -> None:
    pause_scheduled(store)
    trouble: list[NewsletterError] = []
    with smtp_server() as server:
        options = {"host": "127.0.0.1", "port": server.port, "security": "none"}

        def work() -> None:
            with closing(open_provider("smtp", options, root=tmp_path, environment={})) as provider:
                while notify(
                    store,
                    EDITORS,
                    NEWSLETTER,
                    lambda: nullcontext(provider),
                    notice_message,
                    trouble.append,
                    now=store.now(),
                ):
                    pass

        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert sorted(mail.recipients[0] for mail in server.received) == EDITORS
    assert trouble == []
    assert not store.notices.has_due(datetime.now(UTC) + timedelta(days=1))


def test_an_outage_in_mid_send_is_reported_if_it_lasts(store: Store) -> None:
    fill(store, 1)
    now = datetime.now(UTC)
    begins = now - timedelta(minutes=1)
    number = store.sends.schedule(
        issue="2026-11-23", provider="test", segments=[EVERYONE], begins=begins, deadline=3600, now=store.now()
    ).id
    with smtp_server() as server, store.leases.acquire(number) as lease:

        def mail() -> list[str]:
            server.received.clear()
            relay = by("smtp", server.port).provider
            notify(store, EDITORS[:1], NEWSLETTER, lambda: closing(relay), notice_message, fail_with, now=store.now())
            return [received.content.decode() for received in server.received]

        def fail(minutes_ago: int) -> None:
            since = now - timedelta(minutes=minutes_ago)
            assert store.controls.postpone(number, "the relay is away", now=since, holder=lease.holder)

        store.controls.begin_scheduled(
            number, begins=store.sends.get(number).begins, holder=lease.holder, now=store.now()
        )
        store.sends.freeze(
            compiled=make.compiled(),
            tailor=make.tailor(),
            date=now,
            segments=[EVERYONE],
            provider="test",
            holder=lease.holder,
            now=now,
        )
        fail(minutes_ago=20)
        fail(minutes_ago=10)
        (lasting,) = mail()
        assert "Issue 2026-11-23 could not continue" in lasting
        assert "the relay is away" in lasting
        store.controls.end_outage(number, holder=lease.holder)
        fail(minutes_ago=16)
        store.controls.end_outage(number, holder=lease.holder)
        assert mail() == []  # it is over
        fail(minutes_ago=5)
        assert mail() == []  # it may be over soon


def test_a_notice_of_a_killed_worker_is_mailed_later_with_the_same_message_id(store: Store) -> None:
    pause_scheduled(store)
    now = datetime.now(UTC)
    store.notices.address(EDITORS, now)
    taken = store.notices.reserve(now, 20)
    assert [notice.address for notice in taken] == EDITORS
    assert store.notices.reserve(now, 20) == []  # no other process mails it meanwhile
    again = store.notices.reserve(now + timedelta(minutes=3), 20)
    assert [(notice.address, notice.key) for notice in again] == [(notice.address, notice.key) for notice in taken]
