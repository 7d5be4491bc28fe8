"""Each reader may be deferred five times, at the documented times; throttling uses up no attempt."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter import sending
from newsletter.domain.delivery import DeliveryStatus, Uncertainty
from newsletter.domain.rate_limits import SendingSettings
from newsletter.domain.send import Send, SendStatus
from newsletter.providers import open_provider
from newsletter.providers.smtp.provider import open_smtp
from newsletter.sending import Observer, SendContext
from newsletter.sending.stop_signals import StopRequests
from newsletter.store import Store
from tests import make
from tests.clock import Clock
from tests.sending import faults
from tests.sending.freeze_requests import to_everyone
from tests.sending.kills import KEYS
from tests.ses_stub import ses_stub
from tests.smtp_server import CUT, SmtpServer, smtp_server

S = DeliveryStatus
PROMISED = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180)]


class Time:
    """A clock that advances only when code waits."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)
        self.observer = Observer(clock=lambda: self.now)

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=max(seconds, 0.001))


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    """Return a clock, so that no code really waits."""
    time = Time()
    monkeypatch.setattr(StopRequests, "wait", lambda _, seconds: time.wait(seconds))
    return time


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    """Start a relay that greylists the second of three readers."""
    with smtp_server(answers={("RCPT", "r2@example.com"): "451 4.7.1 greylisted"}) as running:
        yield running


@pytest.fixture
def relay(server: SmtpServer, tmp_path: Path) -> Iterator[SendContext]:
    """Return everything a send by that relay needs."""
    options = {"host": "127.0.0.1", "port": server.port, "security": "none", "timeout": 20}
    provider = open_smtp(options, root=tmp_path, environment={}, timer=Clock().timer())
    yield make.send_context(provider, "smtp")
    provider.close()


def begin(store: Store, context: SendContext, time: Time) -> Send:
    return sending.start(store, context, to_everyone(), observer=time.observer).result()


def waits(store: Store, context: SendContext, send: Send, time: Time) -> list[timedelta]:
    """Resume until the send has finished, and return the length of each wait, to the second."""
    lengths = []
    while not send.status.ended:
        assert send.waits_until is not None
        lengths.append(timedelta(seconds=round((send.waits_until - time.now).total_seconds())))
        time.now = send.waits_until
        send = sending.resume(store, context, issue=send.issue, observer=time.observer).result()
    return lengths


def test_a_greylisted_reader_is_retried_at_the_documented_times_and_after_a_retry(
    store: Store, server: SmtpServer, relay: SendContext, time: Time
) -> None:
    faults.fill(store, 3)
    begun = begin(store, relay, time)
    for waited, promised in zip(waits(store, relay, begun, time), PROMISED, strict=True):
        assert abs(waited - promised) <= timedelta(seconds=1)
    ((address, _, detail),) = store.deliveries.stream(1, S.REFUSED)
    assert (address, detail) == (
        "r2@example.com",
        "given up after 6 attempts: 451 4.7.1 greylisted (to RCPT TO)",
    )
    assert store.controls.retry_refused(1) == 1
    again = sending.resume(store, relay, issue=begun.issue, observer=time.observer).result()
    assert again.counts == {S.SUBMITTED: 2, S.DEFERRED: 1}
    server.script.answers.clear()
    assert len(waits(store, relay, again, time)) == 1
    assert store.sends.get(1).counts == {S.SUBMITTED: 3}


def test_throttling_uses_up_no_attempt(store: Store, tmp_path: Path, time: Time) -> None:
    faults.fill(store, 2)
    with ses_stub() as stub:
        stub.entry_results = {"r2@example.com": {"Status": "ACCOUNT_THROTTLED"}}

        def throttled_no_more(seconds: float) -> None:
            time.wait(seconds)
            if len(stub.sending_calls) > 8:
                stub.entry_results["r2@example.com"] = {"Status": "TRANSIENT_FAILURE"}

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(StopRequests, "wait", lambda _, seconds: throttled_no_more(seconds))
            options = {"region": "eu-west-1", "endpoint_url": stub.url}
            provider = open_provider("ses", options, root=tmp_path, environment=KEYS)
            send = begin(store, make.send_context(provider, "ses"), time)
            for _ in range(3):
                if stub.entry_results["r2@example.com"]["Status"] == "TRANSIENT_FAILURE" and send.counts.get(
                    S.DEFERRED
                ):
                    break
                assert send.waits_until is not None
                time.now = send.waits_until
                send = sending.resume(
                    store, make.send_context(provider, "ses"), issue=send.issue, observer=time.observer
                ).result()
        assert send.status is SendStatus.RUNNING
        assert send.counts == {S.SUBMITTED: 1, S.DEFERRED: 1}
        assert send.waits_until is not None
        assert send.waits_until - time.now > timedelta(seconds=50)  # the first of its five delays
        stub.entry_results.clear()
        time.now = send.waits_until
        assert sending.resume(
            store, make.send_context(provider, "ses"), issue=send.issue, observer=time.observer
        ).result().counts == {S.SUBMITTED: 2}
        provider.close()


def test_a_deferral_uses_up_none_of_an_uncertain_readers_three_attempts(
    store: Store, server: SmtpServer, relay: SendContext, time: Time
) -> None:
    faults.fill(store, 3)
    greylisted, unanswered = ("RCPT", "r2@example.com"), ("END", "r2@example.com")
    server.script.answers[unanswered] = CUT
    server.script.times |= {greylisted: 3, unanswered: 2}
    again = replace(relay, sending=SendingSettings(uncertain=Uncertainty.RESEND))
    assert len(waits(store, again, begin(store, again, time), time)) >= 3
    assert store.sends.get(1).counts == {S.SUBMITTED: 3}
