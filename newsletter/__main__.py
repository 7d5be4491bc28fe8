"""The command ``newsletter``, and ``python -m newsletter``: runs it and says in words what went wrong."""

import errno
import gc
import io
import os
import sys
from collections.abc import Sequence

from newsletter.cli import printing
from newsletter.cli.app import app
from newsletter.errors import NewsletterError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit status: 0, 1 for an error, 2 for wrong usage, 130 after Ctrl-C."""
    collect_rarely()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that is not UTF-8 shows \u2026 instead of a traceback
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _status(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has enough of it (`| head`). The interpreter flushes once more on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    sys.exit(status)


def collect_rarely() -> None:
    """Look for garbage less often: parsing makes many objects at once, and a third of a compile was the search."""
    gc.set_threshold(50_000, 20, 50)


def _status(arguments: Sequence[str] | None) -> int:
    try:
        app(args=arguments, prog_name="newsletter")
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 1
    except NewsletterError as err:
        for each in (err, *err.others):
            printing.error(str(each))
        return err.exit_status
    except BrokenPipeError:
        raise
    except OSError as err:  # a full disk, a folder that may not be written: the system's own words
        mend = _MENDS.get(err.errno or 0, "")
        printing.error(": ".join(str(part) for part in (err.filename, err.strerror or err, mend) if part))
        return 1
    return 0


_MENDS = {
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
