"""The reminder about tomorrow's issue, if it isn't approved at the hour that newsletter.toml sets."""

from datetime import UTC, datetime

import pytest

from newsletter.domain.notices import NoticeKind
from newsletter.domain.reviews import ApprovedTime
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Subscriber
from newsletter.publishing.reviews.review_decisions import approve
from newsletter.publishing.sends.send_preparing import compose_issue
from newsletter.publishing.workers.reminders import queue_reminders
from newsletter.settings import Settings
from newsletter.store import Store
from tests.newsletter_folder import write_issue
from tests.people import EDITOR
from tests.publishing.reviews.approving_newsletter import MONDAY, changed_settings
from tests.publishing.reviews.test_approvals import ISSUE, member

BEFORE, EVENING = datetime(2026, 11, 22, 16, 59, tzinfo=UTC), datetime(2026, 11, 22, 17, 30, tzinfo=UTC)


@pytest.fixture
def reminding(settings: Settings, store: Store) -> Settings:
    """The settings of a newsletter that reminds at six in the evening, with an issue for Monday."""
    store.subscribers.add(Subscriber(address="ada@example.com", topics=("science",)), now=BEFORE)
    write_issue(settings.root, MONDAY, "train", more="preheader: What a timetable can teach.\n")
    return changed_settings(settings, '\n[approval]\nrequired = true\nremind_at = "18:00"\n')


def queued(store: Store) -> list[tuple[NoticeKind, str, str]]:
    """Return the notices that are waiting."""
    store.notices.address(["pia@example.org"], EVENING)
    return [(notice.kind, notice.issue, notice.reason) for notice in store.notices.reserve(EVENING, 20)]


def test_an_issue_that_is_not_approved_is_reported_once_after_the_hour(reminding: Settings, store: Store) -> None:
    assert not queue_reminders(reminding, store, now=BEFORE)
    assert queue_reminders(reminding, store, now=EVENING)
    assert not queue_reminders(reminding, store, now=EVENING)
    assert queued(store) == [(NoticeKind.APPROVAL, ISSUE, "1 approval missing")]


def test_an_approved_issue_is_not_reported(reminding: Settings, store: Store) -> None:
    composed = compose_issue(reminding, ISSUE)
    approve(member(store, EDITOR), reminding, store, composed, time=ApprovedTime(day=MONDAY), now=BEFORE)
    assert not queue_reminders(reminding, store, now=EVENING)
    assert queued(store) == []
    assert store.reminders.is_claimed("approval", MONDAY)
    entry = reminding.root / "issues/entries/train.md"
    entry.write_text(entry.read_text().replace("About train", "Everything about train"))
    assert not queue_reminders(reminding, store, now=EVENING)  # tomorrow's issues are looked at once
    assert queued(store) == []


def test_an_issue_whose_send_has_begun_is_not_reported(reminding: Settings, store: Store) -> None:
    composed = compose_issue(reminding, ISSUE)
    store.sends.freeze(
        compiled=composed.compiled,
        tailor=composed.tailor,
        date=BEFORE,
        segments=[EVERYONE],
        provider="outbox",
        now=BEFORE,
    )
    assert not queue_reminders(reminding, store, now=EVENING)
    assert queued(store) == []


def test_an_issue_that_cannot_be_composed_is_reported_with_the_reason(reminding: Settings, store: Store) -> None:
    (reminding.root / f"issues/{ISSUE}.md").write_text("---\ndate: 2026-11-23\nentries: [nothing]\n---\n", "utf-8")
    assert queue_reminders(reminding, store, now=EVENING)
    ((_, issue, reason),) = queued(store)
    assert issue == ISSUE
    assert reason.startswith("it can't be sent as it is: ")


def test_without_required_approvals_nothing_is_said(settings: Settings, store: Store) -> None:
    write_issue(settings.root, MONDAY, "train")
    assert not queue_reminders(settings, store, now=EVENING)
    assert queued(store) == []
