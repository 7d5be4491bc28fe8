"""Parse files of printed picks. docs/file-formats.md shows their form."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from newsletter.content.files import file_error, for_message, read_text
from newsletter.errors import Finding, FindingsError

_SOURCE = re.compile(r"read more at\b:?\s*(.*)", re.IGNORECASE)
_TOPICS = re.compile(r"more about\b:?\s*(.*)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f]")
_COLONS = (":", "：")
_LIMIT = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedPick:
    """A printed pick in plain text: ``framing`` and ``quotation`` are paragraphs, ``line`` is the line of its title."""

    title: str
    framing: tuple[str, ...]
    quotation: tuple[str, ...]
    source: str
    topics: tuple[str, ...]
    line: int


@dataclass(slots=True, kw_only=True)
class _Printed:
    """A pick that is being read, line by line."""

    title: str
    line: int
    paragraphs: list[str] = field(default_factory=list)
    source: str | None = None
    topics: tuple[str, ...] = ()


def read_picks_file(file: Path) -> tuple[PrintedPick, ...]:
    """Return the picks in a UTF-8 file of at most 4 MiB. Raise FindingsError as ``read_picks`` does."""
    real = file.resolve()
    text = read_text(real.parent, real, limit=_LIMIT)
    if isinstance(text, Finding):
        raise FindingsError([replace(text, place=replace(text.place, path=str(file)))])
    return read_picks(text, path=str(file))


def read_picks(text: str, *, path: str) -> tuple[PrintedPick, ...]:
    """Return all picks in a text. Each printed line is a paragraph, with or without a blank line after it.

    The first line is the title. The framing ends with the first paragraph that ends with a colon; if there is none,
    everything is framing. The rest, up to ``Read more at``, is the quotation. ``More about`` is optional. Raise
    FindingsError with everything that is missing, and its line.
    """
    findings: list[Finding] = []
    paragraphs = list(_paragraphs(text))
    for line, paragraph in paragraphs:
        if _CONTROL.search(paragraph):
            what = "a control character"
            findings.append(file_error("pick-control-character", path, line, what, "remove it"))
    printed = list(_printed(paragraphs, path, findings))
    for pick in printed:
        if not pick.source:
            what = f'"{for_message(pick.title)}" has no line "Read more at" that names a publication'
            findings.append(file_error("pick-source-missing", path, pick.line, what, "add Read more at and its name"))
        elif not pick.paragraphs:
            what = f'there is nothing between the title "{for_message(pick.title)}" and "Read more at"'
            findings.append(
                file_error("pick-text-missing", path, pick.line, what, "add the framing, or the missing title")
            )
    if not paragraphs:
        hint = "a pick begins with its title, and ends with Read more at and More about"
        findings.append(file_error("pick-missing", path, 1, "no pick in this file", hint))
    if findings:
        raise FindingsError(sorted(findings, key=lambda finding: finding.place.line or 0))
    return tuple(_pick(pick) for pick in printed)


def _pick(printed: _Printed) -> PrintedPick:
    ends = [number for number, paragraph in enumerate(printed.paragraphs, 1) if paragraph.endswith(_COLONS)]
    end = ends[0] if ends else len(printed.paragraphs)
    return PrintedPick(
        title=printed.title,
        framing=tuple(printed.paragraphs[:end]),
        quotation=tuple(printed.paragraphs[end:]),
        source=printed.source or "",
        topics=printed.topics,
        line=printed.line,
    )


def _printed(paragraphs: Iterable[tuple[int, str]], path: str, findings: list[Finding]) -> Iterator[_Printed]:
    """Yield the picks, complete or not, and report lines that belong to none."""
    current: _Printed | None = None
    for line, paragraph in paragraphs:
        source, topics = _SOURCE.fullmatch(paragraph), _TOPICS.fullmatch(paragraph)
        if current is not None and current.source is not None and not topics:
            yield current
            current = None
        if current is None:
            current = _Printed(title=paragraph, line=line)
            if source or topics:
                what = f'"{for_message(paragraph)}" without a title above it'
                findings.append(file_error("pick-title-missing", path, line, what, "begin the pick with its title"))
                current = None
        elif topics:
            current.topics = tuple(dict.fromkeys(filter(None, map(str.strip, topics[1].split(",")))))
            yield current
            current = None
        elif source:
            current.source = source[1]
        else:
            current.paragraphs.append(paragraph)
    if current is not None:
        yield current


def _paragraphs(text: str) -> Iterator[tuple[int, str]]:
    # A form feed or a Unicode line separator also ends a printed line, but text editors don't count it as a line.
    for line, written in enumerate(text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n"), 1):
        for part in written.splitlines():
            if paragraph := part.strip():
                yield line, paragraph
