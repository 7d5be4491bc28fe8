"""The columns of a file before it is imported: their names, first values, and what they will become."""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from newsletter.errors import Place, UsageError, printable
from newsletter.subscriber_files.columns import MOST_COLUMNS, plain, unquoted
from newsletter.subscriber_files.csv_format import CsvFormat
from newsletter.subscriber_files.file_encodings import FileEncoding
from newsletter.subscriber_files.input_files import TooManyColumnsError, UnknownArchiveError, input_files
from newsletter.subscriber_files.platforms import PLATFORMS, Platform
from newsletter.subscriber_files.reader import delimiter_of, states_delimiter

_SAMPLE = 65536  # bytes
_ROWS = 4
_LONGEST = 60  # characters of a value that is shown
_OWN = frozenset({"excluded_topics", "consents", "suppressed", "refused_reason"})  # only our own files have these


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleColumn:
    """A column: its name, its first values, and what it becomes: a field, an attribute, or "" if nothing."""

    name: str
    values: tuple[str, ...] = ()
    meaning: str = ""


def sample_columns(path: Path, csv_format: CsvFormat, encoding: FileEncoding) -> tuple[SampleColumn, ...]:
    """Return the columns of a file, or of the first file of readers in an archive.

    Their meanings are empty if the file doesn't fit the format. Raise SubscriberFileError if it can't be read.
    """
    name, rows = _first_rows(path, csv_format.is_reader_file, encoding)
    if not rows:
        return ()
    names = [unquoted(column) for column in rows[0]]
    meanings: Sequence[str] = [""] * len(names)
    with suppress(ValueError, UsageError):
        meanings = csv_format.parse_header(rows[0], name).meanings
    return tuple(
        SampleColumn(name=column, values=tuple(_values(rows[1:], at)), meaning=meaning)
        for at, (column, meaning) in enumerate(zip(names, meanings, strict=True))
    )


def guessed_platform(path: Path, encoding: FileEncoding) -> str:
    """Return the name of the platform that a file seems to be from; empty if it could be from several or none.

    Its columns tell, or else its name and its columns. Raise SubscriberFileError if it can't be read.
    """
    signed, named = [], []
    for key, platform in PLATFORMS.items():
        try:
            name, rows = _first_rows(path, partial(_is_named, platform), encoding)
        except UnknownArchiveError:
            continue
        columns = {plain(column) for column in rows[0]} if rows else set()
        if columns & _OWN:
            return ""
        if columns & platform.typical_columns:
            if any(signature <= columns for signature in platform.signatures):
                signed.append(key)
            if platform.files.search(name):
                named.append(key)
    likely = signed or named
    return likely[0] if len(likely) == 1 else ""


def _is_named(platform: Platform, name: str) -> bool:
    return bool(platform.files.search(name))


def _first_rows(
    path: Path, is_reader_file: Callable[[str], bool], encoding: FileEncoding
) -> tuple[str, list[list[str]]]:
    """Return the name of a file, and its header and first rows."""
    source = input_files([path], is_reader_file)[0]
    with source.open() as file:
        sample = file.read(_SAMPLE).decode(encoding.codec, "replace")
    lines = sample.splitlines(keepends=True)
    if len(sample) >= _SAMPLE // 2 and len(lines) > 1:
        lines.pop()  # it may be cut off
    delimiter = delimiter_of(sample)
    rows = list(_rows(lines, delimiter))
    if rows and states_delimiter(rows[0], delimiter):
        rows = rows[1:]
    if rows and len(rows[0]) > MOST_COLUMNS:
        raise TooManyColumnsError(most=MOST_COLUMNS, place=Place(path=source.path, line=1))
    return source.name, rows


def _rows(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    rows = csv.reader(lines, delimiter=delimiter)
    try:
        for _ in range(_ROWS):
            yield next(rows)
    except (StopIteration, csv.Error):
        return


def _values(rows: Sequence[Sequence[str]], at: int) -> Iterator[str]:
    for row in rows:
        value = unquoted(row[at]) if at < len(row) else ""
        if value:
            yield printable(value, _LONGEST)
