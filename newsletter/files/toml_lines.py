"""Find the lines of settings, mistakes and Git's merge markers in a TOML file's text. No I/O."""

import re
import tomllib
from collections.abc import Sequence

from newsletter.errors import Place
from newsletter.files import library_errors
from newsletter.files.newsletter_folder import SETTINGS_FILE

CONFLICT_WHAT = "a merge conflict marker left by Git"
CONFLICT_HINT = "choose one of the two versions and delete the lines <<<<<<<, ======= and >>>>>>>"

_HEADER = re.compile(r"\s*\[([^\]]+)\]")
_SETTING = re.compile(r"\s*([\w.-]+)\s*=")
_CONFLICT = re.compile(r"^(?:(?:<{7}|\|{7}|>{7})(?: .*)?|={7})$", re.MULTILINE)


def setting_place(text: str, *keys: str) -> Place:
    """Return the place of a setting in newsletter.toml, given the file's text."""
    return Place(path=SETTINGS_FILE, line=line_of(text, keys))


def line_of(text: str, keys: Sequence[str]) -> int | None:
    """Return the line of a setting, given its tables and its name, or the line of its table if the setting is missing.

    Return None if neither exists.
    """
    lines = text.splitlines()
    headers = {
        re.sub(r"[\s\"']", "", match[1]): number for number, line in enumerate(lines) if (match := _HEADER.match(line))
    }
    for depth in range(len(keys), -1, -1):
        table = ".".join(keys[:depth])
        if depth and table not in headers:
            continue
        start = headers[table] + 1 if depth else 0
        end = min((number for number in headers.values() if number >= start), default=len(lines))
        for number in range(start, end):
            if depth < len(keys) and re.match(rf"\s*[\"']?{re.escape(keys[depth])}[\"']?\s*=", lines[number]):
                return number + 1
        if depth:
            return headers[table] + 1
    return None


def syntax_mistake(err: tomllib.TOMLDecodeError, text: str) -> tuple[str, int | None]:
    """Return the mistake in a TOML file's text that tomllib can't parse, in plain words, and its line if known."""
    place = re.search(r"at line (\d+)", str(err))
    if not place:
        return library_errors.of_toml(str(err)), None
    line = int(place[1])
    lines = text.split("\n")  # tomllib's own lines
    setting = _SETTING.match(lines[line - 1]) if line <= len(lines) else None
    return library_errors.of_toml(str(err), setting[1] if setting else ""), line


def conflict_marker(text: str, *, alone: bool = False) -> int | None:
    """Return the line of the first merge marker that Git left, or None.

    A line of seven equals signs counts only with ``alone``: elsewhere it underlines headings.
    """
    lines = [match for match in _CONFLICT.finditer(text) if alone or match[0] != "======="]
    return text.count("\n", 0, lines[0].start()) + 1 if lines else None
