"""`newsletter db`: moved databases, collisions and upgrades."""

import json
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.store import open_store, tables
from newsletter.store.installation import count_freeze
from tests.command_line import Run
from tests.make import WHEN
from tests.rows import database_of, execute


@pytest.fixture
def copied(root: Path) -> Path:
    """Make the newsletter's database a copy without the marker of the original, which has sent."""
    with open_store(f"sqlite:///{root / 'original.db'}") as store, database_of(store).writing() as connection:
        count_freeze(connection)
    shutil.copy(root / "original.db", root / "newsletter.db")
    return root / "newsletter.db"


def test_a_copy_is_adopted_after_confirmation(copied: Path, run: Run) -> None:
    question = run("db", "adopt", stdin="n\n")
    assert question.status == 0
    assert "newsletter.db was moved or copied: newsletter.db.installation is not beside it." in question.stderr
    assert "It contains no sends." in question.stderr
    assert "may be sent a second time" in question.stderr
    assert not copied.with_name("newsletter.db.installation").exists()
    assert "Adopted" in run("db", "adopt", stdin="y\n").stdout
    assert "Nothing to do" in run("db", "adopt").stdout


def test_without_a_terminal_there_is_no_question(copied: Path, run: Run) -> None:
    refused = run("db", "adopt")
    assert (refused.status, "add --yes" in refused.stderr) == (2, True)
    assert not copied.with_name("newsletter.db.installation").exists()
    assert run("db", "adopt", "--yes").status == 0
    with open_store(f"sqlite:///{copied}") as store:
        store.installation.verify()


def test_confused_addresses_are_announced_listed_and_cleared(readers: Path, run: Run) -> None:
    assert "No addresses" in run("db", "collisions").stdout
    pair = {"kind": "unsubscribed", "address": "fiona@example.net", "other": "ﬁona@example.net", "at": WHEN}
    with open_store(f"sqlite:///{readers / 'newsletter.db'}") as store:
        execute(store, sa.insert(tables.address_collision).values(pair))
    shown = run("subscribers", "list", "--json")
    assert "1 pair of addresses" in shown.stderr
    assert "newsletter db collisions" in shown.stderr
    assert len(json.loads(shown.stdout)) == 3
    listed = run("db", "collisions")
    assert "fiona@example.net" in listed.stdout
    assert "Unsubscribed this reader again" in " ".join(listed.stdout.split())
    (reported,) = json.loads(run("db", "collisions", "--json", "--clear").stdout)
    assert (reported["reader"], reported["other"], reported["what"]) == (pair["address"], pair["other"], "unsubscribed")
    assert run("subscribers", "list").stderr == ""


def test_check_reports_files_readable_by_others(readers: Path, run: Run) -> None:
    assert "readable-by-others" not in run("check").stdout + run("check", "--json").stdout
    (readers / "newsletter.db").chmod(0o644)
    (readers / "outbox").mkdir(mode=0o755)
    reported = [item for item in json.loads(run("check", "--json").stdout) if item["rule"] == "readable-by-others"]
    assert [(item["path"], item["hint"]) for item in reported] == [
        ("newsletter.db", "chmod 600 newsletter.db"),
        ("outbox", "chmod 700 outbox"),
    ]


def test_an_erasure_names_the_copies_made_by_upgrades(readers: Path, run: Run) -> None:
    (readers / "newsletter.db.0005").write_text("ada@example.com")
    erased = run("subscribers", "remove", "ada@example.com", "--erase")
    assert (erased.status, "newsletter.db.0005" in erased.stderr) == (0, True)
