"""Opening a database: what it makes, upgrades and refuses."""

import os
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from newsletter.domain.subscriber import Subscriber
from newsletter.errors import BusyError, StoreError
from newsletter.store import Store, migrate, open_store, upgrade
from newsletter.store.migrate import OutdatedTablesError
from newsletter.store.tables import metadata, suppression
from tests import make
from tests.databases import JOURNAL, PASSWORD, sqlite3
from tests.rows import database_of, execute

SUPPRESSION = [column.name for column in suppression.columns]


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def test_the_migrations_make_the_tables_of_the_code(store: Store) -> None:
    with database_of(store).reading() as connection:
        name = connection.dialect.name

        def is_for_this_database(item: Any, *_: object) -> bool:
            return bool(item.info.get("only", name) == name)

        options = {"version_table": migrate.REVISION_TABLE, "include_object": is_for_this_database}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_the_same_work_runs_once_at_a_time_per_database(store: Store, database_url: str) -> None:
    url = sa.make_url(database_url)
    if url.get_backend_name() == "sqlite":
        link = Path(url.database or "").with_name("link.db")
        link.symlink_to(url.database or "")
        database_url = url_of(link)
    with open_store(database_url) as other:
        with store.work_lock("bounce collection"):
            with (
                pytest.raises(BusyError, match="bounce collection is already running"),
                other.work_lock("bounce collection"),
            ):
                pytest.fail("both run")
            store.subscribers.add(Subscriber(address="ada@example.com"), now=make.WHEN)
        with pytest.raises(ZeroDivisionError), other.work_lock("bounce collection"):
            raise ZeroDivisionError
        for _ in range(20):
            with store.work_lock("bounce collection"):
                pass


def test_an_empty_postgresql_database_gets_its_tables(empty_postgresql: str) -> None:
    with open_store(empty_postgresql) as store:
        store.subscribers.add(Subscriber(address="ada@example.com"), now=make.WHEN)
    with open_store(empty_postgresql) as store:
        assert store.subscribers.get("ada@example.com") is not None


def test_an_up_to_date_database_opens_without_alembic(database_url: str) -> None:
    open_store(database_url).close()
    code = "import sys; from newsletter.store import open_store; open_store(sys.argv[1]).close(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code, database_url], capture_output=True, check=True, text=True)
    assert "sqlalchemy" in loaded.stdout
    assert "alembic" not in loaded.stdout


def test_many_threads_can_open_a_new_file_at_once(tmp_path: Path) -> None:
    url = url_of(tmp_path / "new.db")
    with ThreadPoolExecutor(4) as pool:
        for store in pool.map(open_store, [url] * 4):
            assert store.subscribers.get("ada@example.com") is None
            store.close()


def test_many_threads_can_open_a_new_postgresql_database_at_once(empty_postgresql: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        for store in pool.map(open_store, [empty_postgresql] * 4):
            assert store.subscribers.get("ada@example.com") is None
            store.close()


def test_a_file_is_opened_with_durable_settings(tmp_path: Path) -> None:
    with open_store(url_of(tmp_path / "a.db")) as store, database_of(store).reading() as connection:
        pragmas = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
        assert pragmas == [JOURNAL, 2]
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


NEWEST = migrate._revisions()[-1]


# Upgrades ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def later_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Add a further migration to this program, and return its file."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, folder)
    path = folder / "versions" / "v9999_more.py"
    path.write_text(
        'import sqlalchemy as sa\nfrom alembic import op\nrevision = "9999"\n'
        f'down_revision = "{NEWEST}"\n'
        'def upgrade():\n    op.add_column("suppression", sa.Column("more", sa.Text))\n'
    )
    monkeypatch.setattr(migrate, "MIGRATIONS", folder)
    return path


@pytest.fixture
def older(database_url: str, request: pytest.FixtureRequest) -> str:
    """Return a database of today's program with one reader; ``later_program`` comes after it."""
    with open_store(database_url) as store:
        store.subscribers.add(Subscriber(address="ada@example.com"), now=make.WHEN)
    request.getfixturevalue("later_program")
    return database_url


def test_only_the_owner_can_read_a_file_its_log_and_its_copy(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    umask = os.umask(0o022)
    try:
        path = tmp_path / "newsletter.db"
        with open_store(url_of(path)) as store:
            store.subscribers.add(Subscriber(address="ada@example.com"), now=make.WHEN)
            modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.glob("newsletter.db*")}
            assert set(modes.values()) == {0o600}
            assert ("newsletter.db-wal" in modes) == (JOURNAL == "wal")
        request.getfixturevalue("later_program")
        open_store(url_of(path)).close()
        assert path.with_name(f"newsletter.db.{NEWEST}").stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(umask)


def columns(url: str, table: str = "suppression") -> list[str]:
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with closing(engine.connect()):
        return [column["name"] for column in sa.inspect(engine).get_columns(table)]


def test_an_older_file_is_copied_and_upgraded_and_postgresql_only_on_request(older: str) -> None:
    if older.startswith("sqlite"):
        open_store(older).close()
        path = Path(older.removeprefix("sqlite:///"))
        copy = path.with_name(f"newsletter.db.{NEWEST}")
        assert columns(url_of(copy)) == SUPPRESSION
        with closing(sqlite3.connect(copy)) as connection:
            assert connection.execute("SELECT address FROM subscriber").fetchall() == [("ada@example.com",)]
    else:
        with pytest.raises(OutdatedTablesError, match="earlier version"):
            open_store(older)
        assert columns(older) == SUPPRESSION
        assert upgrade(older) == ["9999"]
    assert columns(older) == [*SUPPRESSION, "more"]
    with open_store(older) as store:
        assert store.subscribers.get("ada@example.com") is not None
    assert upgrade(older) == []


def test_an_earlier_copy_is_never_overwritten(older: str) -> None:
    if older.startswith("sqlite"):
        earlier = Path(f"{older.removeprefix('sqlite:///')}.{NEWEST}")
        earlier.write_text("precious")
        assert upgrade(older) == ["9999"]
        assert earlier.read_text() == "precious"
        assert columns(url_of(earlier.with_name(f"newsletter.db.{NEWEST}-1"))) == SUPPRESSION


def test_a_copy_that_cannot_be_written_stops_the_upgrade_and_names_the_copy(older: str) -> None:
    if older.startswith("sqlite"):
        copy = Path(f"{older.removeprefix('sqlite:///')}.{NEWEST}")
        copy.with_name(f"{copy.name}.part").mkdir()  # in the way
        with pytest.raises(StoreError, match=rf"{copy.name} cannot be written: it is a folder") as caught:
            upgrade(older)
        assert "copied before it is upgraded" in caught.value.hint
        assert not copy.exists()
        assert columns(older) == SUPPRESSION


def test_a_copy_replaces_what_a_killed_upgrade_left_of_one(older: str) -> None:
    if older.startswith("sqlite"):
        copy = Path(f"{older.removeprefix('sqlite:///')}.{NEWEST}")
        part = copy.with_name(f"{copy.name}.part")
        part.write_text("half a copy")
        assert upgrade(older) == ["9999"]
        assert columns(url_of(copy)) == SUPPRESSION
        assert not part.exists()


def test_an_upgrade_that_fails_changes_nothing(older: str, later_program: Path) -> None:
    later_program.write_text(later_program.read_text() + '    op.execute("SELECT * FROM nowhere")\n')
    for _ in range(2):
        with pytest.raises(StoreError, match="nowhere"):
            upgrade(older)
    assert columns(older) == SUPPRESSION
    if older.startswith("sqlite"):  # and leaves no copies, which would fill the disk
        path = Path(older.removeprefix("sqlite:///"))
        assert list(path.parent.glob(f"{path.name}.{NEWEST}*")) == []


def test_an_upgrade_that_fails_after_a_commit_keeps_the_copy(older: str, later_program: Path) -> None:
    if older.startswith("sqlite"):
        failing = '    op.execute("COMMIT")\n    op.execute("SELECT * FROM nowhere")\n'
        later_program.write_text(later_program.read_text() + failing)
        with pytest.raises(StoreError, match="nowhere"):
            upgrade(older)
        assert columns(older) == [*SUPPRESSION, "more"]
        assert columns(url_of(Path(f"{older.removeprefix('sqlite:///')}.{NEWEST}"))) == SUPPRESSION


def test_upgrade_makes_the_tables_of_a_new_database(tmp_path: Path) -> None:
    assert upgrade(url_of(tmp_path / "new.db")) == migrate._revisions()


def test_a_newer_database_is_refused(database_url: str) -> None:
    with open_store(database_url) as store:
        execute(store, f"UPDATE {migrate.REVISION_TABLE} SET version_num = '9999'")
    for action in (open_store, upgrade):
        with pytest.raises(StoreError, match="newer version of this program"):
            action(database_url)


# Refused databases ---------------------------------------------------------------------------------------------------


def test_a_locked_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.db"
    with open_store(f"{url_of(path)}?timeout=0") as store, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"newsletter.db is locked: another process holds it: wait"):
            store.subscribers.add(Subscriber(address="ada@example.com"), now=make.WHEN)
        assert store.subscribers.get("ada@example.com") is None  # reading still works


def test_a_new_file_locked_by_another_process_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="is locked"):
            open_store(f"{url_of(path)}?timeout=0")


def test_a_locked_postgresql_table_is_refused(empty_postgresql: str) -> None:
    with (
        open_store(empty_postgresql) as other,
        open_store(f"{empty_postgresql}&options=-clock_timeout=1") as store,
        database_of(other).writing() as connection,
    ):
        connection.execute(sa.text("LOCK TABLE subscriber"))
        with pytest.raises(StoreError, match="is locked: another process holds it"):
            store.subscribers.add(Subscriber(address="ada@example.com"), now=make.WHEN)


def test_a_full_disk_is_reported_and_nothing_is_half_done(tmp_path: Path) -> None:
    with open_store(url_of(tmp_path / "a.db")) as store:
        engine = database_of(store).engine

        @sa.event.listens_for(engine, "begin")
        def limit(connection: sa.Connection) -> None:
            connection.exec_driver_sql("PRAGMA max_page_count = 60")

        with pytest.raises(StoreError, match=r"disk of the database .* is full: make room"):
            store.subscribers.merge([[Subscriber(address=f"r{i}@example.com") for i in range(5000)]], now=make.WHEN)
        assert list(store.subscribers.stream()) == []


def test_another_kind_of_file_is_refused_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear reader, " * 100)
    with pytest.raises(StoreError, match=r"letter.db is not a database of this program"):
        open_store(url_of(path))
    assert path.read_text() == "Dear reader, " * 100


def test_another_programs_database_is_refused_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE orders (id)")
    with pytest.raises(StoreError, match="another program's table 'orders'"):
        open_store(url_of(path))
    assert columns(url_of(path), "orders") == ["id"]


def test_a_postgresql_database_can_be_shared_unless_tables_clash(empty_postgresql: str) -> None:
    engine = sa.create_engine(empty_postgresql.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE orders (id int)"))
        connection.execute(sa.text("CREATE TABLE send (id int)"))
    with pytest.raises(StoreError, match="another program's table 'send'"):
        open_store(empty_postgresql)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE send"))
    engine.dispose()
    open_store(empty_postgresql).close()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"nowhere/newsletter.db cannot be opened.*make sure its folder exists"):
        open_store(url_of(tmp_path / "nowhere" / "newsletter.db"))


def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"pip install 'newsletter\[postgresql\]'"):
        open_store("postgresql://reader:secret@localhost/news")


@pytest.mark.parametrize(
    "url",
    [
        "newsletter.db",
        "",
        "oracle://reader:secret@localhost/news",
        "sqlite://news.db",
        "postgresql://x:secret@localhost:y/",
    ],
)
def test_an_invalid_url_is_refused_without_printing_the_password(url: str) -> None:
    with pytest.raises(StoreError, match=r"sqlite:///newsletter.db") as refused:
        open_store(url)
    assert "secret" not in str(refused.value)


def test_an_invalid_port_is_reported_when_the_database_is_opened() -> None:
    assert migrate.exists("postgresql://u:p@h:abc/x")


def test_an_unreachable_server_is_named_without_the_password() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: no other process answers there
        with pytest.raises(
            StoreError, match=r"postgresql://reader@127.0.0.1:\d+/news cannot be reached: nothing is listening there:"
        ) as refused:
            open_store(f"postgresql://reader:secret@127.0.0.1:{taken.getsockname()[1]}/news")
    assert "secret" not in str(refused.value)


def test_a_missing_postgresql_database_is_named_without_the_password(postgresql_server: str) -> None:
    url = sa.make_url(postgresql_server).set(database="nowhere").render_as_string(hide_password=False)
    with pytest.raises(StoreError, match=r'cannot be reached.*"nowhere" does not exist') as refused:
        open_store(url)
    assert PASSWORD not in str(refused.value)
