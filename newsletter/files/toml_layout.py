"""Find the places of all keys and values in a TOML file's text, which ``tomllib`` doesn't tell. No I/O."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field

TomlPath = tuple[str, ...]

BYTE_ORDER_MARK = "\ufeff"
_BLANK = re.compile(r"[ \t]*")
_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")  # between the items of an array
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'''
    """(?:[^\\]|\\.)*?"""(?:"{0,2})
    |\'{3}.*?\'{3}(?:\'{0,2})
    |"(?:[^"\\\n]|\\.)*"
    |\'[^\'\n]*\'
    ''',
    re.DOTALL | re.VERBOSE,
)
# A key's part, and a whole key with the sign after it; each word of the text matches once, so that this takes no time.
_PART = re.compile(r"""[A-Za-z0-9_-]++|"(?:[^"\\\n]|\\.)*+"?+|'[^'\n]*+'?+""")
_KEY = re.compile(rf"(?:{_PART.pattern})(?:[ \t]*+\.[ \t]*+(?:{_PART.pattern}))*+[ \t]*+(?P<end>[=\]])?+")
_MOST_PARTS = 100
# A date and a time may have a space between them.
_PLAIN = re.compile(r"\d{4}-\d\d-\d\d[ ]\d\d:[^\s,\]}#]*|[^\s,\]}#]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlKey:
    """A part of a dotted key, and its place in the text with any quotation marks."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlValue:
    """A value's place in the text; an array has ``items``, an inline table ``settings``."""

    start: int
    end: int
    items: "tuple[TomlValue, ...] | None" = None
    settings: "tuple[TomlSetting, ...] | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlSetting:
    """A key with its value. ``path`` has the names of all tables around it, too."""

    path: TomlPath
    keys: tuple[TomlKey, ...]
    value: TomlValue
    inline: bool = False

    @property
    def start(self) -> int:
        """Return the place of the key."""
        return self.keys[0].start


@dataclass(slots=True, kw_only=True)
class TomlSection:
    """A header such as ``[topics.asia]`` with the settings below it; the first section has no header.

    ``start`` is where the header's line begins, ``body`` where the line after it does. ``is_list`` is true for
    ``[[headers]]`` of arrays of tables, and for the tables inside one.
    """

    keys: tuple[TomlKey, ...]
    start: int
    body: int
    is_list: bool = False
    settings: list[TomlSetting] = field(default_factory=list)

    @property
    def path(self) -> TomlPath:
        """Return the names in the header."""
        return tuple(key.name for key in self.keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlLayout:
    """A TOML file's text with the places of everything in it."""

    text: str
    sections: tuple[TomlSection, ...]

    @property
    def line_break(self) -> str:
        """Return the line break that most lines of the text have."""
        pairs = self.text.count("\r\n")
        return "\r\n" if 2 * pairs > self.text.count("\n") else "\n"

    def settings(self) -> Iterator[tuple[TomlSection, TomlSetting]]:
        """Yield all settings outside arrays, those of inline tables after the table itself."""
        for section in self.sections:
            if not section.is_list:
                for setting in section.settings:
                    yield from ((section, inner) for inner in _with_inner(setting))

    def line_start(self, at: int) -> int:
        """Return where the line of a place begins."""
        return max(self.text.rfind("\n", 0, at) + 1, len(BYTE_ORDER_MARK) if self.text[:1] == BYTE_ORDER_MARK else 0)

    def line_end(self, at: int) -> int:
        """Return where the line after that of a place begins, or the text ends."""
        return self.text.find("\n", at) + 1 or len(self.text)

    def content_end(self, section: TomlSection) -> int:
        """Return where the lines of a section's header and settings end; comments and blank lines may follow."""
        return self.line_end(section.settings[-1].value.end) if section.settings else section.body

    def comments_start(self, section: TomlSection) -> int:
        """Return where the comment begins that stands directly above a section's header, or the header itself."""
        start = section.start
        while start > 0:
            above = self.line_start(start - 1)
            if above >= start or not self.text[above:start].lstrip(" \t").startswith("#"):
                break
            start = above
        return start


def layout_of(text: str) -> TomlLayout:
    """Return the layout of a text. Raise tomllib.TOMLDecodeError if it isn't valid TOML."""
    parsed(text)
    return TomlLayout(text=text, sections=tuple(_Scanner(text).sections()))


def parsed(text: str) -> dict[str, object]:
    """Return the tables of a TOML file's text, which may begin with a byte order mark. Raise TOMLDecodeError."""
    _refuse_long_keys(text)
    try:
        return tomllib.loads(text.removeprefix(BYTE_ORDER_MARK))
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError as err:
        raise tomllib.TOMLDecodeError("Nested too deeply") from err
    except ValueError as err:  # Python reads no number of more than 4300 digits
        raise tomllib.TOMLDecodeError("Number too long") from err


def _refuse_long_keys(text: str) -> None:
    """Raise TOMLDecodeError for a key with very many parts, with which tomllib would take a long time."""
    if text.count(".") < _MOST_PARTS:
        return
    for key in _KEY.finditer(text):
        if key["end"] and key[0].count(".") >= _MOST_PARTS and len(_PART.findall(key[0])) > _MOST_PARTS:
            line = text.count("\n", 0, key.start()) + 1
            raise tomllib.TOMLDecodeError(f"Key with too many parts (at line {line}, column 1)")


def _with_inner(setting: TomlSetting) -> Iterator[TomlSetting]:
    yield setting
    for inner in setting.value.settings or ():
        yield from _with_inner(inner)


class _Scanner:
    """A scanner of a text that is known to be valid."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0

    def sections(self) -> list[TomlSection]:
        """Return the sections in order."""
        section = TomlSection(keys=(), start=self._at, body=self._at)
        sections, lists = [section], set[TomlPath]()
        while True:
            self._skip(_SPACE)
            if self._at >= len(self._text):
                return sections
            if self._text[self._at] == "[":
                section = self._header(lists)
                sections.append(section)
            else:
                section.settings.append(self._setting(section.path, inline=False))

    def _header(self, lists: set[TomlPath]) -> TomlSection:
        start = max(self._text.rfind("\n", 0, self._at) + 1, 1 if self._text.startswith(BYTE_ORDER_MARK) else 0)
        double = self._text.startswith("[[", self._at)
        self._at += 2 if double else 1
        keys = self._keys()
        path = tuple(key.name for key in keys)
        if double:
            lists.add(path)
        self._at = self._text.find("\n", self._at) + 1 or len(self._text)
        in_list = any(path[:depth] in lists for depth in range(1, len(path) + 1))
        return TomlSection(keys=keys, start=start, body=self._at, is_list=in_list)

    def _setting(self, path: TomlPath, *, inline: bool) -> TomlSetting:
        keys = self._keys()
        path = (*path, *(key.name for key in keys))
        self._skip(_BLANK)
        self._at += 1  # the equals sign
        self._skip(_BLANK)
        return TomlSetting(path=path, keys=keys, value=self._value(path), inline=inline)

    def _keys(self) -> tuple[TomlKey, ...]:
        keys: list[TomlKey] = []
        while True:
            self._skip(_BLANK)
            start = self._at
            self._skip(_STRING if self._text[start] in "\"'" else _BARE)
            raw = self._text[start : self._at]
            name = str(tomllib.loads(f"key = {raw}")["key"]) if raw[0] in "\"'" else raw
            keys.append(TomlKey(name=name, start=start, end=self._at))
            self._skip(_BLANK)
            if self._text[self._at] != ".":
                return tuple(keys)
            self._at += 1

    def _value(self, path: TomlPath) -> TomlValue:
        start, sign = self._at, self._text[self._at]
        if sign == "[":
            return TomlValue(start=start, items=tuple(self._items(path)), end=self._at)
        if sign == "{":
            return TomlValue(start=start, settings=tuple(self._inline(path)), end=self._at)
        self._skip(_STRING if sign in "\"'" else _PLAIN)
        return TomlValue(start=start, end=self._at)

    def _items(self, path: TomlPath) -> Iterator[TomlValue]:
        self._at += 1
        while True:
            self._skip(_SPACE)
            if self._text[self._at] == "]":
                self._at += 1
                return
            if self._text[self._at] == ",":
                self._at += 1
            else:
                yield self._value(path)

    def _inline(self, path: TomlPath) -> Iterator[TomlSetting]:
        self._at += 1
        while True:
            self._skip(_SPACE)
            if self._text[self._at] == "}":
                self._at += 1
                return
            if self._text[self._at] == ",":
                self._at += 1
            else:
                yield self._setting(path, inline=True)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
