"""A whole send, from the frozen audience to bytes on the wire, with kills, refusals and resumed runs."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter import sending
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.rate_limits import SendingSettings, stricter_limits
from newsletter.domain.segment import EVERYONE, Segment
from newsletter.domain.send import Send, SendStatus
from newsletter.domain.subscriber import Subscriber, SubscriberStatus, SuppressionReason
from newsletter.errors import ProviderError, SendError
from newsletter.providers import Provider, open_provider
from newsletter.providers.smtp.provider import open_smtp
from newsletter.sending import Observer, SendContext
from newsletter.sending.bounce_guard import ENOUGH, BounceGuard
from newsletter.store import Store, open_store, tables
from tests import ledger, make
from tests.clock import Clock
from tests.databases import new_sqlite
from tests.message_checklist import complaints
from tests.rows import execute
from tests.sending.freeze_requests import to_everyone
from tests.smtp_server import CUT, SmtpServer, smtp_server

S = DeliveryStatus
ISSUE = "2026-11-23"
ASIA = Segment(slug="asia", name="Asia", any=(frozenset({"asia"}),))
NATO = Segment(slug="nato", name="NATO", any=(frozenset({"nato"}),))


@contextmanager
def open_send_context(name: str, root: Path, **options: Any) -> Iterator[SendContext]:
    """Open everything a send needs to deliver mail."""
    if name == "smtp":
        provider: Provider = open_smtp(options, root=root, environment={}, timer=Clock().timer())
    else:
        provider = open_provider(name, options, root=root, environment={})
    try:
        yield make.send_context(provider, name)
    finally:
        provider.close()


@contextmanager
def relay(server: SmtpServer, root: Path, **options: Any) -> Iterator[SendContext]:
    """Open everything for a send by SMTP to a server in this process."""
    with open_send_context(
        "smtp", root, **{"host": "127.0.0.1", "port": server.port, "security": "none", "timeout": 5} | options
    ) as opened:
        yield opened


def fill(store: Store, number: int) -> list[int]:
    """Add this number of confirmed readers, r1@example.com and so on, and return their ids."""
    store.subscribers.merge(
        [[Subscriber(address=f"r{at}@example.com", first_name=f"Reader {at}") for at in range(1, number + 1)]],
        now=make.WHEN,
    )
    return [reader.id for reader in store.subscribers.stream()]


def begin(store: Store, by: SendContext) -> Send:
    return sending.start(store, by, to_everyone()).result()


def resume(store: Store, by: SendContext, *, minutes: float = 0) -> Send:
    """Resume the send, this number of minutes later."""
    return sending.resume(
        store, by, issue=ISSUE, observer=Observer(clock=lambda: datetime.now(UTC) + timedelta(minutes=minutes))
    ).result()


def counts(store: Store) -> Mapping[DeliveryStatus, int]:
    send = store.sends.of_issue(ISSUE)
    assert send is not None
    return send.counts


def eml(root: Path) -> dict[str, bytes]:
    """Return the files of the outbox by the reader's number."""
    return {path.name.partition("@")[0]: path.read_bytes() for path in (root / "outbox").rglob("*.eml")}


def test_a_plan_counts_overlaps_once_and_leaves_out_readers_who_are_not_mailed(store: Store) -> None:
    followed = [("asia",), ("nato",), ("asia", "nato"), ("asia",), ("asia",), ()]
    readers = [Subscriber(address=f"r{at}@example.com", topics=topics) for at, topics in enumerate(followed)]
    readers.append(Subscriber(address="new@example.com", topics=("asia",), status=SubscriberStatus.UNCONFIRMED))
    store.subscribers.merge([readers], now=make.WHEN)
    store.suppressions.add("r4@example.com", SuppressionReason.BOUNCED, now=make.WHEN)
    plan = sending.plan(store, issue=ISSUE, segments=[ASIA, NATO], provider="outbox", now=make.WHEN)
    assert plan.audience.by_segment == {"asia": 3, "nato": 2}
    assert (plan.audience.recipients, plan.audience.suppressed, plan.seconds) == (4, 1, None)


def test_a_plan_without_readers_names_the_empty_segments(store: Store) -> None:
    fill(store, 1)
    with pytest.raises(
        SendError, match=r"no confirmed readers in asia, nato: import readers, or choose other segments"
    ):
        sending.plan(store, issue=ISSUE, segments=[ASIA, NATO], provider="outbox", now=make.WHEN)


def test_a_plan_expects_the_rate_of_the_last_send(store: Store, tmp_path: Path) -> None:
    fill(store, 5)
    with open_send_context("outbox", tmp_path) as by:
        begin(store, by)
    execute(store, sa.update(tables.send).values(created=make.WHEN, finished=make.WHEN + timedelta(seconds=20)))
    fill(store, 8)
    plan = sending.plan(store, issue="2026-11-24", segments=[EVERYONE], provider="outbox", now=make.WHEN)
    assert plan.audience.recipients == 8
    assert plan.seconds == 8 / (5 / 20)


@pytest.mark.parametrize(
    ("rules", "seconds", "days"),
    [
        (SendingSettings(per_second=2), 5.0, 1),
        (SendingSettings(per_day=10), None, 1),
        (SendingSettings(per_day=4), None, 3),
        (SendingSettings(warm_up=(2, 3, 100)), None, 3),
        (SendingSettings(warm_up=(1,), per_second=1, per_day=9), 10.0, 2),
    ],
)
def test_a_plan_expects_the_rate_and_the_days_of_the_settings(
    store: Store, rules: SendingSettings, seconds: float | None, days: int
) -> None:
    fill(store, 10)
    plan = sending.plan(store, issue=ISSUE, segments=[EVERYONE], provider="outbox", rules=rules, now=make.WHEN)
    assert (plan.seconds, plan.days) == (seconds, days)
    reserved = store.rate_limits.reserve("outbox", stricter_limits(rules, None, 0), 1, make.WHEN.timestamp())
    assert reserved.messages == 1
    after = sending.plan(store, issue=ISSUE, segments=[EVERYONE], provider="outbox", rules=rules, now=make.WHEN)
    assert after.days >= days


def test_every_reader_gets_one_valid_message_with_their_own_links(store: Store, tmp_path: Path) -> None:
    fill(store, 450)  # three batches
    seen: list[tuple[int, int]] = []
    with open_send_context("outbox", tmp_path) as by:
        send = sending.start(
            store, by, to_everyone(), observer=Observer(progress=lambda done, total: seen.append((done, total)))
        ).result()
    assert (send.status, send.counts) == (SendStatus.FINISHED, {S.SUBMITTED: 450})
    assert seen[0] == (0, 450)
    assert seen[-1] == (450, 450)
    messages = eml(tmp_path)
    assert len(messages) == 450
    assert b"Hello=20=\r\nReader 7=\r\n" in messages["r7"]
    some = [messages[f"r{number}"] for number in range(1, 451, 9)]  # checking one takes as long as sending a hundred
    assert [complaint for message in some for complaint in complaints(message)] == []
    links = {line for message in messages.values() for line in message.splitlines() if b"List-Unsubscribe:" in line}
    assert len(links) == 450


def test_a_finished_send_is_refused_with_when_and_to_how_many(store: Store, tmp_path: Path) -> None:
    fill(store, 3)
    with open_send_context("outbox", tmp_path) as by:
        begin(store, by)
        before = eml(tmp_path)
        with pytest.raises(SendError, match=r"was sent on \d{4}-\d\d-\d\d \d\d:\d\d \(UTC\) to 3 of 3 readers"):
            begin(store, by)
        with pytest.raises(SendError, match="was sent on"):
            resume(store, by)
    assert eml(tmp_path) == before


def test_a_provider_that_fails_its_check_freezes_nothing(store: Store, tmp_path: Path) -> None:
    fill(store, 3)
    (tmp_path / "outbox").write_text("in the way")
    with open_send_context("outbox", tmp_path) as by, pytest.raises(ProviderError, match="not a folder"):
        begin(store, by)
    assert store.sends.of_issue(ISSUE) is None


def test_refused_deferred_and_lost_messages_are_distinguished_and_only_deferred_ones_retried(
    store: Store, tmp_path: Path
) -> None:
    fill(store, 8)
    answers: dict[str | tuple[str, str], str] = {
        ("RCPT", "r2@example.com"): "550 5.1.1 no such user",
        ("RCPT", "r3@example.com"): "451 4.7.1 greylisted",
        ("END", "r5@example.com"): CUT,
    }
    with smtp_server(answers=answers) as server, relay(server, tmp_path) as by:
        waiting = begin(store, by)
        assert waiting.status is SendStatus.RUNNING
        assert waiting.waits_until is not None
        assert counts(store) == {S.SUBMITTED: 5, S.REFUSED: 1, S.DEFERRED: 1, S.UNCERTAIN: 1}
        server.script.answers.clear()
        assert resume(store, by).counts == waiting.counts  # a mail server that answered "later" is not retried at once
        send = resume(store, by, minutes=2)
        assert (send.status, send.counts) == (SendStatus.FAILURES, {S.SUBMITTED: 6, S.REFUSED: 1, S.UNCERTAIN: 1})
        assert sorted(mail.recipients[0] for mail in server.received) == [
            f"r{at}@example.com" for at in (1, 3, 4, 6, 7, 8)
        ]
    refused = list(store.deliveries.stream(send.id, S.REFUSED))
    assert [(address, status) for address, status, _ in refused] == [("r2@example.com", S.REFUSED)]
    assert "550 5.1.1 no such user" in refused[0][2]


def test_a_provider_that_stops_accepting_mail_leaves_the_rest_queued_and_is_retried(
    store: Store, tmp_path: Path
) -> None:
    fill(store, 30)
    down: dict[str | tuple[str, str], str] = {
        ("RCPT", f"r{at}@example.com"): "421 4.3.2 shutting down" for at in range(12, 31)
    }
    with smtp_server(answers=down) as server:
        with relay(server, tmp_path, connections=1, batch_size=5) as by:
            left = begin(store, by)
            assert left.status is SendStatus.RUNNING
            assert "421 4.3.2 shutting down" in left.reason
            assert left.waits_until is not None
            assert timedelta(minutes=4) < left.waits_until - datetime.now(UTC) <= timedelta(minutes=5)
            assert counts(store) == {S.SUBMITTED: 11, S.QUEUED: 19}
        server.script.answers.clear()
        with relay(server, tmp_path) as by:
            assert resume(store, by, minutes=6).counts == {S.SUBMITTED: 30}
        assert sorted(mail.recipients for mail in server.received) == sorted(
            (f"r{at}@example.com",) for at in range(1, 31)
        )


def test_a_relay_that_refuses_nearly_all_readers_pauses_the_send_early(store: Store, tmp_path: Path) -> None:
    fill(store, 200)
    with smtp_server(answers={"RCPT": "550 5.1.1 no such user"}) as server, relay(server, tmp_path) as by:
        with pytest.raises(ProviderError, match=r"^(\d+) of the first \1 answers say that the address does not"):
            begin(store, by)
        send = store.sends.get(1)
        assert send.status is SendStatus.PAUSED
        assert "answers say that the address does not exist" in send.reason
        refused = counts(store)[S.REFUSED]
        assert ENOUGH <= refused < ENOUGH + by.provider.concurrency * by.provider.batch_size
        assert counts(store) == {S.REFUSED: refused, S.QUEUED: 200 - refused}
        assert list(store.suppressions.stream()) == []
        assert len(list(store.held_bounces.stream())) == refused
        server.script.answers.clear()
        assert resume(store, by).counts == {S.REFUSED: refused, S.SUBMITTED: 200 - refused}


def test_a_send_resumed_by_an_operator_is_not_paused_for_refusals_again(store: Store, tmp_path: Path) -> None:
    fill(store, 200)
    with smtp_server(answers={"RCPT": "550 5.1.1 no such user"}) as server, relay(server, tmp_path) as by:
        with pytest.raises(ProviderError):
            begin(store, by)
        assert resume(store, by).counts == {S.REFUSED: 200}


@pytest.mark.parametrize("deaths", [5, 35])
def test_a_relay_that_refuses_all_readers_pauses_the_send_even_after_a_kill(tmp_path: Path, deaths: int) -> None:
    url = f"sqlite:///{tmp_path / 'newsletter.db'}"
    with open_store(url) as store, smtp_server(answers={"RCPT": "550 5.1.1 no such user"}) as server:
        fill(store, 200)
        command = [sys.executable, "-c", KILLED, url, str(server.port), str(tmp_path), str(deaths)]
        assert subprocess.run(command, check=False).returncode == -9
        assert deaths <= counts(store)[S.REFUSED] < ENOUGH + 10
        with relay(server, tmp_path, connections=2, batch_size=5) as by:
            with pytest.raises(ProviderError, match="answers say that the address does not exist"):
                resume(store, by)
            assert store.sends.get(1).status is SendStatus.PAUSED
            assert ENOUGH <= counts(store)[S.REFUSED] < ENOUGH + 2 * 10
            server.script.answers.clear()
            assert resume(store, by).status.ended


def test_a_kill_after_the_last_of_the_first_answers_leaves_the_send_paused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'newsletter.db'}"
    with open_store(url) as store, smtp_server(answers={"RCPT": "550 5.1.1 no such user"}) as server:
        fill(store, 200)
        command = [sys.executable, "-c", KILLED, url, str(server.port), str(tmp_path), str(ENOUGH)]
        assert subprocess.run(command, check=False).returncode == -9
        send = store.sends.get(1)
        assert send.status is SendStatus.PAUSED
        assert "answers say that the address does not exist" in send.reason


@pytest.mark.parametrize(("gone", "answers", "doubted"), [(26, 50, True), (25, 50, False), (49, 49, False)])
def test_a_send_is_paused_if_more_than_half_of_the_first_answers_are_nonexistent_addresses(
    gone: int, answers: int, doubted: bool
) -> None:
    first = BounceGuard()
    for at in range(answers):
        status = S.REFUSED if at < gone else S.SUBMITTED
        reason = first.reason_to_pause([Receipt(subscriber=at, status=status, gone=at < gone)])
        assert bool(reason) is (doubted and at == answers - 1)
    assert first.reason_to_pause([Receipt(subscriber=99, status=S.DEFERRED)]) is None


def test_a_relay_that_answers_with_nul_does_not_stop_a_send(store: Store, tmp_path: Path) -> None:
    fill(store, 8)
    answers: dict[str | tuple[str, str], str] = {
        ("RCPT", "r2@example.com"): "550 5.1.1 no\0body",
        ("RCPT", "r3@example.com"): "451 4.7.1 grey\0listed",
        ("END", "r4@example.com"): "250 2.0.0 Ok: queued as A\0B",
    }
    with smtp_server(answers=answers) as server, relay(server, tmp_path) as by:
        begin(store, by)
        assert counts(store) == {S.SUBMITTED: 6, S.REFUSED: 1, S.DEFERRED: 1}
    refused = list(store.deliveries.stream(1, S.REFUSED))
    assert refused == [("r2@example.com", S.REFUSED, "550 5.1.1 no\ufffdbody (to RCPT TO)")]


def test_a_reason_with_nul_is_stored_without_it(store: Store, tmp_path: Path) -> None:
    fill(store, 3)
    answers: dict[str | tuple[str, str], str] = {"RCPT": "554 5.7.1 Client host rejected\0"}
    with (
        smtp_server(answers=answers) as server,
        relay(server, tmp_path) as by,
        pytest.raises(ProviderError, match="Client host rejected"),
    ):
        begin(store, by)
    assert store.sends.get(1).status is SendStatus.PAUSED
    assert "Client host rejected\ufffd" in store.sends.get(1).reason


def test_a_send_cancelled_after_a_kill_has_consistent_counts(store: Store, tmp_path: Path) -> None:
    fill(store, 3)
    with open_send_context("outbox", tmp_path) as by:
        store.sends.freeze(
            compiled=make.compiled(),
            tailor=make.tailor(),
            date=make.WHEN,
            segments=[EVERYONE],
            provider=by.provider_name,
            now=make.WHEN,
        )
    ledger.claim(store, 1, size=1)  # and the process died
    assert sending.cancel(store, 1).counts == {S.UNCERTAIN: 1, S.SKIPPED: 2}


def test_a_second_cancel_settles_deliveries_of_a_process_that_died_after_the_first(store: Store) -> None:
    fill(store, 3)
    store.sends.plan(issue=ISSUE, provider="outbox", now=make.WHEN)
    with store.leases.acquire(1) as lease:
        store.sends.freeze(
            compiled=make.compiled(),
            tailor=make.tailor(),
            date=make.WHEN,
            segments=[EVERYONE],
            provider="outbox",
            holder=lease.holder,
            now=make.WHEN,
        )
        ledger.claim(store, 1, size=1, holder=lease.holder)
        assert store.controls.cancel(1) == 2  # and the one who cancelled it did not wait for the process
        assert counts(store) == {S.SUBMITTING: 1, S.SKIPPED: 2}
    assert sending.cancel(store, 1).counts == {S.UNCERTAIN: 1, S.SKIPPED: 2}
    with pytest.raises(SendError, match="is already cancelled"):
        sending.cancel(store, 1)


def test_readers_who_leave_or_are_suppressed_after_the_freeze_are_skipped(store: Store, tmp_path: Path) -> None:
    ids = fill(store, 6)
    store.sends.freeze(
        compiled=make.compiled(),
        tailor=make.tailor(),
        date=make.WHEN,
        segments=[EVERYONE],
        provider="outbox",
        now=make.WHEN,
    )
    store.subscribers.remove("r2@example.com")
    store.suppressions.add("r4@example.com", SuppressionReason.COMPLAINED, now=make.WHEN)
    with open_send_context("outbox", tmp_path) as by:
        send = resume(store, by)
    assert send.counts == {S.SUBMITTED: len(ids) - 2, S.SKIPPED: 2}
    assert sorted(eml(tmp_path)) == ["r1", "r3", "r5", "r6"]


def test_a_resumed_send_has_the_frozen_content(store: Store, tmp_path: Path) -> None:
    fill(store, 2)
    store.sends.freeze(
        compiled=make.compiled(subject=("As frozen",)),
        tailor=make.tailor(),
        date=make.WHEN,
        segments=[EVERYONE],
        provider="outbox",
        now=make.WHEN,
    )
    with open_send_context("outbox", tmp_path) as by:
        resume(store, by)
    assert len(eml(tmp_path)) == 2
    assert all(b"Subject: As frozen\r\n" in message for message in eml(tmp_path).values())
    assert all(b"Date: Mon, 23 Nov 2026 06:30:00 +0000\r\n" in message for message in eml(tmp_path).values())


def test_a_send_cannot_be_resumed_with_another_provider(store: Store, tmp_path: Path) -> None:
    fill(store, 2)
    store.sends.freeze(
        compiled=make.compiled(),
        tailor=make.tailor(),
        date=make.WHEN,
        segments=[EVERYONE],
        provider="smtp",
        now=make.WHEN,
    )
    with open_send_context("outbox", tmp_path) as by, pytest.raises(SendError, match="began with the provider smtp"):
        resume(store, by)
    assert eml(tmp_path) == {}


def test_an_issue_without_a_send_cannot_be_resumed(store: Store, tmp_path: Path) -> None:
    with open_send_context("outbox", tmp_path) as by, pytest.raises(SendError, match="has no send to resume"):
        resume(store, by)


def test_an_address_unsupported_by_the_relay_affects_only_its_reader(tmp_path: Path) -> None:
    with open_store(new_sqlite(tmp_path / "newsletter.db")) as store, smtp_server(smtputf8=False) as server:
        fill(store, 3)
        store.subscribers.add(Subscriber(address="дарья@example.org"), now=make.WHEN)
        with relay(server, tmp_path) as by:
            send = begin(store, by)
        assert send.counts == {S.SUBMITTED: 3, S.REFUSED: 1}
        ((address, _, detail),) = store.deliveries.stream(send.id, S.REFUSED)
        assert address == "дарья@example.org"
        assert "SMTPUTF8" in detail


KILLED = """
import os, sys
from pathlib import Path
from newsletter import sending
from newsletter.store import open_store
from tests.sending import test_sending
from tests.sending.freeze_requests import to_everyone

url, port, root, deaths = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])

class Server:
    pass

server = Server()
server.port = port
with open_store(url) as store, test_sending.relay(server, root, connections=2, batch_size=5) as by:
    def die(done, total):
        if done >= deaths:
            os.kill(os.getpid(), 9)
    sending.start(store, by, to_everyone(), observer=sending.Observer(progress=die))
"""


@pytest.mark.parametrize("deaths", [0, 5, 40])
def test_a_killed_send_is_resumed_without_loss_and_holds_messages_in_flight(tmp_path: Path, deaths: int) -> None:
    url = f"sqlite:///{tmp_path / 'newsletter.db'}"
    with open_store(url) as store, smtp_server() as server:
        fill(store, 60)
        command = [sys.executable, "-c", KILLED, url, str(server.port), str(tmp_path), str(deaths)]
        assert subprocess.run(command, check=False).returncode == -9
        with relay(server, tmp_path) as by:
            with pytest.raises(SendError, match=r"was interrupted after .* of 60 readers: resume it"):
                begin(store, by)
            send = resume(store, by)
        held = send.counts.get(S.UNCERTAIN, 0)
        assert send.status is (SendStatus.FAILURES if held else SendStatus.FINISHED)
        assert held <= 10  # two connections with a batch of five each
        assert send.counts == {S.SUBMITTED: 60 - held} | ({S.UNCERTAIN: held} if held else {})
        got = [mail.recipients[0] for mail in server.received]
        assert len(got) == len(set(got))
        lost = {f"r{at}@example.com" for at in range(1, 61)} - set(got)
        assert lost <= {address for address, _, _ in store.deliveries.stream(send.id, S.UNCERTAIN)}


def test_a_killed_send_to_the_outbox_is_resumed_without_holding_any(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'newsletter.db'}"
    with open_store(url) as store:
        fill(store, 450)
        send = store.sends.freeze(
            compiled=make.compiled(),
            tailor=make.tailor(),
            date=make.WHEN,
            segments=[EVERYONE],
            provider="outbox",
            now=make.WHEN,
        )
        ledger.claim(store, send.id, size=200)
        with open_send_context("outbox", tmp_path) as by:
            assert resume(store, by).counts == {S.SUBMITTED: 450}
    assert len(eml(tmp_path)) == 450


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_send_told_to_stop_records_every_answer_and_holds_none(tmp_path: Path, number: int) -> None:
    stopped_at: list[int] = []

    def ask(done: int, _total: int) -> None:
        if done >= 5 and not stopped_at:  # always at a critical moment: between two answers and the ledger
            stopped_at.append(number)
            signal.raise_signal(number)

    handlers = [signal.getsignal(mail) for mail in (signal.SIGINT, signal.SIGTERM)]
    with open_store(new_sqlite(tmp_path / "newsletter.db")) as store, smtp_server() as server:
        fill(store, 60)
        with relay(server, tmp_path, connections=2, batch_size=5) as by:
            with pytest.raises(SendError, match=r"stopped on request.*can be resumed"):
                sending.start(store, by, to_everyone(), observer=Observer(progress=ask)).result()
            assert set(counts(store)) == {S.SUBMITTED, S.QUEUED}
            stopped = store.sends.get(1)
            # Ctrl-C was a person, who goes on; a service that is stopped goes on by itself when it is back.
            assert stopped.status is (SendStatus.PAUSED if number == signal.SIGINT else SendStatus.RUNNING)
            assert store.leases.holder(1) == ""
            assert counts(store)[S.SUBMITTED] == len(server.received) < 60
            assert resume(store, by).counts == {S.SUBMITTED: 60}
        assert len({mail.recipients for mail in server.received}) == len(server.received) == 60
    assert [signal.getsignal(mail) for mail in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_a_kill_makes_few_readers_of_a_relay_uncertain(tmp_path: Path) -> None:
    with open_send_context("smtp", tmp_path, host="127.0.0.1", security="none") as by:
        assert by.provider.concurrency * by.provider.batch_size <= 20


def test_a_proof_is_marked_goes_only_to_the_editor_and_opens_no_readers_page(tmp_path: Path) -> None:
    editor = Subscriber(address="editor@example.org", first_name="Ed")
    with open_send_context("outbox", tmp_path) as by:
        first = sending.send_proof(by, email=make.email(), reader=editor, now=make.WHEN)
        second = sending.send_proof(by, email=make.email(), reader=editor, now=make.WHEN)
    assert (first.status, second.status) == (S.SUBMITTED, S.SUBMITTED)
    files = list((tmp_path / "outbox").rglob("*.eml"))
    assert len(files) == 2
    for path in files:
        message = path.read_bytes()
        assert b"Subject: [Proof] Good morning, Ed\r\n" in message
        assert complaints(message) == []
