"""A model of everything that may happen to a send, in any order: two operators, workers, answers, outages and kills,
processes that are taken for dead and live, and what providers report.

The workers are the real ones, on a real database. Triggers in it write down every change of a status, so that no
transition stays unseen, however short.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import count

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from newsletter import sending
from newsletter.domain.delivery import REPORTED, TRANSITIONS, ClaimedDelivery, DeliveryStatus, Receipt, Uncertainty
from newsletter.domain.events import Bounce, Event, EventKind
from newsletter.domain.rate_limits import Limits
from newsletter.domain.segment import EVERYONE
from newsletter.domain.send import SEND_TRANSITIONS, Send, SendStatus
from newsletter.domain.soft_bounces import FEWEST_SOFT_BOUNCES
from newsletter.errors import NewsletterError, OutageError, ProviderError, SettingsError
from newsletter.message.mime import Letter
from newsletter.sending import Observer, SendContext, run_due_sends
from newsletter.sending.stop_signals import StopRequests
from newsletter.store import Lease, Store
from newsletter.store.database import Database
from newsletter.store.sends.leases import Leases
from tests import ledger, make
from tests.rows import database_of, execute, fetch
from tests.sending.workers import hands

S = DeliveryStatus
READERS, BATCH = 6, 2
DEADLINE = 6 * 60 * 60
OPERATORS = ("pause", "resume", "resume", "cancel", "retry", "hold", "resend")
REPORTS = (EventKind.DELIVERED, EventKind.BOUNCED, EventKind.COMPLAINED)
TAKEN_OVER = "taken over"
# With one of the last ones, a message is accepted and something happens before that is recorded.
ANSWERS = (
    *("submitted", "submitted", "submitted", "refused", "deferred", "uncertain", "outage", "refusal", "kill"),
    *(*REPORTS, TAKEN_OVER, TAKEN_OVER, TAKEN_OVER),
)
ENDED = {SendStatus.FINISHED, SendStatus.FAILURES}
_issues = count(1)


class KilledError(BaseException):
    """A simulated kill: the process ends without another write to the database."""


class Model(RuleBasedStateMachine):
    """A model of one send, and the rules for what it may do."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.now = make.WHEN
        self.issue = f"issue-{next(_issues)}"
        self.accepted: Counter[str] = Counter()
        self.calls = 0
        self.lock, self.answered = threading.Lock(), threading.Event()
        self.final: int | None = None  # messages accepted when a cancel was confirmed
        self.answers: list[str] = []
        self.during: list[tuple[int, str]] = []  # an operator's action at a call of the provider
        self.reported: set[int] = set()  # readers whose message had an event
        self.taken: set[int] = set()  # readers whose message was accepted in the current or last run
        self.left: list[
            tuple[Sequence[ClaimedDelivery], frozenset[int]]
        ] = []  # of killed runs, with the readers accepted
        self.composes = True

    # The provider ----------------------------------------------------------------------------------------------------

    # Everything is in flight at once, so the last answers may come after nothing is left to claim.
    batch_size, concurrency, deduplicates, reports_within = BATCH, 4, False, 0

    def check_sender(self, sender: str) -> Limits | None:
        return None

    def close(self) -> None: ...

    def submit(self, letters: Sequence[Letter]) -> Iterable[Receipt]:
        with self.lock:
            self.calls += 1
            actions = [action for call, action in self.during if call == self.calls]
            answers = [self.answers.pop(0) if self.answers else "submitted" for _ in letters]
        if actions:
            self.answered.wait(0.02)  # the others come first, if there are any
        for action in actions:
            self.operate(action)
        for letter, answer in zip(letters, answers, strict=True):
            letter.message()
            if answer == "outage":
                raise OutageError("away", again=60)
            if answer == "refusal":
                raise ProviderError("the sender is not verified")
            if answer not in (S.REFUSED, S.DEFERRED):
                with self.lock:
                    self.accepted[letter.recipient.address] += 1
                    self.taken.add(letter.recipient.subscriber)
            self.before_the_answer(answer, letter.recipient.address)
            status = S(answer) if answer in set(S) else S.SUBMITTED
            yield Receipt(subscriber=letter.recipient.subscriber, status=status, detail=answer)
        self.answered.set()

    # Workers ---------------------------------------------------------------------------------------------------------

    @property
    def by(self) -> SendContext:
        return make.send_context(self, "model")

    @property
    def observer(self) -> Observer:
        return Observer(clock=lambda: self.now, attended=False)

    def _composing(self, _send: Send) -> None:
        if not self.composes:
            raise SettingsError("the issue does not pass its checks")

    def _failed(self, _send: Send, why: Exception) -> None:
        assert isinstance(why, NewsletterError), why

    def wait(self, seconds: float) -> None:
        """Advance the clock instead of sleeping."""
        self.now += timedelta(seconds=seconds)

    # What happens ----------------------------------------------------------------------------------------------------

    @initialize(
        began=st.booleans(),
        answers=st.lists(st.sampled_from(ANSWERS), max_size=6),
        during=st.lists(st.tuples(st.integers(1, 3), st.sampled_from(OPERATORS)), max_size=2),
    )
    def schedule(self, began: bool, answers: list[str], during: list[tuple[int, str]]) -> None:
        """Schedule the send for a time that may be in the past."""
        self.number = self.store.sends.schedule(
            issue=self.issue,
            provider="model",
            segments=[EVERYONE],
            begins=self.now + timedelta(minutes=1),
            deadline=DEADLINE,
            now=self.now,
        ).id
        if began:
            self.some_time_passes(1)
            self.a_worker_looks(answers, during)

    @rule(minutes=st.sampled_from([1, 5, 60, 200, 600]))
    def some_time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(
        answers=st.lists(st.sampled_from(ANSWERS), max_size=6),
        during=st.lists(st.tuples(st.integers(1, 3), st.sampled_from(OPERATORS)), max_size=2),
    )
    def a_worker_looks(self, answers: list[str], during: list[tuple[int, str]]) -> None:
        worker = hands(
            self.store,
            self.by,
            clock=lambda: self.now,
            composing=self._composing,
            failed=self._failed,
            paused=lambda _: None,
        )
        self._run(answers, during, lambda: run_due_sends(self.store, worker, lambda: self.now))

    @rule(answers=st.lists(st.sampled_from(ANSWERS), max_size=6))
    def a_person_resumes_and_stays(self, answers: list[str]) -> None:
        self._run(
            answers,
            [],
            lambda: sending.resume(self.store, self.by, issue=self.issue, observer=self.observer).result(),
        )

    @rule(action=st.sampled_from(OPERATORS))
    def an_operator_acts(self, action: str) -> None:
        self.operate(action)
        if action == "cancel" and self.send.status is SendStatus.CANCELLED:
            if S.SUBMITTING in self.send.counts:
                sending.cancel(self.store, self.number)
            assert S.SUBMITTING not in self.send.counts
            self.final = self.accepted.total()

    @rule()
    def the_issue_is_broken_or_mended(self) -> None:
        self.composes = not self.composes

    @rule(kind=st.sampled_from(REPORTS), reader=st.integers(1, READERS))
    def something_is_reported(self, kind: EventKind, reader: int) -> None:
        self.report(kind, f"r{reader}@example.com")

    @rule(answer=st.sampled_from([S.REFUSED, S.DEFERRED]))
    def an_answer_comes_late(self, answer: DeliveryStatus) -> None:
        batch, taken = self.left.pop() if self.left else ((), frozenset())
        receipts = [
            Receipt(subscriber=delivery.subscriber, status=S.SUBMITTED if delivery.subscriber in taken else answer)
            for delivery in batch
        ]
        ledger.record(
            self.store, self.number, receipts, batch=batch, due={delivery.subscriber: 0 for delivery in batch}
        )

    def before_the_answer(self, answer: str, address: str) -> None:
        """Do something to an accepted message whose answer isn't recorded yet."""
        if answer == "kill":
            raise KilledError
        if answer == TAKEN_OVER:
            self.another_takes_over()
        elif answer in REPORTS:
            self.report(EventKind(answer), address)

    def operate(self, action: str) -> None:
        """Run an operator's command, which may be refused."""
        controls = self.store.controls
        actions: dict[str, Callable[[int], object]] = {
            "pause": lambda number: controls.pause(number, "paused by an operator"),
            "resume": lambda number: controls.resume(number, now=self.now),
            "cancel": controls.cancel,
            "retry": controls.retry_refused,
            "hold": lambda number: controls.settle_uncertain(number, Uncertainty.HOLD),
            "resend": lambda number: controls.settle_uncertain(number, Uncertainty.RESEND),
        }
        with suppress(NewsletterError):
            actions[action](self.number)

    def report(self, kind: EventKind, address: str) -> None:
        """Report an event about a reader's message, if one was accepted."""
        reader = self.store.subscribers.get(address)
        if reader is None or not self.accepted[address]:
            return
        self.reported.add(reader.id)
        event = Event(
            key=f"{self.issue}:{kind}:{address}:{self.accepted[address]}",
            provider="model",
            kind=kind,
            at=self.now,
            address=address,
            issue=self.issue,
            reader=reader.key,
            bounce=Bounce.PERMANENT if kind is EventKind.BOUNCED else None,
        )
        self.store.events.record([event], soft_bounces=FEWEST_SOFT_BOUNCES, now=make.WHEN)

    def another_takes_over(self) -> None:
        """Resume the send in another process that assumes the first one is dead; the first lives, and stops."""
        leases = self.store.leases
        assert isinstance(leases, Losable)
        leases.latest.renewed(None)
        execute(self.store, "UPDATE send SET held_until = 0")
        with suppress(NewsletterError, KilledError):
            sending.resume(self.store, self.by, issue=self.issue, observer=self.observer).result()

    def _run(self, answers: list[str], during: list[tuple[int, str]], work: Callable[[], object]) -> None:
        self.answers = list(answers)
        self.answered.clear()
        self.taken.clear()
        self.during = [(self.calls + call, action) for call, action in during]
        with suppress(NewsletterError, KilledError):
            work()
        self.during = []
        claimed = self._submitting()
        if claimed and all(claimed != batch for batch, _ in self.left):
            self.left.append((claimed, frozenset(self.taken)))

    def _submitting(self) -> list[ClaimedDelivery]:
        query = (
            f"SELECT edition, subscriber, attempt FROM delivery WHERE send = {self.number} AND status = 'submitting'"
        )
        return [
            ClaimedDelivery(edition=edition, subscriber=subscriber, attempt=attempt, key="", address="", values={})
            for edition, subscriber, attempt in fetch(self.store, query)
        ]

    # What holds ------------------------------------------------------------------------------------------------------

    @property
    def send(self) -> Send:
        return self.store.sends.get(self.number)

    @invariant()
    def states_sums_and_transitions_are_as_the_tables_say(self) -> None:
        if not hasattr(self, "number"):
            return
        send = self.send
        assert send.recipients == (READERS if send.digest else 0)
        counts = {status for status, number in send.counts.items() if number}
        if send.status in ENDED:
            assert counts <= {S.SUBMITTED, S.REFUSED, S.SKIPPED, S.UNCERTAIN}
            assert (send.status is SendStatus.FAILURES) == bool(counts & {S.REFUSED, S.UNCERTAIN})
        if send.status is SendStatus.CANCELLED:
            assert not counts & {S.QUEUED, S.DEFERRED}
        assert self.store.leases.holder(self.number) == ""
        assert self.final in (None, self.accepted.total())
        uncertain = set()
        send_status = SendStatus.SCHEDULED
        for kind, which, before, after in self._changes():
            if kind == "send":
                assert SendStatus(after) in SEND_TRANSITIONS[SendStatus(before)], f"{before} → {after}"
                send_status = SendStatus(after)
            else:
                reported = REPORTED[S(before)] if which in self.reported else frozenset()
                assert S(after) in TRANSITIONS[S(before)] | reported, f"{before} → {after}"
                assert after != S.SUBMITTING or send_status is SendStatus.RUNNING, f"handed over while {send_status}"
                uncertain |= {which} if after == S.UNCERTAIN else set()
        self._nobody_has_it_twice_silently(uncertain)

    def _nobody_has_it_twice_silently(self, uncertain: set[int]) -> None:
        numbers: dict[str, int] = {row[0]: row[1] for row in fetch(self.store, "SELECT address, id FROM subscriber")}
        doubled = {numbers[address] for address, times in self.accepted.items() if times > 1}
        assert doubled <= uncertain

    def _changes(self) -> list[tuple[str, int, str, str]]:
        query = "SELECT kind, which, before, after FROM change ORDER BY id"
        return [(row[0], row[1], row[2], row[3]) for row in fetch(self.store, query)]

    def teardown(self) -> None:
        """Delete everything before the next example."""
        tables = ("delivery", "edition", "link", "send", "change", "event", "suppression", "held_bounce")
        execute(self.store, *(f"DELETE FROM {table}" for table in tables))


class Losable(Leases):
    """A store's leases, the latest of which can be lost and taken over without waiting for a heartbeat."""

    latest: Lease

    def __init__(self, database: Database) -> None:
        super().__init__(database, sleep=lambda _: None)

    def acquire(self, send_id: int) -> Lease:
        """Acquire the lease, and remember it."""
        self.latest = super().acquire(send_id)
        return self.latest


def write_down_changes(store: Store) -> None:
    """Make the database record every change of a status."""
    kinds = {"send": "id", "delivery": "subscriber"}
    with database_of(store).writing() as connection:
        number = "INTEGER PRIMARY KEY" if database_of(store).is_sqlite else "BIGSERIAL PRIMARY KEY"
        columns = f"id {number}, kind TEXT, which INTEGER, before TEXT, after TEXT"
        connection.exec_driver_sql(f"CREATE TABLE change ({columns})")
        for kind, which in kinds.items():
            insert = "INSERT INTO change (kind, which, before, after)"
            insert += f" VALUES ('{kind}', NEW.{which}, OLD.status, NEW.status);"
            head = f"CREATE TRIGGER watch_{kind} AFTER UPDATE OF status ON {kind} FOR EACH ROW"
            head += " WHEN (OLD.status <> NEW.status)"
            if database_of(store).is_sqlite:
                connection.exec_driver_sql(f"{head} BEGIN {insert} END")
            else:
                connection.exec_driver_sql(
                    f"CREATE FUNCTION note_{kind}() RETURNS trigger LANGUAGE plpgsql"
                    f" AS $$ BEGIN {insert} RETURN NULL; END $$"
                )
                connection.exec_driver_sql(f"{head} EXECUTE FUNCTION note_{kind}()")


def explore(store: Store, examples: int, steps: int) -> None:
    """Try this number of examples on a database with ``READERS`` readers. Raises AssertionError at a violation."""
    write_down_changes(store)
    store.leases = Losable(database_of(store))

    class Here(Model):
        def __init__(self) -> None:
            super().__init__(store)
            patched.setattr(StopRequests, "wait", lambda _, seconds: self.wait(seconds))

    with pytest.MonkeyPatch.context() as patched:
        run_state_machine_as_test(
            Here,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
