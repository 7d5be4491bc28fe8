"""A database that cannot be written: every write once, a disk that is full, another process that holds it."""

import os
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa

from newsletter.delivery import DeliveryStatus, Send, SendStatus
from newsletter.errors import FullError, NewsletterError, StoreError
from newsletter.sending import Watch, patience
from newsletter.store import Store, open_store
from tests.sending.faults import Accepting, assert_nothing_lost_or_doubled, at_last, begin, fill, go_on

S = DeliveryStatus
WRITES = ("INSERT", "UPDATE", "DELETE")


@contextmanager
def failing(store: Store, which: int, words: str, name: str) -> Iterator[list[str]]:
    """The write of this number fails, counted from 1, with SQLite's own error; what was written before it."""
    seen: list[str] = []

    def before(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().upper().startswith(WRITES):
            seen.append(statement)
            if len(seen) == which:
                err = sqlite3.OperationalError(words)
                err.sqlite_errorname = name
                raise err

    engine = store._database.engine
    sa.event.listen(engine, "before_cursor_execute", before)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", before)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where the system has one: there, no write waits for a disk."""
    shared = Path("/dev/shm")
    with TemporaryDirectory(dir=shared if os.access(shared, os.W_OK) else tmp_path) as folder:
        yield Path(folder)


@pytest.mark.parametrize(
    ("readers", "kind"),
    [(66, ("disk I/O error", "SQLITE_IOERR_WRITE")), (12, ("database is locked", "SQLITE_BUSY"))],
)
def test_every_write_may_fail_once(
    memory: Path, readers: int, kind: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PAUSE", 0.001)
    template = memory / "template.db"
    with open_store(f"sqlite:///{template}") as store:
        everybody = fill(store, readers)
    which, all_writes = 0, 0  # the first time, none fails
    while which <= all_writes:
        path = memory / f"{which}.db"
        path.write_bytes(template.read_bytes())
        provider = Accepting(batch_size=1)
        with open_store(f"sqlite:///{path}?timeout=0.05") as store:
            with failing(store, which, *kind) as seen, suppress(StoreError):
                begin(store, provider)
            all_writes = max(all_writes, len(seen))
            send = at_last(store, provider)
            assert_nothing_lost_or_doubled(store, send, provider, everybody)
            assert send.counts == {S.SUBMITTED: readers}  # once it can be written, every answer is
        path.unlink()
        which += 1
    assert all_writes > 3 * readers


def test_a_page_limit_stops_a_send_before_it_hands_anything_over(tmp_path: Path) -> None:
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
    monkeypatch.setattr(patience, "PAUSE", 0.01)
    notices: list[str] = []
    with open_store(f"sqlite:///{tmp_path / 'newsletter.db'}") as store:
        readers = fill(store, 10)
        provider = Accepting(batch_size=10)
        full = threading.Event()
        accept = provider.submit

        def submit(letters: object) -> object:
            full.set()  # while the batch is at the provider, the disk fills
            return accept(letters)  # type: ignore[arg-type]

        provider.submit = submit  # type: ignore[method-assign,assignment]

        def refuse(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if full.is_set() and statement.lstrip().upper().startswith(WRITES):
                err = sqlite3.OperationalError("database or disk is full")
                err.sqlite_errorname = "SQLITE_FULL"
                raise err

        def told(notice: str) -> None:
            notices.append(notice)
            full.clear()  # somebody makes room

        sa.event.listen(store._database.engine, "before_cursor_execute", refuse)
        send = begin(store, provider, Watch(notice=told))
        assert_nothing_lost_or_doubled(store, send, provider, readers)
    assert send.counts == {S.SUBMITTED: 10}
    assert "is full: waiting" in notices[0]
    assert notices[1] == "going on"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a file system; the page limit says the same")
def test_a_full_disk_stops_a_send_which_goes_on_when_there_is_room(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)], check=True)
    try:
        provider = Accepting()
        with open_store(f"sqlite:///{disk / 'newsletter.db'}") as store:
            readers = fill(store, 1500)
            ballast = disk / "ballast"
            with suppress(OSError), ballast.open("wb") as file:
                while True:
                    file.write(b"x" * 4096)
                    file.flush()
            with pytest.raises(NewsletterError):
                begin(store, provider)
            assert provider.accepted == []
            ballast.unlink()
            send = at_last(store, provider)
            assert_nothing_lost_or_doubled(store, send, provider, readers)
            assert send.counts == {S.SUBMITTED: 1500}
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize("moment", ["before the first batch", "before an answer is written down"])
def test_a_send_waits_for_a_process_that_holds_the_database(tmp_path: Path, moment: str) -> None:
    path = tmp_path / "newsletter.db"
    notices: list[str] = []
    with (
        open_store(f"sqlite:///{path}?timeout=0.1") as store,
        closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other,
    ):
        readers = fill(store, 10)
        provider = Accepting(batch_size=5)

        def told(notice: str) -> None:
            notices.append(notice)
            if "waiting" in notice:
                other.execute("ROLLBACK")

        def lock(_done: int, _whole: int) -> None:
            if not notices and not other.in_transaction:
                other.execute("BEGIN IMMEDIATE")

        if moment == "before the first batch":
            watch = Watch(notice=told, progress=lock)
        else:
            accept = provider.submit

            def submit(letters: object) -> object:
                lock(0, 0)
                return accept(letters)  # type: ignore[arg-type]

            provider.submit = submit  # type: ignore[method-assign,assignment]
            watch = Watch(notice=told)
        send = begin(store, provider, watch)
        assert send.counts == {S.SUBMITTED: 10}
        assert_nothing_lost_or_doubled(store, send, provider, readers)
    assert notices[0].endswith("another process holds it: waiting")
    assert notices[1] == "going on"


def test_a_reader_whose_message_cannot_be_made_costs_nobody_else_theirs(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'newsletter.db'}") as store:
        readers = fill(store, 1000)
        with store._database.writing() as connection:
            connection.exec_driver_sql("UPDATE subscriber SET address = 'no address' WHERE id % 500 = 0")
        provider = Accepting(batch_size=50)
        send: Send = go_on(store, provider)
        assert (send.status, send.counts) == (SendStatus.FAILURES, {S.SUBMITTED: 998, S.REFUSED: 2})
        refused = list(store.sends.deliveries(send.id, S.REFUSED))
        assert [(address, detail[:27]) for address, _, detail in refused] == [
            ("no address", "the message cannot be made:")
        ] * 2
        assert len(set(provider.addresses)) == len(readers) - 2


@contextmanager
def _page_limit(store: Store) -> Iterator[None]:
    """The database file may not grow."""
    engine = store._database.engine

    def limit(_connection: object, cursor: sqlite3.Cursor, statement: str, *_: object) -> None:
        if statement.lstrip().upper().startswith(WRITES):
            (pages,) = cursor.connection.execute("PRAGMA page_count").fetchone()
            cursor.connection.execute(f"PRAGMA max_page_count = {pages}")

    sa.event.listen(engine, "before_cursor_execute", limit)
    yield
    sa.event.remove(engine, "before_cursor_execute", limit)
    engine.dispose()
