"""The issue that a send takes by its date, and what it shows about it."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from newsletter.cli import resources
from tests.cli.test_send import EVERYONE, outbox
from tests.command_line import Run, edit

SATURDAY = date(2026, 11, 28)


@pytest.fixture
def ahead(readers: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make it a Saturday when the issues of Sunday and Monday are ready, and last Monday's hasn't been sent."""
    monkeypatch.setattr(resources, "today", lambda _settings: SATURDAY)
    text = Path("issues/2026-11-23.md").read_text()
    for day in ("2026-11-29", "2026-11-30"):
        Path(f"issues/{day}.md").write_text(text.replace("date: 2026-11-23", f"date: {day}"))
    return readers


def sent(run: Run) -> list[str]:
    return [item["issue"] for item in json.loads(run("sends", "--json").stdout)]


def test_cron_sends_nothing_without_an_issue_dated_today(run: Run, ahead: Path) -> None:
    nothing = run("send", "today", "--yes", "--once")
    assert nothing.status == 4
    assert nothing.stdout == (
        "Nothing to send: no issue is dated today, Saturday 28 November 2026: the next one is 2026-11-29.\n"
    )
    assert nothing.stderr == ""
    assert sent(run) == []


def test_cron_sends_todays_issue_once(run: Run, ahead: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "today", lambda _settings: date(2026, 11, 29))
    assert run("send", "today", "--yes", "--once").status == 0
    assert sent(run) == ["2026-11-29"]
    assert run("send", "today", "--yes", "--once").status == 0
    again = run("send", "today", "--yes")
    assert (again.status, again.stdout) == (4, "Nothing to send: issue 2026-11-29, dated today, has been sent.\n")
    assert sent(run) == ["2026-11-29"]
    assert outbox() == EVERYONE


@pytest.mark.parametrize("name", ["latest", "next", "2026-11-30", "2026-11-23"])
def test_an_issue_of_another_day_is_not_sent_without_a_question(run: Run, ahead: Path, name: str) -> None:
    refused = run("send", name, "--yes")
    assert refused.status == 1
    assert "today is Saturday 28 November 2026" in refused.stderr
    assert "--any-date" in refused.stderr
    assert sent(run) == []
    assert run("send", name, "--yes", "--any-date").status == 0
    assert len(sent(run)) == 1


def test_the_plan_and_the_question_show_subject_date_and_segments(run: Run, ahead: Path) -> None:
    edit("issues/2026-11-30.md", "number: 1\n", "number: 1\nsegments: [science, everyone]\n")
    question = run("send", "latest", stdin="n\n")
    assert "Subject            A lighthouse, a tram and a good map\n" in question.stdout
    assert "Date               Monday 30 November 2026 (in 2 days)\n" in question.stdout
    assert "dated Monday 30 November 2026 (in 2 days), to 3 readers in science and everyone? [y/N]" in question.stderr
    assert sent(run) == []


def test_scheduling_an_issue_on_another_day_is_refused(run: Run, ahead: Path) -> None:
    at = ["--yes", "--at", "2099-11-30 06:30"]
    refused = run("send", "2026-11-30", *at)
    assert refused.status == 1
    assert "it would be sent on Monday 30 November 2099" in refused.stderr
    assert sent(run) == []
    edit("issues/2026-11-30.md", "date: 2026-11-30", "date: 2099-11-30")
    assert run("send", "2026-11-30", *at, "--any-date").status == 0
    assert sent(run) == ["2026-11-30"]


def test_a_time_far_ahead_is_confirmed_or_refused(run: Run, ahead: Path) -> None:
    edit("issues/2026-11-30.md", "date: 2026-11-30", "date: 9999-12-31")
    at = ["--at", "9999-12-31 06:30"]
    refused = run("send", "2026-11-30", "--yes", *at)
    assert refused.status == 1
    assert re.search(r"would begin 2,9\d\d,\d\d\d days from now: check the year, or add --any-date", refused.stderr)
    question = run("send", "2026-11-30", *at, stdin="n\n")
    assert re.search(r"It will begin at 9999-12-31 06:30 .*, 2,9\d\d,\d\d\d days from now", question.stderr)
    assert sent(run) == []


def test_latest_in_reports_and_sends_is_the_issue_sent_last(run: Run, ahead: Path) -> None:
    for command in (["report", "latest"], ["sends", "show", "latest"]):
        assert "no issue has been sent yet" in run(*command).stderr
    run("send", "2026-11-30", "--yes", "--any-date")
    run("send", "2026-11-29", "--yes", "--any-date")
    run("send", "2026-11-23", "--yes", "--at", "2099-11-23 06:30", "--any-date")
    assert json.loads(run("report", "latest", "--json").stdout)["figures"]["issue"] == "2026-11-29"
    assert json.loads(run("sends", "show", "latest", "--json").stdout)["issue"] == "2026-11-29"
    assert run("sends", "cancel", "latest", "--yes").status == 1


def test_build_and_proof_take_the_same_names(run: Run, ahead: Path) -> None:
    assert run("build", "next", "--out", "built").status == 0
    assert Path("built/2026-11-29.html").exists()
    run("send", "next", "--yes", "--any-date")
    assert "2026-11-30" in run("proof", "next", "--to", "me@example.org").stdout
    none = run("proof", "today", "--to", "me@example.org")
    assert none.status == 2
    assert "no issue is dated today" in none.stderr


def test_issues_and_sends_are_listed_with_their_status(run: Run, ahead: Path) -> None:
    def listed() -> dict[str, str]:
        return {item["slug"]: item["status"] for item in json.loads(run("issue", "list", "--json").stdout)}

    assert set(listed().values()) == {"draft"}
    run("send", "2026-11-23", "--yes", "--any-date")
    run("send", "2026-11-30", "--yes", "--at", "2099-11-30 06:30", "--any-date")
    assert listed() == {
        "2026-11-23": "sent to 3 readers",
        "2026-11-29": "draft",
        "2026-11-30": "scheduled for 2099-11-30 06:30 (UTC)",
    }
    for command in (["issue", "list"], ["sends"]):
        assert "sent to 3 readers" in run(*command).stdout
        assert "scheduled for 2099-11-30 06:30" in run(*command).stdout
    run("sends", "cancel", "2026-11-30", "--yes")
    assert listed()["2026-11-30"] == "draft"
    assert re.search(r"2026-11-30 .* cancelled ", run("sends").stdout)


def test_check_reports_repeated_entries_only_of_sent_issues(run: Run, ahead: Path) -> None:
    assert '"map-for-walkers" is also in issues/2026-11-23.md' in run("check").stdout
    assert "has already run" not in run("check").stdout
    run("send", "2026-11-23", "--yes", "--any-date")
    assert '"map-for-walkers" has already run in issues/2026-11-23.md' in run("check").stdout


def test_check_reports_a_missed_issue_even_without_a_database(run: Run, ahead: Path) -> None:
    Path("issues/2026-11-27.md").write_text(
        Path("issues/2026-11-23.md").read_text().replace("date: 2026-11-23", "date: 2026-11-27")
    )
    missed = "the issue is dated Friday 27 November 2026, yesterday, and has not been sent"
    assert missed in run("check").stdout
    Path("newsletter.db").rename("elsewhere.db")
    assert missed not in run("check").stdout
    assert not Path("newsletter.db").exists()
