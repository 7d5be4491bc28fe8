"""Mail to members of staff, sent by a thread, so that no answer takes longer if an address is a member's."""

import queue
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from newsletter.errors import NewsletterError
from newsletter.staff.letters import StaffLetter
from newsletter.staff.links import LinkRequest, requested_letter
from newsletter.store import Store

_MOST_WAITING = 200  # a flood of requests is limited by client before it gets here
_STOP_WITHIN = 10.0  # seconds for the mail under way


@dataclass(slots=True, kw_only=True)
class StaffMailer:
    """A sender of mail to members. ``deliver`` mails a letter, and ``log`` is called with errors, without addresses."""

    store: Store
    origin: str
    deliver: Callable[[StaffLetter], object]
    log: Callable[[str], object]
    _waiting: "queue.Queue[LinkRequest | StaffLetter | None]" = field(
        default_factory=lambda: queue.Queue(_MOST_WAITING), init=False
    )
    _thread: threading.Thread | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._run, name="staff mail", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Send what waits, for a limited time, and stop."""
        if self._thread is not None:
            self._put(None)
            self._thread.join(_STOP_WITHIN)

    def request_link(self, request: LinkRequest) -> None:
        """Mail a link soon, if the address is a member's. Whether it is, isn't looked up before."""
        self._put(request)

    def send(self, letter: StaffLetter) -> None:
        """Mail a letter soon."""
        self._put(letter)

    def _put(self, work: LinkRequest | StaffLetter | None) -> None:
        try:
            self._waiting.put_nowait(work)
        except queue.Full:
            self.log("too much mail to the staff waits: one was dropped")

    def _run(self) -> None:
        while (work := self._waiting.get()) is not None:
            letter: StaffLetter | None = None
            try:
                letter = requested_letter(self.store, work, self.origin) if isinstance(work, LinkRequest) else work
                if letter is not None:
                    self.deliver(letter)
            except NewsletterError as err:
                text = str(err)  # servers repeat the address
                if letter is not None:
                    text = re.sub(re.escape(letter.address), "…", text, flags=re.IGNORECASE)
                self.log(f"mail to the staff can't be sent: {text}")
            except Exception as err:  # noqa: BLE001  one letter must not end the thread
                self.log(f"mail to the staff can't be sent: {type(err).__name__}")
