"""`newsletter suppressions`."""

import json
import re
from pathlib import Path

import pytest

from tests.bounce_mailbox import suppressed
from tests.command_line import Run


def test_an_address_can_be_suppressed_and_unsuppressed(readers: Path, run: Run) -> None:
    assert run("suppressions", "add", "Ada@example.com").stdout == "Ada@example.com will never be mailed again.\n"
    assert run("suppressions", "add", "ada@example.com").stdout == "ada@example.com was already suppressed.\n"
    assert run("suppressions", "add", "x@example.com", "--reason", "complained").status == 0
    shown = json.loads(run("suppressions", "list", "--json").stdout)
    assert [(item["address"], item["reason"]) for item in shown] == [
        ("ada@example.com", "manual"),
        ("x@example.com", "complained"),
    ]
    assert "x@example.com" not in run("suppressions", "list", "--reason", "manual").stdout
    limited = run("suppressions", "list", "--limit", "1")
    assert "x@example.com" not in limited.stdout
    assert "and 1 more" in limited.stderr
    assert re.search(r"Suppressed +1$", run("send", "2026-11-23", "--dry-run").stdout, re.MULTILINE)
    assert run("suppressions", "remove", "ADA@example.com").stdout == "ADA@example.com can be mailed again.\n"
    assert suppressed(readers) == {"x@example.com": "complained"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("add", "nobody"), '"nobody" is not an email address (no @)'),
        (("add", "ada@example.com", "--reason", "spite"), 'unknown reason "spite"'),
        (("remove", "ada@example.com"), "ada@example.com is not suppressed"),
        (("import", "nowhere.csv"), "can't be read: there is no such file or folder"),
        (("import", "latin1.csv"), "latin1.csv: not UTF-8: save it as UTF-8"),
        (("pull",), "has no suppression list of its own"),
        (("push",), "has no suppression list of its own"),
    ],
)
def test_an_impossible_change_is_refused_with_the_reason(
    readers: Path, run: Run, arguments: tuple[str, ...], message: str
) -> None:
    (readers / "latin1.csv").write_bytes(b"email\nj\xfcrg@example.org\n")
    outcome = run("suppressions", *arguments)
    assert outcome.status in (1, 2)
    assert message in outcome.stderr
    assert suppressed(readers) == {}
