"""The upgrade of a database of the version before the team's studio, with a send under way and another scheduled."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.segment import EVERYONE
from newsletter.domain.send import SendStatus
from newsletter.publishing.sends.send_watch import watch_send
from newsletter.sending import run_due_sends
from newsletter.store import Store, migrate, open_store
from newsletter.store.engines import connect
from newsletter.store.tables import installation, metadata
from tests import ledger, make
from tests.databases import new_sqlite
from tests.people import PUBLISHER
from tests.rows import database_of
from tests.sending.faults import Accepting, fill
from tests.sending.workers import DEADLINE, hands

S = DeliveryStatus
BEFORE, READERS = "0015", 7
TODAY, TOMORROW = "2026-11-23", "2026-11-24"
A_DAY = timedelta(days=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def older(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """Return a database with the tables of the earlier version. Of its seven readers, three have today's issue, and for
    one nobody knows; tomorrow's issue is scheduled."""
    url = f"sqlite:///{tmp_path}/older.db"
    if request.param == "postgresql":
        url = str(request.getfixturevalue("empty_postgresql"))
    with open_store(new_sqlite(tmp_path / "newer.db")) as newer:
        _begin_sends(newer)
        _copy_to_older_tables(newer, url)
    return url


def _begin_sends(store: Store) -> None:
    fill(store, READERS)
    frozen = store.sends.freeze(
        compiled=make.compiled(issue=TODAY),
        tailor=make.tailor(slug=TODAY),
        date=make.WHEN,
        provider="test",
        segments=[EVERYONE],
        now=make.WHEN,
    )
    batch = ledger.claim(store, frozen.id, size=4)
    answers = [make.submitted(claimed.subscriber) for claimed in batch[:3]]
    ledger.record(store, frozen.id, answers, batch=batch[:3])
    store.sends.schedule(
        issue=TOMORROW,
        provider="test",
        segments=[EVERYONE],
        begins=make.WHEN + A_DAY,
        deadline=DEADLINE,
        now=make.WHEN,
    )


def _copy_to_older_tables(newer: Store, url: str) -> None:
    with closing(connect(url)) as older, older.exclusive() as connection:
        config = Config(attributes={"connection": connection, "version_table": migrate.REVISION_TABLE})
        config.set_main_option("script_location", str(migrate.MIGRATIONS))
        config.set_main_option("path_separator", "os")
        command.upgrade(config, BEFORE)
        known = sa.inspect(connection)
        with database_of(newer).reading() as source:
            for table in metadata.sorted_tables:
                if known.has_table(table.name) and table is not installation:  # it names the newer file
                    names = {column["name"] for column in known.get_columns(table.name)}
                    rows = source.execute(sa.select(*(column for column in table.columns if column.name in names)))
                    if values := [dict(row) for row in rows.mappings()]:
                        connection.execute(sa.insert(table), values)


def test_sends_of_the_version_before_go_on_after_the_upgrade(older: str) -> None:
    assert len(migrate.upgrade(older)) == len(migrate._revisions()) - migrate._revisions().index(BEFORE) - 1
    provider = Accepting()
    with open_store(older) as store:
        watched = watch_send(PUBLISHER, store, TODAY, now=make.WHEN)
        assert watched.counts == {S.SUBMITTED: 3, S.SUBMITTING: 1, S.QUEUED: 3}
        by = make.send_context(provider)
        now = make.WHEN + A_DAY
        assert run_due_sends(store, hands(store, by, clock=lambda: now), lambda: now) is None
        today, tomorrow = store.sends.of_issue(TODAY), store.sends.of_issue(TOMORROW)
        assert today is not None
        assert tomorrow is not None
        assert (today.status, today.counts) == (SendStatus.FAILURES, {S.SUBMITTED: 6, S.UNCERTAIN: 1})
        assert (tomorrow.status, tomorrow.counts) == (SendStatus.FINISHED, {S.SUBMITTED: READERS})
    assert len(provider.accepted) == 3 + READERS
