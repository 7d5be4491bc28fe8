"""Parse front matter: the YAML 1.2 between two lines of ``---``, as values with line numbers. No I/O.

Editors need only text, lists and tables. Anchors, aliases, merge keys and tags are refused as soon as they occur,
before anything is expanded, so 436 bytes stay 436 bytes.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from newsletter.content.files import file_error, for_message
from newsletter.content.yaml_problems import yaml_problem
from newsletter.errors import Finding

_DEPTH = 8
_OPEN = re.compile(r"---[ \t]*\n")
_DIRECTIVE = re.compile(r"^%", re.MULTILINE)  # %YAML and %TAG would change how the rest is read
_LINE_BREAKS_OF_YAML_1_1 = dict.fromkeys((0x85, 0x2028, 0x2029), " ")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MARKDOWN_LINK = re.compile(r"[ \t]*-[ \t]*\[[^]\n]*\]\([^)\n]*\)")
_CLOSE = re.compile(r"^---[ \t]*$", re.MULTILINE)
_COLON = re.compile(r"[ \t]*:")
_HEADER = re.compile(r"[|>][-+0-9]*")
_KEPT = re.compile(r"[|>][0-9]?\+")

Span = tuple[int, int]
"""Where a value begins and ends in the file's text, in characters with ``\\n`` line ends."""
NO_SPAN: Span = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """A single value as written; ``plain`` means without quotes, so that YAML may read it as more than text.

    ``style`` is the sign that it begins with: a quotation mark, a block scalar's header such as ``>-``, or nothing.
    """

    text: str
    plain: bool
    line: int
    span: Span = field(default=NO_SPAN, compare=False)
    style: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of values; ``flow`` means in brackets."""

    items: tuple["Value", ...]
    line: int
    span: Span = field(default=NO_SPAN, compare=False)
    flow: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A mapping of names to values; ``lines`` and ``names`` have the line and the place of each name."""

    values: Mapping[str, "Value"]
    lines: Mapping[str, int]
    line: int
    span: Span = field(default=NO_SPAN, compare=False)
    flow: bool = field(default=False, compare=False)
    names: Mapping[str, Span] = field(default_factory=dict, compare=False)


Value = Scalar | Listing | Table


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """A file's fields and body. ``fields`` is None if the front matter can't be read; ``findings`` then say why.

    ``span`` is the place of the front matter without the lines of ``---``, and the body begins at ``body_start``.
    """

    fields: Table | None
    body: str
    body_line: int
    findings: tuple[Finding, ...]
    span: Span = NO_SPAN
    body_start: int = 0


@lru_cache(maxsize=64)  # a change reads the file as it was, and as it is then, several times
def parse_front_matter(text: str, *, path: str) -> FrontMatter:
    """Split a file's text (with ``\\n`` line ends) into front matter and body."""
    opened = _OPEN.match(text)
    closed = _CLOSE.search(text, opened.end()) if opened else None
    if opened is None or closed is None:
        rule, what = ("missing", "no front matter") if opened is None else ("open", "the front matter has no end")
        hint = "put the fields between two lines of ---, the first of them on line 1"
        finding = file_error(f"front-matter-{rule}", path, 1, what, hint)
        return FrontMatter(fields=None, body="" if opened else text, body_line=1, findings=(finding,))
    body_start = min(closed.end() + 1, len(text))
    body = text[body_start:]
    body_line = text.count("\n", 0, closed.end()) + 2
    findings: list[Finding] = []
    try:
        fields = _table(text[opened.end() : closed.start()], _Reading(path, findings, opened.end()))
    except _RefusedError as err:
        fields = None
        findings.append(file_error(err.rule, path, err.line, err.what, err.hint))
    span = (opened.end(), closed.start())
    return FrontMatter(
        fields=fields, body=body, body_line=body_line, findings=tuple(findings), span=span, body_start=body_start
    )


class _Parser(YAML):
    """A parser without plug-ins. Looking for them in the file system takes longer than reading an entry."""

    def official_plug_ins(self) -> list[str]:
        return []


class _Reading:
    """The file that is being read, its findings so far, and the place where its front matter begins."""

    def __init__(self, path: str, findings: list[Finding], offset: int) -> None:
        self.path, self.findings, self.offset = path, findings, offset
        self.text = ""

    def span(self, event: Event) -> Span:
        """Return the place of a value, without the blank lines that follow it."""
        start, end = event.start_mark.index, event.end_mark.index
        if isinstance(event, ScalarEvent) and event.style in ("|", ">"):
            written = self.text[start:end]
            if not _KEPT.match(written):
                end = start + len(_without_blank_lines(written))
            elif written.endswith("\n"):
                end -= 1
        return start + self.offset, end + self.offset

    def block_header(self, span: Span) -> str:
        """Return the header of a block scalar: ``|``, ``>-``."""
        header = _HEADER.match(self.text, span[0] - self.offset)
        return header[0] if header else ""

    def after_colon(self, name: Span) -> int:
        """Return the place behind the colon of a field, where an empty value is; YAML's own is on a later line."""
        colon = _COLON.match(self.text, name[1] - self.offset)
        return colon.end() + self.offset if colon else name[1]

    def after_dash(self, item: Span) -> Span:
        """Return the place behind the dash of an empty item."""
        end = len(self.text[: item[0] - self.offset].rstrip()) + self.offset
        return (end, end) if self.text[end - self.offset - 1 : end - self.offset] == "-" else item


def _without_blank_lines(written: str) -> str:
    """Return a block scalar as written, without the lines at its end that are not content (YAML 1.2, §8.1.2)."""
    header, *lines = written.split("\n")
    digit = re.search(r"[1-9]", header[:3])
    first = next((line for line in lines if line.strip(" ")), "")
    indent = int(digit[0]) if digit else len(first) - len(first.lstrip(" "))
    while lines and not lines[-1].strip(" ") and (len(lines[-1]) <= indent or not first):
        lines.pop()
    return "\n".join([header, *lines])


class _RefusedError(Exception):
    def __init__(self, rule: str, line: int, what: str, hint: str) -> None:
        self.rule, self.line, self.what, self.hint = f"front-matter-{rule}", line, what, hint


def _yaml_1_2(text: str) -> str:
    """Return the text without characters that ruamel.yaml would read as YAML 1.1. Raise if it has a directive."""
    if directive := _DIRECTIVE.search(text):
        line = text.count("\n", 0, directive.start()) + 2
        raise _RefusedError("syntax", line, "a line begins with %", "remove it, or put the text in quotes")
    # YAML 1.1 counted these as line breaks, and so does ruamel.yaml; YAML 1.2 does not (§5.4).
    return text.translate(_LINE_BREAKS_OF_YAML_1_1)


def _refusal(err: MarkedYAMLError, text: str) -> _RefusedError:
    # An unclosed bracket or quotation mark is noticed at the end, but has to be fixed where it begins.
    begins = err.context_mark if err.context and "block" not in err.context else None
    mark = begins or err.problem_mark
    line = mark.line + 2 if mark else 2
    if mark and _MARKDOWN_LINK.match([*text.split("\n"), ""][mark.line]):
        hint = 'put it in quotes: "[Title](https://…)"'
        return _RefusedError("syntax", line, "a Markdown link without quotes", hint)
    problem = ": ".join(part for part in (err.context, err.problem) if part)
    return _RefusedError("syntax", line, *yaml_problem(problem))


def _table(text: str, reading: _Reading) -> Table:
    reading.text = text
    events = _Parser(typ="safe", pure=True).parse(_yaml_1_2(text))
    value: Value | None = None
    try:
        for event in events:
            if isinstance(event, DocumentStartEvent) and value is not None:
                raise _RefusedError("syntax", _line(event), "a second document", "keep the fields in one block")
            if isinstance(event, NodeEvent):
                value = _value(event, events, reading, 0)
    except MarkedYAMLError as err:
        raise _refusal(err, text) from err
    except ReaderError as err:
        line = text.count("\n", 0, err.position) + 2
        what = f"the character U+{ord(text[err.position]):04X} can't be in front matter"
        raise _RefusedError("syntax", line, what, "remove it") from err
    except (ValueError, OverflowError) as err:  # chr() of an escape such as "\UFFFFFFFF"
        raise _RefusedError("syntax", 2, "an escape that is not a character", "write the character itself") from err
    except YAMLError as err:
        raise _RefusedError("syntax", 2, *yaml_problem(str(err))) from err
    if value is None or (isinstance(value, Scalar) and value.plain and not value.text):
        return Table(values={}, lines={}, line=2)
    if not isinstance(value, Table):
        raise _RefusedError("syntax", value.line, "not a table of fields", "each line is a name, a colon, a value")
    return value


def _value(event: Event, events: Iterator[Event], reading: _Reading, depth: int) -> Value:
    line = _line(event)
    if isinstance(event, AliasEvent) or getattr(event, "anchor", None) or getattr(event, "tag", None):
        what = "anchors (&), aliases (*) and tags (!) are not supported"
        raise _RefusedError("alias", line, what, "write the value out; put text that begins with & * or ! in quotes")
    if depth > _DEPTH:
        raise _RefusedError("syntax", line, "too many lists within lists", "close the brackets")
    if isinstance(event, ScalarEvent):
        if _SURROGATE.search(event.value):
            raise _RefusedError("syntax", line, "an escape that is not a character", "write the character itself")
        indented = event.style in ("|", ">")  # the text begins on the line below the sign
        span = reading.span(event)
        style = reading.block_header(span) if indented else event.style or ""
        return Scalar(text=event.value, plain=not style, line=line + indented, span=span, style=style)
    if isinstance(event, SequenceStartEvent):
        items: list[Value] = []
        while not isinstance(item := next(events), SequenceEndEvent):
            value = _value(item, events, reading, depth + 1)
            if isinstance(value, Scalar) and not value.text and value.plain:
                value = replace(value, span=reading.after_dash(value.span))
            items.append(value)
        span = _whole(event, item, reading, items[-1].span if items else NO_SPAN)
        return Listing(items=tuple(items), line=line, span=span, flow=bool(event.flow_style))
    assert isinstance(event, MappingStartEvent)  # noqa: S101 - YAML has no fourth kind of node
    return _mapping(event, events, reading, depth)


def _mapping(event: MappingStartEvent, events: Iterator[Event], reading: _Reading, depth: int) -> Table:
    values: dict[str, Value] = {}
    names: dict[str, Scalar] = {}
    last = NO_SPAN
    while not isinstance(inner := next(events), MappingEndEvent):
        name = _value(inner, events, reading, depth + 1)
        value = _value(next(events), events, reading, depth + 1)
        if not isinstance(name, Scalar):
            hint = 'put text that begins with { or [ in quotes, "{{ … }}" for instance'
            raise _RefusedError("syntax", name.line, "a field's name must be a word, not a list or a table", hint)
        if isinstance(value, Scalar) and not value.text and value.plain:
            at = reading.after_colon(name.span)
            value = replace(value, span=(at, at))
        last = value.span
        if name.text in values:
            what = f'"{for_message(name.text)}" is there twice: it is already on line {names[name.text].line}'
            reading.findings.append(file_error("field-repeated", reading.path, name.line, what, "remove one"))
            continue
        values[name.text], names[name.text] = value, name
    return Table(
        values=values,
        lines={sys.intern(text): name.line for text, name in names.items()},  # kept for each entry
        line=_line(event),
        span=_whole(event, inner, reading, last),
        flow=bool(event.flow_style),
        names={text: name.span for text, name in names.items()},
    )


def _whole(opened: CollectionStartEvent, closed: Event, reading: _Reading, last: Span) -> Span:
    """Return the place of a list or table: to its closing bracket, or to the end of its last value."""
    start = reading.span(opened)[0]
    return start, reading.span(closed)[1] if opened.flow_style else max(last[1], start)


def _line(event: Event) -> int:
    return int(event.start_mark.line) + 2  # marks count from 0, and the front matter begins on line 2
