"""The command ``newsletter``, and ``python -m newsletter``: runs it and says in words what went wrong."""

import errno
import gc
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from newsletter.errors import NewsletterError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit status: 0, 1 for an error, 2 for wrong usage, 130 after Ctrl-C."""
    with _quiet_interrupts():
        from newsletter.cli import output
        from newsletter.cli.app import app

    collect_rarely()
    sys.stdout = sys.stdout or _nowhere()  # None where the caller closed it
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that is not UTF-8 shows \u2026 instead of a traceback
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _status(app, output.error, arguments)
    except BrokenPipeError:  # the reader of our output has enough of it (`| head`)
        status = 1
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            output.to_nowhere(stream)
    sys.exit(status)


@contextmanager
def _quiet_interrupts() -> Iterator[None]:
    """Have Ctrl-C end the program without a traceback, as the system does by default: nothing has begun yet."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123  it is a stream until the end


def collect_rarely() -> None:
    """Look for garbage less often: parsing makes many objects at once, and a third of a compile was the search."""
    gc.set_threshold(50_000, 20, 50)


def _status(app: Callable[..., object], say: Callable[[str], None], arguments: Sequence[str] | None) -> int:
    try:
        app(args=arguments, prog_name="newsletter")
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 1
    except NewsletterError as err:
        for each in (err, *err.others):
            say(str(each))
        return err.exit_status
    except BrokenPipeError:
        raise
    except OSError as err:  # a full disk, a folder that may not be written: the system's own words
        from newsletter.files import library_errors

        hint = _HINTS.get(err.errno or 0, "")
        say(": ".join(str(part) for part in (err.filename, library_errors.of_system(err), hint) if part))
        return 1
    return 0


_HINTS = {
    errno.ENOSPC: "make room on the disk and run the command again",
    errno.EDQUOT: "make room on the disk and run the command again",
    errno.EACCES: "see that you may write there, or name another place",
    errno.EPERM: "see that you may write there, or name another place",
    errno.EROFS: "name a place that can be written",
    errno.EEXIST: "that is a file: name a folder",
    errno.ENOTDIR: "a part of it is a file: name a folder",
}


if __name__ == "__main__":
    main()
