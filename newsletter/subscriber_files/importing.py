"""Files of readers into the store: read as a whole first, then merged in pieces, so that nobody waits for an import."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from newsletter.domain.addresses import address_key
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import StoreError
from newsletter.store import Aside, MergeCounts
from newsletter.subscriber_files.csv_format import NOTHING, Arrival, CsvFormat
from newsletter.subscriber_files.input_files import InputFile, sources
from newsletter.subscriber_files.reader import RejectedRow, SubscriberReader
from newsletter.subscriber_files.spool import Piece, Spool
from newsletter.tokens import Signer

BATCH = 1000  # readers merged in one transaction
_READING = 0.3  # share of the work of an import
SHOWN = 20  # refusals that the report itself has


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an import is: rows read, rows merged, and how much of the work is done (1 is all)."""

    read: int
    merged: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did with each row; ``refusals`` has the first of the ``refused``.

    ``kept_away`` are readers who had left, are suppressed or were erased at their wish, and stay so; ``repeated`` rows
    are of a reader who came before in the files. ``standings`` counts the rows that are readers by what they say: a
    status, or why the address is suppressed. ``undeclared`` counts topics, by slug, that newsletter.toml does not know;
    they are followed or excluded all the same. ``unmapped`` counts a platform's tags that are no topic.
    """

    rows: int
    added: int
    changed: int
    unchanged: int
    kept_away: int
    repeated: int
    refused: int
    refusals: tuple[RejectedRow, ...]
    standings: Mapping[str, int]
    undeclared: Mapping[str, int]
    unmapped: Mapping[str, int]


class Merge(Protocol):
    """``Store.subscribers.merge``, or ``rehearse``, which changes nothing."""

    def __call__(
        self,
        batches: Iterable[Sequence[Subscriber]],
        *,
        asides: Mapping[str, Aside],
        fingerprints: Callable[[str], Iterable[tuple[str, str]]] | None,
    ) -> MergeCounts:
        """Take all batches."""
        ...


def import_readers(
    merge: Merge,
    paths: Sequence[Path],
    form: CsvFormat,
    *,
    signer: Signer | None = None,
    refuse: Callable[[RejectedRow], None] = lambda _: None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> ImportReport:
    """Import the readers of files, which are of one form, by ``store.subscribers.merge``.

    ``signer`` knows readers who were erased at their wish; it is needed where there are any
    (``store.erasures.key_ids``). ``refuse`` is given each refused line as it is met; ``progress`` is called after each
    batch is read, and after each is merged. Raises SubscriberFileError where a file cannot be read: nothing was
    imported. Raises StoreError where the database fails; it says how much was imported before.
    """
    refusals: list[RejectedRow] = []
    refused = 0

    def note(refusal: RejectedRow) -> None:
        nonlocal refused
        refused += 1
        if len(refusals) < SHOWN:
            refusals.append(refusal)
        refuse(refusal)

    asides: dict[str, Aside] = {}
    files = _Files(sources(paths, form.takes), form, note)
    with Spool() as spool:
        for piece in files.pieces(progress):
            spool.add(piece)
        merged = 0

        def batches() -> Iterator[list[Subscriber]]:
            nonlocal merged
            for readers, about in spool:
                asides.clear()
                asides.update(about)
                yield readers
                merged += len(readers)
                progress(
                    Progress(read=files.rows, merged=merged, share=_READING + (1 - _READING) * merged / spool.size)
                )

        try:
            counts = merge(batches(), asides=asides, fingerprints=signer.fingerprints if signer else None)
        except StoreError as err:
            if not merged:
                raise
            raise type(err)(
                f"{err.what}; {merged:,} of {spool.size:,} readers are imported",
                hint="import the same files again: those that are in already stay as they are",
            ) from err
    return ImportReport(
        rows=files.rows,
        added=counts.added,
        changed=counts.changed,
        unchanged=counts.unchanged,
        kept_away=counts.kept_away,
        repeated=counts.repeated,
        refused=refused,
        refusals=tuple(refusals),
        standings=dict(files.standings),
        undeclared=dict(form.undeclared),
        unmapped=dict(form.unmapped),
    )


class _Files:
    """All files, one after the other."""

    def __init__(self, files: Sequence[InputFile], form: CsvFormat, refuse: Callable[[RejectedRow], None]) -> None:
        self.rows = 0
        self.standings: Counter[str] = Counter()
        self._files = files
        self._form = form
        self._refuse = refuse

    def pieces(self, progress: Callable[[Progress], None]) -> Iterator[Piece]:
        """Readers, some at a time, and by address key what else is said of them."""
        total, before = sum(one.size for one in self._files), 0
        for source in self._files:
            with source.open() as file:
                reader = SubscriberReader(file, source, self._form, self._refuse)
                rows = self.rows
                for piece in _pieces(self._counted(reader)):
                    self.rows = rows + reader.rows
                    yield piece
                    share = _READING * min(1, (before + file.tell()) / max(1, total))
                    progress(Progress(read=self.rows, merged=0, share=share))
                self.rows = rows + reader.rows
            before += source.size

    def _counted(self, arrivals: Iterable[Arrival]) -> Iterator[Arrival]:
        for arrival in arrivals:
            self.standings[arrival.aside.suppressed or arrival.reader.status] += 1
            yield arrival


def _pieces(arrivals: Iterable[Arrival]) -> Iterator[Piece]:
    piece: Piece = ([], {})
    for arrival in arrivals:
        readers, asides = piece
        readers.append(arrival.reader)
        if arrival.aside is not NOTHING:
            key = address_key(arrival.reader.address)
            asides[key] = asides[key].joined(arrival.aside) if key in asides else arrival.aside
        if len(readers) == BATCH:
            yield piece
            piece = ([], {})
    if piece[0]:
        yield piece
