"""Receipts match what the server accepted, pipelined or not, whatever it answers and wherever it disconnects."""

import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.errors import ProviderError, StoppedError, TakenOverError
from newsletter.message.mime import Letter, Recipient, Wire
from newsletter.providers.smtp.pool import FIRST_WAIT, LONGEST_WAIT, TRIES
from newsletter.providers.smtp.provider import Smtp, open_smtp
from tests import make
from tests.clock import Clock
from tests.providers.conftest import readers, statuses
from tests.wire_server import CUT, HALF, STEPS, THEN_CUT, WireServer, wire_server

SUBMITTED, REFUSED = DeliveryStatus.SUBMITTED, DeliveryStatus.REFUSED
DEFERRED, UNCERTAIN = DeliveryStatus.DEFERRED, DeliveryStatus.UNCERTAIN
BUSY = "421 4.3.2 too busy"


@pytest.fixture
def server() -> Iterator[WireServer]:
    """Start a pipelining server without faults."""
    with wire_server() as running:
        yield running


def relay(server: WireServer, clock: Clock | None = None, **options: int) -> Smtp:
    given = {"host": "127.0.0.1", "port": server.port, "security": "none", "timeout": 20} | options
    return open_smtp(given, root=Path(), environment={}, timer=(clock or Clock()).timer())


def hand_over(
    server: WireServer, wire: Wire, recipients: list[Recipient], clock: Clock | None = None, **options: int
) -> tuple[list[Receipt], ProviderError | None]:
    """Return the receipts, and the error if some messages have none.

    After an unclear answer the rest is handed over again, as in a send.
    """
    receipts: list[Receipt] = []
    provider = relay(server, clock, **options)
    try:
        while True:
            had = {reader.subscriber for reader in receipts}
            try:
                receipts.extend(
                    provider.submit(
                        make.letters(wire, [reader for reader in recipients if reader.subscriber not in had])
                    )
                )
            except ProviderError as err:
                if len(receipts) == len(had) or "no clear answer" not in err.what:
                    return receipts, err
            else:
                return receipts, None
    finally:
        provider.close()


def audit(
    server: WireServer, wire: Wire, recipients: list[Recipient], receipts: list[Receipt], stopped: ProviderError | None
) -> dict[int, DeliveryStatus]:
    """Compare the receipts with the server's record, and return the statuses by reader."""
    by_reader = statuses(receipts)
    accepted = dict(server.accepted)
    assert len(accepted) == len(server.accepted), "a message was handed over twice"
    for recipient in recipients:
        status = by_reader.get(recipient.subscriber)
        if recipient.address in accepted:
            assert accepted[recipient.address] == wire.message(recipient)
            assert status in (SUBMITTED, UNCERTAIN), "a message that the server has is not counted"
        else:
            assert status is not SUBMITTED, "a message counts that the server does not have"
        if status is REFUSED:
            assert recipient.address in server.refused
        if status is UNCERTAIN:
            assert recipient.address in server.open_ended, "the server had answered"
        assert status is not None or stopped is not None, "lost"
    return by_reader


def test_the_next_commands_are_pipelined_with_the_previous_message(server: WireServer, wire: Wire) -> None:
    recipients = readers(4)
    assert audit(server, wire, recipients, *hand_over(server, wire, recipients)) == dict.fromkeys(
        range(1, 5), SUBMITTED
    )
    assert server.commands == ["EHLO", *["MAIL", "RCPT", "DATA"] * 4, "QUIT"]
    assert server.connections == 1


@pytest.mark.parametrize("abrupt", [False, True])
@pytest.mark.parametrize("pipelining", [False, True])
@pytest.mark.parametrize("reaction", [CUT, HALF, THEN_CUT])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_server_that_disconnects_at_any_step_affects_at_most_one_message(
    server: WireServer, wire: Wire, step: str, position: int, reaction: str, pipelining: bool, abrupt: bool
) -> None:
    server.pipelining, server.abrupt = pipelining, abrupt
    server.script = {step: [""] * position + [reaction]}
    recipients = readers(4)
    by_reader = audit(server, wire, recipients, *hand_over(server, wire, recipients, messages_per_connection=3))
    others = [number for number, status in by_reader.items() if status is not SUBMITTED]
    assert len(by_reader) == 4
    assert len(others) <= 1
    told_to_write = (step, reaction) == ("DATA", THEN_CUT)
    if step in ("BODY", "END"):
        assert all(by_reader[number] is UNCERTAIN for number in others)
    elif not abrupt and position and not told_to_write:
        assert others == []
    else:
        assert all(by_reader[number] in (DEFERRED, UNCERTAIN) for number in others)


@pytest.mark.parametrize("pipelining", [False, True])
@pytest.mark.parametrize("takes_data_for_nobody", [False, True])
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "END"])
@pytest.mark.parametrize(("answer", "status"), [("450 4.2.0 not now", DEFERRED), ("550 5.1.1 never", REFUSED)])
@pytest.mark.parametrize("position", [0, 1, 3])
def test_a_refusal_affects_one_reader_and_ends_the_transaction(
    server: WireServer,
    wire: Wire,
    step: str,
    answer: str,
    status: DeliveryStatus,
    pipelining: bool,
    takes_data_for_nobody: bool,
    position: int,
) -> None:
    server.pipelining, server.takes_data_for_nobody = pipelining, takes_data_for_nobody
    server.script = {step: [""] * position + [answer]}
    recipients = readers(4)
    receipts, stopped = hand_over(server, wire, recipients)
    by_reader = audit(server, wire, recipients, receipts, stopped)
    if step == "MAIL" and status is REFUSED and position:
        # It would be about the sender, which is believed only on a new connection, where it isn't repeated.
        assert (by_reader, stopped) == (dict.fromkeys(range(1, 5), SUBMITTED), None)
        assert server.connections == 2
    elif step == "MAIL" and status is REFUSED:
        assert stopped is not None
        assert by_reader == {}
    else:
        assert by_reader == dict.fromkeys(range(1, 5), SUBMITTED) | {position + 1: status}
        assert answer[4:] in next(receipt.detail for receipt in receipts if receipt.status is status)
        assert server.connections == 1


def test_consecutive_refusals_are_matched_to_their_readers(server: WireServer, wire: Wire) -> None:
    server.takes_data_for_nobody = True
    server.script = {"RCPT": ["550 one", "", "450 three", "550 four", ""], "END": ["554 two"], "DATA": ["451 five"]}
    recipients = readers(6)
    by_reader = audit(server, wire, recipients, *hand_over(server, wire, recipients))
    assert by_reader == {1: REFUSED, 2: DEFERRED, 3: DEFERRED, 4: REFUSED, 5: REFUSED, 6: SUBMITTED}


_ANSWERS = [
    "",
    "",
    "",
    "",
    "450 4.2.0 not now",
    "550 5.1.1 no such user",
    BUSY,
    "454 4.7.0 throttled",
    CUT,
    HALF,
    THEN_CUT,
]
_SCRIPTS = st.fixed_dictionaries(
    {
        "greeting": st.lists(st.sampled_from(["", "", BUSY, CUT, HALF, THEN_CUT]), max_size=4),
        "BODY": st.lists(st.sampled_from(["", "", "", CUT]), max_size=4),
    }
    | {step: st.lists(st.sampled_from(_ANSWERS), max_size=6) for step in ("MAIL", "RCPT", "DATA", "END")}
)


@settings(max_examples=75, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    script=_SCRIPTS,
    pipelining=st.booleans(),
    takes_data_for_nobody=st.booleans(),
    abrupt=st.booleans(),
    messages_per_connection=st.integers(1, 5),
    batches=st.lists(st.integers(1, 5), min_size=1, max_size=3),
)
@example({"END": [BUSY] * 20}, True, False, False, 5, [3, 2])
@example({"RCPT": ["550 no", CUT], "DATA": [BUSY]}, True, True, True, 5, [5])
def test_receipts_match_what_the_server_did(
    server: WireServer,
    wire: Wire,
    script: dict[str, list[str]],
    pipelining: bool,
    takes_data_for_nobody: bool,
    abrupt: bool,
    messages_per_connection: int,
    batches: list[int],
) -> None:
    server.script = {step: list(reactions) for step, reactions in script.items()}
    server.pipelining, server.takes_data_for_nobody, server.abrupt = pipelining, takes_data_for_nobody, abrupt
    server.accepted, server.refused, server.open_ended = [], set(), set()
    recipients = readers(sum(batches))
    provider = relay(server, messages_per_connection=messages_per_connection)
    receipts: list[Receipt] = []
    stopped = None
    start = 0
    for size in batches:
        try:
            receipts.extend(provider.submit(make.letters(wire, recipients[start : start + size])))
        except ProviderError as err:
            stopped = err
            break
        start += size
    provider.close()
    for status in audit(server, wire, recipients, receipts, stopped).values():
        event(status)


# Busy servers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["RCPT", "DATA", "END"])
@pytest.mark.parametrize("answer", [BUSY, "454 4.7.0 Throttling failure: Maximum sending rate exceeded"])
def test_a_busy_server_is_retried_after_a_pause(server: WireServer, wire: Wire, step: str, answer: str) -> None:
    clock, recipients = Clock(), readers(3)
    server.script = {step: ["", answer]}
    by_reader = audit(server, wire, recipients, *hand_over(server, wire, recipients, clock))
    assert by_reader == dict.fromkeys((1, 2, 3), SUBMITTED)
    assert clock.waits == [FIRST_WAIT]
    assert server.connections == 2


@pytest.mark.parametrize("step", ["greeting", "MAIL", "RCPT", "END"])
def test_pauses_grow_to_a_limit_and_end_with_an_error(server: WireServer, wire: Wire, step: str) -> None:
    clock, recipients = Clock(), readers(20)
    server.script = {step: [BUSY] * 100}
    receipts, stopped = hand_over(server, wire, recipients, clock)
    assert receipts == []
    assert stopped is not None
    assert BUSY in str(stopped)
    assert "try again later" in stopped.hint
    assert clock.waits == [min(LONGEST_WAIT, FIRST_WAIT * 2**tried) for tried in range(TRIES - 1)]
    assert server.connections == TRIES


def test_an_abandoned_server_is_retried_later(server: WireServer, wire: Wire) -> None:
    clock, letters = Clock(), make.letters(wire, readers(2))
    provider = relay(server, clock)
    server.script = {"greeting": [BUSY] * TRIES}
    with pytest.raises(ProviderError, match="too busy") as first:
        list(provider.submit(letters))
    with pytest.raises(ProviderError, match="too busy"):  # immediately, without contacting it
        list(provider.submit(letters))
    assert server.connections == TRIES
    assert first.value.again is not None
    clock.now += first.value.again
    assert statuses(list(provider.submit(letters))) == {1: SUBMITTED, 2: SUBMITTED}
    provider.close()


def test_each_thread_raises_its_own_error_for_an_abandoned_server(server: WireServer, wire: Wire) -> None:
    provider = relay(server, connections=4)
    server.script = {"greeting": [BUSY] * TRIES}

    def submit(number: int) -> ProviderError:
        with pytest.raises(ProviderError, match="too busy") as caught:
            list(provider.submit(make.letters(wire, [make.recipient(number)])))
        return caught.value

    first = submit(1)
    frames = len(list(traceback.walk_tb(first.__traceback__)))
    with ThreadPoolExecutor(4) as pool:
        errors = [first, *pool.map(submit, range(2, 10))]
    provider.close()
    assert server.connections == TRIES
    assert len({id(error) for error in errors}) == len(errors)
    assert len({str(error) for error in errors}) == 1
    assert len(list(traceback.walk_tb(first.__traceback__))) == frames  # another thread would add its frames to it


def test_the_first_accepted_message_resets_the_pauses(server: WireServer, wire: Wire) -> None:
    clock, recipients = Clock(), readers(3)
    server.script = {"END": [BUSY, BUSY, "", BUSY, BUSY]}
    receipts, stopped = hand_over(server, wire, recipients, clock)
    assert set(audit(server, wire, recipients, receipts, stopped).values()) <= {SUBMITTED, DEFERRED}
    assert clock.waits == [1, 2, 1]


def test_a_refused_connection_is_retried(server: WireServer, wire: Wire) -> None:
    clock, recipients = Clock(), readers(2)
    provider = relay(server, clock)
    server.script = {"greeting": ["", "421 4.3.2 restarting", CUT, "451 4.3.0 soon"], "END": [THEN_CUT]}
    provider.check_sender(make.SENDER)
    assert statuses(list(provider.submit(make.letters(wire, recipients)))) == {1: SUBMITTED, 2: SUBMITTED}
    provider.close()
    assert clock.waits == [1, 2, 4]


def test_a_busy_answer_to_one_reader_does_not_stop_the_others(server: WireServer, wire: Wire) -> None:
    recipients = readers(4)
    server.script = {"RCPT": ["", BUSY, "", "", BUSY]}  # the second reader, who comes last
    receipts, stopped = hand_over(server, wire, recipients)
    assert stopped is None
    by_reader = audit(server, wire, recipients, receipts, stopped)
    assert by_reader == {1: SUBMITTED, 2: DEFERRED, 3: SUBMITTED, 4: SUBMITTED}


def test_a_check_frees_a_connection_for_itself(server: WireServer, wire: Wire) -> None:
    provider = relay(server, connections=1)
    assert statuses(list(provider.submit(make.letters(wire, readers(1))))) == {1: SUBMITTED}
    provider.check_sender(make.SENDER)
    provider.close()
    assert server.commands == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT", "EHLO", "MAIL", "RSET", "QUIT"]


def test_a_server_that_limits_connections_gets_fewer(server: WireServer, wire: Wire) -> None:
    server.most_connections = 2
    clock, recipients = Clock(), readers(60)
    provider = relay(server, clock, connections=6)
    first = threading.Barrier(6, timeout=20)

    def submit(number: int) -> list[Receipt]:
        if number < 6:
            first.wait()
        return list(provider.submit(make.letters(wire, recipients[number * 5 : number * 5 + 5])))

    with ThreadPoolExecutor(6) as pool:
        receipts = [receipt for by_reader in pool.map(submit, range(12)) for receipt in by_reader]
    provider.close()
    by_reader = audit(server, wire, recipients, receipts, None)
    assert by_reader == dict.fromkeys(range(1, 61), SUBMITTED)


def test_a_server_that_accepts_messages_without_answering_is_abandoned(server: WireServer, wire: Wire) -> None:
    clock, recipients = Clock(), readers(30)
    server.script = {"END": [CUT] * 100}
    receipts, stopped = hand_over(server, wire, recipients, clock)
    assert stopped is not None
    assert set(audit(server, wire, recipients, receipts, stopped).values()) == {UNCERTAIN}
    assert len(receipts) == TRIES


# Servers that say too much, or too slowly ----------------------------------------------------------------------------


@pytest.mark.parametrize("pipelining", [False, True])
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "END"])
def test_duplicate_answers_are_never_matched_to_another_reader(
    server: WireServer, wire: Wire, step: str, pipelining: bool
) -> None:
    server.pipelining, server.twice = pipelining, frozenset({step})
    recipients = readers(6)
    by_reader = audit(server, wire, recipients, *hand_over(server, wire, recipients))
    assert set(by_reader.values()) <= ({SUBMITTED} if step == "END" else {DEFERRED, UNCERTAIN, SUBMITTED})
    if step == "END":
        assert len(by_reader) == 6
        assert server.connections >= 6  # such a connection is closed after its first message


@pytest.mark.parametrize("pipelining", [False, True])
@pytest.mark.parametrize("unasked", ["550 5.7.1 sender address rejected", "554 5.7.1 relay access denied", "250 Ok"])
def test_an_unsolicited_refusal_does_not_stop_the_send(
    server: WireServer, wire: Wire, unasked: str, pipelining: bool
) -> None:
    server.pipelining, server.unasked = pipelining, {"END": unasked}
    recipients = readers(4)
    by_reader = audit(server, wire, recipients, *hand_over(server, wire, recipients))
    assert by_reader == dict.fromkeys(range(1, 5), SUBMITTED)


def test_the_timeout_applies_to_a_whole_answer(server: WireServer, wire: Wire) -> None:
    server.dribble = 0.3  # seconds: less than the timeout for each octet, more for the whole answer
    receipts, _ = hand_over(server, wire, readers(1), timeout=1)
    assert statuses(receipts) == {1: UNCERTAIN}


@pytest.mark.parametrize("pipelining", [False, True])
def test_the_lease_is_checked_again_right_before_a_message(server: WireServer, wire: Wire, pipelining: bool) -> None:
    """The next message was built while the previous one was in flight; then the lease is lost."""
    server.pipelining = pipelining
    provider = relay(server)
    receipts: list[Receipt] = []

    def ask() -> None:
        if server.accepted:
            raise TakenOverError(issue="2026-11-23")

    with pytest.raises(StoppedError, match="taken over"):
        receipts.extend(provider.submit([Letter(wire, recipient, ask) for recipient in readers(2)]))
    provider.close()
    assert statuses(receipts) == {1: SUBMITTED}
    assert len(server.accepted) == 1


def test_a_message_is_not_written_to_its_end_once_the_send_is_lost() -> None:
    wire = Wire(make.email(html=("<p>One of very many lines.</p>\n" * 250_000,)), make.WHEN)
    lost: list[bool] = []

    def ask() -> None:
        if lost:
            raise TakenOverError(issue="2026-11-23")

    with wire_server(window=4096) as server:
        server.reading = lambda: lost.append(True)
        provider = relay(server)
        with pytest.raises(StoppedError, match="taken over"):
            list(provider.submit([Letter(wire, recipient, ask) for recipient in readers(1)]))
        provider.close()
        assert server.accepted == []


def test_a_servers_answer_is_stored_without_bytes_that_databases_refuse(server: WireServer, wire: Wire) -> None:
    server.script = {"END": ["250 2.0.0 Ok: queued as A\0B\x1b[31m"], "RCPT": ["", "550 5.1.1 no\0body \x07here"]}
    receipts, _ = hand_over(server, wire, readers(2))
    assert [receipt.detail for receipt in receipts] == [
        "2.0.0 Ok: queued as A\ufffdB\ufffd[31m",
        "550 5.1.1 no\ufffdbody \ufffdhere (to RCPT TO)",
    ]
