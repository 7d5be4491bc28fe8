"""`[notify]`: the mail to these addresses when a scheduled send is late, paused, failing or finished."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from newsletter import bootstrap
from newsletter.cli.notice_text import notice_message
from newsletter.domain.notices import BounceHold, Notice, NoticeKind, is_outdated
from newsletter.domain.people import Role
from newsletter.domain.segment import EVERYONE
from newsletter.publishing.staff_mail import notified_addresses
from newsletter.publishing.workers.notifier import Notifier
from newsletter.publishing.workers.worker import Worker
from newsletter.sending import Observer
from newsletter.settings import Settings
from newsletter.store import Store
from tests import make
from tests.cli.test_sends import by_smtp, facts, make_due
from tests.cli.test_worker import Looks
from tests.command_line import Run, edit
from tests.databases import sqlite3
from tests.publishing.reviews.approving_newsletter import changed_settings
from tests.publishing.workers.test_queued_service_mail import Report, until
from tests.publishing.workers.test_queued_service_mail import mailed as outgoing
from tests.smtp_server import SmtpServer, smtp_server

EDITORS = ["editor@daily.example", "night-desk@daily.example"]
STUDIO = "https://studio.daily.example"


@pytest.fixture
def relay(run: Run, readers: Path) -> Iterator[SmtpServer]:
    """Start the relay of a newsletter that notifies two editors about its send, which is due."""
    with smtp_server() as server:
        by_smtp(server)
        edit("newsletter.toml", "addresses = []", f"addresses = {EDITORS}")
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        run("send", "latest", "--yes", "--any-date", "--at", f"{tomorrow:%Y-%m-%d} 06:30")
        make_due(timedelta(minutes=1))
        yield server


def mailed(server: SmtpServer) -> list[EmailMessage]:
    """Return the messages to editors since the last call, and assert that each editor got the same ones."""
    by_editor: dict[str, list[EmailMessage]] = {editor: [] for editor in EDITORS}
    for received in server.received:
        if received.recipients[0] in by_editor:
            message = message_from_bytes(received.content, EmailMessage, policy=policy.default)
            by_editor[received.recipients[0]].append(message)
    server.received.clear()
    first, second = (
        [(message_sent["Subject"], message_sent.get_content()) for message_sent in messages]
        for messages in by_editor.values()
    )
    assert first == second
    return by_editor[EDITORS[0]]


def due_now(table: str) -> None:
    """Make the next attempt due now."""
    column, value = ("due", 0) if table == "notice" else ("waits_until", datetime.now(UTC).strftime("%F %T.%f"))
    with closing(sqlite3.connect("newsletter.db", isolation_level=None)) as database:
        database.execute(f"UPDATE {table} SET {column} = ?", [value])


def schedule_again() -> None:
    """Lift a pause without beginning at once, as `newsletter sends resume` does."""
    with closing(sqlite3.connect("newsletter.db", isolation_level=None)) as database:
        database.execute("UPDATE send SET status = 'scheduled', reason = ''")


def test_a_send_that_fails_its_check_is_reported_once_and_later_as_finished(run: Run, relay: SmtpServer) -> None:
    edit("issues/2026-11-23.md", "subject:", "subjekt:")
    assert run("worker", "--once").status == 1
    (failed,) = mailed(relay)
    assert failed["Subject"] == "[The Daily Test] Issue 2026-11-23 could not begin"
    assert failed["From"] == "Editors <editors@daily.example>"
    assert failed["Auto-Submitted"] == "auto-generated"
    assert failed.get_content_type() == "text/plain"
    assert failed["List-Unsubscribe"] is None
    text = failed.get_content()
    assert "Reason: issues/2026-11-23.md" in text
    assert "fix it" in text
    assert "newsletter sends show 1" in text
    due_now("send")
    assert run("worker", "--once").status == 1  # it fails again, which has been reported already
    assert mailed(relay) == []
    edit("issues/2026-11-23.md", "subjekt:", "subject:")
    due_now("send")
    assert run("worker", "--once").status == 0
    (finished,) = mailed(relay)
    assert finished["Subject"] == "[The Daily Test] Issue 2026-11-23 has been sent"
    assert "Recipients: 3\r\n  submitted: 3\r\n" in finished.get_content()
    assert "newsletter report 2026-11-23" in finished.get_content()
    run("worker", "--once")
    assert mailed(relay) == []


def test_a_late_send_is_reported_whether_it_begins_or_not(run: Run, relay: SmtpServer) -> None:
    make_due(timedelta(hours=7))
    assert run("worker", "--once").status == 1
    (late,) = mailed(relay)
    assert late["Subject"] == "[The Daily Test] Issue 2026-11-23 is late and paused"
    assert "and is 7 hours" in late.get_content()
    assert "\nPaused: " in late.get_content()
    assert "newsletter sends resume 1" in late.get_content()
    schedule_again()
    make_due(timedelta(hours=2))
    assert run("worker", "--once").status == 0
    began, finished = mailed(relay)
    assert began["Subject"] == "[The Daily Test] Issue 2026-11-23 began late"
    assert "it began 2 hours" in began.get_content()
    assert "\nBegan: " in began.get_content()
    assert finished["Subject"] == "[The Daily Test] Issue 2026-11-23 has been sent"


def test_a_send_paused_by_the_program_is_reported_but_not_one_paused_by_a_person(run: Run, relay: SmtpServer) -> None:
    run("sends", "pause", "1")
    run("worker", "--once")
    assert mailed(relay) == []
    schedule_again()
    looked = iter([None])  # the check before the send passes
    refuses = "550 5.7.1 not from here"
    with pytest.MonkeyPatch.context() as script:
        script.setattr(relay.script, "answer", lambda step, _="": next(looked, refuses) if step == "MAIL" else None)
        assert run("worker", "--once").status == 1
    assert facts(run)["status"] == "paused"
    due_now("notice")
    assert run("worker", "--once").status == 0
    (stopped,) = mailed(relay)
    assert stopped["Subject"] == "[The Daily Test] Issue 2026-11-23 is paused"
    assert "not from here" in stopped.get_content()
    assert "newsletter sends resume 1" in stopped.get_content()


def test_deferred_notices_do_not_affect_the_send_and_are_logged_once(run: Run, relay: SmtpServer) -> None:
    relay.script.answers.update({("RCPT", editor): "450 4.2.0 greylisted" for editor in EDITORS})
    sent = run("worker", "--once")
    assert (sent.status, sent.stdout) == (0, "issue 2026-11-23: finished; 3 = 3 submitted\n")
    assert sent.stderr.count("greylisted") == len(EDITORS)
    assert sent.stderr.count(": `newsletter worker`, `serve` or `bounces` will retry") == len(EDITORS)
    due_now("notice")
    again = run("worker", "--once")
    assert (again.status, again.stdout, again.stderr) == (0, "", "")
    relay.script.answers.clear()
    due_now("notice")
    assert run("worker", "--once").stderr == ""
    assert [message["Subject"] for message in mailed(relay)] == ["[The Daily Test] Issue 2026-11-23 has been sent"]


def test_without_addresses_no_notices_are_queued(run: Run, relay: SmtpServer) -> None:
    edit("newsletter.toml", f"addresses = {EDITORS}", "addresses = []")
    run("worker", "--once")
    edit("newsletter.toml", "addresses = []", f"addresses = {EDITORS}")
    run("worker", "--once")
    assert mailed(relay) == []


@pytest.mark.parametrize("address", ["editor", "Editor <editor@daily.example>", ""])
def test_an_invalid_notify_address_is_an_error_with_its_line(run: Run, root: Path, address: str) -> None:
    edit("newsletter.toml", "addresses = []", f'addresses = ["{address}"]')
    line = Path("newsletter.toml").read_text().splitlines().index(f'addresses = ["{address}"]') + 1
    checked = run("check")
    assert checked.status == 1
    assert f"newsletter.toml:{line}: " in checked.stdout + checked.stderr
    assert "write an address without a name, such as editor@example.org" in checked.stdout + checked.stderr


def test_publishers_and_admins_are_notified_once_each_beside_the_other_addresses(
    settings: Settings, store: Store
) -> None:
    now = store.now()
    for address, role, joins in (
        ("pia@daily.example", Role.PUBLISHER, True),
        ("ADA@daily.example", Role.ADMIN, True),
        ("eve@daily.example", Role.EDITOR, True),
        ("new@daily.example", Role.PUBLISHER, False),
    ):
        member = store.staff.add(address, name=address, role=role, by="ada@daily.example", now=now)
        if joins:
            store.staff.join(member.id, now)
    own = replace(settings, notify=("desk@daily.example", "ada@daily.example"))
    addresses = notified_addresses(own, store)
    assert [address.casefold() for address in addresses] == [
        "desk@daily.example",
        "ada@daily.example",
        "pia@daily.example",
    ]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (NoticeKind.APPROVAL, "Open the issue's review page"),
        (NoticeKind.OVERRIDE, "newsletter sends cancel 2026-11-23"),
    ],
)
def test_a_notice_about_an_issue_needs_no_send(kind: NoticeKind, words: str) -> None:
    moment = datetime(2026, 11, 22, 18, tzinfo=UTC)
    notice = Notice(
        id=1,
        send=0,
        issue="2026-11-23",
        kind=kind,
        reason="the printer waits",
        at=moment,
        address=EDITORS[0],
        key="k",
        attempts=1,
    )
    subject, text = notice_message(notice, None, make.newsletter(), ())
    assert "Issue 2026-11-23" in subject
    assert "the printer waits" in text
    assert words in text
    assert not is_outdated(notice, None, ())
    assert f"    {STUDIO}/issues/2026-11-23/" in notice_message(notice, None, make.newsletter(), (), STUDIO)[1]


def test_a_notice_of_held_bounces_leads_to_the_report_in_the_studio(store: Store) -> None:
    moment = datetime(2026, 11, 22, 18, tzinfo=UTC)
    send = store.sends.schedule(
        issue="2026-11-23", provider="outbox", segments=[EVERYONE], begins=moment, deadline=60, now=moment
    )
    notice = Notice(
        id=1, send=send.id, kind=NoticeKind.HELD, reason="", at=moment, address=EDITORS[0], key="k", attempts=1
    )
    hold = BounceHold(scope="example.com", addresses=300, first=moment, last=moment, reason="550 blocked")
    report = f"    {STUDIO}/issues/2026-11-23/report\n"
    _, here = notice_message(notice, send, make.newsletter(), [hold])
    _, hosted = notice_message(notice, send, make.newsletter(), [hold], STUDIO)
    assert (report in here, report in hosted) == (False, True)
    assert all("    newsletter suppressions apply\n" in text for text in (here, hosted))


def test_with_a_studio_notices_lead_to_its_pages(run: Run, relay: SmtpServer) -> None:
    edit("newsletter.toml", "[notify]", '[studio]\nhost = "studio.daily.example"\n\n[notify]')
    edit("issues/2026-11-23.md", "subject:", "subjekt:")
    assert run("worker", "--once").status == 1
    (failed,) = mailed(relay)
    assert f"    {STUDIO}/issues/2026-11-23/send" in failed.get_content()
    edit("issues/2026-11-23.md", "subjekt:", "subject:")
    due_now("send")
    assert run("worker", "--once").status == 0
    (finished,) = mailed(relay)
    assert f"    {STUDIO}/issues/2026-11-23/report" in finished.get_content()


def test_notices_go_out_while_the_worker_is_busy(settings: Settings, store: Store) -> None:
    settings = changed_settings(settings, '\n[notify]\naddresses = ["pia@example.org"]\n')
    store.notices.queue("2026-11-23", NoticeKind.APPROVAL, "1 approval missing", now=store.now())
    busy = Looks([lambda: until(lambda: outgoing(settings))])  # as during a send, it looks for no due ones
    with Notifier(notice_message, print) as notifier:
        Worker(lambda: settings, bootstrap.open_store, Report(), observer=Observer(), notifier=notifier).run(busy)
    (message,) = outgoing(settings)
    assert b"To: pia@example.org" in message.read_bytes()
