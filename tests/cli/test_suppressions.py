"""`newsletter suppressions`, and the list that it shares with SES."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.domain.subscriber import SuppressionReason
from newsletter.store import open_store
from newsletter.tokens import Signer
from tests import make
from tests.cli.conftest import Run, files
from tests.ses_stub import SesStub, ses_stub


def suppressed(root: Path) -> dict[str, str]:
    """Return the suppressed addresses with their reasons."""
    with open_store(f"sqlite:///{root / 'newsletter.db'}") as store:
        return {item.address_key: item.reason.value for item in store.suppressions.stream()}


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


def test_exported_suppressions_are_imported_unchanged(readers: Path, run: Run) -> None:
    for number, reason in enumerate(SuppressionReason):
        run("suppressions", "add", f"r{number}@example.com", "--reason", reason.value)
    run("suppressions", "add", "=cmd@example.com")
    before = suppressed(readers)
    whole = run("suppressions", "export").stdout
    assert "1 suppression" not in run("suppressions", "export", "s.csv").stdout
    assert Path("s.csv").stat().st_mode & 0o777 == 0o600
    assert list(csv.reader(io.StringIO(whole)))[1][0] == "'=cmd@example.com"
    for address in before:
        run("suppressions", "remove", address)
    assert run("suppressions", "import", "s.csv").status == 0
    assert suppressed(readers) == before
    assert run("suppressions", "export").stdout == whole
    again = run("suppressions", "import", "s.csv").stdout
    assert "New      0" in again


def test_a_plain_list_and_other_columns_are_imported_and_wrong_lines_reported(readers: Path, run: Run) -> None:
    Path("plain.txt").write_text("ada@example.com\nnobody\n\nBen@Example.net\n")
    outcome = run("suppressions", "import", "plain.txt", "--reason", "bounced")
    assert outcome.status == 0
    assert "plain.txt:2: not imported" in outcome.stderr
    Path("more.csv").write_text(
        "E-mail address,suppressed,since\ncleo@example.org,complained,2025-01-02\nx@y.org,why,\n"
    )
    assert (
        "more.csv:3: not imported: unknown suppression reason 'why'" in run("suppressions", "import", "more.csv").stderr
    )
    assert suppressed(readers) == {
        "ada@example.com": "bounced",
        "ben@example.net": "bounced",
        "cleo@example.org": "complained",
    }
    Path("wrong.csv").write_text("name\nAda\n")
    assert run("suppressions", "import", "wrong.csv").status == 1
    Path("empty.csv").write_text("email\nnobody\n")
    assert run("suppressions", "import", "empty.csv").status == 1


def test_an_erased_readers_address_is_not_stored_again(readers: Path, run: Run) -> None:
    with open_store(f"sqlite:///{readers / 'newsletter.db'}") as store:
        ada = store.subscribers.get("ada@example.com")
        assert ada is not None
        store.self_service.erase(ada.key, make.WHEN, Signer(make.SECRET).fingerprints)
    Path("plain.txt").write_text("ada@example.com\nben@example.net\n")
    assert run("suppressions", "import", "plain.txt").status == 0
    assert list(suppressed(readers)) == ["ben@example.net"]


# Shared with SES -----------------------------------------------------------------------------------------------------


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
