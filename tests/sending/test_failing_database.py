"""A database that can't be written: any failing write, and a full disk."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.domain.delivery import DeliveryStatus
from newsletter.errors import FullError, NewsletterError, SendError, StoreError
from newsletter.sending import Observer, retrying
from newsletter.store import Store, open_store
from tests.databases import new_sqlite, sqlite3
from tests.rows import database_of
from tests.sending.faults import (
    Accepting,
    addresses,
    assert_nothing_lost_or_doubled,
    at_last,
    begin,
    begin_or_resume,
    fill,
)

S = DeliveryStatus
WRITES = ("INSERT", "UPDATE", "DELETE", "WITH GIVEN")


IO_ERROR, LOCKED = ("disk I/O error", "SQLITE_IOERR_WRITE"), ("database is locked", "SQLITE_BUSY")
FULL = ("database or disk is full", "SQLITE_FULL")


def refusal(words: str, name: str) -> Any:
    """Return SQLite's own error."""
    err = sqlite3.OperationalError(words)
    err.sqlite_errorname = name
    return err


@contextmanager
def failing(
    store: Store, fails: Callable[[int], bool], kind: tuple[str, str], *, late: bool = False
) -> Iterator[list[str]]:
    """Make writes and commits fail by number, counted from 1, and list all. One that fails ``late`` was committed."""
    seen: list[str] = []

    def write(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().upper().startswith(WRITES):
            seen.append(statement)
            if fails(len(seen)):
                raise refusal(*kind)

    def commit(connection: sa.Connection) -> None:
        if "begin" in connection.get_execution_options():  # of a transaction that reads
            return
        seen.append("COMMIT")
        if fails(len(seen)):
            if late:
                connection.connection.driver_connection.commit()  # type: ignore[union-attr]
            raise refusal(*kind)

    engine = database_of(store).engine
    sa.event.listen(engine, "before_cursor_execute", write)
    sa.event.listen(engine, "commit", commit)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", write)
        sa.event.remove(engine, "commit", commit)


@pytest.fixture
def copies(memory: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], str]:
    """Return a maker of databases with a number of readers. Waits take no time and end after ten attempts."""
    monkeypatch.setattr(retrying, "PAUSE", 0.001)
    monkeypatch.setattr(retrying, "FOR_THE_DISK", 0.01)
    monkeypatch.setattr("newsletter.sending.dispatch.BREATH", 0.0)
    number = count()

    @cache
    def template(readers: int) -> bytes:
        path = memory / "template.db"
        path.unlink(missing_ok=True)
        with open_store(new_sqlite(path)) as store:
            fill(store, readers)
        return path.read_bytes()

    def made(readers: int) -> str:
        path = memory / f"{next(number)}.db"
        path.write_bytes(template(readers))
        return f"sqlite:///{path}?timeout=0.05"

    return made


@pytest.mark.parametrize(("kind", "late"), [(IO_ERROR, False), (IO_ERROR, True), (LOCKED, False)])
def test_any_single_write_can_fail(copies: Callable[[int], str], kind: tuple[str, str], *, late: bool) -> None:
    which, writes = 0, 0  # the first time, none fails
    while which <= writes:
        provider = Accepting(batch_size=1)
        with open_store(copies(3)) as store:
            with failing(store, which.__eq__, kind, late=late) as seen, suppress(StoreError, SendError):
                begin(store, provider)
            writes = max(writes, len(seen))
            send = at_last(store, provider)
            assert_nothing_lost_or_doubled(store, send, provider, addresses(3))
            assert send.counts == {S.SUBMITTED: 3}  # once it can be written, every answer is
        which += 1
    assert writes > 15


def test_every_nth_write_can_fail(copies: Callable[[int], str]) -> None:
    for nth in (*range(1, 21), 27, 35, 50, 70, 100):  # beyond that, at most one fails in each run, as above
        provider = Accepting(batch_size=1)
        with open_store(copies(25)) as store:
            with failing(store, lambda number, nth=nth: number % nth == 0, IO_ERROR) as seen:  # type: ignore[misc]
                for _ in range(3):
                    with suppress(StoreError):
                        begin_or_resume(store, provider)
            assert len(seen) >= nth
            send = at_last(store, provider)
            assert_nothing_lost_or_doubled(store, send, provider, addresses(25))
            if nth > 10:  # more than a transaction has, so one more attempt is enough
                assert send.counts == {S.SUBMITTED: 25}


def test_an_unreadable_edition_makes_no_delivery_uncertain(memory: Path) -> None:
    with open_store(new_sqlite(memory / "newsletter.db")) as store:
        readers = fill(store, 10)
        failures = [refusal(*IO_ERROR)]

        def read(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if "FROM edition" in statement and failures:
                raise failures.pop()

        sa.event.listen(database_of(store).engine, "before_cursor_execute", read)
        provider = Accepting()
        with pytest.raises(StoreError, match=r"the disk of the database .* failed"):
            begin(store, provider)
        assert store.sends.get(1).counts == {S.QUEUED: 10}
        send = at_last(store, provider)
        assert send.counts == {S.SUBMITTED: 10}
        assert_nothing_lost_or_doubled(store, send, provider, readers)


def test_a_page_limit_stops_a_send_before_any_handover(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.db"
    provider = Accepting()
    with open_store(f"sqlite:///{path}") as store:
        readers = fill(store, 2000)
        with _page_limit(store), pytest.raises(FullError, match="is full: make room"):
            begin(store, provider)
        assert provider.accepted == []
        send = at_last(store, provider)
        assert send.counts == {S.SUBMITTED: 2000}
        assert_nothing_lost_or_doubled(store, send, provider, readers)


def test_answers_wait_for_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "PAUSE", 0.01)
    notices: list[str] = []

    def told(notice: str) -> None:
        notices.append(notice)
        limit.close()  # make room

    with open_store(new_sqlite(tmp_path / "newsletter.db")) as store, ExitStack() as limit:
        readers = fill(store, 10)
        provider = Accepting(batch_size=10, before=lambda: limit.enter_context(failing(store, bool, FULL)))
        send = begin(store, provider, Observer(notice=told))
        assert_nothing_lost_or_doubled(store, send, provider, readers)
    assert send.counts == {S.SUBMITTED: 10}
    assert "is full: waiting" in notices[0]
    assert notices[1] == "continuing"


def test_an_answer_that_cannot_be_stored_for_too_long_is_held_as_uncertain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying, "PAUSE", 0.001)
    monkeypatch.setattr(retrying, "FOR_THE_DISK", 0.01)
    with open_store(new_sqlite(tmp_path / "newsletter.db")) as store:
        readers = fill(store, 20)
        provider = Accepting(batch_size=5, before=lambda: limit.enter_context(failing(store, bool, FULL)))
        with ExitStack() as limit, pytest.raises(FullError, match="is full: make room"):
            begin(store, provider)
        assert len(provider.accepted) == 5
        provider.before = lambda: None
        send = at_last(store, provider)
        assert send.counts == {S.SUBMITTED: 15, S.UNCERTAIN: 5}
        assert_nothing_lost_or_doubled(store, send, provider, readers)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a small disk."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def occupy(disk: Path) -> Path:
    """Write a file that fills the disk."""
    ballast = disk / "ballast"
    with suppress(OSError), ballast.open("wb") as file:
        while True:
            file.write(b"x" * 4096)
            file.flush()
    return ballast


only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk; the page limit says the same")


@only_root
def test_a_full_disk_stops_a_send_and_it_resumes_when_there_is_room(disk: Path) -> None:
    provider = Accepting()
    with open_store(new_sqlite(disk / "newsletter.db")) as store:
        readers = fill(store, 1500)
        ballast = occupy(disk)
        with pytest.raises(NewsletterError):
            begin(store, provider)
        assert provider.accepted == []
        ballast.unlink()
        send = at_last(store, provider)
        assert_nothing_lost_or_doubled(store, send, provider, readers)
        assert send.counts == {S.SUBMITTED: 1500}


@only_root
def test_a_send_waits_for_a_disk_that_fills_up(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "PAUSE", 0.01)
    notices: list[str] = []

    def told(notice: str) -> None:
        notices.append(notice)
        (disk / "ballast").unlink(missing_ok=True)

    def fill_once() -> None:
        if not notices:
            occupy(disk)

    provider = Accepting(before=fill_once)
    with open_store(new_sqlite(disk / "newsletter.db")) as store:
        readers = fill(store, 1500)
        send = begin(store, provider, Observer(notice=told))
        assert_nothing_lost_or_doubled(store, send, provider, readers)
    assert send.counts == {S.SUBMITTED: 1500}
    assert notices[0].endswith(": waiting")
    assert notices[1] == "continuing"


@contextmanager
def _page_limit(store: Store) -> Iterator[None]:
    """Keep the database file from growing."""
    engine = database_of(store).engine

    def limit(_connection: object, cursor: Any, statement: str, *_: object) -> None:
        if statement.lstrip().upper().startswith(WRITES):
            (pages,) = cursor.connection.execute("PRAGMA page_count").fetchone()
            cursor.connection.execute(f"PRAGMA max_page_count = {pages}")

    sa.event.listen(engine, "before_cursor_execute", limit)
    yield
    sa.event.remove(engine, "before_cursor_execute", limit)
    engine.dispose()
