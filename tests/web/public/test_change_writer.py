"""Changes with a valid link: one at a time, and refused from memory once a link is overused."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import httpx
import pytest

from newsletter.domain.subscriber import Subscriber, SubscriberStatus
from newsletter.tokens import Purpose, TicketPurpose
from newsletter.web.public.change_writer import ChangeWriter
from tests.web.public.public_pages import Public, link_in, locked


def test_an_overused_link_is_refused_without_the_database(
    pages: Public, visitor: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.web.public.change_writer.MOST_CHANGES", 3)
    visitor.post("/api/sign-ups", json={"address": "new@example.com"})
    (mail,) = pages.mails()
    for number, which in enumerate(("save", "fewer", "undo", "own", "address", "erase", "confirm")):
        reader = pages.reader(f"r{number}@example.com")
        leave, own = pages.link(Purpose.UNSUBSCRIBE, reader), pages.visit(reader)
        saving = pages.link(Purpose.PREFERENCES, reader)
        path = {
            "save": saving,
            "fewer": f"{leave}/fewer",
            "undo": f"{leave}/undo",
            "own": own,
            "address": f"{own}/address",
            "erase": f"{own}/erase",
            "confirm": link_in(mail),
        }[which]
        undo = {"undo": pages.site.signer.ticket(TicketPurpose.UNDO, reader.key, pages.clock())}
        assert [visitor.post(path, data=undo).status_code < 429 for _ in range(3)] == [True] * 3, which
        assert visitor.post(path, data=undo).status_code == 429, which
        with locked(pages.root):
            answer = visitor.post(path, data=undo)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3600")
        assert visitor.get(path).status_code in (200, 405)  # viewing is allowed
        other = own if which in ("save", "fewer", "undo") else saving
        assert "Saved" in visitor.post(other, data={"topic": "asia"}).text  # links of another kind are not affected
        assert visitor.post(leave, content="List-Unsubscribe=One-Click").status_code == 200
        left = pages.store.subscribers.by_key(reader.key)
        assert left is not None
        assert left.status is SubscriberStatus.UNSUBSCRIBED
        pages.clock.move(hours=1)
        assert visitor.post(path, data=undo).status_code != 429
    assert pages.logged == []


def test_a_forged_link_is_not_counted(pages: Public, visitor: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsletter.web.public.change_writer.MOST_CHANGES", 1)
    path = pages.link(Purpose.PREFERENCES, pages.reader())
    for _ in range(3):
        assert visitor.post(f"{path[:-1]}{'A' if path[-1] != 'A' else 'B'}").status_code == 404
    assert visitor.post(path, data={"topic": "asia"}).status_code == 200


def test_changes_with_the_same_link_are_spaced_out(pages: Public, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsletter.web.public.change_writer.SPACING", 0.4)
    reader = pages.reader()
    paths = [pages.link(Purpose.PREFERENCES, reader, issue) for issue in ("2026-11-22", "2026-11-23", "2026-11-24")]

    def save(path: str) -> int:
        with pages.client() as visitor:
            return visitor.post(path, data={"topic": "asia"}).status_code

    begun = time.monotonic()
    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(save, paths)) == [200, 200, 200]
    assert time.monotonic() - begun > 0.7


def test_changes_are_written_one_at_a_time(pages: Public, monkeypatch: pytest.MonkeyPatch) -> None:
    both_wait, waiting = threading.Event(), list[object]()
    under_way, at_once = list[str](), list[int]()
    write, choose = ChangeWriter.write, pages.store.self_service.save_preferences

    async def counted(changing: ChangeWriter, change: Callable[[], object]) -> object:
        waiting.append(change)
        if len(waiting) == 2:
            both_wait.set()
        return await write(changing, change)

    def slowly(key: str, chosen: Subscriber, now: datetime) -> Subscriber | None:
        under_way.append(key)
        at_once.append(len(under_way))
        assert both_wait.wait(60)
        with pages.client() as visitor:  # the other one would have begun before this is answered
            assert visitor.get("/help").status_code == 200
        under_way.remove(key)
        return choose(key, chosen, now)

    monkeypatch.setattr(ChangeWriter, "write", counted)
    monkeypatch.setattr(pages.store.self_service, "save_preferences", slowly)
    paths = [pages.link(Purpose.PREFERENCES, pages.reader(f"r{number}@example.com")) for number in range(2)]

    def save(path: str) -> int:
        with pages.client() as visitor:
            return visitor.post(path, data={"topic": "asia"}).status_code

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(save, paths)) == [200, 200]
    assert at_once == [1, 1]
    assert {reader.topics for reader in pages.store.subscribers.stream()} == {("asia",)}
