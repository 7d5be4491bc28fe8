"""Starting and controlling a send: who may, and what becomes of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from newsletter import bootstrap
from newsletter.domain.delivery import Uncertainty
from newsletter.domain.people import ConfirmationNeededError, ForbiddenError, Person
from newsletter.domain.send import Send, SendStatus
from newsletter.domain.send_errors import EmbargoedError
from newsletter.domain.send_stages import SendStage, stage_of
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import NewsletterError
from newsletter.publishing.sends import send_controls
from newsletter.publishing.sends.send_issue import begin_planned, resume_send, send_now
from newsletter.publishing.sends.send_preparing import PreparedSend, compose_issue, prepare_send
from newsletter.publishing.sends.send_schedule import reschedule_send, schedule_send
from newsletter.publishing.sends.send_watch import watch_send
from newsletter.publishing.sends.start_time import StartTime, start_soon
from newsletter.sending import Observer
from newsletter.settings import Settings
from newsletter.store import Store
from tests.newsletter_folder import write_issue
from tests.people import ADMIN, EDITOR, PUBLISHER, WRITER

TODAY = date(2026, 11, 23)
SLUG = TODAY.isoformat()
NOW = datetime(2026, 11, 23, 5, tzinfo=UTC)


@pytest.fixture
def prepared(settings: Settings, store: Store) -> PreparedSend:
    """The send of today's issue to one reader, which would begin in an hour."""
    now = store.now()
    store.subscribers.add(Subscriber(address="ada@example.com"), now)
    write_issue(settings.root, TODAY, "train")
    composed = compose_issue(settings, SLUG)
    start = StartTime(begins=now + timedelta(hours=1), day=TODAY, days=0)
    return prepare_send(PUBLISHER, settings, store, composed, today=TODAY, now=now, start=start)


@pytest.fixture
def scheduled(settings: Settings, store: Store, prepared: PreparedSend) -> Send:
    """The same send, scheduled."""
    return schedule_send(PUBLISHER, settings, store, prepared, now=store.now())


CONTROLS: dict[str, Callable[[Person, Store, Send], object]] = {
    "undo-send": lambda person, store, send: send_controls.undo_send(person, store, send.id, now=NOW),
    "pause-send": lambda person, store, send: send_controls.pause_send(person, store, send.id, now=NOW),
    "resume-send": lambda person, store, send: send_controls.release_send(person, store, send.id, now=NOW),
    "cancel-send": lambda person, store, send: send_controls.cancel_send(person, store, send.id, now=NOW),
    "retry-refused": lambda person, store, send: send_controls.retry_refused(person, store, send.id, now=NOW),
    "settle-uncertain": lambda person, store, send: send_controls.settle_uncertain(
        person, store, send.id, Uncertainty.HOLD, now=NOW
    ),
}


@pytest.mark.parametrize("act", CONTROLS)
def test_only_publishers_control_a_send_need_no_passkey_for_it_and_leave_a_note(
    store: Store, scheduled: Send, act: str
) -> None:
    control = CONTROLS[act]
    if act == "resume-send":
        store.controls.pause(scheduled.id, "lunch")
        scheduled = store.sends.get(scheduled.id)
    for person in (WRITER, EDITOR):
        with pytest.raises(ForbiddenError):
            control(person, store, scheduled)
    assert store.sends.all() == [scheduled]
    control(replace(PUBLISHER, is_confirmed=False), store, scheduled)
    noted, before = store.audit.entries()
    assert (noted.act, noted.thing, noted.address) == (act, f"issue {SLUG}", PUBLISHER.address)
    assert before.act == "schedule-send"


def test_only_publishers_who_have_just_used_their_passkey_begin_a_send(
    settings: Settings, store: Store, prepared: PreparedSend
) -> None:
    composed, now = prepared.composed, store.now()
    at_once = replace(prepared, start=None)
    refused: list[tuple[Person, type[NewsletterError]]] = [
        (WRITER, ForbiddenError),
        (EDITOR, ForbiddenError),
        (replace(PUBLISHER, is_confirmed=False), ConfirmationNeededError),
    ]
    assert prepared.start is not None
    with bootstrap.open_send_context(settings) as context:
        for person, error in refused:
            with pytest.raises(error):
                schedule_send(person, settings, store, prepared, now=now)
            with pytest.raises(error):
                send_now(person, settings, store, context, at_once, now=now, observer=Observer())
        assert store.sends.all() == []
        planned = store.sends.plan(issue=SLUG, provider="outbox", now=now)
        for person in (WRITER, EDITOR):
            with pytest.raises(ForbiddenError):
                prepare_send(person, settings, store, composed, today=TODAY, now=now)
            with pytest.raises(ForbiddenError):
                begin_planned(person, settings, store, context, composed, planned, now=now, observer=Observer())
            with pytest.raises(ForbiddenError):
                resume_send(person, store, context, SLUG, observer=Observer())
    assert [send.status for send in store.sends.all()] == [SendStatus.PLANNED]


def test_a_send_in_a_minute_is_undone_or_rescheduled_and_its_issue_stays_sendable(
    settings: Settings, store: Store, prepared: PreparedSend
) -> None:
    now = store.now()
    soon = replace(prepared, start=start_soon(settings, now=now))
    send = schedule_send(PUBLISHER, settings, store, soon, now=now)
    assert stage_of(send, now) is SendStage.COUNTING_DOWN
    later = StartTime(begins=now + timedelta(hours=2), day=TODAY, days=0)
    with pytest.raises(ConfirmationNeededError):
        reschedule_send(replace(PUBLISHER, is_confirmed=False), settings, store, send, later, now=now)
    moved = reschedule_send(PUBLISHER, settings, store, send, later, now=now)
    assert moved == replace(send, begins=later.begins)
    assert stage_of(send_controls.undo_send(PUBLISHER, store, send.id, now=now), now) is SendStage.UNSENT
    again = schedule_send(PUBLISHER, settings, store, soon, now=now)
    assert (again.id, again.begins) == (send.id, now + timedelta(seconds=60))
    acts = [entry.act for entry in store.audit.entries()]
    assert acts == ["schedule-send", "undo-send", "reschedule-send", "schedule-send"]
    assert store.audit.entries()[2].detail["begins"] == later.begins.isoformat()


def test_the_person_who_chose_the_start_is_named_whoever_controls_the_send(
    settings: Settings, store: Store, prepared: PreparedSend
) -> None:
    now = store.now()
    soon = replace(prepared, start=start_soon(settings, now=now))
    send = schedule_send(PUBLISHER, settings, store, soon, now=now)
    send_controls.pause_send(ADMIN, store, send.id, now=now)
    assert watch_send(PUBLISHER, store, SLUG, now=now).started_by == PUBLISHER.name


def test_an_embargoed_entry_keeps_a_send_from_moving_before_its_time(
    settings: Settings, store: Store, prepared: PreparedSend
) -> None:
    now = store.now()
    send = schedule_send(PUBLISHER, settings, store, prepared, now=now)
    entry = settings.root / "issues/entries/train.md"
    text = entry.read_text("utf-8").replace("---\n", "---\nnot_before: 2026-11-23 23:00\n", 1)
    entry.write_text(text, "utf-8")
    early = StartTime(begins=NOW, day=TODAY, days=0)
    with pytest.raises(EmbargoedError):
        reschedule_send(PUBLISHER, settings, store, send, early, now=now)
    assert store.sends.get(send.id) == send
    entry.write_text("---\ntitle: [\n---\n", "utf-8")  # one that can't be read now may be whole by then
    assert reschedule_send(PUBLISHER, settings, store, send, early, now=now).begins == NOW
