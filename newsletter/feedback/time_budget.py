"""A limit on the CPU time that parsing a stranger's message may take."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class OverBudgetError(BaseException):
    """A BaseException raised when the time is up, so that no library's ``except Exception`` swallows it."""


@contextmanager
def cpu_budget(seconds: float) -> Iterator[None]:
    """Raise OverBudgetError in the block once it has used this much CPU time, even in the middle of a pattern search.

    This works only in the main thread, where signals arrive; in other threads there is no limit.
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
