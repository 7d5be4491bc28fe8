"""Starting and controlling a send: who may, and what becomes of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from newsletter import bootstrap
from newsletter.domain.delivery import Uncertainty
from newsletter.domain.people import ConfirmationNeededError, ForbiddenError, Person
from newsletter.domain.send import Send, SendStatus
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import NewsletterError
from newsletter.publishing import send_controls
from newsletter.publishing.send_issue import (
    PreparedSend,
    begin_planned,
    compose_issue,
    prepare_send,
    resume_send,
    schedule_send,
    send_now,
)
from newsletter.publishing.start_time import StartTime
from newsletter.sending import Observer
from newsletter.settings import Settings
from newsletter.store import Store
from tests.newsletter_folder import write_issue
from tests.people import EDITOR, PUBLISHER, WRITER

TODAY = date(2026, 11, 23)
SLUG = TODAY.isoformat()


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
    "pause": lambda person, store, send: send_controls.pause_send(person, store, send.id),
    "resume": lambda person, store, send: send_controls.reactivate(person, store, send, now=store.now()),
    "cancel": lambda person, store, send: send_controls.cancel_send(person, store, send.id),
    "retry": lambda person, store, send: send_controls.retry_refused(person, store, send.id),
    "settle": lambda person, store, send: send_controls.settle_uncertain(person, store, send.id, Uncertainty.HOLD),
}


@pytest.mark.parametrize("control", CONTROLS.values(), ids=list(CONTROLS))
def test_only_publishers_control_a_send_and_need_no_passkey_for_it(
    store: Store, scheduled: Send, control: Callable[[Person, Store, Send], object]
) -> None:
    for person in (WRITER, EDITOR):
        with pytest.raises(ForbiddenError):
            control(person, store, scheduled)
    assert store.sends.all() == [scheduled]
    control(replace(PUBLISHER, is_confirmed=False), store, scheduled)


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
