"""`newsletter sends …` and `worker`: an operator's view of a send, and actions on it."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from newsletter import bootstrap
from newsletter.cli.send_progress import status_and_advice
from newsletter.domain.delivery import Uncertainty
from newsletter.domain.send import Send, SendStatus
from newsletter.store import open_store
from tests import ledger
from tests.command_line import Run, edit, files
from tests.databases import sqlite3
from tests.smtp_server import CUT, SmtpServer, smtp_server

REPOSITORY = Path(__file__).parents[2]
EVERYONE = ["ada@example.com", "ben@example.net", "cleo@example.org"]


def by_smtp(server: SmtpServer) -> None:
    """Set up sending to a server in this process."""
    relay = f'name = "smtp"\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\nconnections = 1\n'
    edit("newsletter.toml", 'name = "outbox"\npath = "outbox"\n', relay)


def facts(run: Run, name: str = "1") -> dict[str, object]:
    shown: dict[str, object] = json.loads(run("sends", "show", name, "--json").stdout)
    return shown


def test_a_refusal_is_explained_and_suppresses_a_nonexistent_address(run: Run, readers: Path) -> None:
    gone = {("RCPT", "ben@example.net"): "550 5.1.1 <ben@example.net>: no such user"}
    with smtp_server(answers=dict(gone)) as server:
        by_smtp(server)
        sent = run("send", "latest", "--yes")
        assert sent.status == 3
        assert "3 = 2 submitted + 1 refused" in sent.stdout
        assert "`newsletter sends retry 1 --failed`" in sent.stderr
        shown = run("sends", "show", "latest")
        assert "finished with failures" in shown.stdout
        assert "550 5.1.1: the address does not exist; suppressed" in shown.stdout
        assert facts(run)["reasons"] == {"refused: 550 5.1.1: the address does not exist; suppressed": 1}
        assert "ben@example.net" not in shown.stdout
        retried = run("sends", "retry", "1", "--failed")
        assert "3 = 2 submitted + 1 skipped" in retried.stdout
        assert retried.status == 0


def test_an_outage_is_named_with_its_beginning_and_the_next_try() -> None:
    began, then = datetime(2026, 11, 23, 6, 30, tzinfo=UTC), datetime(2026, 11, 23, 6, 35, tzinfo=UTC)
    send = Send(
        id=1,
        issue="2026-11-23",
        status=SendStatus.RUNNING,
        provider="smtp",
        digest="d",
        segments=("everyone",),
        created=began,
        finished=None,
        counts={},
        reason="smtp gives no clear answer: timed out",
        failing_since=began,
        waits_until=then,
    )
    assert status_and_advice(send, ZoneInfo("UTC")) == (
        "running, waits until 2026-11-23 06:35 (UTC): smtp gives no clear answer: timed out"
        "; since 2026-11-23 06:30 (UTC)"
    )


def test_refusals_by_a_whole_domain_are_held_and_reported(run: Run, readers: Path) -> None:
    more = [f"r{number}@strict.example" for number in range(4)]
    (readers / "more.csv").write_text("\n".join(["address", *more]) + "\n")
    assert run("subscribers", "import", "more.csv").status == 0
    with smtp_server(answers={("RCPT", address): "550 5.1.1 no such user" for address in more}) as server:
        by_smtp(server)
        sent = run("send", "latest", "--yes")
        assert "4 refused" in sent.stdout
        assert "Held: 4 hard bounces" in sent.stderr
        assert facts(run)["reasons"] == {"refused: 550 5.1.1: the address does not exist; held until you decide": 4}
        server.script.answers.clear()
        page = (REPOSITORY / "docs/sending.md").read_text()
        documented = page.split("\n## A mail server that rejects everybody\n")[1]
        for command in ("suppressions held", "suppressions discard", "sends retry SEND --failed"):
            assert f"`newsletter {command}`" in documented.partition("\n## ")[0]
            assert run(*command.replace("SEND", "1").split()).status == 0
        assert len(server.received) == 7


def test_an_uncertain_delivery_is_held_until_an_operator_decides(run: Run, readers: Path) -> None:
    with smtp_server(answers={("END", "cleo@example.org"): CUT}) as server:
        by_smtp(server)
        sent = run("send", "latest", "--yes")
        assert sent.status == 3
        assert "3 = 2 submitted + 1 held (uncertain)" in sent.stdout
        assert "may get the issue twice" in sent.stderr
        assert run("sends", "settle", "1", "--hold").stdout == "Held: 1 uncertain delivery of issue 2026-11-23.\n"
        assert run("sends", "settle", "1").status == run("sends", "settle", "1", "--hold", "--resend").status == 2
        server.script.answers.clear()
        again = run("sends", "settle", "1", "--resend")
        assert again.status == 0
        assert "3 = 3 submitted" in again.stdout
        identities = [re.findall(rb"Message-ID: (.*)\r\n", mail.content) for mail in server.received]
    assert len({mail[0] for mail in identities}) == 3


def test_readers_whose_message_cannot_be_built_are_listed_without_affecting_others(run: Run, readers: Path) -> None:
    many = [f"r{at}@example.com,Ada,Trier\n" for at in range(500)]
    Path("many.csv").write_text("address,first_name,town\n" + "".join(many))
    assert run("subscribers", "import", "many.csv").status == 0
    edit("newsletter.toml", "[provider]", 'attributes = ["town"]\n\n[provider]')
    edit("issues/2026-11-23.md", "Good morning", '{{ subscriber.town | default("Hello") }}: good morning')
    damage = {  # as another program may leave the file
        "r100@example.com": 'attributes = \'{"town":"\\ud800"}\'',
        "r200@example.com": "first_name = CAST(x'41e964' AS TEXT)",
        "r300@example.com": "address = 'r300@example.com, ada@example.com'",
        "r400@example.com": "key = '00'",
    }
    with sqlite3.connect("newsletter.db") as database:
        for address, change in damage.items():
            database.execute(f"UPDATE subscriber SET {change} WHERE address_key = '{address}'")
    database.close()
    with smtp_server() as server:
        by_smtp(server)
        sent = run("send", "latest", "--yes")
        assert sent.status == 3
        assert "503 = 499 submitted + 4 refused" in sent.stdout
        got = {mail.recipients for mail in server.received}
        assert len(server.received) == len(got) == 499
    assert not got & {(address,) for address in damage}
    listed = run("sends", "deliveries", "1", "--status", "refused").stdout
    assert all(address in listed for address in damage)
    assert listed.count("the message can't be built") == 4
    cannot = "refused: the message can't be built: "
    assert facts(run)["reasons"] == {
        cannot + "the reader's data can't be encoded; correct the reader's data": 2,
        cannot + "the address can't be mailed; correct the reader's address": 1,
        cannot + "a subscriber's key has … hexadecimal digits": 1,
    }
    assert run("subscribers", "export", "all.csv").status == 0
    assert "A\\udce9d" in Path("all.csv").read_text(encoding="utf-8")


def test_a_paused_send_shows_its_reason_and_how_to_resume(run: Run, readers: Path) -> None:
    _interrupted(run)
    _set("status = 'running', reason = ''")
    assert run("sends", "pause", "1").status == 0
    assert "the send of issue 2026-11-23 is already paused" in run("sends", "pause", "1").stderr
    shown = run("sends", "show", "1").stdout
    by = f"paused by {bootstrap.local_person(Path.cwd()).name}"
    assert f"paused: {by}; continue with `newsletter sends resume 1`" in shown
    refused = run("send", "latest", "--yes")
    assert refused.status == 1
    assert f"is paused ({by}) after 0 of 3 readers" in refused.stderr
    resumed = run("sends", "resume", "1")
    assert resumed.status == 0
    assert "3 = 3 submitted" in resumed.stdout
    finished = "error: the send of issue 2026-11-23 is finished: there is nothing left to"
    see = "`newsletter sends show 2026-11-23` shows its status"
    assert run("sends", "retry", "1", "--failed").stdout == "Issue 2026-11-23 has no refused deliveries.\n"
    assert run("sends", "settle", "1", "--resend").stdout == "Issue 2026-11-23 has no uncertain deliveries.\n"
    for verb in ("pause", "cancel"):
        assert run("sends", verb, "1").stderr.splitlines() == [f"{finished} {verb}: {see}"]


def test_cancelling_after_a_resend_counts_no_reader_who_may_have_the_issue(run: Run, readers: Path) -> None:
    with smtp_server(answers={("END", "cleo@example.org"): CUT}) as server:
        by_smtp(server)
        assert run("send", "latest", "--yes").status == 3
    with open_store(f"sqlite:///{Path('newsletter.db').resolve()}") as store:
        assert store.controls.settle_uncertain(1, Uncertainty.RESEND) == 1
    cancelled = run("sends", "cancel", "1", stdin="y\n")
    assert "All messages have already been handed over" in cancelled.stderr
    assert cancelled.stdout.strip() == (
        "Cancelled. Sent to 2 readers. 1 reader may have got it; the provider never answered."
    )
    assert facts(run)["counts"] == {"submitted": 2, "uncertain": 1}


def test_a_cancelled_send_cannot_be_resumed(run: Run, readers: Path) -> None:
    _interrupted(run)
    assert run("sends", "cancel", "1").status == 2  # no terminal for the question
    assert run("sends", "cancel", "1", stdin="n\n").stdout.strip() == "Nothing was changed."
    assert facts(run)["status"] == "paused"
    cancelled = run("sends", "cancel", "1", stdin="y\n")
    assert "3 readers will not get it" in cancelled.stderr
    assert cancelled.stdout.strip() == "Cancelled. Nothing had been sent. 3 readers will not get it."
    assert facts(run)["counts"] == {"skipped": 3}
    for again in (("sends", "resume", "1"), ("send", "latest", "--yes"), ("send", "latest", "--resume")):
        refused = run(*again)
        assert refused.status == 1
        assert "have changed since" not in refused.stderr
    assert not Path("outbox").is_dir() or not list(Path("outbox").rglob("*.eml"))
    assert "is already cancelled" in run("sends", "cancel", "1").stderr


def test_a_second_cancel_reports_the_result_of_an_interrupted_first_one(run: Run, readers: Path) -> None:
    _interrupted(run)
    with open_store(f"sqlite:///{Path('newsletter.db').resolve()}") as store:
        store.controls.resume(1, now=store.now())
        assert len(ledger.claim(store, 1, size=1)) == 1
        store.controls.cancel(1)
    assert run("sends", "cancel", "1", "--yes").stdout == (
        "Cancelled. 2 readers will not get it. 1 reader may have got it; the provider never answered.\n"
    )


def test_an_edit_during_a_send_is_reported_and_changes_nothing(run: Run, readers: Path) -> None:
    _interrupted(run)
    edit("issues/2026-11-23.md", "number: 1\n", "number: 31415926\n")
    assert "have changed since the send began" in run("sends", "show", "1").stderr
    resumed = run("send", "latest", "--resume")
    assert "have changed since the send began" in resumed.stderr
    assert resumed.status == 0
    messages = files(Path("outbox"))
    assert len(messages) == 3
    assert [name for name, message in messages.items() if b"31415926" in message] == []


def test_the_table_of_deliveries_has_no_formulas(run: Run, readers: Path) -> None:
    run("send", "latest", "--yes")
    with sqlite3.connect("newsletter.db") as database:
        database.execute("UPDATE delivery SET detail = '=1+1' WHERE subscriber = 1")
    database.close()
    rows = list(csv.reader(io.StringIO(run("sends", "deliveries", "latest", "--csv").stdout)))
    assert rows[0] == ["address", "status", "detail"]
    assert [row[0] for row in rows[1:]] == EVERYONE
    assert rows[1][2] == "'=1+1"


def test_the_log_has_a_line_per_event_without_addresses(run: Run, readers: Path) -> None:
    with smtp_server(answers={("RCPT", "ben@example.net"): "550 5.1.1 <ben@example.net>: no such user"}) as server:
        by_smtp(server)
        assert run("send", "latest", "--yes", "--log", "send.log").status == 3
    text = Path("send.log").read_text()
    events = [json.loads(line)["event"] for line in text.splitlines()]
    assert events == ["send.began", "batch.recorded", "delivery.refused", "send.finished"]
    assert "@" not in text.replace("<address>", "")


# Appointments --------------------------------------------------------------------------------------------------------


def test_a_scheduled_send_is_sent_by_the_worker(run: Run, readers: Path) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    planned = run("send", "latest", "--yes", "--any-date", "--at", f"{tomorrow:%Y-%m-%d} 06:30")
    assert planned.status == 0
    assert f"Issue 2026-11-23 is scheduled for {tomorrow:%Y-%m-%d} 06:30 (UTC): send 1." in planned.stdout
    assert facts(run)["status"] == "scheduled"
    assert run("worker", "--once").stdout == ""
    assert not Path("outbox").exists()
    refused = run("send", "latest", "--yes")
    assert refused.status == 1
    assert "is scheduled for" in refused.stderr
    make_due(timedelta(minutes=1))
    worked = run("worker", "--once")
    assert worked.stdout == "issue 2026-11-23: finished; 3 = 3 submitted\n"
    assert len(files(Path("outbox"))) == 3
    assert run("worker", "--once").stdout == ""


def test_a_worker_pauses_a_send_that_is_too_late(run: Run, readers: Path) -> None:
    run("send", "latest", "--yes", "--any-date", "--at", f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d} 06:30")
    make_due(timedelta(hours=7))
    late = run("worker", "--once")
    assert (late.status, late.stdout) == (1, "")
    assert "paused: it was to begin at" in late.stderr
    assert not Path("outbox").exists()
    assert "and is 7 hours" in str(facts(run)["reason"])
    resumed = run("sends", "resume", "1")
    assert resumed.status == 0
    assert "3 = 3 submitted" in resumed.stdout


def test_a_paused_scheduled_send_keeps_its_time_once_resumed(run: Run, readers: Path) -> None:
    run("send", "latest", "--yes", "--any-date", "--at", f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d} 06:30")
    assert run("sends", "pause", "1").status == 0
    for _ in range(2):  # the second time there is nothing left to do
        resumed = run("sends", "resume", "1")
        assert resumed.status == 0
        assert "scheduled for" in resumed.stdout
        assert facts(run)["status"] == "scheduled"
    make_due(timedelta(minutes=1))
    assert run("worker", "--once").stdout == "issue 2026-11-23: finished; 3 = 3 submitted\n"


def test_a_scheduled_send_that_fails_its_checks_is_sent_once_the_file_is_fixed(run: Run, readers: Path) -> None:
    edit("newsletter.toml", 'time_zone = "UTC"', 'time_zone = "Europe/Vienna"')
    run("send", "latest", "--yes", "--any-date", "--at", f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d} 06:30")
    scheduled = run("send", "latest", "--yes").stderr
    make_due(timedelta(minutes=1))
    edit("issues/2026-11-23.md", "subject:", "subjekt:")
    worked = run("worker", "--once")
    assert worked.status == 1
    edit("issues/2026-11-23.md", "subjekt:", "subject:")
    listings = [run(*command).stdout for command in (["sends"], ["sends", "show", "1"], ["issue", "list"])]
    for listing in listings:
        assert re.search(r"late, scheduled for .*\(Europe/Vienna\).*issues/2026-11-23\.md", listing)
    edit("issues/2026-11-23.md", "subject:", "subjekt:")
    by_vienna = [scheduled, worked.stderr, *listings]
    assert "issues/2026-11-23.md" in worked.stderr
    assert facts(run)["status"] == "scheduled"
    assert "issues/2026-11-23.md" in str(facts(run)["reason"])
    assert "next attempt at" in run("sends", "show", "1").stdout
    edit("issues/2026-11-23.md", "subjekt:", "subject:")
    worked = run("worker", "--once")
    assert (worked.status, worked.stdout) == (0, "issue 2026-11-23: finished; 3 = 3 submitted\n")
    assert len(files(Path("outbox"))) == 3
    by_vienna += [run(*command).stdout for command in (["sends", "show", "1"], ["report", "latest"])]
    by_vienna.append(run("send", "latest", "--yes").stderr)
    assert all("(Europe/Vienna)" in shown and "UTC" not in shown for shown in by_vienna)


def test_a_scheduled_send_can_be_cancelled(run: Run, readers: Path) -> None:
    run("send", "latest", "--yes", "--any-date", "--at", f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d} 06:30")
    assert run("sends", "cancel", "2026-11-23", "--yes").stdout == "Cancelled. Nothing had been sent.\n"
    make_due(timedelta(minutes=1))
    assert run("worker", "--once").stdout == ""
    assert run("send", "latest", "--yes").status == 0
    assert len(files(Path("outbox"))) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--at", "2020-01-01 06:30"], "has passed"),
        (["--at", "tomorrow"], "is not a date and time"),
        (["--at", ""], "is not a date and time"),
        (["--local-time", ""], "is not a local time"),
        (["--local-time", "25:00"], "is not a local time"),
        (["--at", "2099-01-01 06:30", "--local-time", "07:00"], "can't be combined"),
        (["--at", "2099-01-01 06:30", "--resume"], "--resume continues a send now"),
    ],
)
def test_an_invalid_send_time_is_refused(run: Run, readers: Path, arguments: list[str], message: str) -> None:
    refused = run("send", "latest", "--yes", *arguments)
    assert (refused.status, refused.stdout) == (2, "")
    assert message in refused.stderr
    assert json.loads(run("sends", "--json").stdout) == []


def test_the_worker_resumes_interrupted_sends_but_not_paused_ones(run: Run, readers: Path) -> None:
    _interrupted(run)
    assert run("worker", "--once").stdout == ""
    _set("status = 'running', reason = ''")
    assert run("worker", "--once").stdout == "issue 2026-11-23: finished; 3 = 3 submitted\n"


def _interrupted(run: Run) -> None:
    """Begin a send that the outbox stops before its first message, and which can be resumed."""
    Path("outbox").mkdir(exist_ok=True)
    Path("outbox/2026-11-23").write_text("a file in the place of the issue's folder")
    assert run("send", "latest", "--yes").status == 1
    Path("outbox/2026-11-23").unlink()
    assert facts(run)["status"] == "paused"


def make_due(ago: timedelta) -> None:
    """Make the scheduled send due this long ago."""
    _set(f"begins = '{datetime.now(UTC) - ago:%Y-%m-%d %H:%M:%S.%f}'")


def _set(values: str) -> None:
    with sqlite3.connect("newsletter.db") as database:
        database.execute(f"UPDATE send SET {values}")
    database.close()
