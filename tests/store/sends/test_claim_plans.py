"""PostgreSQL's cost of a batch doesn't depend on its statistics."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
import sqlalchemy as sa

from newsletter.domain.delivery import START, BatchResult, DeliveryPosition, DeliveryStatus, Receipt
from newsletter.domain.segment import EVERYONE
from newsletter.domain.send import Send
from newsletter.store import Store
from tests import make
from tests.rows import database_of, execute, fetch_column
from tests.sending.faults import fill

S = DeliveryStatus
READERS, BATCH, EARLIER = 1_000, 50, 10
EARLIER_SENDS = (
    "INSERT INTO send (issue, status, provider, digest, content, date, segments, created, left_out)"
    " SELECT 'old-' || n, 'finished', 'test', 'x', '', now(), '[]', now(), 0 FROM generate_series(1, %s) AS n"
)
DELIVERIES = (
    "INSERT INTO delivery (send, edition, subscriber, status, detail, provider_id, attempt)"
    " SELECT send.id, 0, subscriber.id, 'submitted', '', '', 1 FROM send, subscriber"
)
only_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@contextmanager
def another_session_has_the_table(store: Store) -> Iterator[None]:
    """Lock the table as VACUUM does, so that no other session can renew the statistics of `delivery`."""
    with database_of(store).writing() as connection:
        connection.exec_driver_sql("LOCK TABLE delivery IN SHARE UPDATE EXCLUSIVE MODE")
        yield


def with_history(store: Store) -> None:
    """Write some finished sends, and turn off autovacuum for the ledger."""
    fill(store, READERS)
    with database_of(store).writing() as connection:
        connection.exec_driver_sql(EARLIER_SENDS, (EARLIER,))
        connection.exec_driver_sql(DELIVERIES)
    execute(store, "ALTER TABLE delivery SET (autovacuum_enabled = off)", "ANALYZE")


def freeze(store: Store) -> Send:
    """Freeze a send to all readers."""
    return store.sends.freeze(
        compiled=make.compiled(),
        tailor=make.tailor(),
        date=make.WHEN,
        segments=[EVERYONE],
        provider="test",
        now=make.WHEN,
    )


@contextmanager
def rows_visited(store: Store) -> Iterator[list[int]]:
    """Record the number of rows of the three large tables that each transaction reads."""
    visited: list[int] = []

    def so_far(connection: sa.Connection) -> int:
        """Return the rows read by this session, including transactions that the server hasn't added up yet."""
        query = (
            "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
            " WHERE relname IN ('delivery', 'subscriber', 'suppression')"
        )
        return int(connection.exec_driver_sql(query).scalar_one())

    def begin(connection: sa.Connection) -> None:
        connection.info["before"] = so_far(connection)

    def commit(connection: sa.Connection) -> None:
        visited.append(so_far(connection) - connection.info["before"])

    engine = database_of(store).engine
    sa.event.listen(engine, "begin", begin)
    sa.event.listen(engine, "commit", commit)
    yield visited
    sa.event.remove(engine, "begin", begin)
    sa.event.remove(engine, "commit", commit)


@only_postgresql
@pytest.mark.parametrize("statistics", ["fresh", "from before the freeze", "none"])
def test_a_batch_reads_only_its_own_rows(store: Store, statistics: str) -> None:
    with_history(store)
    with ExitStack() as stack:
        if statistics != "fresh":
            stack.enter_context(another_session_has_the_table(store))
        send = freeze(store)
    if statistics == "none":
        execute(
            store,
            "DELETE FROM pg_statistic WHERE starelid IN (SELECT oid FROM pg_class WHERE relkind = 'r'"
            " AND relname IN ('delivery', 'subscriber', 'suppression'))",
            "UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE relname IN ('delivery', 'subscriber')",
        )
    place: DeliveryPosition = START
    answers: list[BatchResult] = []
    with rows_visited(store) as visited:
        while True:
            batch, _ = store.deliveries.record_and_claim(
                send.id, answers, slots=(), size=BATCH, after=place, now=make.WHEN
            )
            if not batch:
                break
            place = batch[-1].position
            # Some are returned, as if not handed over: they are claimed in the next pass.
            receipts = [Receipt(subscriber=claimed.subscriber, status=S.SUBMITTED) for claimed in batch[2:]]
            answers = [
                BatchResult(
                    batch=batch, receipts=receipts, due={}, returned=[claimed.subscriber for claimed in batch[:2]]
                )
            ]
    assert len(visited) == READERS // BATCH + 1
    # Claiming reads and locks each delivery, reads its reader, and marks it; recording reads it once more.
    assert max(visited) <= 6 * BATCH
    assert store.sends.get(send.id).counts == {S.SUBMITTED: READERS * 48 // 50, S.QUEUED: READERS * 2 // 50}


@only_postgresql
def test_a_freeze_renews_the_statistics_of_the_ledger(store: Store) -> None:
    with_history(store)
    freeze(store)
    known = "SELECT n_distinct FROM pg_stats WHERE tablename = 'delivery' AND attname = 'send'"
    assert fetch_column(store, known) == [EARLIER + 1]
