"""Handle Ctrl-C, SIGTERM and SIGHUP: the first asks for an orderly stop, a second Ctrl-C exits at once."""

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


class StopRequests:
    """A collector of requests to stop. It is true once there is one, and ``signal`` is the first.

    A signal handler can interrupt the main thread while that thread holds a lock. So the handler takes no lock: it
    writes to a socket, and ``wait`` watches the other end.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._receiver, self._sender = socket.socketpair()
        self._sender.setblocking(False)

    def __bool__(self) -> bool:
        return self.signal is not None

    def wait(self, seconds: float) -> None:
        """Sleep, but wake up as soon as somebody asks to stop."""
        if hasattr(select, "poll"):  # select() can't handle file descriptors above 1023
            poll = select.poll()
            poll.register(self._receiver, select.POLLIN)
            poll.poll(max(seconds, 0) * 1000)
        else:
            select.select([self._receiver], [], [], max(seconds, 0))

    def pause(self, seconds: float) -> None:
        """Sleep for the whole time, even if somebody asks to stop."""
        time.sleep(seconds)

    def handle(self, number: int, _frame: FrameType | None = None) -> None:
        """Handle a signal. A second Ctrl-C exits at once, which is as safe as a kill."""
        if self.signal is signal.SIGINT and number == signal.SIGINT:
            with suppress(OSError):
                if os.isatty(2):
                    os.write(2, f"{_SHOW_CURSOR}\n".encode())  # the progress bar hid it
            os._exit(130)
        self.signal = self.signal or signal.Signals(number)
        with suppress(OSError):  # the socket is full, so ``wait`` wakes up anyway
            self._sender.send(b"!")

    def close(self) -> None:
        """Close both ends of the socket."""
        self._receiver.close()
        self._sender.close()


_current: StopRequests | None = None  # the main thread's


@contextmanager
def stop_requests() -> Iterator[StopRequests]:
    """Collect requests to stop, so that signals no longer interrupt the code by themselves.

    A KeyboardInterrupt between a provider's answer and the ledger would lose the answer. A nested ``stop_requests()``
    yields the outer object, so that a caller that runs several sends learns of a signal that came during one of them.
    Python handles signals in the main thread only. Signals that the parent process has set to be ignored (nohup, a
    shell's background job) stay ignored.
    """
    global _current
    in_main = threading.current_thread() is threading.main_thread()
    if in_main and _current is not None:
        yield _current
        return
    stop = StopRequests()
    before = {}
    if in_main:
        _current = stop
        for number in _SIGNALS:
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, stop.handle)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if in_main:
            _current = None
        stop.close()
