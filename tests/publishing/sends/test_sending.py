"""Sends that publishing begins, resumes and leaves to a worker, through a real outbox."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from newsletter import bootstrap
from newsletter.checks import Calendar
from newsletter.composing import Composed
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.send import Send, SendStatus
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import HeldError, NewsletterError, SendError
from newsletter.publishing.calendar import calendar_of
from newsletter.publishing.sends.frozen_content import freeze_request, has_changed
from newsletter.publishing.sends.send_controls import reactivate
from newsletter.publishing.sends.send_issue import begin_planned, finished_send, resume_send, send_now
from newsletter.publishing.sends.send_preparing import compose_issue, prepare_send
from newsletter.publishing.sends.send_schedule import schedule_send
from newsletter.publishing.sends.start_time import StartTime
from newsletter.publishing.workers.due_sends import run_due_sends
from newsletter.publishing.workers.notifier import Notifier
from newsletter.sending import Observer
from newsletter.settings import Settings, load
from newsletter.store import Store
from newsletter.tokens import Signer
from tests.make import SECRET, WHEN
from tests.newsletter_folder import write_issue
from tests.people import PUBLISHER

TODAY = date(2026, 11, 23)
SLUG = TODAY.isoformat()


@pytest.fixture
def composed(settings: Settings, store: Store) -> Composed:
    """Today's issue, which has two readers."""
    for name in ("ada", "ben"):
        store.subscribers.add(Subscriber(address=f"{name}@example.com"), WHEN)
    write_issue(settings.root, TODAY, "train")
    return compose_issue(settings, SLUG)


def mailed(root: Path) -> list[str]:
    """Return the local parts of the addresses that the outbox has messages for."""
    return sorted(path.name.partition("@")[0] for path in root.glob(f"outbox/{SLUG}/*.eml"))


def scheduled(settings: Settings, store: Store, composed: Composed, *, hours: int) -> Send:
    """Return today's send, scheduled for some hours from now."""
    now = store.now()
    start = StartTime(begins=now + timedelta(hours=hours), day=TODAY, days=0)
    prepared = prepare_send(PUBLISHER, settings, store, composed, today=TODAY, now=now, start=start)
    return schedule_send(PUBLISHER, settings, store, prepared, now=now)


def frozen(settings: Settings, store: Store, composed: Composed) -> Send:
    """Return today's send as a process leaves it that dies before its first message."""
    request = freeze_request(settings, store, composed, now=store.now())
    return store.sends.freeze(
        compiled=request.compiled,
        tailor=request.tailor,
        date=request.now,
        now=request.now,
        segments=request.segments,
        provider="outbox",
        base_url=settings.newsletter.base_url,
        signing_key=Signer(SECRET).key,
    )


class Worker:
    """A worker that notes what happens to sends."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings, self.store = settings, store
        self.events: list[str] = []

    def run(self, *, at_once: bool = False) -> datetime | None:
        """Run the sends that are due, and return when the next one is."""
        return run_due_sends(
            self.settings,
            self.store,
            observer=Observer(attended=False),
            ended=lambda send: self.events.append(send.status),
            failed=lambda _, why: self.events.append(type(why).__name__),
            paused=lambda send: self.events.append(f"{send.status}: {send.reason}"),
            at_once=at_once,
        )


def test_an_issue_is_sent_once_to_every_reader(settings: Settings, store: Store, composed: Composed) -> None:
    assert finished_send(store, SLUG) is None
    prepared = prepare_send(PUBLISHER, settings, store, composed, today=TODAY, now=store.now())
    with bootstrap.open_send_context(settings) as context:
        send = send_now(PUBLISHER, settings, store, context, prepared, now=store.now(), observer=Observer())
        assert (send.status, send.counts) == (SendStatus.FINISHED, {DeliveryStatus.SUBMITTED: 2})
        assert finished_send(store, SLUG) == store.sends.get(send.id)
        (entry,) = store.audit.entries()
        assert (entry.act, entry.address, entry.thing) == ("send", PUBLISHER.address, f"issue {SLUG}")
        assert entry.detail == {"recipients": 2}
        with pytest.raises(SendError, match="was sent on"):
            send_now(PUBLISHER, settings, store, context, prepared, now=store.now(), observer=Observer())
    assert mailed(settings.root) == ["ada", "ben"]


def test_a_send_that_was_prepared_for_a_later_start_does_not_begin_now(
    settings: Settings, store: Store, composed: Composed
) -> None:
    now = store.now()
    start = StartTime(begins=now + timedelta(hours=1), day=TODAY, days=0)
    prepared = prepare_send(PUBLISHER, settings, store, composed, today=TODAY, now=now, start=start)
    with bootstrap.open_send_context(settings) as context, pytest.raises(ValueError, match="doesn't begin now"):
        send_now(PUBLISHER, settings, store, context, prepared, now=now, observer=Observer())
    assert mailed(settings.root) == []


def test_an_issue_counts_as_sent_once_its_send_has_begun(settings: Settings, store: Store, composed: Composed) -> None:
    assert calendar_of(None, today=TODAY) == Calendar(today=TODAY, sent=None)
    write_issue(settings.root, TODAY, "clock", slug="extra")
    scheduled(settings, store, compose_issue(settings, "extra"), hours=1)
    assert calendar_of(store, today=TODAY) == Calendar(today=TODAY, sent=frozenset())
    frozen(settings, store, composed)
    assert calendar_of(store, today=TODAY) == Calendar(today=TODAY, sent=frozenset({SLUG}))


def test_a_send_that_is_not_due_stays_scheduled_when_it_is_resumed(
    settings: Settings, store: Store, composed: Composed
) -> None:
    send = scheduled(settings, store, composed, hours=1)
    assert reactivate(PUBLISHER, store, send, now=store.now()).status is SendStatus.SCHEDULED
    store.controls.pause(send.id, "paused by an operator")
    assert reactivate(PUBLISHER, store, store.sends.get(send.id), now=store.now()).status is SendStatus.SCHEDULED


def test_a_send_that_is_due_begins_when_a_person_resumes_it(
    settings: Settings, store: Store, composed: Composed
) -> None:
    planned = reactivate(PUBLISHER, store, scheduled(settings, store, composed, hours=-1), now=store.now())
    assert planned.status is SendStatus.PLANNED
    with bootstrap.open_send_context(settings) as context:
        send = begin_planned(
            PUBLISHER, settings, store, context, composed, planned, now=store.now(), observer=Observer()
        )
    assert send.status is SendStatus.FINISHED
    assert mailed(settings.root) == ["ada", "ben"]


def test_a_planned_send_that_was_cancelled_does_not_begin(settings: Settings, store: Store, composed: Composed) -> None:
    planned = reactivate(PUBLISHER, store, scheduled(settings, store, composed, hours=-1), now=store.now())
    store.controls.cancel(planned.id)
    with bootstrap.open_send_context(settings) as context, pytest.raises(SendError, match="was cancelled"):
        begin_planned(PUBLISHER, settings, store, context, composed, planned, now=store.now(), observer=Observer())
    assert mailed(settings.root) == []


def test_only_one_process_begins_a_planned_send(settings: Settings, store: Store, composed: Composed) -> None:
    planned = reactivate(PUBLISHER, store, scheduled(settings, store, composed, hours=-1), now=store.now())
    with bootstrap.open_send_context(settings) as context, store.leases.acquire(planned.id), pytest.raises(HeldError):
        begin_planned(PUBLISHER, settings, store, context, composed, planned, now=store.now(), observer=Observer())
    assert mailed(settings.root) == []


def test_a_send_that_was_interrupted_is_resumed_with_the_content_it_froze(
    settings: Settings, store: Store, composed: Composed
) -> None:
    frozen(settings, store, composed)
    entry = settings.root / "issues" / "entries" / "train.md"
    entry.write_text(entry.read_text().replace("Something about", "Nothing about"))
    with bootstrap.open_send_context(settings) as context:
        assert resume_send(PUBLISHER, store, context, SLUG, observer=Observer()).status is SendStatus.FINISHED
    assert mailed(settings.root) == ["ada", "ben"]
    for message in settings.root.glob(f"outbox/{SLUG}/*.eml"):
        assert "Something about train" in message.read_text()


def test_a_send_has_changed_once_its_files_or_the_address_of_its_links_differ(
    settings: Settings, store: Store, composed: Composed
) -> None:
    send = frozen(settings, store, composed)
    assert not has_changed(settings, send)
    toml = (settings.root / "newsletter.toml").read_text()
    (settings.root / "newsletter.toml").write_text(toml.replace("news.daily", "letters.daily"))
    assert has_changed(load(settings.root), send)
    (settings.root / "newsletter.toml").write_text(toml)
    assert not has_changed(load(settings.root), send)
    (settings.root / "issues" / f"{SLUG}.md").unlink()
    assert has_changed(settings, send)
    assert not has_changed(settings, replace(send, status=SendStatus.FINISHED))


def test_a_worker_begins_a_send_that_is_due_and_tells_when_the_next_one_is(
    settings: Settings, store: Store, composed: Composed
) -> None:
    scheduled(settings, store, composed, hours=-1)
    write_issue(settings.root, TODAY, "clock", slug="extra")
    later = scheduled(settings, store, compose_issue(settings, "extra"), hours=1)
    worker = Worker(settings, store)
    assert worker.run() == later.begins
    assert worker.events == [SendStatus.FINISHED]
    assert mailed(settings.root) == ["ada", "ben"]


def test_a_worker_resumes_a_send_that_no_process_runs(settings: Settings, store: Store, composed: Composed) -> None:
    frozen(settings, store, composed)
    worker = Worker(settings, store)
    assert worker.run() is None
    assert worker.events == [SendStatus.FINISHED]


def test_a_worker_tries_an_issue_with_mistakes_again_later_and_sends_it_once_they_are_fixed(
    settings: Settings, store: Store, composed: Composed
) -> None:
    scheduled(settings, store, composed, hours=-1)
    issue = settings.root / "issues" / f"{SLUG}.md"
    text = issue.read_text()
    issue.write_text(text.replace("train", "tram"))
    worker = Worker(settings, store)
    assert worker.run() is not None
    assert worker.events == ["FindingsError"]
    issue.write_text(text)
    worker.run(at_once=True)
    assert worker.events == ["FindingsError", SendStatus.FINISHED]


def test_a_worker_pauses_a_send_whose_deadline_has_passed(settings: Settings, store: Store, composed: Composed) -> None:
    scheduled(settings, store, composed, hours=-7)
    worker = Worker(settings, store)
    worker.run()
    (event,) = worker.events
    assert event.startswith("paused: ")
    assert mailed(settings.root) == []


def test_notices_about_a_send_are_mailed_when_they_are_due(
    settings: Settings, store: Store, composed: Composed
) -> None:
    own = replace(settings, notify=("editor@daily.example",))
    scheduled(own, store, composed, hours=-1)
    Worker(own, store).run()
    now, errors = store.now(), list[NewsletterError]()

    def mail_at(moment: datetime) -> bool:
        with Notifier(lambda notice, *_: (notice.kind, "It has ended."), errors.append, lambda _: moment) as notifier:
            notifier.start(own, store)
        return store.notices.has_due(now + timedelta(hours=1))

    assert mail_at(now - timedelta(hours=1))
    assert not mail_at(now + timedelta(minutes=1))
    assert errors == []
