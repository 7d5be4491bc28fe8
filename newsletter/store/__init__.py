"""Readers and the ledger of sends, in SQLite or PostgreSQL, with the same code for both.

``open_store`` returns a Store. Its methods raise a StoreError that says what to do, and then have changed nothing.
"""

from contextlib import AbstractContextManager
from datetime import datetime
from types import TracebackType
from typing import Self

from newsletter.store.captured_links import CapturedLinks
from newsletter.store.daily_totals import DailyTotals
from newsletter.store.database import Database
from newsletter.store.events.failures import Failures
from newsletter.store.events.polls import Polls
from newsletter.store.events.provider_events import Events
from newsletter.store.events.tracking import ClicksAndOpens
from newsletter.store.installation import Installation
from newsletter.store.issue_totals import IssueTotals, StoredTotals
from newsletter.store.migrate import exists, open_database, upgrade
from newsletter.store.notices import Notices
from newsletter.store.reminders import Reminders
from newsletter.store.reviews.comments import Comments
from newsletter.store.reviews.edits import Edits
from newsletter.store.reviews.review_events import ReviewEvents
from newsletter.store.reviews.ticked_findings import TickedFindings
from newsletter.store.sends.controls import Controls
from newsletter.store.sends.deliveries import Deliveries
from newsletter.store.sends.frozen import Frozen
from newsletter.store.sends.leases import Lease, Leases
from newsletter.store.sends.process_identity import this_process
from newsletter.store.sends.rate_limits import RateLimits
from newsletter.store.sends.schedules import Schedules
from newsletter.store.sends.sends import Sends
from newsletter.store.sqlite import sqlite_library
from newsletter.store.staff.attempts import SignInAttempts
from newsletter.store.staff.audit import Audit
from newsletter.store.staff.members import LastAdminError, MemberExistsError, StaffMembers
from newsletter.store.staff.passkeys import KeyExistsError, LastKeyError, Passkeys
from newsletter.store.staff.sessions import StaffSessions
from newsletter.store.staff.sign_in_links import Ceremonies, SignInLinks
from newsletter.store.subscribers.address_changes import AddressChanges, AddressTakenError
from newsletter.store.subscribers.collisions import Collision, CollisionKind, Collisions
from newsletter.store.subscribers.confirmations import Confirmations
from newsletter.store.subscribers.erasures import Erasures
from newsletter.store.subscribers.held_bounces import HeldBounces
from newsletter.store.subscribers.import_merge import ImportedDetails, MergeCounts
from newsletter.store.subscribers.leaving import Leaving
from newsletter.store.subscribers.reader_search import ReaderSearch, ReaderTotals, SuppressedAddress
from newsletter.store.subscribers.segment_steps import SegmentSteps
from newsletter.store.subscribers.self_service import MissingSignUpError, SelfService
from newsletter.store.subscribers.service_bounces import SERVICE_QUIET, ServiceBounces
from newsletter.store.subscribers.subscribers import ReaderExistsError, Subscribers
from newsletter.store.subscribers.suppressions import AddressSuppressedError, Suppression, Suppressions
from newsletter.store.subscribers.topic_followers import TopicFollowers
from newsletter.store.work_lock import work_lock
from newsletter.store.workers import Workers

__all__ = [
    "SERVICE_QUIET",
    "AddressSuppressedError",
    "AddressTakenError",
    "Collision",
    "CollisionKind",
    "ImportedDetails",
    "KeyExistsError",
    "LastAdminError",
    "LastKeyError",
    "Lease",
    "MemberExistsError",
    "MergeCounts",
    "MissingSignUpError",
    "ReaderExistsError",
    "ReaderTotals",
    "Store",
    "StoredTotals",
    "SuppressedAddress",
    "Suppression",
    "exists",
    "open_store",
    "sqlite_library",
    "this_process",
    "upgrade",
]


class Store:
    """An open database, with a part for each subject: subscribers, suppressions, sends and so on. It is thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.subscribers = Subscribers(database)
        self.topic_followers = TopicFollowers(database)
        self.segment_steps = SegmentSteps(database)
        self.reader_search = ReaderSearch(database)
        self.suppressions = Suppressions(database)
        self.held_bounces = HeldBounces(database)
        self.service_bounces = ServiceBounces(database)
        self.self_service = SelfService(database)
        self.address_changes = AddressChanges(database)
        self.confirmations = Confirmations(database)
        self.erasures = Erasures(database)
        self.collisions = Collisions(database)
        self.events = Events(database)
        self.failures = Failures(database)
        self.sends = Sends(database)
        self.deliveries = Deliveries(database)
        self.frozen = Frozen(database)
        self.controls = Controls(database)
        self.schedules = Schedules(database)
        self.leases = Leases(database)
        self.notices = Notices(database)
        self.reminders = Reminders(database)
        self.workers = Workers(database)
        self.installation = Installation(database)
        self.rate_limits = RateLimits(database)
        self.clicks_and_opens = ClicksAndOpens(database)
        self.polls = Polls(database)
        self.leaving = Leaving(database)
        self.captured_links = CapturedLinks(database)
        self.daily_totals = DailyTotals(database)
        self.issue_totals = IssueTotals(database)
        self.staff = StaffMembers(database)
        self.passkeys = Passkeys(database)
        self.staff_sessions = StaffSessions(database)
        self.sign_in_links = SignInLinks(database)
        self.ceremonies = Ceremonies(database)
        self.sign_in_attempts = SignInAttempts(database)
        self.audit = Audit(database)
        self.reviews = ReviewEvents(database)
        self.comments = Comments(database)
        self.ticked_findings = TickedFindings(database)
        self.edits = Edits(database)

    def now(self) -> datetime:
        """Return the time by the clock that all hosts using this database share."""
        return self._database.now()

    def cached_now(self) -> datetime:
        """Return the same time without waiting for the server; other callers must use ``now`` to keep it accurate."""
        return self._database.cached_now()

    def scrub(self, seconds: float = 10) -> bool:
        """Empty SQLite's log, which still has deleted rows; return False if others kept it busy for that long."""
        return self._database.scrub(seconds)

    @property
    def unscrubbed(self) -> bool:
        """Return whether a reader was removed by this process and ``scrub`` hasn't succeeded since."""
        return self._database.unscrubbed

    def work_lock(self, work: str) -> AbstractContextManager[None]:
        """Hold the lock of some work, such as ``bounce collection``.

        Raises AlreadyRunningError if another process does that work with this database.
        """
        return work_lock(self._database, work)

    def close(self) -> None:
        """Close the connections. An iteration in progress ends with an error."""
        self._database.close()

    @property
    def warning(self) -> str | None:
        """Return a warning about the SQLite library in use, with the fix; None if it is sound or isn't used."""
        return sqlite_library().warning if self._database.is_sqlite else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_store(url: str) -> Store:
    """Open the store at a database URL: ``sqlite:///path`` or ``postgresql://user:password@host/name``.

    A new database gets its tables. An older SQLite file is copied and then upgraded. Raises StoreError if the database
    is locked, is newer than this program, is an older PostgreSQL database or can't be opened.
    """
    return Store(open_database(url))
