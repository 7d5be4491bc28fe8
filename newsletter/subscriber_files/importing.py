"""A file of readers into the store: all of it, in one transaction, or nothing."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from newsletter.audience import Subscriber, SubscriberStatus, SuppressionReason
from newsletter.errors import Place
from newsletter.issue import Topics
from newsletter.store import Store
from newsletter.subscriber_files.reading import Refusal, SubscriberFileError, SubscriberReader
from newsletter.tokens import Signer

BATCH = 2000  # readers merged at once
SHOWN = 20  # refusals that the report itself has


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an import is: rows and bytes read, of how many bytes."""

    rows: int
    bytes_read: int
    bytes_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did with each row; ``refusals`` has the first of the ``refused``.

    ``kept_away`` are readers who had left, are suppressed or were erased at their wish, and stay so; ``repeated`` rows
    are of a reader who came before in the file. ``undeclared`` counts topics, by slug, that newsletter.toml does not
    know; they are followed or excluded all the same.
    """

    rows: int
    added: int
    changed: int
    unchanged: int
    kept_away: int
    repeated: int
    refused: int
    refusals: tuple[Refusal, ...]
    undeclared: Mapping[str, int]


def import_csv(
    store: Store,
    path: Path,
    *,
    topics: Topics,
    columns: Mapping[str, str] | None = None,
    status: SubscriberStatus = SubscriberStatus.CONFIRMED,
    signer: Signer | None = None,
    refuse: Callable[[Refusal], None] = lambda _: None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> ImportReport:
    """Import the readers of a file.

    ``columns`` says, where the header does not, what a column is: a field (``cells.FIELDS``) or an attribute's name.
    ``status`` is that of readers of whom the file says none. ``signer`` knows readers who were erased at their wish; it
    is needed where there are any (``store.erasures.key_ids``). ``refuse`` is given each refused line as it is met;
    ``progress`` is called after each batch. Raises SubscriberFileError, StoreError; then nothing was imported.
    """
    refusals: list[Refusal] = []
    refused = 0

    def note(refusal: Refusal) -> None:
        nonlocal refused
        refused += 1
        if len(refusals) < SHOWN:
            refusals.append(refusal)
        refuse(refusal)

    try:
        with path.open("rb") as file:
            total = path.stat().st_size
            reader = SubscriberReader(file, path, topics=topics, columns=columns or {}, status=status, refuse=note)
            suppressed: dict[str, SuppressionReason] = {}

            def batches() -> Iterator[list[Subscriber]]:
                for batch in _batches(reader, suppressed):
                    yield batch
                    progress(Progress(rows=reader.rows, bytes_read=file.tell(), bytes_total=total))

            fingerprints = signer.fingerprints if signer else None
            counts = store.subscribers.merge(batches(), suppressed=suppressed, fingerprints=fingerprints)
    except OSError as err:
        raise SubscriberFileError(f"cannot be read: {err.strerror or err}", place=Place(path=str(path))) from err
    return ImportReport(
        rows=reader.rows,
        added=counts.added,
        changed=counts.changed,
        unchanged=counts.unchanged,
        kept_away=counts.kept_away,
        repeated=counts.repeated,
        refused=refused,
        refusals=tuple(refusals),
        undeclared=dict(reader.undeclared),
    )


def _batches(reader: SubscriberReader, suppressed: dict[str, SuppressionReason]) -> Iterator[list[Subscriber]]:
    """Lists of readers; ``suppressed`` always has the reasons of the list at hand."""
    batch: list[Subscriber] = []
    for subscriber, reason in reader:
        batch.append(subscriber)
        if reason is not None:
            suppressed[subscriber.address.casefold()] = reason
        if len(batch) == BATCH:
            yield batch
            batch = []
            suppressed.clear()
    if batch:
        yield batch
