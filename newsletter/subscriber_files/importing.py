"""Import of reader files: all are read first, then merged in batches, so that other processes can write in between."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from newsletter.domain.addresses import address_key
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import StoreError
from newsletter.store import ImportedDetails, MergeCounts
from newsletter.subscriber_files.csv_format import NOTHING, CsvFormat, ImportedReader
from newsletter.subscriber_files.file_encodings import FileEncoding
from newsletter.subscriber_files.input_files import InputFile, input_files
from newsletter.subscriber_files.reader import RejectedRow, SubscriberReader
from newsletter.subscriber_files.spool import Piece, Spool
from newsletter.tokens import Signer

BATCH = 1000  # readers merged in one transaction
_READING = 0.3  # reading's share of the work of an import


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProgress:
    """A report on a running import: rows read, rows merged, and the share of the work that is done (1 at the end)."""

    read: int
    merged: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """A report on a finished import, with counts of rows.

    ``kept_away`` counts readers who unsubscribed, are suppressed or had their data deleted, and stay that way.
    ``repeated`` counts rows for readers who occurred earlier in the files. ``statuses`` counts valid rows by status,
    or by the reason of a suppression. ``undeclared`` counts topics, by slug, that newsletter.toml does not declare;
    readers follow or exclude them anyway. ``unmapped`` counts a platform's tags without a topic.
    """

    rows: int
    added: int
    changed: int
    unchanged: int
    kept_away: int
    repeated: int
    refused: int
    statuses: Mapping[str, int]
    undeclared: Mapping[str, int]
    unmapped: Mapping[str, int]


class IncompleteImportError(StoreError):
    """An import that the database stopped after ``imported`` of the ``readers`` in the files; ``why`` is the reason."""

    code = "import-incomplete"

    def __init__(self, *, imported: int, readers: int, why: str) -> None:
        self.imported, self.readers, self.why = imported, readers, why
        super().__init__(
            f"{why}; {imported:,} of {readers:,} readers were imported",
            hint="import the same files again; readers that are already stored don't change",
        )


class MergeReaders(Protocol):
    """A function like ``Store.subscribers.merge``, or like ``rehearse``, which changes nothing."""

    def __call__(
        self,
        batches: Iterable[Sequence[Subscriber]],
        *,
        now: datetime,
        details: Mapping[str, ImportedDetails],
        fingerprints: Callable[[str], Iterable[tuple[str, str]]] | None,
    ) -> MergeCounts:
        """Merge all batches and return the counts."""
        ...


def import_readers(
    merge: MergeReaders,
    paths: Sequence[Path],
    csv_format: CsvFormat,
    *,
    now: datetime,
    signer: Signer | None = None,
    encoding: FileEncoding = FileEncoding.UTF_8,
    refuse: Callable[[RejectedRow], None] = lambda _: None,
    progress: Callable[[ImportProgress], None] = lambda _: None,
) -> ImportReport:
    """Import readers from files of the same format with ``merge``, as added ``now``, and return a report.

    ``signer`` recognises readers who had their data deleted; it is required if there are any
    (``store.erasures.key_ids``). ``refuse`` is called with each refused row, ``progress`` after each batch is read and
    after each is merged. Raises SubscriberFileError, before anything is imported, if a file can't be read. Raises
    StoreError if the database fails, IncompleteImportError once readers have been imported.
    """
    refused = 0

    def note(row: RejectedRow) -> None:
        nonlocal refused
        refused += 1
        refuse(row)

    details: dict[str, ImportedDetails] = {}
    files = _Files(input_files(paths, csv_format.is_reader_file), csv_format, note, encoding)
    with Spool() as spool:
        for piece in files.pieces(progress):
            spool.add(piece)
        merged = 0

        def batches() -> Iterator[list[Subscriber]]:
            nonlocal merged
            for readers, about in spool:
                details.clear()
                details.update(about)
                yield readers
                merged += len(readers)
                share = _READING + (1 - _READING) * merged / spool.size
                progress(ImportProgress(read=files.rows, merged=merged, share=share))

        try:
            counts = merge(batches(), now=now, details=details, fingerprints=signer.fingerprints if signer else None)
        except StoreError as err:
            if not merged:
                raise
            raise IncompleteImportError(imported=merged, readers=spool.size, why=err.what) from err
    return ImportReport(
        rows=files.rows,
        added=counts.added,
        changed=counts.changed,
        unchanged=counts.unchanged,
        kept_away=counts.kept_away,
        repeated=counts.repeated,
        refused=refused,
        statuses=dict(files.statuses),
        undeclared=dict(csv_format.undeclared),
        unmapped=dict(csv_format.unmapped),
    )


class _Files:
    """An import's files, read one after the other."""

    def __init__(
        self,
        files: Sequence[InputFile],
        csv_format: CsvFormat,
        refuse: Callable[[RejectedRow], None],
        encoding: FileEncoding,
    ) -> None:
        self.rows = 0
        self.statuses: Counter[str] = Counter()
        self._files = files
        self._format = csv_format
        self._refuse = refuse
        self._encoding = encoding

    def pieces(self, progress: Callable[[ImportProgress], None]) -> Iterator[Piece]:
        """Yield batches of readers, each with a mapping from address keys to their further values."""
        total, before = sum(file.size for file in self._files), 0
        for source in self._files:
            with source.open() as file:
                reader = SubscriberReader(file, source, self._format, self._refuse, self._encoding)
                rows = self.rows
                for piece in _pieces(self._counted(reader)):
                    self.rows = rows + reader.rows
                    yield piece
                    share = _READING * min(1, (before + file.tell()) / max(1, total))
                    progress(ImportProgress(read=self.rows, merged=0, share=share))
                self.rows = rows + reader.rows
            before += source.size

    def _counted(self, arrivals: Iterable[ImportedReader]) -> Iterator[ImportedReader]:
        for imported in arrivals:
            self.statuses[imported.details.suppressed or imported.reader.status] += 1
            yield imported


def _pieces(arrivals: Iterable[ImportedReader]) -> Iterator[Piece]:
    piece: Piece = ([], {})
    for imported in arrivals:
        readers, details = piece
        readers.append(imported.reader)
        if imported.details is not NOTHING:
            key = address_key(imported.reader.address)
            details[key] = details[key].joined(imported.details) if key in details else imported.details
        if len(readers) == BATCH:
            yield piece
            piece = ([], {})
    if piece[0]:
        yield piece
