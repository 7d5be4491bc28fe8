"""A send that is killed, at random and at every step, loses no message and doubles none silently."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from itertools import count
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from newsletter.domain.delivery import Uncertainty
from tests.sending.conftest import FEW, READERS, SOME
from tests.sending.kills import (
    RECEIPT,
    Death,
    Outcome,
    Processes,
    Step,
    assert_nothing_lost_or_silently_doubled,
    died,
    killed,
    killed_at_random,
    new_copy,
    outcome,
    send,
    ses,
    smtp,
)
from tests.sending.receiving import PATIENCE, STEPS, Receiver, Ses, receiver
from tests.ses_stub import ses_stub

HOLD, RESEND = Uncertainty.HOLD, Uncertainty.RESEND
KILLS = 10  # of each send that is killed at random
POLICIES = (HOLD, RESEND)
AT = {1: HOLD, 5: RESEND, 8: HOLD, FEW: RESEND}  # the messages at which a process is killed, in all three batches


# At random ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", [HOLD, RESEND])
def test_random_kills_over_smtp_lose_no_message_and_double_only_uncertain_ones(
    processes: Processes, many: bytes, memory: Path, policy: Uncertainty
) -> None:
    with receiver() as server:
        via = smtp(server.port)
        summary = killed_at_random(
            processes, new_copy(many, memory), via, server, readers=READERS, kills=KILLS, policy=policy, seed=1
        )
    assert_holds(summary, policy, via.in_flight)


@pytest.mark.parametrize("policy", [HOLD, RESEND])
def test_random_kills_over_ses_lose_no_message_and_double_only_uncertain_ones(
    processes: Processes, some: bytes, memory: Path, policy: Uncertainty
) -> None:
    with ses_stub() as stub:
        via = ses(stub.url)
        summary = killed_at_random(
            processes, new_copy(some, memory), via, Ses(stub), readers=SOME, kills=KILLS, policy=policy, seed=1
        )
    assert_holds(summary, policy, via.in_flight)


def assert_holds(summary: Outcome, policy: Uncertainty, in_flight: int) -> None:
    """Assert what docs/sending.md promises."""
    assert_nothing_lost_or_silently_doubled(summary, policy)
    assert summary.kills == KILLS
    assert 0 < summary.in_flight <= KILLS * in_flight
    assert bool(summary.doubled) is (policy is RESEND)


# At each step ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS)
def test_a_send_survives_a_kill_at_any_step_of_the_protocol(
    processes: Processes, few: bytes, memory: Path, step: str
) -> None:
    for number, policy in AT.items():
        url = new_copy(few, memory)
        victim: Future[BaseProcess] = Future()
        left = count(number, -1)

        def kill(at: str, victim: Future[BaseProcess] = victim, left: Iterator[int] = left) -> None:
            if at == step and next(left) == 1:
                victim.result().kill()

        with receiver() as server:
            server.passing = kill
            victim.set_result(processes.start(url, smtp(server.port), policy))
            deaths = [died(victim.result(), url)]
            assert deaths[0] or step == "MAIL"  # whose first happens at the provider's check, before anything else
            assert_goes_on(url, server, deaths, policy)


def test_a_send_survives_a_kill_after_an_unrecorded_answer(processes: Processes, few: bytes, memory: Path) -> None:
    for number, policy in AT.items():
        url = new_copy(few, memory)
        with receiver() as server:
            deaths = [killed(processes, url, server, policy, Step(when="after", what=RECEIPT, time=number))]
            assert deaths[0]
            assert server.accepted >= number
            assert_goes_on(url, server, deaths, policy)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("what", "call"),
    [
        ("sends.plan", 1),
        ("leases.acquire", 1),
        ("sends.freeze", 1),
        ("deliveries.record_and_claim", 1),  # claims
        ("deliveries.record_and_claim", 2),  # writes answers down
        ("sends.finish", 1),
        ("leases.release", 1),
    ],
)
def test_a_send_survives_a_kill_before_and_after_each_commit(
    processes: Processes, few: bytes, memory: Path, what: str, call: int, when: str
) -> None:
    for policy in POLICIES:
        url = new_copy(few, memory)
        with receiver() as server:
            deaths = [killed(processes, url, server, policy, Step(when=when, what=what, time=call))]
            if (when, what, call) == ("after", "deliveries.record_and_claim", 1):
                assert (len(deaths[0]), server.accepted) == (FEW, 0)
            elif (when, what, call) == ("before", "deliveries.record_and_claim", 2):
                assert len(deaths[0]) == FEW
                assert server.accepted > 0
            elif what != "deliveries.record_and_claim":
                assert not deaths[0]
            assert_goes_on(url, server, deaths, policy)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_send_survives_a_kill_before_and_after_a_heartbeat(
    processes: Processes, few: bytes, memory: Path, when: str
) -> None:
    for policy in POLICIES:
        url, over = new_copy(few, memory), threading.Event()
        with receiver() as server:
            server.passing = lambda step, over=over: step == "DATA" and over.wait(PATIENCE)  # until its heart beats
            deaths = [killed(processes, url, server, policy, Step(when=when, what="leases.renew"), 0.1)]
            over.set()
            assert_goes_on(url, server, deaths, policy)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "what", ["leases.acquire", "controls.resume_held", "deliveries.settle_interrupted", "deliveries.resend_uncertain"]
)
def test_a_send_survives_a_second_kill_while_it_is_resumed(
    processes: Processes, few: bytes, memory: Path, what: str, when: str
) -> None:
    for number in (1, FEW):
        url = new_copy(few, memory)
        with receiver() as server:
            first = killed(processes, url, server, RESEND, Step(when="after", what=RECEIPT, time=number))
            second = killed(processes, url, server, RESEND, Step(when=when, what=what))
            settled = what == "deliveries.resend_uncertain" or (what, when) == (
                "deliveries.settle_interrupted",
                "after",
            )
            assert second == (frozenset() if settled else first)
            assert_goes_on(url, server, [first, second], RESEND)


def assert_goes_on(url: str, server: Receiver, deaths: Sequence[Death], policy: Uncertainty) -> None:
    """Finish the send in another process, and assert what docs/sending.md promises."""
    send(url, smtp(server.port), policy)
    assert_nothing_lost_or_silently_doubled(outcome(url, server, readers=FEW, deaths=deaths), policy)
