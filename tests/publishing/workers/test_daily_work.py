"""The worker's daily work: days are counted, and members who want it get a weekly summary by mail."""

from datetime import datetime, timedelta

import pytest

from newsletter import bootstrap
from newsletter.cli.notice_text import notice_message
from newsletter.domain.people import Role
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import NewsletterError
from newsletter.publishing.staff_mail import notified_addresses
from newsletter.publishing.workers.daily_work import DailyWork, do_daily_work, is_due
from newsletter.sending import notify
from newsletter.settings import Settings
from newsletter.store import Store
from tests import ledger, make

MONDAY = datetime(2026, 11, 23, 7, 5)  # noqa: DTZ001  in the newsletter's zone, below


@pytest.fixture
def monday(settings: Settings) -> datetime:
    """Five minutes after the hour of the summary, on a Monday, by the newsletter's clock."""
    return MONDAY.replace(tzinfo=settings.newsletter.zone)


def member(store: Store, name: str, role: Role = Role.PUBLISHER, *, wants: bool = True) -> None:
    added = store.staff.add(f"{name}@daily.example", name=name, role=role, by="root@daily.example", now=make.WHEN)
    store.staff.join(added.id, make.WHEN)
    store.staff.want_summary(added.id, wants)


def week(store: Store, monday: datetime) -> None:
    """Add readers in the week before the Monday, and send an issue to them."""
    for number in range(4):
        store.subscribers.add(
            Subscriber(address=f"r{number}@example.com", topics=("maps",)), monday - timedelta(days=5)
        )
    began = monday - timedelta(days=3)
    send = store.sends.freeze(
        compiled=make.compiled(issue="2026-11-20"),
        tailor=make.tailor(),
        date=began,
        segments=[EVERYONE],
        provider="outbox",
        now=began,
    )
    claimed = ledger.claim(store, send.id, size=4)
    ledger.record(store, send.id, [make.submitted(delivery.subscriber) for delivery in claimed])


def mailed(settings: Settings, store: Store, now: datetime) -> list[tuple[str, str]]:
    """Mail the notices that are due, and return subject and text of the messages, by address."""
    texts: list[tuple[str, str]] = []

    def write(*about: object) -> tuple[str, str]:
        texts.append(notice_message(*about))  # type: ignore[arg-type]
        return texts[-1]

    def fail(error: NewsletterError) -> None:
        pytest.fail(str(error))

    notify(
        store,
        notified_addresses(settings, store),
        settings.newsletter,
        lambda: bootstrap.open_provider(settings),
        write,
        fail,
        now=now,
    )
    return texts


def test_members_who_want_it_get_the_week_once(settings: Settings, store: Store, monday: datetime) -> None:
    member(store, "ada")
    member(store, "eve", wants=False)
    member(store, "bob", Role.EDITOR)  # may not see reports
    week(store, monday)
    do_daily_work(settings, store, now=monday)
    do_daily_work(settings, store, now=monday + timedelta(hours=1))
    ((subject, text),) = mailed(settings, store, monday)
    assert subject == f"[{settings.newsletter.name}] Your week"
    assert "16 November to 22 November 2026" in text
    assert "4 readers, 4 more than before: 4 joined, 0 left and 0 bounced." in text
    assert "  2026-11-20\n    4 of 4 readers, 0 unsubscribed\n" in text
    assert "      4  maps" in text
    assert "newsletter reports" in text
    (file,) = (settings.root / "outbox").rglob("*.eml")
    assert b"ada@daily.example" in file.read_bytes()


def test_the_summary_comes_on_monday_morning_or_not_at_all(settings: Settings, store: Store, monday: datetime) -> None:
    week(store, monday)
    do_daily_work(settings, store, now=monday)  # nobody wants it
    assert not is_due(settings, store, now=monday)
    member(store, "ada")
    for when, due in (
        (monday - timedelta(minutes=10), False),
        (monday, True),
        (monday + timedelta(days=2), True),
        (monday + timedelta(days=3), False),
        (monday + timedelta(days=6), False),
    ):
        store.daily_totals.count_days(when.date(), settings.newsletter.zone)
        assert is_due(settings, store, now=when) is due, when


def test_days_are_counted_in_a_thread_of_its_own(settings: Settings, store: Store) -> None:
    store.subscribers.add(Subscriber(address="ada@example.com"), store.now() - timedelta(days=3))
    work = DailyWork(lambda error: pytest.fail(str(error)))
    work.start(settings, store)
    work.wait(60)
    assert not store.daily_totals.is_due(store.now().astimezone(settings.newsletter.zone).date())
    assert store.daily_totals.first_day() is not None
