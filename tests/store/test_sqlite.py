"""The choice of SQLite. A library with the WAL-reset bug never writes in WAL mode."""

import sqlite3 as own
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from newsletter.cli import resources
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import StoreError
from newsletter.store import open_store
from newsletter.store.sqlite import SqliteLibrary, has_wal_reset_bug, sqlite_library
from tests import make
from tests.databases import new_sqlite
from tests.newsletter_folder import write_settings
from tests.rows import database_of

ADA, GRACE = (Subscriber(address=f"{name}@example.com") for name in ("ada", "grace"))


@pytest.mark.parametrize(
    ("version", "has_bug"),
    [
        ("3.6.23", False),
        ("3.7.0", True),
        ("3.40.1", True),  # Debian 12
        ("3.44.5", True),
        ("3.44.6", False),
        ("3.45.1", True),  # Ubuntu 24.04
        ("3.46.1", True),  # Debian 13
        ("3.50.6", True),
        ("3.50.7", False),
        ("3.51.2", True),
        ("3.51.3", False),
        ("3.53.4", False),
        ("4.0.0", False),
        ("3.8.11.1", True),
    ],
)
def test_versions_with_the_bug_are_recognized(version: str, has_bug: bool) -> None:
    assert has_wal_reset_bug(*map(int, version.split("."))) is has_bug


def a_module(name: str, version: str) -> Any:
    return SimpleNamespace(__name__=name, sqlite_version=version)


@pytest.mark.parametrize(
    ("pythons", "bundled", "chosen"),
    [
        ("3.51.3", "3.53.4", "SQLite 3.51.3 (Python)"),
        ("3.40.1", "3.53.4", "SQLite 3.53.4 (pysqlite3)"),
        ("3.40.1", "3.51.1", "SQLite 3.40.1 (Python)"),
        ("3.40.1", None, "SQLite 3.40.1 (Python)"),
    ],
)
def test_a_library_without_the_bug_is_chosen(
    monkeypatch: pytest.MonkeyPatch, pythons: str, bundled: str | None, chosen: str
) -> None:
    def import_module(name: str) -> Any:
        if bundled is None:
            raise ModuleNotFoundError(name)
        return a_module(name, bundled)

    monkeypatch.setattr("newsletter.store.sqlite.sqlite3", a_module("sqlite3", pythons))
    monkeypatch.setattr("newsletter.store.sqlite.import_module", import_module)
    choice = sqlite_library.__wrapped__()
    assert str(choice) == chosen
    assert (choice.warning is None) == (not choice.has_bug)


def test_the_library_in_use_has_no_bug_if_there_is_a_wheel() -> None:
    pytest.importorskip("pysqlite3", reason="no wheel for this system")
    assert not sqlite_library().has_bug


# A library with the bug -----------------------------------------------------------------------------------------------


@pytest.fixture
def with_bug(monkeypatch: pytest.MonkeyPatch) -> SqliteLibrary:
    """Make this program use Python's own SQLite as if it had the bug."""
    chosen = SqliteLibrary(own)
    chosen.has_bug = True
    for module in ("engines", "errors", "migrate"):
        monkeypatch.setattr(f"newsletter.store.{module}.sqlite_library", lambda: chosen)
    monkeypatch.setattr("newsletter.store.sqlite_library", lambda: chosen)
    resources._warn_once.cache_clear()  # as in a new process
    return chosen


def journal_of(path: Path, module: Any = own) -> str:
    with closing(module.connect(path)) as connection:
        connection.execute("SELECT 1 FROM sqlite_master").fetchall()
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def test_a_library_with_the_bug_uses_a_rollback_journal(tmp_path: Path, with_bug: SqliteLibrary) -> None:
    path = tmp_path / "newsletter.db"
    with open_store(f"sqlite:///{path}") as store:
        assert store.subscribers.add(ADA, now=make.WHEN)
        with database_of(store).reading() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "delete"
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert not path.with_name("newsletter.db-wal").exists()
    assert journal_of(path) == "delete"


def test_a_file_in_wal_mode_is_taken_out_of_it(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    path = tmp_path / "newsletter.db"
    with open_store(f"sqlite:///{path}") as store:
        store.subscribers.add(ADA, now=make.WHEN)
    with closing(own.connect(path)) as connection:  # as left by a library without the bug
        connection.execute("PRAGMA journal_mode=WAL")
    request.getfixturevalue("with_bug")
    with open_store(f"sqlite:///{path}") as store:
        assert store.subscribers.get("ada@example.com") is not None
    assert journal_of(path) == "delete"


def test_a_library_with_the_bug_writes_nothing_while_another_process_uses_wal_mode(
    tmp_path: Path, with_bug: SqliteLibrary
) -> None:
    path = tmp_path / "newsletter.db"
    with open_store(f"sqlite:///{path}?timeout=0") as store:
        assert store.subscribers.add(ADA, now=make.WHEN)
        with closing(own.connect(path)) as other:  # stands for a process whose library has no bug
            other.execute("PRAGMA journal_mode=WAL")
            with pytest.raises(StoreError, match=r"could lose what it writes to .*newsletter\.db: another process"):
                store.subscribers.add(GRACE, now=make.WHEN)
        assert store.subscribers.add(GRACE, now=make.WHEN)  # on a new connection, which takes the file out of WAL mode
        assert store.subscribers.get(GRACE.address) is not None
    assert journal_of(path) == "delete"


def test_commands_warn_about_the_bug_once_with_a_hint(
    tmp_path: Path, with_bug: SqliteLibrary, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = SimpleNamespace(database=f"sqlite:///{tmp_path}/newsletter.db")
    for _ in range(2):
        with resources.open_store(settings) as store:  # type: ignore[arg-type]  # all that it asks of the settings
            assert store.warning is not None
    assert capsys.readouterr().err.count("can lose data in WAL mode") == 1


def test_the_preview_warns_about_the_bug_once_if_it_opens_a_database(
    tmp_path: Path, with_bug: SqliteLibrary, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = write_settings(tmp_path)
    resources.warn_of_library(settings)
    assert capsys.readouterr().err == ""
    new_sqlite(tmp_path / "newsletter.db")
    for _ in range(2):
        resources.warn_of_library(settings)
    assert capsys.readouterr().err.count("can lose data in WAL mode") == 1
