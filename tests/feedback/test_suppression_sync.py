"""The suppression list that a newsletter shares with SES."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bounce_mailbox import suppressed
from tests.command_line import Run, files
from tests.ses_stub import SesStub, ses_stub


@pytest.fixture
def ses(readers: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SesStub]:
    """Make SES the newsletter's provider."""
    with ses_stub() as stub:
        path = readers / "newsletter.toml"
        table = f'[provider]\nname = "ses"\nregion = "eu-central-1"\nendpoint_url = "{stub.url}"\n'
        path.write_text(re.sub(r"^\[provider\]\n(?:[^\[].*\n|\n)*", table, path.read_text(), flags=re.MULTILINE))
        assert table in path.read_text()
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
        yield stub


def test_suppressions_of_ses_are_imported(readers: Path, run: Run, ses: SesStub) -> None:
    ses.suppressed = {f"r{number}@example.com": "BOUNCE" for number in range(4)} | {"ada@example.com": "COMPLAINT"}
    run("suppressions", "add", "r0@example.com")
    outcome = run("suppressions", "pull")
    assert outcome.status == 0, outcome.stderr
    assert outcome.stdout.split() == ["On", "the", "provider's", "list", "5", "New", "here", "4"]
    assert suppressed(readers)["ada@example.com"] == "complained"
    assert suppressed(readers)["r0@example.com"] == "manual"
    assert run("suppressions", "pull").stdout.split()[-1] == "0"


def test_local_bounces_are_added_to_the_list_of_ses_once(readers: Path, run: Run, ses: SesStub) -> None:
    ses.suppressed = {"a@example.com": "BOUNCE"}
    for address, reason in (("a", "bounced"), ("b", "bounced"), ("c", "complained"), ("d", "manual"), ("e", "erased")):
        run("suppressions", "add", f"{address}@example.com", "--reason", reason)
    assert run("suppressions", "push").stdout.split()[-1] == "2"
    assert ses.suppressed == {"a@example.com": "BOUNCE", "b@example.com": "BOUNCE", "c@example.com": "COMPLAINT"}
    assert run("suppressions", "push").stdout.split()[-1] == "0"


def test_an_address_is_removed_from_both_lists(readers: Path, run: Run, ses: SesStub) -> None:
    ses.suppressed = {"ada@example.com": "BOUNCE", "ben@example.net": "BOUNCE"}
    run("suppressions", "pull")
    assert run("suppressions", "remove", "ada@example.com", "--everywhere").status == 0
    assert run("suppressions", "remove", "ben@example.net").status == 0
    assert list(ses.suppressed) == ["ben@example.net"]
    assert suppressed(readers) == {}
    assert run("suppressions", "remove", "ada@example.com", "--everywhere").status == 1


def test_a_refusal_by_ses_is_reported(readers: Path, run: Run, ses: SesStub) -> None:
    ses.denied = {"suppression"}
    before = files(readers)
    for command in ("pull", "push"):
        outcome = run("suppressions", command)
        assert outcome.status == 1
        assert "not authorized" in outcome.stderr
    assert suppressed(readers) == {}
    assert {name: text for name, text in files(readers).items() if ".db" not in name} == {
        name: text for name, text in before.items() if ".db" not in name
    }
