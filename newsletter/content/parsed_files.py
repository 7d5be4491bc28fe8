"""Parse a file once as long as it stays the same: pages are read anew after each save of a single file."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast

from newsletter.content.files import file_status, read_text
from newsletter.errors import Finding

ParsedT = TypeVar("ParsedT")

SETTLED_NS = 2 * 10**9  # a file that has just changed may change again with the same time, and is read again
_MOST = 32_768  # files
_parsed: dict[tuple[str, str], tuple[tuple[int, ...], object]] = {}  # by folder and path, with the state of the file


def parsed_file(root: Path, path: Path, parse: Callable[[str], ParsedT]) -> ParsedT | Finding:
    """Return what ``parse`` makes of a file's text, or a finding if it can't be read, as ``read_text`` does.

    ``parse`` must always be the same function of the text for a path. It isn't called again while the file's inode,
    size and times are the same.
    """
    status = file_status(root, path)
    if isinstance(status, Finding):
        return status
    key, state = (os.fspath(root), os.fspath(path)), _state(status)
    known = _parsed.get(key)
    if known is not None and known[0] == state:
        return cast("ParsedT", known[1])
    text = read_text(root, path)
    if isinstance(text, Finding):
        return text
    parsed = parse(text)
    if time.time_ns() - status.st_ctime_ns > SETTLED_NS:
        if len(_parsed) >= _MOST:
            _parsed.clear()
        _parsed[key] = (state, parsed)
    return parsed


def _state(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
