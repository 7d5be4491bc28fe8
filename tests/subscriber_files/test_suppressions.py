"""Suppressions written to a file and read from one."""

import csv
import io
from pathlib import Path

from newsletter.domain.subscriber import SuppressionReason
from newsletter.store import open_store
from newsletter.tokens import Signer
from tests import make
from tests.bounce_mailbox import suppressed
from tests.command_line import Run


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
