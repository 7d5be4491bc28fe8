"""Workers' heartbeats, so that a page can say whether anything will be sent."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.domain.workers import SeenWorker
from newsletter.store.database import Database
from newsletter.store.row_writes import insert_new
from newsletter.store.sends.process_identity import describe, is_gone
from newsletter.store.worker_tables import worker

_KEPT = timedelta(days=1)


class Workers:
    """The workers that have been seen lately. Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def beat(self, name: str, *, now: datetime, once: bool = False) -> None:
        """Note that a worker is alive; ``name`` is its process, as leases have it. Forget those of days ago."""
        with self._database.writing() as connection:
            mine = sa.update(worker).where(worker.c.name == name).values(seen=now)
            if not connection.execute(mine).rowcount:
                insert_new(connection, worker, {"name": name, "once": once, "started": now, "seen": now})
                connection.execute(sa.delete(worker).where(worker.c.seen < now - _KEPT))

    def leave(self, name: str) -> None:
        """Forget a worker that stops."""
        with self._database.writing() as connection:
            connection.execute(sa.delete(worker).where(worker.c.name == name))

    def seen(self) -> list[SeenWorker]:
        """Return the workers, without those that have certainly ended, the latest first."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(worker).order_by(worker.c.seen.desc())).all()
        return [
            SeenWorker(process=describe(row.name), once=row.once, started=row.started, seen=row.seen)
            for row in rows
            if row.once or not is_gone(row.name)
        ]
