"""The interface of an import format, and the format of the program's own CSV files."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from newsletter.domain.subscriber import Frequency, Subscriber, SubscriberStatus
from newsletter.domain.topics import Topics
from newsletter.store import ImportedDetails
from newsletter.subscriber_files import cell_values
from newsletter.subscriber_files.columns import Columns, columns_of

NOTHING = ImportedDetails()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedReader:
    """A reader from one line of a file, and the values there that aren't stored with the reader."""

    reader: Subscriber
    details: ImportedDetails = NOTHING


class Sheet(Protocol):
    """A file with a parsed header."""

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the columns."""
        ...

    @property
    def meanings(self) -> tuple[str, ...]:
        """Return what each column becomes: a field, ``attribute.`` with a name, or "" if it isn't imported."""
        ...

    def read_row(self, cells: Sequence[str]) -> ImportedReader:
        """Return the reader on a line with at most as many cells as columns. Raises ValueError if there isn't one."""
        ...


class CsvFormat(Protocol):
    """A format of the files of an import. It counts unknown topics and tags."""

    undeclared: Counter[str]  # topics, by slug, that newsletter.toml does not declare
    unmapped: Counter[str]  # a platform's tags without a topic

    def is_reader_file(self, name: str, /) -> bool:
        """Return whether the file with this name in an archive contains readers."""
        ...

    def parse_header(self, header: Sequence[str], name: str, /) -> Sheet:
        """Parse the header of a file. Raises MissingColumnError, and ValueError with a message for the user."""
        ...


class OwnFormat:
    """A format for the program's own CSV files, described in docs/subscribers.md.

    ``columns`` maps columns whose names aren't recognised to a field (``columns.FIELDS``) or an attribute. ``status``
    is given to readers whose row has none.
    """

    def __init__(
        self,
        *,
        topics: Topics,
        columns: Mapping[str, str] | None = None,
        status: SubscriberStatus = SubscriberStatus.CONFIRMED,
    ) -> None:
        self.undeclared: Counter[str] = Counter()
        self.unmapped: Counter[str] = Counter()
        self.status = status
        self._meant = columns or {}
        self._topics = topics
        self._slug = lru_cache(maxsize=10_000)(lambda name: topics.resolve(name).slug)
        self._declared = {topic.slug for topic in topics}

    def is_reader_file(self, _name: str, /) -> bool:
        """Return false: these files are not imported from archives."""
        return False

    def parse_header(self, header: Sequence[str], _name: str, /) -> "_OwnSheet":
        """Parse a header, with the meanings that ``columns`` adds."""
        return _OwnSheet(self, columns_of(header, self._meant))

    def slugs(self, cell: str) -> tuple[str, ...]:
        """Return the slugs of topics, given by name, slug or alias and separated by semicolons.

        Without a semicolon, the cell is one topic if it is declared, and separated by commas otherwise.
        """
        if ";" in cell:
            names = cell.split(";")
        elif "," in cell and not self._topics.resolve(cell).declared:
            names = cell.split(",")
        else:
            names = [cell]
        return tuple(sorted({self._slug(name) for name in names if name and not name.isspace()}))

    def count(self, topics: Sequence[str]) -> None:
        """Count topics that newsletter.toml does not declare."""
        for topic in topics:
            if topic not in self._declared:
                self.undeclared[topic] += 1


class _OwnSheet:
    def __init__(self, csv_format: OwnFormat, columns: Columns) -> None:
        self.names, self.meanings = columns.names, columns.meanings
        self._format = csv_format
        self._columns = columns

    def read_row(self, cells: Sequence[str]) -> ImportedReader:
        (
            email, first_name, last_name, name, topics, excluded, status, language, zone,
            suppressed, frequency, paused_until, since, consents,
        ) = self._columns.values(cells)  # fmt: skip
        if name:
            first_name, last_name = cell_values.names(name, first_name, last_name)
        followed, excludes = self._format.slugs(topics), self._format.slugs(excluded)
        reader = Subscriber(
            address=cell_values.address(email),
            first_name=first_name,
            last_name=last_name,
            status=cell_values.status(status) if status else self._format.status,
            topics=tuple(topic for topic in followed if topic not in excludes) if excludes else followed,
            excludes=excludes,
            language=cell_values.language(language) if language else "",
            time_zone=cell_values.zone(zone) if zone else "",
            frequency=cell_values.frequency(frequency) if frequency else Frequency.EACH,
            paused_until=cell_values.moment(paused_until) if paused_until else None,
            created=cell_values.moment(since) if since else None,
            attributes=self._columns.attribute_values(cells),
        )
        details = NOTHING
        if suppressed or frequency or consents:
            details = ImportedDetails(
                suppressed=cell_values.suppressed(suppressed) if suppressed else None,
                consents=cell_values.consents(consents) if consents else (),
                frequency=reader.frequency if frequency else None,
            )
        self._format.count(reader.topics + reader.excludes)
        return ImportedReader(reader=reader, details=details)
