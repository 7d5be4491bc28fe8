"""A CSV file as a stream of readers, and of the lines that are none; only the line at hand is held."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from newsletter.audience import Subscriber, SubscriberStatus, SuppressionReason, parse_address
from newsletter.errors import NewsletterError, Place
from newsletter.issue import Topics
from newsletter.schedule import parse_zone
from newsletter.subscriber_files.cells import Columns, columns_of

DELIMITERS = ",;\t"
_SAMPLE = 65536  # bytes in which the header ends
_UTF8_MEND = 'save it as UTF-8; a spreadsheet calls that "CSV UTF-8"'


class SubscriberFileError(NewsletterError):
    """A file of readers as a whole cannot be read; nothing of it was imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A line that was not imported: its number in the file, why, and its cells under the file's columns."""

    line: int
    reason: str
    columns: tuple[str, ...]
    cells: tuple[str, ...]


class SubscriberReader:
    """The readers of one open file.

    Iterating gives each row's reader and why its address is suppressed, if it is; rows that are none go to ``refuse``.
    Raises SubscriberFileError where the file is not UTF-8 or has no column of addresses.
    """

    def __init__(
        self,
        file: BinaryIO,
        path: Path,
        *,
        topics: Topics,
        columns: Mapping[str, str],
        status: SubscriberStatus,
        refuse: Callable[[Refusal], None],
    ) -> None:
        self.undeclared: Counter[str] = Counter()
        self.rows = 0
        self._file = file
        self._path = path
        self._status = status
        self._refuse = refuse
        self._topics = topics
        self._slug = lru_cache(maxsize=10_000)(lambda name: topics.find(name).slug)
        self._declared = {topic.slug for topic in topics}
        delimiter = self._delimiter()
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        # Strict: of a quotation mark that is opened and not closed, the lines after it must not become one cell.
        self._csv = csv.reader(text, delimiter=delimiter, strict=True)
        self._columns = self._read_header(columns)

    def __iter__(self) -> Iterator[tuple[Subscriber, SuppressionReason | None]]:
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
                reader = self._reader(cells)
            except ValueError as err:
                self._refuse(self._refusal(line, str(err), cells))
            else:
                yield reader

    def _reader(self, cells: list[str]) -> tuple[Subscriber, SuppressionReason | None]:
        columns = self._columns
        if len(cells) > len(columns.names):
            raise ValueError(f"{len(cells)} cells under {len(columns.names)} columns: is a comma not quoted?")
        if "\0" in "".join(cells):
            raise ValueError("it has a NUL character")
        email, first_name, last_name, name, topics, excluded, status, language, zone, suppressed = columns.values(cells)
        if name:
            first_name, last_name = _split(name, first_name, last_name)
        followed, excludes = self._slugs(topics), self._slugs(excluded)
        reader = Subscriber(
            address=_address(email),
            first_name=first_name,
            last_name=last_name,
            status=_status(status) if status else self._status,
            topics=tuple(topic for topic in followed if topic not in excludes) if excludes else followed,
            excludes=excludes,
            language=_language(language) if language else "",
            time_zone=_zone(zone) if zone else "",
            attributes=columns.attribute_values(cells),
        )
        for topic in reader.topics + reader.excludes:
            if topic not in self._declared:
                self.undeclared[topic] += 1
        return reader, _suppressed(suppressed) if suppressed else None

    def _slugs(self, cell: str) -> tuple[str, ...]:
        """Slugs of the names, slugs or aliases between semicolons.

        Where there is no semicolon the whole cell may be one topic, else commas stand between them.
        """
        if ";" in cell:
            names = cell.split(";")
        elif "," in cell and not self._topics.find(cell).declared:
            names = cell.split(",")
        else:
            names = [cell]
        return tuple(sorted({self._slug(name) for name in names if name and not name.isspace()}))

    def _refusal(self, line: int, reason: str, cells: Sequence[str]) -> Refusal:
        return Refusal(line=line, reason=reason, columns=self._columns.names, cells=tuple(cells))

    def _delimiter(self) -> str:
        sample = self._file.read(_SAMPLE)
        self._file.seek(0)
        if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise SubscriberFileError("the file is UTF-16", mend=_UTF8_MEND, place=Place(path=str(self._path)))
        return max(DELIMITERS, key=lambda delimiter: _width(sample.decode("utf-8-sig", "replace"), delimiter))

    def _read_header(self, meant: Mapping[str, str]) -> Columns:
        place = Place(path=str(self._path), line=1)
        mend = "give the columns other names, or say what they are: --column NAME=FIELD"
        try:
            return columns_of(next(self._csv), meant)
        except StopIteration as err:
            raise SubscriberFileError("the file is empty", mend="its first line names columns", place=place) from err
        except UnicodeDecodeError as err:
            raise self._not_utf8() from err
        except (ValueError, csv.Error) as err:
            raise SubscriberFileError(str(err), mend=mend, place=place) from err

    def _not_utf8(self) -> SubscriberFileError:
        """Names the line: the decoder works a block ahead of it."""
        self._file.seek(0)
        for number, line in enumerate(self._file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as err:
                what = f"not UTF-8: the byte 0x{line[err.start]:02X} stands there"
                return SubscriberFileError(what, mend=_UTF8_MEND, place=Place(path=str(self._path), line=number))
        return SubscriberFileError("not UTF-8", mend=_UTF8_MEND, place=Place(path=str(self._path)))


def _width(sample: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, strict=True), []))
    except csv.Error:
        return 0


def _not_csv(err: csv.Error, first: int, last: int) -> str:
    lines = f"line {first}" if last <= first else f"lines {first} to {last}"
    return f"{lines} cannot be told apart into cells ({err}): is a quotation mark not closed, or not doubled?"


# Cells ---------------------------------------------------------------------------------------------------------------

# What email-validator leaves as it is whatever the domain, and most addresses are.
_PLAIN_LOCAL = re.compile(r"[a-z0-9]+(?:[._+-][a-z0-9]+)*", re.ASCII)
_LONGEST_LOCAL = 64  # RFC 5321 §4.5.3.1.1


def _address(cell: str) -> str:
    """``parse_address``, which asks email-validator (40 µs); of plain ones only once for each domain (1 µs)."""
    if not cell:
        raise ValueError("no address")
    local, _, domain = cell.rpartition("@")
    if len(local) <= _LONGEST_LOCAL and _PLAIN_LOCAL.fullmatch(local):
        known = _plain_domain(domain)
        if known is not None:
            return f"{local}@{known}"
    return parse_address(cell)[0]


@lru_cache(maxsize=50_000)
def _plain_domain(domain: str) -> str | None:
    """The domain as mailed, if the longest plain address at it is valid: then each plain one is."""
    try:
        return parse_address(f"{'a' * _LONGEST_LOCAL}@{domain}")[0].partition("@")[2]
    except ValueError:
        return None


def _split(name: str, first_name: str, last_name: str) -> tuple[str, str]:
    """First and last name where only the whole is given: the first word and the rest, or what a comma parts."""
    last, comma, first = name.partition(",")
    if not comma:
        first, _, last = name.partition(" ")
    return first_name or first.strip(), last_name or last.strip()


def _status(cell: str) -> SubscriberStatus:
    try:
        return SubscriberStatus(cell.casefold())
    except ValueError:
        raise ValueError(f"no status {cell[:80]!r}: it is one of {', '.join(SubscriberStatus)}") from None


_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", re.ASCII)


def _language(cell: str) -> str:
    tag = cell.replace("_", "-")
    if not _LANGUAGE.fullmatch(tag):
        raise ValueError(f"no language {cell[:80]!r}: write a tag such as en or pt-BR")  # BCP 47
    return tag


def _zone(cell: str) -> str:
    zone, reason = _zone_or_reason(cell)
    if reason:
        raise ValueError(reason)
    return zone


@lru_cache(maxsize=1000)
def _zone_or_reason(cell: str) -> tuple[str, str]:
    """``parse_zone``, which takes 2 ms to find which name is near: a whole column may be of zones in other words."""
    try:
        return parse_zone(cell), ""
    except ValueError as err:
        return "", str(err)


def _suppressed(cell: str) -> SuppressionReason:
    try:
        return SuppressionReason(cell.casefold())
    except ValueError:
        raise ValueError(f"not suppressed as {cell[:80]!r}: it is one of {', '.join(SuppressionReason)}") from None
