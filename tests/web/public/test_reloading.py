"""The public pages as they are served: new settings, service mail and notifications."""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import cast

import httpx
import pytest
import sqlalchemy as sa
from starlette.types import ASGIApp

from newsletter import bootstrap
from newsletter.cli.notice_text import notice_message
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.events import Bounce, Event, EventKind
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Subscriber
from newsletter.message.mime import Letter
from newsletter.providers import Provider
from newsletter.publishing.sends.send_issue import send_now
from newsletter.publishing.sends.send_preparing import compose_issue, prepare_send
from newsletter.publishing.workers.background_thread import AT_THE_END
from newsletter.publishing.workers.notifier import Notifier
from newsletter.sending import Observer
from newsletter.settings import Settings
from newsletter.store import Store
from newsletter.store.clock import database_time
from newsletter.store.tables import service_message
from newsletter.web.public import reloading
from newsletter.web.public.reloading import ReloadingApp
from tests import event_loop
from tests.clock import set_ahead
from tests.databases import new_sqlite
from tests.make import SECRET, WHEN
from tests.newsletter_folder import write_issue, write_settings
from tests.people import PUBLISHER
from tests.rows import database_of, fetch_column

PATIENCE = 240.0  # seconds
ISSUE = "2026-11-23"
NOTIFY = '[notify]\naddresses = ["editor@daily.example"]\n'


@pytest.fixture(autouse=True)
def frequent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check the files, and the notices that are due, twenty times a second; the secret is set."""
    monkeypatch.setattr(reloading, "EVERY", 0.05)
    monkeypatch.setenv("NEWSLETTER_SECRET", SECRET)


def reloading_app(settings: Settings, store: Store, refused: Callable[[Exception], object] = print) -> ReloadingApp:
    """Return the pages, which print what happens to them."""
    return ReloadingApp(
        settings,
        store,
        say=print,
        log=print,
        notifier=Notifier(notice_message, print),
        refused=refused,
    )


def open_new_store(settings: Settings) -> Store:
    new_sqlite(settings.root / "newsletter.db")
    return bootstrap.open_store(settings)


async def answer(app: ASGIApp, method: str, path: str, **options: object) -> httpx.Response:
    """Return the answer to a request for the newsletter's host."""
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="https://news.daily.example") as client:
        return await client.request(method, path, **options)  # type: ignore[arg-type]


def wait_for(reached: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_changed_settings_apply_to_the_next_request_and_mistakes_leave_the_last_ones(tmp_path: Path) -> None:
    settings = write_settings(tmp_path)
    toml = tmp_path / "newsletter.toml"
    before = toml.read_text()
    refusals: list[Exception] = []

    def title() -> str:
        return event_loop.run(answer(pages, "GET", "/")).text.partition("<title>")[2].partition("</title>")[0]

    with open_new_store(settings) as store, reloading_app(settings, store, refusals.append) as pages:
        assert "The Daily Test" in title()
        toml.write_text(before.replace("The Daily Test", "The Weekly Test"))
        wait_for(lambda: "The Weekly Test" in title())
        toml.write_text("name = 3\n")
        wait_for(lambda: refusals)
        assert "The Weekly Test" in title()
        toml.write_text(f'database = "sqlite:///other.db"\n{before}')
        wait_for(lambda: "the database has changed" in str(refusals[-1]))
        assert "The Weekly Test" in title()


class PutsOff:
    """A provider that puts everybody off."""

    def submit(self, letters: Sequence[Letter]) -> Iterable[Receipt]:
        return [Receipt(subscriber=0, status=DeliveryStatus.DEFERRED, detail="450 4.2.0 later") for _ in letters]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_service_mail_is_due_by_the_databases_clock(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def database_now() -> float:
        with database_of(store).reading() as connection:
            return connection.scalars(sa.select(database_time(connection))).one()

    def due() -> int:
        (due,) = fetch_column(store, sa.select(service_message.c.due))
        return int(due)

    with ExitStack() as stack:
        app, mailer = reloading.build_app(write_settings(tmp_path), store, stack, print)
        set_ahead(monkeypatch)  # all modules are there
        before = database_now()
        signed_up = event_loop.run(answer(app, "POST", "/api/sign-ups", json={"address": "ada@example.com"}))
        assert signed_up.status_code == 202
        assert before - 1 <= due() <= database_now() + 1
        mailer.provider = cast("Provider", PutsOff())
        assert mailer.send_batch() == 1
        assert before + 59 <= due() <= database_now() + 61


def test_a_webhook_that_begins_a_hold_notifies_the_editors(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, NOTIFY)
    write_issue(tmp_path, date(2026, 11, 23), "train")
    with open_new_store(settings) as store:
        gone = [
            store.subscribers.add(Subscriber(address=f"r{number}@strict.example"), now=store.now())
            for number in range(4)
        ]
        now, composed = store.now(), compose_issue(settings, ISSUE)
        prepared = prepare_send(PUBLISHER, settings, store, composed, today=composed.issue.date, now=now)
        with bootstrap.open_send_context(settings) as context:
            send_now(PUBLISHER, settings, store, context, prepared, now=now, observer=Observer())
        events = [
            Event(
                key=reader.address,
                provider="ses",
                kind=EventKind.BOUNCED,
                bounce=Bounce.PERMANENT,
                at=WHEN,
                address=reader.address,
                issue=ISSUE,
                reader=reader.key,
            )
            for reader in gone
        ]
        with reloading_app(settings, store):
            assert store.events.record(events, soft_bounces=7, now=store.now()).held == 4
            wait_for(lambda: list(tmp_path.glob("outbox/service/*.eml")))
    (mail,) = tmp_path.glob("outbox/service/*.eml")
    assert "To: editor@daily.example" in mail.read_text()
    assert "strict.example: 4" in mail.read_text()


def test_a_relay_that_never_answers_does_not_keep_the_server_from_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reloading, "FOR_NOTICES", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        relay = f'[provider]\nname = "smtp"\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n'
        settings = write_settings(tmp_path, relay + NOTIFY)
        with open_new_store(settings) as store:
            _pause_scheduled(store)
            server = reloading_app(settings, store)
            server.__enter__()
            silent.settimeout(PATIENCE)
            connection, _ = silent.accept()
            ending = threading.Thread(target=server.__exit__, args=(None, None, None))
            ending.start()
            ending.join(AT_THE_END / 2)
            has_ended = not ending.is_alive()
            with connection:
                connection.sendall(b"554 5.3.2 closed\r\n")
            silent.close()
            ending.join(PATIENCE)
            server._notifier.wait(PATIENCE)
    assert has_ended


def _pause_scheduled(store: Store) -> None:
    """Pause a scheduled send, as the program does: that is worth a notification."""
    now = store.now()
    store.subscribers.add(Subscriber(address="ada@example.com"), now=now)
    number = store.sends.schedule(
        issue=ISSUE, provider="test", segments=[EVERYONE], begins=now, deadline=60, now=now
    ).id
    with store.leases.acquire(number) as lease:
        store.controls.pause_held(number, "the relay refuses", holder=lease.holder, now=now)
