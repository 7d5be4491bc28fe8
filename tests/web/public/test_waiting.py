"""Requests while another process locks the database: late or refused, but never refused and made later."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import sqlalchemy as sa

from newsletter.domain.subscriber import SubscriberStatus
from newsletter.errors import BusyError
from newsletter.store import engines, open_store
from newsletter.tokens import Purpose
from tests import make
from tests.clock import Clock
from tests.rows import database_of
from tests.web.public.public_pages import Public, link_in, locked, public

UNSUBSCRIBED = SubscriberStatus.UNSUBSCRIBED


@pytest.fixture
def hurried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Public]:
    """Start pages that wait longer for the lock than for a request."""
    monkeypatch.setattr("newsletter.store.engines.WAIT", 1)
    with public(tmp_path, time_limit=0.2) as pages:
        yield pages


def statuses(pages: Public) -> set[SubscriberStatus]:
    return {reader.status for reader in pages.store.subscribers.stream()}


def every_change(pages: Public) -> list[str]:
    """Return a path for each way to change a reader, each with its own reader."""
    readers = [pages.reader(f"r{number}@example.com") for number in range(3)]
    with pages.client() as visitor:
        visitor.post("/api/sign-ups", json={"address": "r3@example.com"})
    (mail,) = pages.mails()
    return [
        *(pages.link(Purpose.UNSUBSCRIBE, reader) for reader in readers[:2]),
        f"{pages.link(Purpose.UNSUBSCRIBE, readers[0])}/fewer",
        pages.link(Purpose.PREFERENCES, readers[0]),
        f"{pages.visit(readers[2])}/address",
        link_in(mail),
    ]


def test_a_change_that_cannot_be_written_gets_503_and_is_never_made(hurried: Public) -> None:
    paths = every_change(hurried)
    with locked(hurried.root), ThreadPoolExecutor(len(paths)) as threads:

        def post(path: str) -> httpx.Response:
            with hurried.client() as visitor:
                return visitor.post(path, data={"address": "new@example.com"})

        answers = list(threads.map(post, paths))
    assert [answer.status_code for answer in answers] == [503] * len(paths)
    assert {answer.headers["Retry-After"] for answer in answers} == {"5"}
    assert all("try again in a few seconds" in answer.text for answer in answers)
    assert statuses(hurried) == {SubscriberStatus.CONFIRMED}
    assert hurried.mails() == []
    with hurried.client() as visitor:
        assert visitor.post(paths[0]).status_code == 200


def test_a_change_that_waits_too_long_is_answered_by_its_outcome(hurried: Public) -> None:
    link = hurried.link(Purpose.UNSUBSCRIBE, hurried.reader())
    answered: list[int] = []

    def post() -> None:
        with hurried.client() as visitor:
            answered.append(visitor.post(link, content="List-Unsubscribe=One-Click").status_code)

    thread = threading.Thread(target=post)
    with locked(hurried.root):
        thread.start()
        time.sleep(0.6)  # three times a request's time limit, and less than the wait for the lock
    thread.join(30)
    assert answered in ([200], [503])
    assert statuses(hurried) == {UNSUBSCRIBED if answered == [200] else SubscriberStatus.CONFIRMED}


def test_a_lock_is_waited_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, statements = Clock(), list[str]()
    with open_store(f"sqlite:///{tmp_path / 'newsletter.db'}?timeout=2") as store, locked(tmp_path):
        monkeypatch.setattr(engines, "time", SimpleNamespace(monotonic=lambda: clock.now, sleep=clock.sleep))

        @sa.event.listens_for(database_of(store).engine, "before_cursor_execute")
        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            statements.append(statement)  # SQLite itself waits for the lock in each

        with pytest.raises(BusyError):
            store.self_service.unsubscribe([], make.WHEN)
    assert clock.now == pytest.approx(2, abs=0.1)
    assert statements == []
