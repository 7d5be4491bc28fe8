"""A scheduled send whose audience has changed much by the time it begins waits until a person has agreed to it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from newsletter import bootstrap
from newsletter.domain.notices import NoticeKind
from newsletter.domain.send import Send, SendStatus
from newsletter.domain.send_errors import AudienceChangedError
from newsletter.domain.subscriber import Subscriber
from newsletter.publishing.sends.send_controls import reactivate
from newsletter.publishing.sends.send_issue import begin_planned, send_now
from newsletter.publishing.sends.send_preparing import compose_issue, prepare_send
from newsletter.publishing.sends.send_schedule import reschedule_send, schedule_send
from newsletter.publishing.sends.start_time import StartTime
from newsletter.publishing.workers.due_sends import run_due_sends
from newsletter.sending import Observer
from newsletter.settings import Settings
from newsletter.store import Store, open_store
from tests.newsletter_folder import write_issue
from tests.people import PUBLISHER
from tests.rows import execute

PLANNED = 12
HOURS = timedelta(hours=3)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store of each kind."""
    with open_store(database_url) as opened:
        yield opened


@pytest.fixture
def scheduled(settings: Settings, store: Store) -> Send:
    """A send to 12 readers that is due now; somebody scheduled it three hours ago."""
    now = store.now()
    add_readers(store, 1, PLANNED)
    slug = write_issue(settings.root, now.date(), "train").slug
    prepared = prepare_send(
        PUBLISHER, settings, store, compose_issue(settings, slug), today=now.date(), now=now - HOURS, start=due(store)
    )
    return schedule_send(PUBLISHER, settings, store, prepared, now=now - HOURS)


def due(store: Store) -> StartTime:
    """Return a start that is due now."""
    now = store.now()
    return StartTime(begins=now, day=now.date(), days=0)


def add_readers(store: Store, first: int, last: int) -> None:
    then = store.now() - HOURS
    store.subscribers.merge(
        [[Subscriber(address=f"reader{number}@example.com") for number in range(first, last + 1)]], now=then
    )


def run_worker(settings: Settings, store: Store) -> list[str]:
    """Let a worker run what is due, and return what it reports."""
    reported: list[str] = []
    run_due_sends(
        settings,
        store,
        observer=Observer(attended=False),
        ended=lambda send: reported.append(f"{send.status}"),
        failed=lambda _, why: reported.append(f"failed: {why}"),
        paused=lambda send: reported.append(f"{send.status}: {send.reason}"),
    )
    return reported


def mailed(settings: Settings) -> int:
    return len(list(settings.root.glob("outbox/*/*.eml")))


def test_an_import_in_between_does_not_go_out_unasked(settings: Settings, store: Store, scheduled: Send) -> None:
    add_readers(store, 13, 40)
    why = f"40 readers would get issue {scheduled.issue} now, and 12 when it was planned"
    assert run_worker(settings, store) == [f"paused: {why}"]
    assert run_worker(settings, store) == []
    assert mailed(settings) == 0
    store.notices.address([PUBLISHER.address], store.now())
    (notice,) = store.notices.reserve(store.now(), 20)
    assert (notice.kind, notice.send, notice.reason) == (NoticeKind.PAUSED, scheduled.id, why)

    paused = store.sends.get(scheduled.id)
    reschedule_send(PUBLISHER, settings, store, paused, due(store), now=store.now())  # somebody has seen the number
    assert run_worker(settings, store) == ["finished"]
    assert mailed(settings) == 40


def test_another_import_needs_another_answer(settings: Settings, store: Store, scheduled: Send) -> None:
    add_readers(store, 13, 40)
    assert len(run_worker(settings, store)) == 1
    add_readers(store, 41, 60)
    reschedule_send(PUBLISHER, settings, store, store.sends.get(scheduled.id), due(store), now=store.now())
    assert run_worker(settings, store) == [
        f"paused: 60 readers would get issue {scheduled.issue} now, and 40 when it was planned"
    ]
    assert mailed(settings) == 0


def test_readers_who_are_gone_are_a_change_too(settings: Settings, store: Store, scheduled: Send) -> None:
    execute(store, "UPDATE subscriber SET status = 'unsubscribed' WHERE address <> 'reader7@example.com'")
    assert run_worker(settings, store) == [
        f"paused: 1 reader would get issue {scheduled.issue} now, and 12 when it was planned"
    ]


@pytest.mark.usefixtures("scheduled")
def test_a_few_sign_ups_are_no_reason_to_wait(settings: Settings, store: Store) -> None:
    add_readers(store, 13, 21)
    assert run_worker(settings, store) == ["finished"]
    assert mailed(settings) == 21


def test_a_person_who_resumes_it_at_the_command_line_is_asked_too(
    settings: Settings, store: Store, scheduled: Send
) -> None:
    def resume() -> Send:
        planned = reactivate(PUBLISHER, store, store.sends.get(scheduled.id), now=store.now())
        composed = compose_issue(settings, planned.issue)
        with bootstrap.open_send_context(settings) as context:
            now, quiet = store.now(), Observer()
            return begin_planned(PUBLISHER, settings, store, context, composed, planned, now=now, observer=quiet)

    store.controls.pause(scheduled.id, "paused by Pia")
    add_readers(store, 13, 40)
    with pytest.raises(AudienceChangedError, match="40 readers would get issue"):
        resume()
    assert store.sends.get(scheduled.id).status is SendStatus.PAUSED
    assert mailed(settings) == 0
    assert resume().status is SendStatus.FINISHED
    assert mailed(settings) == 40


def test_readers_added_just_before_the_freeze_are_counted_too(
    settings: Settings, store: Store, scheduled: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = store.installation.verify

    def import_meanwhile() -> None:  # when the send has been composed, and the worker is about to freeze it
        add_readers(store, 13, 40)
        verify()

    monkeypatch.setattr(store.installation, "verify", import_meanwhile)
    why = f"40 readers would get issue {scheduled.issue} now, and 12 when it was planned"
    assert run_worker(settings, store) == [f"paused: {why}"]
    assert store.sends.get(scheduled.id).digest == ""
    assert mailed(settings) == 0


def test_a_send_without_a_schedule_goes_to_as_many_readers_as_its_plan_said(settings: Settings, store: Store) -> None:
    now, quiet = store.now(), Observer()
    add_readers(store, 1, PLANNED)
    composed = compose_issue(settings, write_issue(settings.root, now.date(), "train").slug)
    prepared = prepare_send(PUBLISHER, settings, store, composed, today=now.date(), now=now)
    add_readers(store, 13, 40)
    with bootstrap.open_send_context(settings) as context:
        with pytest.raises(AudienceChangedError, match="40 readers would get"):
            send_now(PUBLISHER, settings, store, context, prepared, now=now, observer=quiet)
        assert mailed(settings) == 0
        planned = store.sends.of_issue(composed.issue.slug)  # a person has seen the number, and resumes it
        assert planned is not None
        begun = begin_planned(PUBLISHER, settings, store, context, composed, planned, now=now, observer=quiet)
    assert begun.status is SendStatus.FINISHED
    assert mailed(settings) == 40
