"""Sending an issue: what would be sent, when, and what is refused."""

from datetime import UTC, date, datetime, timedelta

import pytest

from newsletter import composing
from newsletter.checks import CheckContext
from newsletter.composing import Composed
from newsletter.domain.send import SendStatus
from newsletter.domain.send_errors import EmbargoedError, FarAheadError, ScheduledError, WrongDateError
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import SendError
from newsletter.publishing.sends.frozen_content import freeze_request
from newsletter.publishing.sends.send_preparing import PreparedSend, prepare_send, refuse_unexpected_day
from newsletter.publishing.sends.send_schedule import schedule_send
from newsletter.publishing.sends.start_time import start_at
from newsletter.settings import Settings
from newsletter.store import Store
from tests.newsletter_folder import write_issue
from tests.people import PUBLISHER

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 5, tzinfo=UTC)


@pytest.fixture
def composed(settings: Settings, store: Store) -> Composed:
    """Monday's issue, which has two readers."""
    for name, topic in (("ada", "science"), ("ben", "cities")):
        store.subscribers.add(Subscriber(address=f"{name}@example.com", topics=(topic,)), now=NOW)
    issue = write_issue(settings.root, MONDAY, "train")
    return composing.compose(settings.root, settings.newsletter, issue.slug, CheckContext(segments=settings.segments))


def prepared(
    settings: Settings, store: Store, composed: Composed, *, at: str = "", today: date = MONDAY
) -> PreparedSend:
    start = start_at(settings, at, now=NOW) if at else None
    return prepare_send(PUBLISHER, settings, store, composed, today=today, now=NOW, start=start)


def test_a_prepared_send_counts_its_recipients_and_stores_nothing(
    settings: Settings, store: Store, composed: Composed
) -> None:
    send = prepared(settings, store, composed)
    assert (send.plan.issue, send.plan.recipients, send.plan.provider) == ("2026-11-23", 2, "outbox")
    assert (send.day, send.start) == (MONDAY, None)
    assert list(store.sends.all()) == []


def test_an_issue_of_today_may_be_sent_without_a_question(settings: Settings, store: Store, composed: Composed) -> None:
    refuse_unexpected_day(prepared(settings, store, composed))
    refuse_unexpected_day(prepared(settings, store, composed, at="2026-11-23 19:00"))


def test_an_issue_of_another_day_needs_a_person(settings: Settings, store: Store, composed: Composed) -> None:
    tuesday = MONDAY + timedelta(days=1)
    with pytest.raises(WrongDateError, match="dated Monday 23 November 2026, but today is Tuesday 24") as today:
        refuse_unexpected_day(prepared(settings, store, composed, today=tuesday))
    assert (today.value.issue, today.value.dated, today.value.day) == ("2026-11-23", MONDAY, tuesday)
    with pytest.raises(WrongDateError, match="it would be sent on Tuesday 24 November"):
        refuse_unexpected_day(prepared(settings, store, composed, at="2026-11-24 06:30"))


@pytest.mark.parametrize(
    ("until", "refused"), [("2026-11-23", False), ("2026-11-23 19:00", False), ("2026-11-23 19:01", True)]
)
def test_a_send_waits_for_an_embargo(settings: Settings, store: Store, until: str, refused: bool) -> None:
    store.subscribers.add(Subscriber(address="ada@example.com", topics=("science",)), now=NOW)
    issue = write_issue(settings.root, MONDAY, "train")
    entry = settings.root / "issues/entries/train.md"
    entry.write_text(entry.read_text().replace("title:", f"not_before: {until}\ntitle:"))
    composed = composing.compose(
        settings.root, settings.newsletter, issue.slug, CheckContext(segments=settings.segments)
    )
    if refused:
        with pytest.raises(
            EmbargoedError, match="train in issue 2026-11-23 may not be published before 2026-11-23 19:01"
        ):
            prepared(settings, store, composed, at="2026-11-23 19:00")
        with pytest.raises(EmbargoedError):
            freeze_request(settings, store, composed, now=NOW)
        with pytest.raises(EmbargoedError):
            freeze_request(settings, store, composed, now=NOW, local_time="18:59")
        freeze_request(settings, store, composed, now=NOW, local_time="19:01")
    else:
        prepared(settings, store, composed, at="2026-11-23 19:00")


def test_a_start_far_ahead_needs_a_person(settings: Settings, store: Store) -> None:
    store.subscribers.add(Subscriber(address="ada@example.com"), now=NOW)
    issue = write_issue(settings.root, date(2027, 11, 23), "train")
    composed = composing.compose(
        settings.root, settings.newsletter, issue.slug, CheckContext(segments=settings.segments)
    )
    with pytest.raises(FarAheadError, match="would begin 365 days from now") as far:
        refuse_unexpected_day(prepared(settings, store, composed, at="2027-11-23 06:30"))
    assert far.value.days == 365


def test_a_scheduled_send_begins_at_its_start_and_is_not_scheduled_twice(
    settings: Settings, store: Store, composed: Composed
) -> None:
    ready = prepared(settings, store, composed, at="2026-11-23 19:00")
    send = schedule_send(PUBLISHER, settings, store, ready, now=NOW)
    assert (send.status, send.begins) == (SendStatus.SCHEDULED, datetime(2026, 11, 23, 18, tzinfo=UTC))
    assert (send.issue, send.provider, send.deadline) == ("2026-11-23", "outbox", 6 * 3600)
    with pytest.raises(ScheduledError, match=r"is scheduled for 2026-11-23 19:00 \(Europe/Vienna\)") as refused:
        schedule_send(PUBLISHER, settings, store, ready, now=NOW)
    assert (refused.value.issue, refused.value.send, refused.value.begins) == (send.issue, send.id, send.begins)
    with pytest.raises(SendError, match=r"is scheduled for 2026-11-23 19:00 \(Europe/Vienna\)"):
        prepared(settings, store, composed)


def test_an_issue_without_readers_is_not_prepared(settings: Settings, store: Store) -> None:
    issue = write_issue(settings.root, MONDAY, "train", more="segments: [scientists]\n")
    composed = composing.compose(
        settings.root, settings.newsletter, issue.slug, CheckContext(segments=settings.segments)
    )
    with pytest.raises(SendError, match="no confirmed readers in scientists"):
        prepared(settings, store, composed)
