"""A send's rate, the time left, and who runs it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.segment import EVERYONE
from newsletter.domain.send import Send, SendStatus
from newsletter.domain.subscriber import Subscriber
from newsletter.publishing.sends.send_details import send_details
from newsletter.store import Store
from newsletter.tokens import Signer
from tests import make
from tests.make import WHEN


@pytest.fixture
def begun(store: Store) -> Send:
    """A send to four readers whose process died before its first message."""
    for number in range(4):
        store.subscribers.add(Subscriber(address=f"reader{number}@example.com"), now=WHEN)
    return store.sends.freeze(
        compiled=make.compiled(),
        tailor=make.tailor(),
        date=WHEN,
        segments=[EVERYONE],
        provider="test",
        signing_key=Signer(make.SECRET).key,
        now=WHEN,
    )


def at_work(begun: Send, began: datetime) -> Send:
    """Return the send as it is while its second run has handed over one of the three messages that were left."""
    counts = {DeliveryStatus.SUBMITTED: 2, DeliveryStatus.QUEUED: 2}
    return replace(begun, status=SendStatus.RUNNING, counts=counts, settled_before=1, resumed=began)


def test_a_running_send_has_the_rate_of_its_last_run_and_the_time_left(store: Store, begun: Send) -> None:
    with store.leases.acquire(begun.id):
        details = send_details(store, at_work(begun, WHEN), now=WHEN + timedelta(seconds=10))
    assert details.holder.startswith("process ")
    assert not details.is_left_alone
    assert (details.per_second, details.seconds_left) == (0.1, 20)
    assert details.reasons == {}


def test_a_send_that_no_process_runs_is_left_alone_and_has_no_rate(store: Store, begun: Send) -> None:
    details = send_details(store, at_work(begun, WHEN), now=WHEN + timedelta(seconds=10))
    assert (details.holder, details.is_left_alone) == ("", True)
    assert (details.per_second, details.seconds_left) == (None, None)


def test_a_send_that_waits_is_not_left_alone(store: Store, begun: Send) -> None:
    waiting = replace(at_work(begun, WHEN), waits_until=WHEN + timedelta(minutes=5))
    assert not send_details(store, waiting, now=WHEN).is_left_alone


def test_a_finished_send_has_the_rate_of_its_last_run(store: Store, begun: Send) -> None:
    finished = replace(
        at_work(begun, WHEN),
        status=SendStatus.FINISHED,
        counts={DeliveryStatus.SUBMITTED: 4},
        finished=WHEN + timedelta(seconds=6),
    )
    details = send_details(store, finished, now=WHEN + timedelta(days=1))
    assert (details.per_second, details.seconds_left) == (0.5, 0)


def test_a_paused_send_has_no_rate(store: Store, begun: Send) -> None:
    paused = replace(at_work(begun, WHEN), status=SendStatus.PAUSED)
    details = send_details(store, paused, now=WHEN + timedelta(seconds=10))
    assert (details.per_second, details.seconds_left) == (None, None)
