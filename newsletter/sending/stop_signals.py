"""Ctrl-C, SIGTERM and SIGHUP during a send: the first asks for an orderly stop, a second Ctrl-C ends at once."""

import os
import select
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_SHOW_CURSOR = "\x1b[?25h"
# A closed terminal or a broken ssh connection (SIGHUP) asks for the same as a service manager (SIGTERM).
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Requests:
    """Whether this process was asked to stop.

    The handler interrupts the main thread anywhere, also where that thread holds a lock. So it takes none: it writes
    to a socket, and ``wait`` watches the other end.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._heard, self._tell = socket.socketpair()
        self._tell.setblocking(False)

    def __bool__(self) -> bool:
        return self.signal is not None

    def wait(self, seconds: float) -> None:
        """Sleep, and wake as soon as somebody asks for a stop."""
        if hasattr(select, "poll"):  # select() knows no file descriptor above 1023
            poll = select.poll()
            poll.register(self._heard, select.POLLIN)
            poll.poll(max(seconds, 0) * 1000)
        else:
            select.select([self._heard], [], [], max(seconds, 0))

    def pause(self, seconds: float) -> None:
        """Sleep to the end, even if somebody asks for a stop."""
        time.sleep(seconds)

    def ask(self, number: int, _frame: FrameType | None = None) -> None:
        """Handle a signal. A second Ctrl-C ends the process at once, which is as safe as a kill."""
        if self.signal is signal.SIGINT and number == signal.SIGINT:
            with suppress(OSError):
                if os.isatty(2):
                    os.write(2, f"{_SHOW_CURSOR}\n".encode())  # the progress bar hid it
            os._exit(130)
        self.signal = self.signal or signal.Signals(number)
        with suppress(OSError):  # full, so ``wait`` wakes anyway
            self._tell.send(b"!")

    def close(self) -> None:
        """Close both ends."""
        self._heard.close()
        self._tell.close()


_current: Requests | None = None  # of the main thread


@contextmanager
def requests() -> Iterator[Requests]:
    """Collect requests to stop, which then interrupt nothing by themselves.

    A KeyboardInterrupt between a provider's answer and the ledger would lose the answer. Inside another
    ``requests()`` this is the same object, so that a caller that runs several sends hears of a signal that came
    during one of them. Python handles signals in the main thread alone, and what a parent has them ignore (nohup, a
    shell's background) stays ignored.
    """
    global _current
    in_main = threading.current_thread() is threading.main_thread()
    if in_main and _current is not None:
        yield _current
        return
    asked = Requests()
    before = {}
    if in_main:
        _current = asked
        for number in _SIGNALS:
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, asked.ask)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if in_main:
            _current = None
        asked.close()
