"""Readers and the ledger, in SQLite or PostgreSQL through one code.

``open_store`` gives a Store. Whatever goes wrong behind it is a StoreError that says what to do, and changed nothing.
"""

from contextlib import AbstractContextManager
from datetime import datetime
from types import TracebackType
from typing import Self

from newsletter.store.database import Database
from newsletter.store.events.provider_events import Events
from newsletter.store.events.tracking import Responses
from newsletter.store.installation import Installation
from newsletter.store.migrate import exists, open_database, upgrade
from newsletter.store.notices import Notices
from newsletter.store.running_alone import running_alone
from newsletter.store.sends.controls import Controls
from newsletter.store.sends.frozen import Frozen
from newsletter.store.sends.leases import Lease, Leases
from newsletter.store.sends.rate_limits import Paces
from newsletter.store.sends.sends import Sends
from newsletter.store.sqlite import sqlite_library
from newsletter.store.subscribers.collisions import Collision, CollisionKind, Collisions
from newsletter.store.subscribers.confirmations import Confirmations
from newsletter.store.subscribers.erasures import Erasures
from newsletter.store.subscribers.held_bounces import HeldBounces
from newsletter.store.subscribers.import_merge import Aside, MergeCounts
from newsletter.store.subscribers.self_service import SelfService, TakenError
from newsletter.store.subscribers.service_bounces import SERVICE_QUIET, ServiceBounces
from newsletter.store.subscribers.subscribers import Subscribers
from newsletter.store.subscribers.suppressions import Suppression, Suppressions

__all__ = [
    "SERVICE_QUIET",
    "Aside",
    "Collision",
    "CollisionKind",
    "Lease",
    "MergeCounts",
    "Store",
    "Suppression",
    "TakenError",
    "exists",
    "open_store",
    "sqlite_library",
    "upgrade",
]


class Store:
    """An open database: subscribers, suppressions, sends, paces, its installation. May be used from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.subscribers = Subscribers(database)
        self.suppressions = Suppressions(database)
        self.held_bounces = HeldBounces(database)
        self.service_bounces = ServiceBounces(database)
        self.readers = SelfService(database)
        self.confirmations = Confirmations(database)
        self.erasures = Erasures(database)
        self.collisions = Collisions(database)
        self.events = Events(database)
        self.sends = Sends(database)
        self.frozen = Frozen(database)
        self.controls = Controls(database)
        self.leases = Leases(database)
        self.notices = Notices(database)
        self.installation = Installation(database)
        self.paces = Paces(database)
        self.responses = Responses(database)

    def now(self) -> datetime:
        """Return the time by the clock that all hosts of this database share."""
        return self._database.now()

    def now_at_once(self) -> datetime:
        """Return this time for somebody who must not wait for the server; others have to ask for ``now`` meanwhile."""
        return self._database.now_at_once()

    def scrub(self, seconds: float = 10) -> bool:
        """Empty SQLite's log, which still has what was deleted; return whether nobody was in the way for so long."""
        return self._database.scrub(seconds)

    @property
    def unscrubbed(self) -> bool:
        """Whether a reader was removed here and ``scrub`` has not succeeded since."""
        return self._database.unscrubbed

    def running_alone(self, command: str) -> AbstractContextManager[None]:
        """Hold the lock of a command, by its name. Raises BusyError if another process runs it with this database."""
        return running_alone(self._database, command)

    def close(self) -> None:
        """Give the connections back; an iteration that is under way ends with an error."""
        self._database.close()

    @property
    def warning(self) -> str | None:
        """Return what operators should know about the database's library, and how to fix it; None if all is well."""
        return sqlite_library().warning if self._database.is_sqlite else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_store(url: str) -> Store:
    """The store of a database URL: ``sqlite:///path`` or ``postgresql://user:password@host/name``.

    A new database gets its tables; an older SQLite file is upgraded after a copy was put beside it. Raises StoreError
    where the database is locked, newer than this program, an older PostgreSQL one, or cannot be opened.
    """
    return Store(open_database(url))
