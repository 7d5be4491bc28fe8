"""Sends without the approval that newsletter.toml requires: who may decide so, for what, and who is told."""

from dataclasses import replace

import pytest

from newsletter import bootstrap
from newsletter.domain.people import ConfirmationNeededError, ForbiddenError
from newsletter.domain.reviews import ReviewEventKind
from newsletter.domain.send import Send
from newsletter.publishing.reviews.approvals import NotApprovedError, require_approval
from newsletter.publishing.sends.send_controls import reactivate
from newsletter.publishing.sends.send_issue import begin_planned
from newsletter.publishing.sends.send_preparing import compose_issue
from newsletter.reviewing import PlannedStart
from newsletter.sending import Observer
from newsletter.settings import Settings
from newsletter.store import Store
from tests.people import EDITOR, PUBLISHER
from tests.publishing.reviews.approving_newsletter import MONDAY, NOW
from tests.publishing.reviews.test_approvals import (
    AT_HALF_PAST_SIX,
    ISSUE,
    approved,
    begun,
    change_text,
    member,
    scheduled,
)


def test_a_send_without_approval_has_a_reason_and_is_for_exactly_this(approving: Settings, store: Store) -> None:
    pia = member(store, PUBLISHER)
    store.staff.join(pia.id, NOW)
    send = scheduled(approving, store, reason="Everybody is on a train.")
    event = store.reviews.of_issue(ISSUE)[-1]
    assert (event.kind, event.note, event.time) == (
        ReviewEventKind.OVERRIDE,
        "Everybody is on a train.",
        AT_HALF_PAST_SIX,
    )
    entry = next(entry for entry in store.audit.entries() if entry.act == "override")
    assert (entry.thing, entry.detail["reason"]) == (f"issue {ISSUE}", "Everybody is on a train.")
    (mail,) = (approving.root / "outbox").rglob("*.eml")
    assert f"To: {PUBLISHER.address}" in mail.read_text()
    assert "Everybody is on a train." in mail.read_text()
    file = approving.root / "issues" / "entries" / "train.md"
    text = file.read_text()
    change_text(approving.root)
    with pytest.raises(NotApprovedError):
        begun(approving, store, send)
    file.write_text(text)
    assert begun(approving, store, send).status.ended


def test_editors_do_not_override_and_publishers_use_their_passkey_first(approving: Settings, store: Store) -> None:
    composed = compose_issue(approving, ISSUE)
    at_once = PlannedStart(begins=NOW, issue_date=MONDAY, is_now=True)
    for person, error in (
        (EDITOR, ForbiddenError),
        (replace(PUBLISHER, is_confirmed=False), ConfirmationNeededError),
    ):
        with pytest.raises(error):
            require_approval(
                approving, store, composed, at_once, person=person, without_approval="In a hurry.", now=NOW
            )
    assert store.reviews.of_issue(ISSUE) == ()


def test_a_person_who_begins_a_scheduled_send_needs_the_approval_too(approving: Settings, store: Store) -> None:
    approved(approving, store, time=AT_HALF_PAST_SIX)
    now = AT_HALF_PAST_SIX.at or NOW
    send = reactivate(PUBLISHER, store, scheduled(approving, store), now=now)
    change_text(approving.root)

    def begin(reason: str = "") -> Send:
        composed = compose_issue(approving, ISSUE)
        with bootstrap.open_send_context(approving) as context:
            return begin_planned(
                PUBLISHER,
                approving,
                store,
                context,
                composed,
                send,
                without_approval=reason,
                now=now,
                observer=Observer(clock=lambda: now),
            )

    with pytest.raises(NotApprovedError):
        begin()
    assert store.sends.get(send.id).digest == ""
    assert begin("It is urgent.").status.ended
