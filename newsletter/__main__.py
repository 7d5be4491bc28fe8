"""The entry point of ``newsletter`` and ``python -m newsletter``, which turns exceptions into error messages."""

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
    """Run a command and exit with its status: 0, 1 for an error, 2 for wrong usage, 130 after Ctrl-C."""
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
    except BrokenPipeError:  # the program that reads our output has ended (`| head`)
        status = 1
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            output.to_nowhere(stream)
    sys.exit(status)


@contextmanager
def _quiet_interrupts() -> Iterator[None]:
    """Let Ctrl-C end the program without a traceback during imports, before anything has started."""
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
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123  it stays open until the program ends


def collect_rarely() -> None:
    """Run garbage collection less often: parsing creates many objects, and collection took a third of a compile."""
    gc.set_threshold(50_000, 20, 50)


def _status(app: Callable[..., object], say: Callable[[str], None], arguments: Sequence[str] | None) -> int:
    try:
        app(args=arguments, prog_name="newsletter")
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 1
    except NewsletterError as err:
        from newsletter.cli import advice

        for line in advice.error_lines(err):
            say(line)
        return err.exit_status
    except BrokenPipeError:
        raise
    except OSError as err:  # for example a full disk, or a folder without write permission
        from newsletter.files import library_errors

        hint = _HINTS.get(err.errno or 0, "")
        say(": ".join(str(part) for part in (err.filename, library_errors.of_system(err), hint) if part))
        return 1
    return 0


_HINTS = {
    errno.ENOSPC: "free space on the disk and run the command again",
    errno.EFBIG: "raise the limit for the size of files (`ulimit -f`), or use another disk",
    errno.EDQUOT: "free space on the disk and run the command again",
    errno.EACCES: "change its permissions, or use another folder",
    errno.EPERM: "change its permissions, or use another folder",
    errno.EROFS: "use a folder that can be written to",
    errno.EEXIST: "it is a file; name a folder",
    errno.ENOTDIR: "part of the path is a file; name a folder",
}


if __name__ == "__main__":
    main()
