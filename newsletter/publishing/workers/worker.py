"""The worker: runs due sends and mails notifications and service mail, until it is asked to stop."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import Protocol
from zoneinfo import ZoneInfo

from newsletter.domain.send import Send, SendStatus
from newsletter.errors import AskedToStopError, NewsletterError
from newsletter.publishing.workers.background_thread import background_thread
from newsletter.publishing.workers.daily_work import DailyWork
from newsletter.publishing.workers.due_sends import run_due_sends
from newsletter.publishing.workers.heartbeat import heartbeat
from newsletter.publishing.workers.notifier import Notifier
from newsletter.publishing.workers.queued_service_mail import QueuedServiceMail, send_service_mail
from newsletter.publishing.workers.reminders import queue_reminders
from newsletter.sending import Observer, StopRequests
from newsletter.settings import Settings
from newsletter.store import Store, this_process

LONGEST_PAUSE, SHORTEST_PAUSE = 10.0, 0.5  # seconds between two checks for due sends


class WorkerReport(Protocol):
    """A report of a worker to its operator. ``zone`` is the newsletter's time zone."""

    def ended(self, send: Send, zone: ZoneInfo) -> None:
        """Report a send that was finished or deferred."""
        ...

    def failed(self, send: Send, why: Exception, zone: ZoneInfo) -> None:
        """Report a send that can't begin or continue, and the error."""
        ...

    def paused(self, send: Send, zone: ZoneInfo) -> None:
        """Report a send that was paused instead of beginning, for a person to decide."""
        ...

    def blocked(self, error: Exception, retry: float) -> None:
        """Report an error that lets no send run; the worker retries every ``retry`` seconds."""
        ...


class Worker:
    """A worker. Several can run at once, also on different hosts.

    ``load`` and ``open_store`` are called each time it looks for due sends, so that a send begins with the current
    settings. ``load`` may raise SettingsError and FindingsError, ``open_store`` StoreError.
    """

    def __init__(
        self,
        load: Callable[[], Settings],
        open_store: Callable[[Settings], AbstractContextManager[Store]],
        report: WorkerReport,
        *,
        observer: Observer,
        notifier: Notifier,
    ) -> None:
        self._load, self._open_store, self._report = load, open_store, report
        self._observer, self._notifier = observer, notifier
        self._daily_work = DailyWork(lambda error: report.blocked(error, LONGEST_PAUSE))

    def run(self, stop: StopRequests) -> None:
        """Run due sends until somebody asks to stop. Report an error once until all is well again, and retry.

        Raise AskedToStopError if the request comes in the middle of a send.
        """
        with (
            heartbeat(self._load, self._open_store),
            QueuedServiceMail(self._load, self._open_store, self._service_mail_failed).sending(),
            background_thread("publishers' mail", self._tell_publishers),
        ):
            self._loop(stop)

    def _tell_publishers(self, ended: threading.Event) -> None:
        """Mail reminders and notices also during a long send: one that began late is reported before it has ended."""
        while not ended.is_set():
            # The loop of sends reports that there are no settings or no database.
            with suppress(NewsletterError, OSError):
                settings = self._load()
                with self._open_store(settings) as store:
                    queue_reminders(settings, store, now=store.now())
                    self._notifier.start(settings, store)
            ended.wait(LONGEST_PAUSE)

    def _loop(self, stop: StopRequests) -> None:
        reported: set[str] = set()  # since the last success; a cause may produce several messages
        while not stop:
            pause = LONGEST_PAUSE
            try:
                settings = self._load()
                with self._open_store(settings) as store:
                    pause, _ = self.run_due(settings, store)
                reported.clear()
            except AskedToStopError:
                raise
            except (NewsletterError, OSError) as err:
                if str(err) not in reported:
                    self._report.blocked(err, LONGEST_PAUSE)
                reported.add(str(err))
            stop.wait(min(pause, LONGEST_PAUSE))

    def run_once(self) -> bool:
        """Run what is due now, even sends that have just failed, and return whether all went well.

        Raise the errors of ``load`` and ``open_store``, and AskedToStopError.
        """
        settings = self._load()
        with self._open_store(settings) as store:
            store.workers.beat(this_process(), now=store.now(), once=True)
            _, went_well = self.run_due(settings, store, at_once=True)
            queue_reminders(settings, store, now=store.now())
            self._daily_work.wait()
            self._notifier.wait()
            self._notifier.start(settings, store)
            self._send_service_mail(settings, store)
        return went_well

    def _send_service_mail(self, settings: Settings, store: Store) -> None:
        """Send the service mail that is due. An error is reported, and says nothing about the sends."""
        try:
            if store.confirmations.has_due(store.now()):
                send_service_mail(settings, store, lambda why: self._service_mail_failed(NewsletterError(why)))
        except NewsletterError as err:
            self._service_mail_failed(err)

    def _service_mail_failed(self, error: NewsletterError) -> None:
        self._report.blocked(error, LONGEST_PAUSE)

    def run_due(self, settings: Settings, store: Store, *, at_once: bool = False) -> tuple[float, bool]:
        """Run due sends; return the seconds until the next one is due, and whether none of them needs a person.

        With ``at_once``, sends that have just failed are tried again now. Raise AskedToStopError and StoreError.
        """
        zone, needs_a_person = settings.newsletter.zone, False

        def ended(send: Send) -> None:
            nonlocal needs_a_person
            needs_a_person |= send.failing_since is not None or send.status is SendStatus.PAUSED
            self._report.ended(send, zone)

        def failed(send: Send, why: Exception) -> None:
            nonlocal needs_a_person
            needs_a_person = True
            self._report.failed(send, why, zone)
            self._notifier.start(settings, store)

        def paused(send: Send) -> None:
            nonlocal needs_a_person
            needs_a_person = True
            self._report.paused(send, zone)
            self._notifier.start(settings, store)

        following = run_due_sends(
            settings, store, observer=self._observer, ended=ended, failed=failed, paused=paused, at_once=at_once
        )
        self._daily_work.start(settings, store)
        self._notifier.start(settings, store)
        left = LONGEST_PAUSE if following is None else (following - store.now()).total_seconds()
        return max(left, SHORTEST_PAUSE), not needs_a_person
