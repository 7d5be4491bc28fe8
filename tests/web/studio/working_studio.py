"""A hosted studio as a team has it: its mail goes to an SMTP server, and a worker runs its sends.

Everything goes by one clock that the test moves, so nobody waits for a countdown.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from newsletter import bootstrap, settings
from newsletter.cli.notice_text import notice_message
from newsletter.domain.send import Send
from newsletter.fetching import WebClient
from newsletter.publishing.workers.notifier import Notifier
from newsletter.publishing.workers.worker import Worker
from newsletter.sending import Observer, StopRequests
from newsletter.store import this_process
from newsletter.store.database import Database
from newsletter.web.preview.file_watcher import FileWatcher
from newsletter.web.studio.app import studio_app
from newsletter.web.studio.sign_in.serving import open_hosting
from tests.clock import MovedClock
from tests.smtp_server import SmtpServer
from tests.web.preview.running_preview import listening_app
from tests.web.studio.policy_reports import PolicyReports

_PATIENCE = 30  # seconds for what another thread does
_LOOK = 1.0  # seconds after which the worker looks for due sends again even if the clock stands still


@dataclass(slots=True)
class Mailboxes:
    """The mail that an SMTP server has accepted."""

    server: SmtpServer
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self.server.accepting = self._accept

    def of(self, address: str) -> list[EmailMessage]:
        """Return the messages to an address."""
        return [
            message_from_bytes(received.content, policy=policy.default)
            for received in list(self.server.received)
            if received.recipients == (address,)
        ]

    def wait(self, address: str, subject: str) -> EmailMessage:
        """Return the latest message to an address that has these words in its subject, once there is one."""

        def matching() -> EmailMessage | None:
            return next((mail for mail in reversed(self.of(address)) if subject in mail["Subject"]), None)

        with self._changed:
            mail = self._changed.wait_for(matching, _PATIENCE)
        assert mail is not None, f"{address} has no mail about {subject!r}"
        return mail

    def _accept(self) -> None:
        with self._changed:
            self._changed.notify_all()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingStudio:
    """A running studio with a worker: its origin, the newsletter's folder, its clock and its mail."""

    origin: str
    root: Path
    clock: MovedClock
    mail: Mailboxes


@contextmanager
def working_studio(
    root: Path, clock: MovedClock, server: SmtpServer, web_client: WebClient, patched: pytest.MonkeyPatch
) -> Iterator[WorkingStudio]:
    """Run a hosted studio at http://localhost:PORT and a worker, in threads that stop at the end.

    ``patched`` sets the clock of the newsletter's database. The studio's address and the server's are added to
    newsletter.toml. Nothing may have gone wrong by the end that only a log would show.
    """
    patched.setattr(Database, "now", lambda _self: clock.now)
    patched.setattr(Database, "cached_now", lambda _self: clock.now)
    watcher = FileWatcher(root)
    problems: list[str] = []
    with ExitStack() as stack:

        def app_for(listening: str) -> ASGIApp:
            port = int(listening.rpartition(":")[2])
            _settle(root, f"localhost:{port}", server.port)
            hosting = stack.enter_context(open_hosting(root, f"http://localhost:{port}", problems.append))
            app = studio_app(root, watcher=watcher, clock=clock, web_client=web_client, hosting=hosting)
            reports.append(PolicyReports(app))
            return reports[0]

        reports: list[PolicyReports] = []
        listening = stack.enter_context(listening_app(app_for, watcher))
        stack.enter_context(_working(root, clock, problems))
        origin = f"http://localhost:{listening.host.rpartition(':')[2]}"
        yield WorkingStudio(origin=origin, root=root, clock=clock, mail=Mailboxes(server))
    assert problems == []
    assert list(reports[0].reports.queue) == []


def _settle(root: Path, host: str, smtp: int) -> None:
    with (root / "newsletter.toml").open("a", encoding="utf-8") as file:
        relay = f'[provider]\nname = "smtp"\nhost = "127.0.0.1"\nport = {smtp}\nsecurity = "none"\n'
        file.write(f'\n[studio]\nhost = "{host}"\n\n{relay}')


class _Stop(StopRequests):
    """A request to stop the worker by the test; while the worker waits, only the clock's moves wake it up."""

    def __init__(self, clock: MovedClock, beat: Callable[[], object]) -> None:
        super().__init__()
        self._clock, self._beat, self.asked = clock, beat, False

    def __bool__(self) -> bool:
        return self.asked

    def wait(self, seconds: float) -> None:
        self._clock.moved.wait(min(seconds, _LOOK))
        self._clock.moved.clear()
        self._beat()  # the heartbeat's own clock doesn't jump


@contextmanager
def _working(root: Path, clock: MovedClock, problems: list[str]) -> Iterator[None]:
    """Run a worker as `newsletter worker` does."""
    load = partial(settings.load, root)

    def beat() -> None:
        with bootstrap.open_store(load()) as store:
            store.workers.beat(this_process(), now=clock.now)

    stop = _Stop(clock, beat)

    def run() -> None:
        with Notifier(notice_message, lambda error: problems.append(str(error))) as notifier:
            report = _Report(problems)
            Worker(load, bootstrap.open_store, report, observer=Observer(attended=False), notifier=notifier).run(stop)

    thread = threading.Thread(target=run, name="worker")
    thread.start()
    try:
        yield
    finally:
        stop.asked = True
        clock.moved.set()
        thread.join(_PATIENCE)
        stop.close()
        assert not thread.is_alive(), "the worker did not stop"


class _Report:
    """A list of what a worker would print about problems."""

    def __init__(self, problems: list[str]) -> None:
        self._problems = problems

    def ended(self, send: Send, _zone: object) -> None:
        """Note nothing: the page shows it."""

    def failed(self, send: Send, why: Exception, _zone: object) -> None:
        """Note that a send can't begin or continue."""
        self._problems.append(f"{send.issue}: {why}")

    def paused(self, send: Send, *_more: object) -> None:
        """Note that a send is paused."""
        self._problems.append(f"{send.issue} is paused: {send.reason}")

    def late(self, send: Send, _zone: object) -> None:
        """Note that a send is late."""
        self._problems.append(f"{send.issue} is late")

    def blocked(self, error: Exception, _retry: float) -> None:
        """Note that nothing can be sent."""
        self._problems.append(str(error))
