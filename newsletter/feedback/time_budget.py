"""A limit on the time that a stranger's message may cost."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class OverBudgetError(BaseException):
    """The time is over. No library's ``except Exception`` swallows it."""


@contextmanager
def cpu_budget(seconds: float) -> Iterator[None]:
    """Raise OverBudgetError in the block once it has used so much of the processor; a pattern's search ends too.

    Works in the main thread, where signals arrive; elsewhere there is no limit.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(_number: int, _frame: FrameType | None) -> None:
        raise OverBudgetError

    before = signal.signal(signal.SIGVTALRM, over)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
