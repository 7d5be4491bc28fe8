"""Ctrl-C and SIGTERM while messages are under way: the first is a request, the second an end."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SHOW_CURSOR = "\x1b[?25h"


class Requests:
    """Whether somebody asked for an end; ``wait`` sleeps until then at most."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._asked = threading.Event()

    def __bool__(self) -> bool:
        return self.signal is not None

    def wait(self, seconds: float) -> None:
        """Sleep, and wake as soon as somebody asks."""
        self._asked.wait(seconds)

    def pause(self, seconds: float) -> None:
        """Sleep, whoever asks."""
        time.sleep(seconds)

    def ask(self, number: int, _frame: FrameType | None = None) -> None:
        """A request; a second Ctrl-C is an end at once, which is as safe as a kill."""
        if self.signal is signal.SIGINT and number == signal.SIGINT:
            if sys.stderr.isatty():
                sys.stderr.write(_SHOW_CURSOR + "\n")  # the progress bar hid it
                sys.stderr.flush()
            os._exit(130)
        self.signal = self.signal or signal.Signals(number)
        self._asked.set()


@contextmanager
def requests() -> Iterator[Requests]:
    """Requests from now on; they interrupt nothing here.

    A KeyboardInterrupt between a provider's answer and the ledger would lose the answer. Python handles signals in the
    main thread alone, and what a parent has them ignore (nohup, a shell's background) stays ignored.
    """
    asked = Requests()
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, asked.ask)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
