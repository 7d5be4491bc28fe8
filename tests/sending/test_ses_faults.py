"""SES that fails in every way at many calls: no message is lost, and only uncertain ones may be doubled."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from newsletter import sending
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.send import SendStatus
from newsletter.domain.subscriber import Subscriber
from newsletter.providers import open_provider
from newsletter.sending import Observer
from newsletter.store import open_store
from tests import make
from tests.databases import new_sqlite
from tests.rows import fetch_column
from tests.sending.freeze_requests import to_everyone
from tests.sending.kills import KEYS, ses
from tests.ses_stub import Fault, ses_stub

S = DeliveryStatus
READERS = 600
KINDS = (
    Fault(kind="TooManyRequestsException", status=429),
    Fault(kind="InternalFailure", status=500),
    Fault(kind="close"),
    Fault(kind="close", accepted=True),
    Fault(kind="hang", accepted=True),
    Fault(kind="truncate", accepted=True),
    Fault(kind="garbage", accepted=True),
)
FINE = Fault(kind="none")


def test_faults_of_every_kind_at_a_tenth_of_the_calls_lose_and_double_no_message(tmp_path: Path) -> None:
    chance = random.Random(1)
    now = [datetime(2026, 11, 23, 12, tzinfo=UTC)]

    def clock() -> datetime:
        now[0] += timedelta(seconds=1)  # so that waits take no time
        return now[0]

    with open_store(new_sqlite(tmp_path / "newsletter.db")) as store, ses_stub() as stub:
        store.subscribers.merge([[Subscriber(address=f"r{at}@example.com") for at in range(READERS)]], now=make.WHEN)
        stub.faults = [chance.choice([*KINDS, FINE, FINE, FINE]) for _ in range(90)]
        faults = Counter(fault for fault in stub.faults)
        assert min(faults[kind] for kind in KINDS) >= 3
        via = ses(stub.url)
        provider = open_provider("ses", {**via.options, "timeout": 1}, root=tmp_path, environment=KEYS)
        provider.batch_size = 5
        context = make.send_context(provider, "ses")
        observer = Observer(clock=clock)
        send = sending.start(store, context, to_everyone(), observer=observer).result()
        for _ in range(200):
            if send.status.ended:
                break
            assert send.waits_until is not None
            now[0] = send.waits_until
            send = sending.resume(store, context, issue=send.issue, observer=observer).result()
        provider.close()
        times = Counter(mailed.to for mailed in stub.mailed)
        stands = {address: status for address, status, _ in store.deliveries.stream(send.id)}
        (attempts,) = fetch_column(store, "SELECT sum(attempt) FROM delivery")
        assert store.rate_limits.slowed("ses", now[0].timestamp())
    assert send.status is SendStatus.FAILURES
    assert set(send.counts) == {S.SUBMITTED, S.UNCERTAIN}
    assert sum(send.counts.values()) == READERS
    # Accepted exactly once, except for ambiguous ones, which are uncertain.
    assert all(times[address] == 1 for address, status in stands.items() if status is S.SUBMITTED)
    assert max(times.values()) == 1
    assert {stands[address] for address in times} <= {S.SUBMITTED, S.UNCERTAIN}
    # One request per attempt: nothing is repeated without the ledger's knowledge.
    assert sum(len(call["BulkEmailEntries"]) for call in stub.sending_calls) <= attempts
    assert attempts > READERS  # messages that SES deferred were retried
