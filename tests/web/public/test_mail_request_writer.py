"""A flood of sign-ups and requests for links: clients over their limit don't slow down others."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message

from newsletter.web.http.gateway import Gateway, GatewayRules
from tests.databases import JOURNAL, sqlite3
from tests.event_loop import run
from tests.web.public.public_pages import Public, locked, public

SIGN_UP = "/api/sign-ups"


def contents(root: Path) -> tuple[bytes, list[object]]:
    """Return the number of commits and the counts."""
    with closing(sqlite3.connect(root / "newsletter.db")) as connection:
        rows = connection.execute("SELECT * FROM allowance ORDER BY subject, hour").fetchall()
    return (root / ("newsletter.db-wal" if JOURNAL == "wal" else "newsletter.db")).read_bytes(), rows


def use_up(visitor: httpx.Client) -> None:
    """Send requests until they are refused."""
    for number in range(30):
        if visitor.post(SIGN_UP, json={"address": f"reader{number}@example.com"}).status_code == 429:
            return
    pytest.fail("the client was never refused")


def every_way(visitor: httpx.Client) -> list[int]:
    """Return the statuses of every request that mails an address."""
    return [
        visitor.post(SIGN_UP, json={"address": "new@example.com"}).status_code,
        visitor.post("/subscribe", data={"address": "new@example.com"}).status_code,
        visitor.post("/preferences", data={"address": "new@example.com"}).status_code,
    ]


def test_a_refused_client_neither_writes_nor_waits_for_a_lock(tmp_path: Path) -> None:
    with public(tmp_path) as pages, pages.client() as visitor:
        use_up(visitor)
        before = contents(tmp_path)
        with locked(tmp_path):
            for _ in range(3):
                assert every_way(visitor) == [429, 429, 429]
        assert contents(tmp_path) == before
        assert pages.logged == []
    with public(tmp_path) as again, again.client() as visitor:  # a new process has no memory, and reads the database
        with locked(tmp_path):
            assert visitor.post(SIGN_UP, json={"address": "new@example.com"}).status_code == 429
            assert every_way(visitor) == [429, 429, 429]
        again.clock.move(hours=2)
        assert visitor.post(SIGN_UP, json={"address": "new@example.com"}).status_code == 202


@pytest.mark.parametrize("path", ["/preferences/2026-11-23/token/link", "/my/ticket/address", "/confirm/ticket/again"])
def test_a_refused_client_is_refused_before_its_link_is_checked(
    pages: Public, visitor: httpx.Client, path: str
) -> None:
    assert visitor.post(path).status_code in (200, 404)
    use_up(visitor)
    assert visitor.post(path).status_code == 429
    assert visitor.post(f"{path}s").status_code == 404
    assert visitor.get(path).status_code == 405


def test_a_refused_client_can_still_use_other_pages(pages: Public, visitor: httpx.Client) -> None:
    use_up(visitor)
    assert visitor.get("/subscribe").status_code == 200
    assert visitor.get("/api/topics").status_code == 200
    answer = visitor.post(SIGN_UP, json={"address": "new@example.com"})
    messages = {"": "Please wait an hour and try again."}
    assert answer.json() == {"error": "Too Many Requests", "details": [], "messages": messages}
    assert answer.headers["Retry-After"] == "3600"
    page = visitor.post("/subscribe", data={"address": "new@example.com"})
    assert "Please wait an hour" in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    with pages.client(**{"X-Forwarded-For": "203.0.113.9"}) as other:
        assert other.post(SIGN_UP, json={"address": "new@example.com"}).status_code == 202


def test_simultaneous_sign_ups_are_each_accepted_and_counted(pages: Public) -> None:
    def ask(number: int) -> int:
        with pages.client(**{"X-Forwarded-For": f"203.0.113.{number % 4}"}) as visitor:
            return visitor.post(SIGN_UP, json={"address": f"reader{number}@example.com"}).status_code

    with ThreadPoolExecutor(16) as threads:
        statuses = list(threads.map(ask, range(100)))
    assert (statuses.count(202), statuses.count(429)) == (80, 20)  # four clients, 20 each
    assert len({mail["To"] for mail in pages.mails()}) == 80


def test_a_refused_clients_response_is_delayed_without_delaying_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsletter.web.http.gateway.MOST_HELD_BACK", 2)
    rules = GatewayRules(base_url="http://localhost", seconds=60, hold_back=3600)
    gate = Gateway(
        PlainTextResponse("Come in."),
        rules=rules,
        error_response=lambda _path, status: PlainTextResponse("No.", status),
        log=print,
        refuses=lambda _method, _path, client: client == "203.0.113.7",
    )

    async def status(client: str) -> int:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return {"type": "http.request", "body": b""}

        headers = [(b"host", b"localhost")]
        scope = {"type": "http", "method": "POST", "path": "/subscribe", "headers": headers, "client": (client, 1)}
        await gate(scope, receive, send)
        return int(sent[0]["status"])

    async def at_once() -> tuple[int, int, int]:
        held = [asyncio.create_task(status("203.0.113.7")) for _ in range(2)]
        await asyncio.sleep(0)
        answers = await status("203.0.113.8"), await status("203.0.113.7")  # at most two are kept waiting
        waiting = sum(not each.done() for each in held)
        for each in held:
            each.cancel()
        return *answers, waiting

    assert run(at_once()) == (200, 429, 2)


def test_a_nul_in_one_sign_up_does_not_fail_those_written_with_it(tmp_path: Path, empty_postgresql: str) -> None:
    with public(tmp_path, database=empty_postgresql) as pages:

        def ask(address: str, wording: str) -> int:
            with pages.client() as visitor:
                return visitor.post(SIGN_UP, json={"address": address, "wording": wording}).status_code

        addresses, wordings = ["mallory@example.com", "ada@example.com"], ["a\0b", "Yes."]
        assert list(ThreadPoolExecutor(2).map(ask, addresses, wordings)) == [202, 202]
        assert {mail["To"] for mail in pages.mails()} == set(addresses)
        assert pages.logged == []
