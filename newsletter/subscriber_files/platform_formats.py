"""The format of a platform's export files: columns become fields, tags become topics, dates become consent records."""

import csv
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from newsletter.domain.consent import Consent, ConsentEvent
from newsletter.domain.subscriber import Subscriber, SubscriberStatus
from newsletter.domain.topics import Topics
from newsletter.errors import UsageError
from newsletter.store import ImportedDetails
from newsletter.subscriber_files import cell_values
from newsletter.subscriber_files.columns import (
    IGNORED,
    REFUSED,
    VERBATIM,
    MissingColumnError,
    attribute_name,
    listed,
    plain,
    unquoted,
)
from newsletter.subscriber_files.csv_format import NOTHING, ImportedReader
from newsletter.subscriber_files.platforms import IGNORED_COLUMNS, PLATFORMS, Platform

FIELDS = ("email", "first_name", "last_name", "name", "topics", "language", "time_zone")  # allowed in `columns`
_FILE_COLUMN = REFUSED[2]
_NO_DATE = "0000-00-00"


class UnknownPlatformError(UsageError):
    """A name of a platform whose export files aren't known."""

    code = "platform-unknown"

    def __init__(self, *, name: str) -> None:
        self.name = name
        super().__init__(f'unknown platform "{name}"', hint=f"use one of {', '.join(PLATFORMS)}")


class PlatformFormat:
    """A format for one platform's export files.

    ``tags`` maps the platform's tags, in any case, to slugs of topics; a tag that is the name, slug or alias of a
    declared topic needs no mapping. ``columns`` maps columns whose names aren't recognised to one of ``FIELDS`` or an
    attribute. ``status`` is given to readers whom the platform mails. Raises UnknownPlatformError.
    """

    def __init__(
        self,
        name: str,
        *,
        topics: Topics,
        tags: Mapping[str, Sequence[str]] | None = None,
        columns: Mapping[str, str] | None = None,
        status: SubscriberStatus = SubscriberStatus.CONFIRMED,
    ) -> None:
        if name not in PLATFORMS:
            raise UnknownPlatformError(name=name)
        self.undeclared: Counter[str] = Counter()
        self.unmapped: Counter[str] = Counter()
        self.name = name
        self.platform = PLATFORMS[name]
        self.meant = columns or {}
        self.status = status
        mapped = {_folded(tag): tuple(slugs) for tag, slugs in (tags or {}).items()}

        def meant(tag: str) -> tuple[str, ...]:
            topic = topics.resolve(tag)
            return mapped.get(_folded(tag)) or ((topic.slug,) if topic.declared else ())

        # A tag that contains a comma may be alone in its cell without quotation marks.
        self._tags = lru_cache(maxsize=10_000)(lambda cell: [cell] if _folded(cell) in mapped else _split_tags(cell))
        self._topics = lru_cache(maxsize=10_000)(meant)

    def is_reader_file(self, name: str, /) -> bool:
        """Return whether this is a platform's name for reader files; macOS's companion files (``._…``) are not."""
        return not name.startswith("._") and bool(self.platform.files.search(name))

    def parse_header(self, header: Sequence[str], name: str, /) -> "_PlatformSheet":
        """Parse a header with the platform's columns and those in ``columns``."""
        return _PlatformSheet(self, tuple(unquoted(column) for column in header), name)

    def topics_of(self, cells: Iterable[str]) -> tuple[str, ...]:
        """Return the topics for cells of tags, and count tags without a topic."""
        slugs: set[str] = set()
        others: set[str] = set()
        for cell in cells:
            for tag in self._tags(cell) if cell else ():
                slugs.update(topics := self._topics(tag))
                if not topics:
                    others.add(tag)
        for tag in others:
            self.unmapped[tag] += 1
        return tuple(sorted(slugs))


class _PlatformSheet:
    def __init__(self, csv_format: PlatformFormat, names: tuple[str, ...], file: str) -> None:
        self.names = names
        self._format = csv_format
        self._file = file
        platform = csv_format.platform
        for column in csv_format.meant:
            if column not in names:
                raise MissingColumnError(name=column, columns=names)
        self._positions: dict[str, list[int]] = {}
        self._status_columns: list[tuple[str, int]] = []
        self._attributes: list[tuple[str, int]] = []
        self._file_position: int | None = None
        for at, name in enumerate(names):
            self._assign_column(at, name, plain(name), platform)
        if "email" not in self._positions:
            columns = listed(names)
            raise ValueError(f"no column contains the address of {platform.title} readers; the columns are: {columns}")
        if platform.typical_columns.isdisjoint(map(plain, names)):
            wanted = " or ".join(sorted(platform.typical_columns))
            raise ValueError(
                f"not an export from {platform.title}: no column is called {wanted}; the columns are: {listed(names)}"
            )

    def _assign_column(self, at: int, name: str, written: str, platform: Platform) -> None:
        if name in self._format.meant:
            what = self._format.meant[name]
            if what == IGNORED:
                return
            if what in FIELDS:
                self._positions.setdefault("tags" if what == "topics" else what, []).append(at)
            else:
                self._attributes.append((what.removeprefix(VERBATIM), at))
            return
        if written in platform.status_columns:
            self._status_columns.append((written, at))
        if written == _FILE_COLUMN:
            self._file_position = at
        elif written in platform.fields:
            self._positions.setdefault(platform.fields[written], []).append(at)
        elif (
            written
            and written not in REFUSED
            and not IGNORED_COLUMNS.match(written)
            and platform.attributes.match(written)
        ):
            self._attributes.append((attribute_name(written[_prefix(platform, written) :]), at))

    @property
    def meanings(self) -> tuple[str, ...]:
        """Return what each column becomes; ``tags``, ``status``, ``json`` and dates stand for the platform's own."""
        by_position = {at: name for name, positions in self._positions.items() for at in positions}
        by_position |= {at: f"{VERBATIM}{name}" for name, at in self._attributes}
        status = {at: "status" for _, at in self._status_columns}
        return tuple((status | by_position).get(at, "") for at in range(len(self.names)))

    def read_row(self, cells: Sequence[str]) -> ImportedReader:
        file = (self._cell(cells, self._file_position) if self._file_position is not None else "") or self._file
        values = {name: self._cell(cells, at) for name, at in self._status_columns}
        status, reason = self._format.platform.status_of(values, file)
        from_json = _json_attributes(self._first(cells, "json"))
        first_name, last_name = self._names(cells, from_json)
        signed_up, confirmed, unsubscribed = (
            _date(self._first(cells, name)) for name in ("signed_up", "confirmed", "unsubscribed")
        )
        zone, language = self._first(cells, "time_zone"), self._first(cells, "language")
        reader = Subscriber(
            address=cell_values.address(self._first(cells, "email")),
            first_name=first_name,
            last_name=last_name,
            status=status or self._format.status,
            topics=self._format.topics_of(self._cell(cells, at) for at in self._positions.get("tags", ())),
            language=cell_values.language(language) if language else "",
            time_zone=_zone(zone) if zone else "",
            created=signed_up or confirmed,
            attributes=from_json | {name: value for name, at in self._attributes if (value := self._cell(cells, at))},
        )
        consents = [(ConsentEvent.ASKED, signed_up), (ConsentEvent.CONFIRMED, confirmed)]
        if reader.status is SubscriberStatus.UNSUBSCRIBED:
            consents.append((ConsentEvent.UNSUBSCRIBED, unsubscribed))
        done = tuple(Consent(at=at, event=event, how=self._format.name) for event, at in consents if at)
        return ImportedReader(
            reader=reader, details=ImportedDetails(suppressed=reason, consents=done) if reason or done else NOTHING
        )

    def _names(self, cells: Sequence[str], from_json: dict[str, str]) -> tuple[str, str]:
        first, last, whole = (self._first(cells, name) for name in ("first_name", "last_name", "name"))
        if from_json:
            first = first or from_json.pop("first_name", "")
            last = last or from_json.pop("last_name", "")
            whole = whole or from_json.pop("name", "")
        return cell_values.names(whole, first, last) if whole else (first, last)

    def _first(self, cells: Sequence[str], field: str) -> str:
        for at in self._positions.get(field, ()):
            if cell := self._cell(cells, at):
                return cell
        return ""

    def _cell(self, cells: Sequence[str], at: int) -> str:
        return unquoted(cells[at]) if at < len(cells) else ""


def _prefix(platform: Platform, written: str) -> int:
    """Return the length of the prefix before an attribute's name."""
    match = platform.attributes.match(written)
    return match.end() if match else 0


def _folded(tag: str) -> str:
    return " ".join(tag.split()).casefold()


def _split_tags(cell: str) -> list[str]:
    """Return the tags in a cell: separated by commas, quoted or not (Mailchimp), or a JSON list."""
    if cell.startswith("["):
        try:
            return [tag.strip() for tag in json.loads(cell) if isinstance(tag, str) and tag.strip()]
        except (ValueError, TypeError, RecursionError):
            pass
    row = next(csv.reader([cell.replace("\n", " ").replace("\r", " ")], skipinitialspace=True), [])
    return [tag.strip() for tag in row if tag.strip()]


def _date(cell: str) -> datetime | None:
    if not cell or cell.startswith(_NO_DATE):
        return None
    try:
        return cell_values.moment(cell)
    except ValueError as err:
        raise ValueError(f"{err}; a spreadsheet may have changed it when it saved the file") from err


def _zone(cell: str) -> str:
    """Return a time zone, or an empty string if it is unknown: the platform guessed it, so the reader isn't refused."""
    try:
        return cell_values.zone(cell)
    except ValueError:
        return ""


def _json_attributes(cell: str) -> dict[str, str]:
    """Return the attributes in a JSON object; values other than strings are kept as JSON."""
    if not cell:
        return {}
    try:
        values = dict(json.loads(cell))
    except (ValueError, TypeError, RecursionError):
        raise ValueError(f"invalid JSON object {cell[:80]!r}") from None
    texts = {
        attribute_name(str(name)): value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in values.items()
        if value not in (None, "", [], {}) and not IGNORED_COLUMNS.match(plain(str(name)))
    }
    return {name: text.replace("\0", "") for name, text in texts.items() if text}
