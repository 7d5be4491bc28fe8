"""`newsletter serve` while its PostgreSQL server doesn't answer: it responds within seconds, recovers and can stop."""

import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from newsletter.domain.subscriber import Subscriber, SubscriberStatus
from newsletter.store import open_store
from newsletter.tokens import Purpose, Signer
from tests import make
from tests.cli.server_process import served
from tests.cli.test_serve import HOST
from tests.make import SECRET
from tests.postgresql_proxy import proxy

ISSUE = "2026-11-23"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_silent_database_gets_503_until_it_is_back_and_the_server_can_stop(root: Path, database_url: str) -> None:
    settings = Path("newsletter.toml")
    with proxy(database_url) as between, open_store(database_url) as store:
        settings.write_text(f'database = "{between.url}"\n{settings.read_text()}')
        reader = store.subscribers.add(Subscriber(address="ada@example.com"), now=make.WHEN)
        leave = f"/unsubscribe/{ISSUE}/{Signer(SECRET).sign(Purpose.UNSUBSCRIBE, ISSUE, reader.key)}"
        with served() as (process, address), ThreadPoolExecutor(4) as pool:

            def ask(method: str, path: str) -> httpx.Response:
                return httpx.request(method, f"{address}{path}", headers={"Host": HOST}, timeout=120)

            assert ask("GET", leave).status_code == ask("GET", "/").status_code == 200
            between.go_silent()
            began = time.monotonic()
            for _ in range(2):  # the second time it is known already
                answers = list(pool.map(ask, ("POST", "GET", "GET"), (leave, leave, f"/c/{ISSUE}/1")))
                assert {(answer.status_code, answer.headers["Retry-After"]) for answer in answers} == {(503, "5")}
            assert time.monotonic() - began < 60  # 5 seconds on a fast machine; it was status 500 after 15
            assert ask("GET", "/help").status_code == ask("GET", "/").status_code == 200  # pages that need no database
            between.speak()
            while ask("POST", leave).status_code != 200:
                assert time.monotonic() - began < 120
            assert [subscriber.status for subscriber in store.subscribers.stream()] == [SubscriberStatus.UNSUBSCRIBED]
            between.go_silent()
            with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as under_way:
                under_way.sendall(f"GET {leave} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
                assert ask("GET", "/help").status_code == 200
                process.send_signal(signal.SIGTERM)
                _, printed = process.communicate(timeout=120)
                assert under_way.recv(65536).startswith(b"HTTP/1.1 503 ")
            assert (process.returncode, "Traceback" in printed, printed.count("cannot be reached") <= 2) == (
                0,
                False,
                True,
            )
