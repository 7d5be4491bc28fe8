"""`newsletter bounces` and the bounces that it holds for an operator to decide about."""

import fcntl
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from newsletter.message.verp import return_path
from newsletter.settings import load_signer
from newsletter.store import open_store
from tests import incoming_mail
from tests.bounce_mailbox import Maildir, by_smtp, header, suppressed
from tests.command_line import Run, edit
from tests.smtp_server import smtp_server


def test_a_second_run_is_refused_until_the_first_ends_or_is_killed(readers: Path, run: Run, maildir: Maildir) -> None:
    message, empty = maildir.path / "new" / "1", readers / "empty"
    os.mkfifo(message)  # a reader of it waits for a writer
    for folder in ("new", "cur"):
        (empty / folder).mkdir(parents=True)
    command = [sys.executable, "-m", "newsletter", "-C", str(readers), "bounces", str(maildir.path)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as first:
        try:
            writing = _open_once_it_is_read(message, first)
            settings = readers / "newsletter.toml"
            saved = settings.with_name("saved")  # as an editor does
            saved.write_bytes(settings.read_bytes())
            saved.replace(settings)
            refused = run("bounces", str(empty))
        finally:
            first.kill()
    os.close(writing)
    assert refused.status != 0
    assert "bounce collection is already running" in refused.stderr
    assert "wait until the other `newsletter bounces` has finished" in refused.stderr
    message.unlink()
    with (readers / "newsletter.toml").open() as held_by_another:  # that isn't our lock
        fcntl.flock(held_by_another, fcntl.LOCK_EX)
        assert run("bounces", str(maildir.path)).status == 0


def _open_once_it_is_read(pipe: Path, by: subprocess.Popen[bytes]) -> int:
    while by.poll() is None:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # it isn't read yet
            time.sleep(0.02)
    pytest.fail("the process ended before it had read the mailbox")


def test_a_missing_mailbox_is_an_error_with_a_hint(readers: Path, run: Run) -> None:
    refused = run("bounces")
    assert refused.status == 2
    assert "[feedback] mailbox" in refused.stderr


def test_a_return_path_that_would_be_too_long_is_refused(root: Path, run: Run) -> None:
    edit("newsletter.toml", "[provider]", '[feedback]\nreturn_path = "bounces-of-ours@daily.example"\n[provider]')
    refused = run("check")
    assert refused.status != 0
    assert "at most 11" in refused.stderr


# Too many at once ----------------------------------------------------------------------------------------------------


@pytest.fixture
def flood(readers: Path, run: Run, maildir: Maildir) -> Maildir:
    """Send an issue to twelve readers at two domains, of whom six at one domain are reported as nonexistent."""
    more = [f"r{number}@{'strict' if number < 6 else 'lenient'}.example" for number in range(12)]
    (readers / "more.csv").write_text("\n".join(["address", *more]) + "\n")
    assert run("subscribers", "import", "more.csv").status == 0
    with smtp_server() as server:
        by_smtp(readers, server, maildir)
        assert run("send", "latest", "--yes").status == 0
        paths = {got.recipients[0]: got.sender for got in server.received}
    for address in more[:6]:
        maildir.put(address, incoming_mail.notification(paths[address], address))
    maildir.put(more[6], incoming_mail.notification(paths[more[6]], more[6]))
    return maildir


def held(run: Run) -> list[str]:
    return [bounce["address"] for bounce in json.loads(run("suppressions", "held", "--json").stdout)]


def test_bounces_of_a_whole_domain_are_held_until_an_operator_decides(readers: Path, run: Run, flood: Maildir) -> None:
    strict = [f"r{number}@strict.example" for number in range(6)]
    counted = json.loads(run("bounces", "--json").stdout)
    assert (counted["report"], counted["suppressed"], counted["held"]) == (7, 1, 6)
    assert suppressed(readers) == {"r6@lenient.example": "bounced"}
    assert held(run) == strict
    shown = run("suppressions", "held")
    assert "strict.example" in shown.stdout
    assert "the address does not exist" in shown.stdout
    assert "discard" in shown.stderr
    for command in ("suppressions list", "sends", "sends show 1", "send 2026-11-23 --rehearse", "bounces"):
        assert "Held: 6 hard bounces" in run(*command.split()).stderr
    (finding,) = [item for item in json.loads(run("check", "--json").stdout) if item["rule"] == "bounces-held"]
    assert finding["what"] == "6 hard bounces at strict.example held: 550 5.1.1: the address does not exist"
    report = run("report", "2026-11-23")
    assert "Held: 6 hard bounces of this issue" in report.stderr
    assert "r6@lenient.example" in report.stdout
    assert "550 5.1.1: the address does not exist" in report.stdout
    facts = json.loads(run("report", "2026-11-23", "--json").stdout)
    assert facts["held"] == 6
    assert [item["address"] for item in facts["suppressed"]] == ["r6@lenient.example"]
    assert run("report", "2026-11-23", "--html", "r.html", "--csv", "r.csv").status == 0
    assert "hard bounces are held" in (readers / "r.html").read_text()
    assert "@" not in (readers / "r.html").read_text().partition("</style>")[2]
    assert "2026-11-23,suppressed,bounced,550 5.1.1: the address does not exist,1" in (readers / "r.csv").read_text()


def test_the_notify_addresses_are_mailed_once_when_a_hold_begins(readers: Path, run: Run, flood: Maildir) -> None:
    edit("newsletter.toml", "addresses = []", 'addresses = ["editor@daily.example"]')
    with smtp_server() as server:
        edit("newsletter.toml", "port = ", f"port = {server.port}  # ")
        for command in ("bounces", "bounces", "worker --once"):
            assert run(*command.split()).status == 0
        (told,) = server.received
        assert told.recipients == ("editor@daily.example",)
        assert header(told, "Subject") == "[The Daily Test] Issue 2026-11-23 has too many bounces: they are held"
        text = told.content.decode()
        assert "strict.example: 6, since 20" in text
        assert "newsletter suppressions discard" in text
        assert "r1@" not in text
        assert run("suppressions", "discard").status == 0
        for number in range(6):
            late = f"r{number}@strict.example"
            flood.put(
                f"late{number}", incoming_mail.notification(sender_of(late), late, words="550 5.1.1 still nobody")
            )
        assert run("bounces").status == 0
        assert len(server.received) == 2  # the next hold


def test_held_bounces_can_be_applied_or_discarded_by_domain(readers: Path, run: Run, flood: Maildir) -> None:
    assert run("bounces").status == 0
    assert run("suppressions", "apply", "nowhere.example").status == 1
    assert run("suppressions", "apply", "STRICT.example").stdout == "Suppressed addresses: 6.\n"
    assert len(suppressed(readers)) == 7
    assert held(run) == []
    late = incoming_mail.notification(sender_of("r7@lenient.example"), "r7@lenient.example")
    flood.put("late", late)
    assert json.loads(run("bounces", "--json").stdout)["suppressed"] == 1
    assert run("suppressions", "discard").status == 1


def test_addresses_of_discarded_bounces_get_the_next_issue(readers: Path, run: Run, flood: Maildir) -> None:
    assert run("bounces").status == 0
    assert run("suppressions", "remove", "r0@strict.example").stdout == "r0@strict.example can be mailed again.\n"
    again = run("suppressions", "remove", "r0@strict.example")
    assert (again.status, "is not suppressed" in again.stderr) == (1, True)
    assert run("suppressions", "discard").stdout == "Discarded bounces: 5.\n"
    assert suppressed(readers) == {"r6@lenient.example": "bounced"}
    assert held(run) == []


def sender_of(address: str) -> str:
    """Return the return path of our message to an address."""
    with open_store("sqlite:///newsletter.db") as store:
        reader = store.subscribers.get(address)
        assert reader is not None
        base = "bounces@news.example.org"
        return return_path(base, load_signer(), issue="2026-11-23", key=reader.key, address=address)
