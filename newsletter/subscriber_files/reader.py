"""A CSV file read as a stream of readers and rejected rows, one line at a time."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Self, TextIO

from newsletter.errors import Place
from newsletter.subscriber_files.columns import MOST_COLUMNS
from newsletter.subscriber_files.csv_format import CsvFormat, ImportedReader, Sheet
from newsletter.subscriber_files.file_encodings import FileEncoding
from newsletter.subscriber_files.input_files import (
    InputFile,
    LongRowError,
    NotUtf8Error,
    SpreadsheetError,
    SubscriberFileError,
    TooManyColumnsError,
    UnknownColumnsError,
)

DELIMITERS = ",;\t"
LONGEST_ROW = 1_000_000
"""The most characters of a row: a file without line breaks would take many times its size in memory."""

_SAMPLE = 65536  # bytes that contain the whole header
_STATED = re.compile(r'"?sep=([^"\w\s]|\t)"?[\r\n]', re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    """A row that was not imported: its file, line number, reason and cells, and the file's columns."""

    source: InputFile
    line: int
    reason: str
    columns: tuple[str, ...]
    cells: tuple[str, ...]


class SubscriberReader:
    """An iterator over the readers in an open file.

    Invalid rows go to ``refuse``. Raises SubscriberFileError if the file doesn't have the encoding or its header
    doesn't fit the format.
    """

    def __init__(
        self,
        file: BinaryIO,
        source: InputFile,
        csv_format: CsvFormat,
        refuse: Callable[[RejectedRow], None],
        encoding: FileEncoding = FileEncoding.UTF_8,
    ) -> None:
        self.rows = 0
        self._file = file
        self._source = source
        self._refuse = refuse
        self._encoding = encoding
        self._delimiter = self._read_delimiter()
        text = io.TextIOWrapper(file, encoding=encoding.codec, newline="")
        # Strict, so that an unclosed quotation mark doesn't swallow all lines after it into one cell.
        self._lines = _Lines(text, source)
        self._csv = csv.reader(self._lines, delimiter=self._delimiter, strict=True)
        self._sheet = self._read_header(csv_format)

    def __iter__(self) -> Iterator[ImportedReader]:
        while True:
            line = self._csv.line_num + 1
            self._lines.begin_row()
            try:
                cells = next(self._csv)
            except StopIteration:
                return
            except UnicodeDecodeError as err:
                raise self._not_decoded() from err
            except csv.Error as err:
                self._refuse(self._refusal(line, _not_csv(err, line, self._csv.line_num), []))
                self.rows += 1
                continue
            if not any(cells):
                continue
            self.rows += 1
            try:
                imported = self._read_row(cells)
            except ValueError as err:
                self._refuse(self._refusal(line, str(err), cells))
            else:
                yield imported

    def _read_row(self, cells: list[str]) -> ImportedReader:
        if len(cells) > len(self._sheet.names):
            columns = len(self._sheet.names)
            raise ValueError(f"{len(cells)} cells but {columns} columns: quote cells that contain a comma")
        if "\0" in "".join(cells):
            raise ValueError("the row contains a NUL character")
        return self._sheet.read_row(cells)

    def _refusal(self, line: int, reason: str, cells: Sequence[str]) -> RejectedRow:
        return RejectedRow(
            source=self._source, line=line, reason=reason, columns=self._sheet.names, cells=tuple(cells)
        )  # fmt: skip

    def _read_delimiter(self) -> str:
        sample = self._file.read(_SAMPLE)
        self._file.seek(0)
        if sample.startswith((b"\xff\xfe", b"\xfe\xff")) and self._encoding is not FileEncoding.UTF_16:
            raise NotUtf8Error("the file is UTF-16", place=self._place())
        if sample.startswith(_SPREADSHEETS):
            raise SpreadsheetError(place=self._place())
        return delimiter_of(sample.decode(self._encoding.codec, "replace"))

    def _read_header(self, csv_format: CsvFormat) -> Sheet:
        place = self._place(1)
        try:
            header = next(self._csv)
            if states_delimiter(header, self._delimiter):
                header = next(self._csv)
            if len(header) > MOST_COLUMNS:
                raise TooManyColumnsError(most=MOST_COLUMNS, place=place)
            return csv_format.parse_header(header, self._source.name)
        except StopIteration as err:
            hint = "write the columns' names on its first line"
            raise SubscriberFileError("the file is empty", hint=hint, place=place) from err
        except UnicodeDecodeError as err:
            raise self._not_decoded() from err
        except csv.Error as err:
            hint = "close every quotation mark, and double those inside a name"
            raise SubscriberFileError("the header can't be read as CSV", hint=hint, place=place) from err
        except ValueError as err:
            raise UnknownColumnsError(str(err), place=place) from err

    def _not_decoded(self) -> SubscriberFileError:
        """Return an error with the line number, which the decoder can't give because it reads ahead in blocks."""
        if self._encoding is not FileEncoding.UTF_8:
            what = f"the file isn't {self._encoding.label}"
            return SubscriberFileError(what, hint="choose another encoding", place=self._place())
        self._file.seek(0)
        for number, line in enumerate(self._file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as err:
                what = f"not UTF-8: it contains the byte 0x{line[err.start]:02X}"
                return NotUtf8Error(what, place=self._place(number))
        return NotUtf8Error("not UTF-8", place=self._place())

    def _place(self, line: int | None = None) -> Place:
        return Place(path=self._source.path, line=line)


class _Lines:
    """An iterator over the lines of a file. Raises LongRowError if those of one row are too long together."""

    def __init__(self, text: TextIO, source: InputFile) -> None:
        self._text, self._source = text, source
        self._number, self._left = 0, LONGEST_ROW

    def begin_row(self) -> None:
        """Begin to count the characters of another row."""
        self._left = LONGEST_ROW

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._left + 1)
        if not line:
            raise StopIteration
        self._number += 1
        self._left -= len(line)
        if self._left < 0:
            raise LongRowError(most=LONGEST_ROW, place=Place(path=self._source.path, line=self._number))
        return line


_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # zip archives (xlsx, ods), and OLE2 (xls)


def delimiter_of(sample: str) -> str:
    """Return the delimiter that the beginning of a CSV file has, or that its first line states for spreadsheets."""
    stated = _STATED.match(sample)
    return stated[1] if stated else max(DELIMITERS, key=lambda delimiter: _width(sample, delimiter))


def states_delimiter(cells: Sequence[str], delimiter: str) -> bool:
    """Return whether a line isn't a header yet, but says ``sep=;`` to a spreadsheet."""
    return delimiter.join(cells).casefold() == f"sep={delimiter}"


def _width(sample: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, strict=True), []))
    except csv.Error:
        return 0


def _not_csv(err: csv.Error, first: int, last: int) -> str:
    if "field limit" in str(err):
        return f"a cell has more than {csv.field_size_limit():,} characters; is a quotation mark missing?"
    lines = f"lines {first} to {last} " if last > first else ""
    return f"{lines}can't be read as CSV: close every quotation mark, and double those inside a cell"
