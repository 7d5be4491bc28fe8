"""The controls of the send page: what each does to the send, and the sentence that says so afterwards."""

from collections.abc import Callable, Mapping

from newsletter.domain.delivery import Uncertainty
from newsletter.domain.people import Person
from newsletter.domain.plurals import counted
from newsletter.domain.send import Send
from newsletter.publishing.sends import send_controls
from newsletter.store import Store
from newsletter.web.studio.context import Studio

_PATIENCE = 5.0  # seconds that a cancel waits for the messages in flight


class PressedControl:
    """A control of the send page that a person has pressed. Each method does what its control says, and returns the
    sentence that announces it."""

    def __init__(self, *, person: Person, store: Store, send: Send, studio: Studio) -> None:
        self.person, self.store, self.send, self.now = person, store, send, studio.now_of(store)

    def undo(self) -> str:
        send_controls.undo_send(self.person, self.store, self.send.id, now=self.now)
        return "Undone. Nobody gets it."

    def pause(self) -> str:
        send_controls.pause_send(self.person, self.store, self.send.id, now=self.now)
        return "Paused."

    def resume(self) -> str:
        send_controls.release_send(self.person, self.store, self.send.id, now=self.now)
        return "Resumed. The worker continues."

    def cancel(self) -> str:
        cancelled = send_controls.cancel_send(self.person, self.store, self.send.id, now=self.now, patience=_PATIENCE)
        mailed = sum(number for status, number in cancelled.counts.items() if status == "submitted")
        return f"Cancelled. {counted(mailed, 'reader')} got it." if mailed else "Cancelled."

    def retry(self) -> str:
        queued = send_controls.retry_refused(self.person, self.store, self.send.id, now=self.now)
        return f"Queued {counted(queued, 'delivery')} again." if queued else "There are no refused deliveries."

    def resend(self) -> str:
        number = send_controls.settle_uncertain(self.person, self.store, self.send.id, Uncertainty.RESEND, now=self.now)
        return f"Queued {counted(number, 'delivery')} again." if number else "There are no uncertain deliveries."

    def hold(self) -> str:
        number = send_controls.settle_uncertain(self.person, self.store, self.send.id, Uncertainty.HOLD, now=self.now)
        return f"{counted(number, 'delivery')} held." if number else "There are no uncertain deliveries."


CONTROLS: Mapping[str, Callable[[PressedControl], str]] = {
    "undo": PressedControl.undo,
    "pause": PressedControl.pause,
    "resume": PressedControl.resume,
    "cancel": PressedControl.cancel,
    "retry": PressedControl.retry,
    "resend": PressedControl.resend,
    "hold": PressedControl.hold,
}
