"""Where newsletter.toml requires an approval, only exactly what was approved goes out, to its readers, at its time."""

import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter import bootstrap
from newsletter.domain.people import ForbiddenError, OwnWorkError, Person, Role
from newsletter.domain.reviews import ApprovedTime, Edit, ReviewEventKind
from newsletter.domain.send import Send
from newsletter.domain.subscriber import Subscriber
from newsletter.publishing.reviews.approvals import NotApprovedError, approval_problem, planned_start
from newsletter.publishing.reviews.issue_reviews import mark_of, review_of
from newsletter.publishing.reviews.reasons import MissingReasonError
from newsletter.publishing.reviews.review_decisions import (
    ReviewOutdatedError,
    approve,
    ask_for_changes,
    record_proof,
)
from newsletter.publishing.reviews.reviewed_issue import reviewed_issue
from newsletter.publishing.sends.send_issue import begin_scheduled, send_now
from newsletter.publishing.sends.send_preparing import compose_issue, prepare_send
from newsletter.publishing.sends.send_schedule import reschedule_send, schedule_send
from newsletter.publishing.sends.start_time import start_at
from newsletter.reviewing import PlannedStart
from newsletter.sending import Observer
from newsletter.settings import Settings, load
from newsletter.store import Store
from tests.command_line import Run
from tests.newsletter_folder import write_issue
from tests.people import EDITOR, PUBLISHER, WRITER
from tests.publishing.reviews.approving_newsletter import APPROVAL, MONDAY, NOW

ISSUE = "2026-11-23"
AT = "2026-11-23 06:30"
ANY_TIME = ApprovedTime(day=MONDAY)
AT_HALF_PAST_SIX = ApprovedTime(day=MONDAY, at=datetime(2026, 11, 23, 5, 30, tzinfo=UTC))


def approved(settings: Settings, store: Store, person: Person = EDITOR, time: ApprovedTime = ANY_TIME) -> None:
    approve(member(store, person), settings, store, compose_issue(settings, ISSUE), time=time, now=NOW)


def member(store: Store, person: Person) -> Person:
    """Return a person of the staff, with their account."""
    known = store.staff.of_address(person.address)
    known = known or store.staff.add(person.address, name=person.name, role=person.role, by="", now=NOW)
    return replace(person, id=known.id)


def problem(settings: Settings, store: Store, *, at: str = "", now: datetime = NOW) -> NotApprovedError | None:
    composed = compose_issue(settings, ISSUE)
    if at:
        start = planned_start(start_at(settings, at, now=now).begins, composed.issue.date, now=now)
    else:
        start = PlannedStart(begins=now, issue_date=composed.issue.date, is_now=True)
    return approval_problem(settings, store, composed, start)


def scheduled(settings: Settings, store: Store, at: str = AT, reason: str = "") -> Send:
    composed = compose_issue(settings, ISSUE)
    start = start_at(settings, at, now=NOW)
    prepared = prepare_send(PUBLISHER, settings, store, composed, today=MONDAY, now=NOW, start=start)
    return schedule_send(PUBLISHER, settings, store, prepared, without_approval=reason, now=NOW)


def begun(settings: Settings, store: Store, send: Send, now: datetime = AT_HALF_PAST_SIX.at or NOW) -> Send:
    """Let a worker begin a scheduled send."""
    with bootstrap.open_send_context(settings) as context, store.leases.acquire(send.id) as lease:
        return begin_scheduled(
            settings, store, context, send, lease, now=now, observer=Observer(clock=lambda: now)
        ).result()


def change_text(root: Path) -> None:
    """Change an entry in a text editor."""
    file = root / "issues" / "entries" / "train.md"
    file.write_text(file.read_text().replace("Something about train", "Everything about train"))


def change_theme(root: Path) -> None:
    folder = root / "templates" / "email" / "own"
    folder.mkdir(parents=True)
    (folder / "theme.toml").write_text('base = "default"\n\n[colors]\naccent = "#123456"\n')


CHANGES: dict[str, Callable[[Path], object]] = {
    "text": change_text,
    "topics": lambda root: replace_in(root / "issues/entries/train.md", "[Science]", "[Cities]"),
    "order": lambda root: replace_in(root / f"issues/{ISSUE}.md", "  - train\n  - glove", "  - glove\n  - train"),
    "segments": lambda root: replace_in(root / f"issues/{ISSUE}.md", "entries:", "segments: [scientists]\nentries:"),
    "tailoring": lambda root: replace_in(root / f"issues/{ISSUE}.md", "entries:", "tailored: true\nentries:"),
    "postal address": lambda root: replace_in(root / "newsletter.toml", "1 Test Street", "2 Test Street"),
    "colours": lambda root: replace_in(
        root / "newsletter.toml", "[approval]", '[theme.colors]\naccent = "#123456"\n[approval]'
    ),
    "counting": lambda root: replace_in(
        root / "newsletter.toml", "[approval]", '[counting]\nutm_source = "mail"\n[approval]'
    ),
}


def replace_in(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_nothing_is_required_by_default(settings: Settings, store: Store) -> None:
    store.subscribers.add(Subscriber(address="ada@example.com"), now=NOW)
    write_issue(settings.root, MONDAY, "train")
    assert problem(settings, store) is None
    assert scheduled(settings, store).id


def test_an_unapproved_issue_is_neither_sent_nor_scheduled(approving: Settings, store: Store) -> None:
    with pytest.raises(NotApprovedError, match="issue 2026-11-23 is not approved: 1 approval missing"):
        scheduled(approving, store)
    composed = compose_issue(approving, ISSUE)
    prepared = prepare_send(PUBLISHER, approving, store, composed, today=MONDAY, now=NOW)
    with bootstrap.open_send_context(approving) as context, pytest.raises(NotApprovedError):
        send_now(PUBLISHER, approving, store, context, prepared, now=NOW, observer=Observer(clock=lambda: NOW))
    assert list(store.sends.all()) == []


def test_an_approved_issue_goes_out(approving: Settings, store: Store) -> None:
    approved(approving, store)
    send = begun(approving, store, scheduled(approving, store))
    assert send.status.ended
    event = store.reviews.of_issue(ISSUE)[0]
    assert (event.kind, event.by, event.content) == (ReviewEventKind.APPROVAL, EDITOR.address, send.digest)
    assert [(entry.act, entry.thing) for entry in store.audit.entries()][-1] == ("approve", f"issue {ISSUE}")


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_after_the_approval_is_refused_even_if_the_send_was_scheduled(
    approving: Settings, store: Store, change: str
) -> None:
    approved(approving, store)
    send = scheduled(approving, store)
    CHANGES[change](approving.root)
    later = load(approving.root)
    with pytest.raises(NotApprovedError) as refused:
        begun(later, store, send)
    assert refused.value.changes
    assert store.sends.get(send.id).digest == ""


def test_a_change_that_was_taken_back_needs_no_new_approval(approving: Settings, store: Store) -> None:
    approved(approving, store)
    file = approving.root / "issues" / "entries" / "train.md"
    text = file.read_text()
    change_text(approving.root)
    assert problem(approving, store) is not None
    file.write_text(text)
    assert problem(approving, store) is None


def test_a_changed_rule_of_a_segment_needs_a_new_approval(approving: Settings, store: Store) -> None:
    CHANGES["segments"](approving.root)
    approved(approving, store)
    assert problem(approving, store) is None
    replace_in(approving.root / "newsletter.toml", 'any = ["Science"]', "where = 'topic = \"Science\"'")
    refused = problem(load(approving.root), store)
    assert refused is not None
    assert refused.changes == ("segment “scientists” has another rule, so other readers may be in it",)


def test_an_approval_is_for_a_time(approving: Settings, store: Store) -> None:
    approved(approving, store, time=AT_HALF_PAST_SIX)
    send = scheduled(approving, store)
    with pytest.raises(NotApprovedError, match="the approval is for another time"):
        reschedule_send(PUBLISHER, approving, store, send, start_at(approving, "2026-11-23 08:00", now=NOW), now=NOW)
    assert store.sends.get(send.id).begins == AT_HALF_PAST_SIX.at
    assert problem(approving, store) is not None  # not now, at five
    moment = AT_HALF_PAST_SIX.at or NOW
    assert problem(approving, store, now=moment + timedelta(seconds=20)) is None  # by cron
    assert problem(approving, store, now=moment + timedelta(hours=7)) is not None
    paused_for_long = moment + timedelta(hours=7)
    with pytest.raises(NotApprovedError):
        begun(approving, store, send, now=paused_for_long)


def test_any_time_on_the_date_is_the_newsletters_date(approving: Settings, store: Store) -> None:
    approved(approving, store)
    assert problem(approving, store, at="2026-11-23 23:59") is None
    assert problem(approving, store, at="2026-11-24 00:00") is not None


def test_a_person_does_not_approve_their_own_changes(approving: Settings, store: Store) -> None:
    store.edits.note([Edit(path="issues/entries/train.md", address="EVE@example.org", at=NOW)])
    with pytest.raises(OwnWorkError):
        approved(approving, store)
    approved(approving, store, PUBLISHER)
    assert problem(approving, store) is None
    change_text(approving.root)  # the edit after the approval is noted by a clock that was set back
    store.edits.note([Edit(path="issues/entries/train.md", address=PUBLISHER.address, at=NOW - timedelta(days=9))])
    with pytest.raises(OwnWorkError):
        approved(approving, store, PUBLISHER)
    approved(approving, store)
    assert problem(approving, store) is None


def test_somebody_else_approves_an_entry_that_was_written_before_it_came_into_the_issue(
    approving: Settings, store: Store
) -> None:
    store.edits.note([Edit(path="issues/entries/bells.md", address=EDITOR.address, at=NOW)])
    approved(approving, store, PUBLISHER)
    write_issue(approving.root, MONDAY, "train", "glove", "bells", more="preheader: What a timetable can teach.\n")
    store.edits.note([Edit(path=f"issues/{ISSUE}.md", address=PUBLISHER.address, at=NOW)])
    approved(approving, store, EDITOR)
    refused = problem(approving, store)
    assert refused
    assert refused.missing == (f"somebody else must approve the changes by {EDITOR.name}",)
    approved(approving, store, PUBLISHER)
    assert problem(approving, store) is None


def test_a_change_that_arrives_by_git_has_its_author(approving: Settings, store: Store) -> None:
    def git(*arguments: str) -> None:
        who = ["-c", "user.name=Eve", "-c", f"user.email={EDITOR.address}", "-c", "commit.gpgSign=false"]
        subprocess.run(["git", *who, *arguments], cwd=approving.root, check=True, capture_output=True)

    git("init", "-q")
    git("add", "issues", "newsletter.toml")
    git("commit", "-qm", "The first issue")
    with pytest.raises(OwnWorkError):
        approved(approving, store)
    approved(approving, store, PUBLISHER)
    change_text(approving.root)
    approved(approving, store)  # nobody knows who has changed the file in a text editor
    git("commit", "-qam", "Change it")
    assert problem(approving, store) is not None  # but now git does
    approved(approving, store, PUBLISHER)
    assert problem(approving, store) is None


def test_an_author_with_two_addresses_is_one_person_by_the_mailmap(approving: Settings, store: Store) -> None:
    def git(address: str, *arguments: str) -> None:
        who = ["-c", "user.name=Eve", "-c", f"user.email={address}", "-c", "commit.gpgSign=false"]
        subprocess.run(["git", *who, *arguments], cwd=approving.root, check=True, capture_output=True)

    private = "eve@private.example.net"
    git(private, "init", "-q")
    git(private, "config", "user.name", "Eve")
    git(private, "config", "user.email", private)
    git(private, "add", "issues", "newsletter.toml")
    git(private, "commit", "-qm", "The first issue")
    approved(approving, store)  # of an issue that somebody else has written, as it seems
    change_text(approving.root)
    git(private, "commit", "-qam", f"Change it\n\nCo-authored-by: Eve <{private.upper()}>")
    (approving.root / ".mailmap").write_text(f"Eve <{EDITOR.address}> <{private}>\n", "utf-8")
    with pytest.raises(OwnWorkError):
        approved(approving, store)
    assert bootstrap.local_person(approving.root).address == EDITOR.address
    approved(approving, store, PUBLISHER)
    assert problem(approving, store) is None


def test_the_approval_of_somebody_whose_role_was_lowered_no_longer_counts(approving: Settings, store: Store) -> None:
    person = member(store, EDITOR)
    approved(approving, store)
    assert problem(approving, store) is None
    store.staff.change_role(person.id, Role.WRITER)
    assert problem(approving, store) is not None
    store.staff.change_role(person.id, Role.EDITOR)
    assert problem(approving, store) is None
    store.staff.remove(person.id, NOW)
    assert problem(approving, store) is not None


def test_a_decision_about_what_was_not_seen_is_refused(approving: Settings, store: Store) -> None:
    composed = compose_issue(approving, ISSUE)
    seen = mark_of(reviewed_issue(approving, composed))
    change_text(approving.root)
    composed = compose_issue(approving, ISSUE)
    with pytest.raises(ReviewOutdatedError):
        approve(EDITOR, approving, store, composed, time=ANY_TIME, seen=seen, now=NOW)
    with pytest.raises(ReviewOutdatedError):
        ask_for_changes(EDITOR, approving, store, composed, note="Shorter.", seen=seen, now=NOW)
    assert store.reviews.of_issue(ISSUE) == ()


def test_changes_can_be_asked_for(approving: Settings, store: Store) -> None:
    approved(approving, store)
    composed = compose_issue(approving, ISSUE)
    with pytest.raises(MissingReasonError):
        ask_for_changes(PUBLISHER, approving, store, composed, note=" ", now=NOW)
    ask_for_changes(PUBLISHER, approving, store, composed, note="Too long\0.", now=NOW)
    refused = problem(approving, store)
    assert refused is not None
    assert refused.missing == ("Pia Lund has asked for changes", "1 approval missing")
    assert store.reviews.of_issue(ISSUE)[-1].note == "Too long."
    assert [(entry.act, entry.address) for entry in store.audit.entries()] == [
        ("review", PUBLISHER.address),
        ("approve", EDITOR.address),
    ]


def test_writers_neither_approve_nor_ask_for_changes(approving: Settings, store: Store) -> None:
    with pytest.raises(ForbiddenError):
        approved(approving, store, WRITER)
    composed = compose_issue(approving, ISSUE)
    with pytest.raises(ForbiddenError):
        ask_for_changes(WRITER, approving, store, composed, note="No.", now=NOW)


def test_a_start_within_two_minutes_is_meant_to_be_at_once() -> None:
    two_minutes = timedelta(minutes=2)  # the minute of Undo, and one to look at the page
    assert planned_start(NOW + two_minutes, MONDAY, now=NOW).is_now
    assert not planned_start(NOW + two_minutes + timedelta(seconds=1), MONDAY, now=NOW).is_now
    assert not planned_start(NOW, MONDAY, local_time="07:00", now=NOW).is_now


def test_changes_since_a_proof_are_said(approving: Settings, store: Store) -> None:
    record_proof(EDITOR, approving, store, compose_issue(approving, ISSUE), [EDITOR.address], now=NOW)
    (entry,) = store.audit.entries()
    assert (entry.act, entry.thing, entry.detail) == ("proof", f"issue {ISSUE}", {"to": [EDITOR.address]})
    CHANGES["order"](approving.root)
    review = review_of(approving, store, reviewed_issue(approving, compose_issue(approving, ISSUE)))
    assert review.changes == ("“About glove” moved from 2nd to 1st",)
    assert review.compared is not None
    assert review.compared.recipients == (EDITOR.address,)


def test_the_command_line_obeys_the_same_rule(run: Run, root: Path) -> None:
    write_issue(root, MONDAY, "train")
    assert run("subscribers", "add", "ada@example.com").status == 0
    (root / "newsletter.toml").write_text((root / "newsletter.toml").read_text() + APPROVAL)
    refused = run("send", ISSUE, "--yes", "--any-date")
    assert refused.status == 1
    assert re.search("is not approved: 1 approval missing: approve it in `newsletter studio`", refused.stderr)
    assert "not approved" in run("send", ISSUE, "--dry-run").stderr
    assert run("send", ISSUE, "--yes", "--any-date", "--without-approval", " ").status == 2
    sent = run("send", ISSUE, "--yes", "--any-date", "--without-approval", "The editor is on a train.")
    assert sent.status == 0, sent.stderr


def test_a_proof_from_the_command_line_is_noted_too(run: Run, root: Path) -> None:
    write_issue(root, MONDAY, "train")
    assert run("subscribers", "add", "ada@example.com").status == 0
    assert run("proof", ISSUE, "--to", "me@example.org").status == 0
    with bootstrap.open_store(load(root)) as store:
        (event,) = store.reviews.of_issue(ISSUE)
    assert (event.kind, event.recipients) == (ReviewEventKind.PROOF, ("me@example.org",))
