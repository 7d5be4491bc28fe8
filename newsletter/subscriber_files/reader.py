"""A CSV file as a stream of readers, and of the lines that are none; only the line at hand is held."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from newsletter.errors import Place
from newsletter.subscriber_files.csv_format import Arrival, CsvFormat, Sheet
from newsletter.subscriber_files.input_files import InputFile, SubscriberFileError

DELIMITERS = ",;\t"
_SAMPLE = 65536  # bytes in which the header ends
_UTF8_HINT = 'save it as UTF-8; a spreadsheet calls that "CSV UTF-8"'


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    """A line that was not imported: its file, its number there, why, and its cells under the file's columns."""

    source: InputFile
    line: int
    reason: str
    columns: tuple[str, ...]
    cells: tuple[str, ...]


class SubscriberReader:
    """The readers of one open file.

    Iterating gives what each row says; rows that are none go to ``refuse``. Raises SubscriberFileError where the file
    is not UTF-8 or its header is none of its form.
    """

    def __init__(
        self, file: BinaryIO, source: InputFile, form: CsvFormat, refuse: Callable[[RejectedRow], None]
    ) -> None:
        self.rows = 0
        self._file = file
        self._source = source
        self._refuse = refuse
        delimiter = self._delimiter()
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        # Strict: of a quotation mark that is opened and not closed, the lines after it must not become one cell.
        self._csv = csv.reader(text, delimiter=delimiter, strict=True)
        self._sheet = self._read_header(form)

    def __iter__(self) -> Iterator[Arrival]:
        while True:
            line = self._csv.line_num + 1
            try:
                cells = next(self._csv)
            except StopIteration:
                return
            except UnicodeDecodeError as err:
                raise self._not_utf8() from err
            except csv.Error as err:
                self._refuse(self._refusal(line, _not_csv(err, line, self._csv.line_num), []))
                self.rows += 1
                continue
            if not any(cells):
                continue
            self.rows += 1
            try:
                arrival = self._arrival(cells)
            except ValueError as err:
                self._refuse(self._refusal(line, str(err), cells))
            else:
                yield arrival

    def _arrival(self, cells: list[str]) -> Arrival:
        if len(cells) > len(self._sheet.names):
            raise ValueError(f"{len(cells)} cells under {len(self._sheet.names)} columns: is a comma not quoted?")
        if "\0" in "".join(cells):
            raise ValueError("it has a NUL character")
        return self._sheet.arrival(cells)

    def _refusal(self, line: int, reason: str, cells: Sequence[str]) -> RejectedRow:
        return RejectedRow(
            source=self._source, line=line, reason=reason, columns=self._sheet.names, cells=tuple(cells)
        )  # fmt: skip

    def _delimiter(self) -> str:
        sample = self._file.read(_SAMPLE)
        self._file.seek(0)
        if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise SubscriberFileError("the file is UTF-16", hint=_UTF8_HINT, place=self._place())
        if sample.startswith(_SPREADSHEETS):
            raise SubscriberFileError("the file is a spreadsheet", hint="export it as CSV UTF-8", place=self._place())
        return max(DELIMITERS, key=lambda delimiter: _width(sample.decode("utf-8-sig", "replace"), delimiter))

    def _read_header(self, form: CsvFormat) -> Sheet:
        place = self._place(1)
        hint = "give the columns other names, or say what they are: --column NAME=FIELD"
        try:
            return form.sheet(next(self._csv), self._source.name)
        except StopIteration as err:
            raise SubscriberFileError("the file is empty", hint="its first line names columns", place=place) from err
        except UnicodeDecodeError as err:
            raise self._not_utf8() from err
        except csv.Error as err:
            what = "the names of the columns can't be told apart"
            raise SubscriberFileError(what, hint="close and double its quotation marks", place=place) from err
        except ValueError as err:
            raise SubscriberFileError(str(err), hint=hint, place=place) from err

    def _not_utf8(self) -> SubscriberFileError:
        """Names the line: the decoder works a block ahead of it."""
        self._file.seek(0)
        for number, line in enumerate(self._file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as err:
                what = f"not UTF-8: the byte 0x{line[err.start]:02X} stands there"
                return SubscriberFileError(what, hint=_UTF8_HINT, place=self._place(number))
        return SubscriberFileError("not UTF-8", hint=_UTF8_HINT, place=self._place())

    def _place(self, line: int | None = None) -> Place:
        return Place(path=self._source.path, line=line)


_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # zip archives (xlsx, ods), and OLE2 (xls)


def _width(sample: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, strict=True), []))
    except csv.Error:
        return 0


def _not_csv(err: csv.Error, first: int, last: int) -> str:
    lines = f"line {first}" if last <= first else f"lines {first} to {last}"
    if "field limit" in str(err):
        return f"{lines} has a cell of more than {csv.field_size_limit():,} characters: is a quotation mark not closed?"
    return f"{lines} can't be split into cells: is a quotation mark not closed, or not doubled?"
