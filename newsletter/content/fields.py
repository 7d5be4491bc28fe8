"""Read typed values from front matter. Mistakes become findings, and whatever is usable is still used. No I/O."""

import datetime
import re
import sys
from collections.abc import Iterable

from newsletter.content.files import file_error, for_message
from newsletter.content.frontmatter import Listing, Scalar, Table, Value
from newsletter.domain.languages import parse_language
from newsletter.errors import Finding, did_you_mean

# Values without quotes that YAML 1.2 (§10.3, core schema) does not read as text; `no` and `on` are text.
_NOTHING = re.compile(r"|~|null|Null|NULL")
_TRUTH = re.compile(r"true|True|TRUE|false|False|FALSE")
_NUMBER = re.compile(
    r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
    r"|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LOCAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}")
_EXAMPLES = {
    "title": "the title of the piece",
    "url": "https://…, the address of the piece",
    "source": "the name of the publication",
    "date": "2026-11-23",
    "text": "what was wrong, and what is right",
}
_SPACES = re.compile(r"[ \t\n]+")


def is_empty(value: Value) -> bool:
    """Return whether a field was left empty: ``url:``, ``url: null``."""
    return isinstance(value, Scalar) and value.plain and _NOTHING.fullmatch(value.text) is not None


def one_line(text: str) -> str:
    """Return text with runs of spaces and line breaks replaced by one space; no-break spaces stay."""
    return _SPACES.sub(" ", text).strip(" ")


class Fields:
    """A reader of one table in an editor's file. Each method reads a field and adds its mistakes to ``findings``.

    ``lines_of_words`` has the line of each text in the lists read so far: ``{"topics.NATO": 7}``.
    """

    def __init__(self, table: Table, *, path: str, findings: list[Finding]) -> None:
        self.table = table
        self.path = path
        self.findings = findings
        self.lines_of_words: dict[str, int] = {}

    def __contains__(self, name: str) -> bool:
        return name in self.table.values

    def line(self, name: str) -> int:
        """Return the line of a field, or the first line of its table."""
        return self.table.lines.get(name, self.table.line)

    def report(self, rule: str, line: int, what: str, hint: str) -> None:
        """Add a finding in this file."""
        self.findings.append(file_error(rule, self.path, line, what, hint))

    def report_unknown(self, known: Iterable[str], owner: str) -> None:
        """Report fields that are not ``known``; ``owner`` is what has the fields: "an entry"."""
        names = list(known)
        for name in self.table.values:
            if name not in names:
                hint = did_you_mean(name, names) or f"{owner} has: {', '.join(names)}"
                self.report("field-unknown", self.line(name), f'unknown field "{for_message(name)}"', hint)

    def require(self, *names: str) -> None:
        """Report missing fields."""
        for name in names:
            if name not in self:
                self.report("field-missing", self.line(name), f"no {name}", f"add a line {name}: {_EXAMPLES[name]}")

    def text(self, name: str, default: str = "", *, required: bool = False) -> str:
        """Return text as one line; ``required`` reports a field that is present but empty."""
        if name not in self:
            return default
        text = one_line(self.lines(name))
        value = self.table.values[name]
        if required and not text and isinstance(value, Scalar):
            self.report("field-missing", self.line(name), f"{name} is empty", f"write {name}: {_EXAMPLES[name]}")
        return text

    def text_or_none(self, name: str, default: str | None) -> str | None:
        """Return text as one line, or None if the field is empty."""
        return self.text(name) or None if name in self else default

    def lines(self, name: str) -> str:
        """Return text with its line breaks."""
        value = self.table.values[name]
        return "" if is_empty(value) else self._text_of(name, value)

    def date(self, name: str, default: datetime.date | None = None, *, required: bool = False) -> datetime.date | None:
        """Return a calendar date (ISO 8601): ``2026-11-23``; ``required`` reports a field that is present but empty."""
        if name not in self:
            return default
        value = self.table.values[name]
        if is_empty(value):
            if required:
                self.report("field-missing", self.line(name), f"{name} is empty", f"write {name}: {_EXAMPLES[name]}")
            return None
        written = value.text.strip() if isinstance(value, Scalar) else _kind(value)
        try:
            if _DATE.fullmatch(written):
                return datetime.date.fromisoformat(written)
        except ValueError:
            pass
        self.report(
            "date-invalid",
            value.line,
            f"{name} is {for_message(written)}, which is not a date",
            f"write {name}: 2026-11-23",
        )
        return None

    def local_time(self, name: str) -> datetime.datetime | None:
        """Return a date with or without a time, ``2026-12-01 06:30``, as a time without a zone; a date is midnight."""
        value = self.table.values[name]
        if is_empty(value):
            return None
        written = value.text.strip() if isinstance(value, Scalar) else _kind(value)
        try:
            if _DATE.fullmatch(written) or _LOCAL_TIME.fullmatch(written):
                return datetime.datetime.fromisoformat(written)
        except ValueError:
            pass
        what = f"{name} is {for_message(written)}, which is neither a date nor a date and time"
        self.report("date-invalid", value.line, what, f"write {name}: 2026-11-23, or {name}: 2026-11-23 06:30")
        return None

    def count(self, name: str, *, least: int = 1) -> int | None:
        """Return a whole number of at least ``least``."""
        value = self.table.values.get(name)
        if value is None or is_empty(value):
            return None
        if isinstance(value, Scalar) and re.fullmatch(r"0|[1-9][0-9]{0,8}", value.text) and int(value.text) >= least:
            return int(value.text)
        written = value.text if isinstance(value, Scalar) else _kind(value)
        what = f"{name} is {for_message(written)}, not a whole number from {least}"
        self.report("field-type", value.line, what, f"write {name}: 7")
        return None

    def choice(self, name: str, words: Iterable[str]) -> str | None:
        """Return one of these words."""
        value = self.table.values.get(name)
        if value is None or is_empty(value):
            return None
        known = list(words)
        if isinstance(value, Scalar) and value.text in known:
            return value.text
        written = value.text if isinstance(value, Scalar) else _kind(value)
        hint = did_you_mean(written, known) or f"write {' or '.join(f'{name}: {word}' for word in known)}"
        self.report("field-type", value.line, f"{name} is {for_message(written)}, not {' or '.join(known)}", hint)
        return None

    def language(self, name: str) -> str:
        """Return a language tag, or "" if there is none that can be used."""
        text = self.text(name)
        try:
            return parse_language(text) if text else ""
        except ValueError:
            what = f"{name} is {for_message(text)}, which is not a language tag"
            self.report("language-invalid", self.line(name), what, f"write {name}: en, pt-BR or zh-Hant-TW")
            return ""

    def boolean(self, name: str) -> bool | None:
        """Return ``true`` or ``false``, or None for anything else, which is not reported."""
        value = self.table.values.get(name)
        if isinstance(value, Scalar) and value.plain and _TRUTH.fullmatch(value.text):
            return value.text.lower() == "true"
        return None

    def switch(self, name: str, *, default: bool) -> bool:
        """Return ``true`` or ``false``; anything else is reported."""
        if name not in self or is_empty(self.table.values[name]):
            return default
        plain = self.boolean(name)
        if plain is None:
            hint = f"write {name}: true, or remove it"
            self.report("field-type", self.line(name), f"{name} is neither true nor false", hint)
        return default if plain is None else plain

    def words(self, name: str) -> tuple[Scalar, ...]:
        """Return a list of texts, each as one line, without empty ones."""
        words = []
        for item in self.items(name):
            if is_empty(item):
                self.report("field-type", item.line, f"an empty value among the {name}", "fill it in or remove it")
                continue
            text = one_line(self._text_of(name, item, one_of_many=True))
            if text:
                words.append(Scalar(text=text, plain=False, line=item.line))
                self.lines_of_words.setdefault(sys.intern(f"{name}.{text}"), item.line)  # kept for each entry
        return tuple(words)

    def items(self, name: str) -> tuple[Value, ...]:
        """Return the items of a list, of any kind; text in place of a list is reported and split at its commas."""
        value = self.table.values.get(name)
        if value is None or is_empty(value):
            return ()
        if isinstance(value, Listing):
            return value.items
        if isinstance(value, Table):
            self.report("field-type", value.line, f"{name} is a table, not a list", f"write {name}: [one, another]")
            return ()
        parts = [part.strip() for part in value.text.split(",") if part.strip()]
        hint = f"write {name}: [{for_message(', '.join(parts))}]"
        self.report("field-type", value.line, f"{name} is text, not a list", hint)
        return tuple(Scalar(text=part, plain=value.plain, line=value.line) for part in parts)

    def table_of(self, name: str) -> Table | None:
        """Return a table inside the table."""
        value = self.table.values.get(name)
        if value is None or is_empty(value):
            return None
        if isinstance(value, Table):
            return value
        self.report(
            "field-type", value.line, f"{name} is {_kind(value)}, not a table", f"indent its fields below {name}:"
        )
        return None

    def _text_of(self, name: str, value: Value, *, one_of_many: bool = False) -> str:
        if not isinstance(value, Scalar):
            hint = f'put text that begins with [ or {{ in quotes: {name}: "…"'
            self.report("field-type", value.line, f"{name} is {_kind(value)}, not text", hint)
            return ""
        kind = _kind(value)
        if kind != "text":
            subject = f"one of the {name}" if one_of_many else name
            hint = f'put it in quotes: "{value.text}"'
            self.report("field-type", value.line, f"{subject} is {kind} {for_message(value.text)}, not text", hint)
        return value.text


def _kind(value: Value) -> str:
    if isinstance(value, Listing):
        return "a list"
    if isinstance(value, Table):
        return "a table"
    if value.plain and _NUMBER.fullmatch(value.text):
        return "the number"
    return "the value" if value.plain and _TRUTH.fullmatch(value.text) else "text"
