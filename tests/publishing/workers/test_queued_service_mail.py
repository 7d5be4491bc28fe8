"""The worker's service mail: what the studio queues goes out without the server of the readers' pages."""

import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter import bootstrap
from newsletter.errors import NewsletterError
from newsletter.publishing.readers.reader_requests import ask_to_confirm
from newsletter.publishing.workers.notifier import Notifier
from newsletter.publishing.workers.queued_service_mail import QueuedServiceMail
from newsletter.publishing.workers.worker import Worker
from newsletter.sending import Observer
from newsletter.settings import Settings
from newsletter.store import Store
from tests.cli.test_worker import Looks
from tests.command_line import Run
from tests.people import ADMIN
from tests.sending.receiving import PATIENCE


class Report:
    """A worker's report that keeps the errors, and can be waited for."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.came = threading.Event()

    def blocked(self, error: Exception, _retry: float) -> None:
        """Keep an error."""
        self.errors.append(str(error))
        self.came.set()

    def ended(self, *_: object) -> None:
        """Ignore sends."""

    failed = paused = ended


def mailed(settings: Settings) -> list[Path]:
    return sorted((settings.root / "outbox").rglob("*.eml"))


def until(reached: Callable[[], object]) -> None:
    ticks = threading.Event()
    for _ in range(int(PATIENCE / 0.02)):
        if reached():
            return
        ticks.wait(0.02)
    raise AssertionError("it has not come about")


def test_a_worker_mails_the_links_that_the_studio_has_queued(settings: Settings, store: Store) -> None:
    def queue() -> None:
        ask_to_confirm(store, ADMIN, "ada@example.com", now=store.now())

    report = Report()
    queue()
    looks = Looks([lambda: until(lambda: mailed(settings))])
    with Notifier(lambda *_: ("", ""), print) as notifier:
        Worker(lambda: settings, bootstrap.open_store, report, observer=Observer(), notifier=notifier).run(looks)
    assert looks.signal == signal.SIGTERM
    (message,) = mailed(settings)
    assert b"To: ada@example.com" in message.read_bytes()
    assert not store.confirmations.next_messages(store.now(), 9)
    assert report.errors == []


def test_a_worker_for_cron_mails_them_too(settings: Settings, store: Store, run: Run) -> None:
    ask_to_confirm(store, ADMIN, "ada@example.com", now=store.now())
    assert run("--root", str(settings.root), "worker", "--once").status == 0
    assert len(mailed(settings)) == 1


def test_messages_that_cannot_go_out_stay_queued_and_the_reason_is_reported_once(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_to_confirm(store, ADMIN, "ada@example.com", now=store.now())
    monkeypatch.delenv("NEWSLETTER_SECRET")
    errors: list[NewsletterError] = []
    looked = [0]

    def load() -> Settings:
        looked[0] += 1
        return settings

    with QueuedServiceMail(load, bootstrap.open_store, errors.append, seconds=0.01).sending():
        until(lambda: looked[0] > 4)
    assert [error.what.partition(":")[0] for error in errors] == [
        "service mail, such as links to confirm, can't be sent"
    ]
    assert "NEWSLETTER_SECRET" in str(errors[0])
    assert mailed(settings) == []
    assert store.confirmations.has_due(store.now())
