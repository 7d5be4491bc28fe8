"""`--help`, completion, and errors about wrong dates, numbers and folders."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from newsletter.cli.app import app
from tests.cli.test_documentation import COMMANDS
from tests.command_line import Run

ENVIRONMENT = {"COLUMNS": "300", "TERMINAL_WIDTH": "300", "NO_COLOR": "1"}


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_every_word_and_no_type(name: str) -> None:
    command = COMMANDS[name]
    shown = words(
        re.sub("[│╭╮╰╯─]", " ", CliRunner().invoke(app, [*name.split()[1:], "--help"], env=ENVIRONMENT).stdout)
    )
    assert not re.search(r"<(bool|str|int|float|Path|list\b[^>]*)>", shown)
    assert not re.search(r"[{}]", shown.partition("[OPTIONS]")[2].partition((command.help or "").splitlines()[0])[0])
    for parameter in command.params:
        hidden = getattr(parameter, "hidden", False)
        assert hidden or words((parameter.help or "").replace("\\[", "[")) in shown, parameter.name
    for line in (command.help or "").splitlines():
        assert words(line.replace("\\[", "[")) in shown


def completed(run: Run, typed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the completions that a shell offers for typed text."""
    monkeypatch.setenv("_NEWSLETTER_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(typed.count(" ")))
    return run().stdout.split()


def test_a_choice_of_many_values_has_a_short_placeholder(run: Run) -> None:
    assert "<queued|" not in run("sends", "deliveries", "--help").stdout


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("newsletter issue new -e tram", {"tram-to-the-beach"}),
        ("newsletter issue new --entry ", {"tram-to-the-beach", "lighthouse-ledger", "map-for-walkers"}),
        ("newsletter entry list --topic o", {"oceans"}),
        ("newsletter entry new A -t ", {"science", "oceans", "cities", "transport"}),
        ("newsletter subscribers list --segment ", {"everyone", "science"}),
        ("newsletter subscribers add a@daily.example -t sci", {"science"}),
        ("newsletter send n", {"next"}),
        ("newsletter suppressions list --reason ", {"bounced", "complained", "manual", "erased"}),
        ("newsletter suppressions add a@daily.example --reason c", {"complained"}),
        ("newsletter subscribers import --from b", {"buttondown", "beehiiv"}),
        ("newsletter sends deliveries 1 --status sub", {"submitting", "submitted"}),
    ],
)
def test_completion_offers_entries_segments_and_topics(
    run: Run,
    root: Path,
    typed: str,
    offered: set[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert set(completed(run, typed, monkeypatch, capsys)) == offered
    monkeypatch.chdir(root / "issues" / "entries")
    assert set(completed(run, typed, monkeypatch, capsys)) == offered


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["issue", "new", "20 November 2026"], 'write the date as 2026-11-20, not "20 November 2026"'),
        (["issue", "new", "2026-02-30"], "2026-02-30 is not in the calendar"),
        (["entry", "new", "A", "--date", "tomorrow"], 'write the date as 2026-11-20, not "tomorrow"'),
        (["serve", "--port", "http"], "write a number"),
        (["serve", "--port", "99999"], "write a number of at most 65535"),
        (["issue", "new", "--number", "0"], "write a number of at least 1"),
        (["sends", "deliveries", "1", "--status", "lost"], 'there is no "lost"; write one of queued, submitting'),
        (["send", "latets"], 'did you mean "latest"?'),
    ],
)
def test_a_wrong_date_or_name_is_an_error_with_the_correct_form(
    run: Run, root: Path, command: list[str], message: str
) -> None:
    refused = run(*command)
    assert refused.status == 2
    assert message in words(refused.stderr.replace("│", ""))
    assert "%Y" not in refused.stderr
    assert not re.search("Value error|Input should", refused.stderr)


def test_a_missing_folder_is_reported_as_missing(run: Run, root: Path, tmp_path: Path) -> None:
    missing = run("-C", str(tmp_path / "nowhere"), "check")
    assert (missing.status, "there is no folder" in missing.stderr) == (1, True)
    assert run("-C", str(root / "newsletter.toml"), "segments").status == 0
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "no newsletter.toml in" in run("-C", str(empty), "check").stderr


def test_missing_earlier_issues_and_readers_are_not_mentioned(run: Run, readers: Path) -> None:
    run("send", "today", "--yes", "--any-date", "--at", "2099-11-23 06:30")
    assert not re.search(r"0 =|Recipients", run("sends", "show", "1").stdout)
    assert run("sends").stdout.count("(UTC)") == 1  # its time; it has not begun
    run("sends", "cancel", "1", "--yes")
    run("send", "today", "--yes")
    shown = run("report", "latest").stdout
    assert "Of messages" in shown
    assert "previous" not in shown
    assert "before" not in shown
    run("report", "latest", "--html", "report.html")
    assert "Median" not in Path("report.html").read_text()


def test_stopping_at_a_question_exits_with_130(run: Run, readers: Path) -> None:
    stopped = run("send", "today", stdin="")
    assert stopped.status == 130
    assert stopped.stderr.endswith("Stopped.\n")
    assert not Path("outbox").exists()
