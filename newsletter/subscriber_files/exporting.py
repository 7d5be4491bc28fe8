"""Export of the stored readers to a CSV file that can be imported again."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime

from newsletter.domain.addresses import address_key
from newsletter.domain.segment import Segment
from newsletter.domain.subscriber import SubscriberStatus
from newsletter.store import Store
from newsletter.subscriber_files.cell_values import consents_cell
from newsletter.subscriber_files.columns import attribute_column, quoted

_COLUMNS = (
    "email", "first_name", "last_name", "status", "language", "time_zone", "topics", "excluded_topics", "suppressed",
    "frequency", "paused_until", "since", "consents",
)  # fmt: skip


def export_lines(
    store: Store,
    *,
    segment: Segment | None = None,
    status: SubscriberStatus | None = None,
    now: datetime | None = None,
) -> Iterator[str]:
    """Yield the header and then each reader as CSV (RFC 4180), in the order of the store.

    A ``segment`` has the readers for whom its rule holds ``now``. Importing the lines into an empty store restores the
    same readers, except for their ids and keys.
    """
    attributes = sorted(store.subscribers.attributes())
    suppressed = {suppression.address_key: suppression.reason for suppression in store.suppressions.stream()}
    yield _line([*_COLUMNS, *(quoted(attribute_column(name)) for name in attributes)])
    for reader, consents in store.subscribers.stream_with_consents(segment=segment, status=status, now=now):
        cells = (
            reader.address,
            reader.first_name,
            reader.last_name,
            reader.status,
            reader.language,
            reader.time_zone,
            ";".join(reader.topics),
            ";".join(reader.excludes),
            suppressed.get(address_key(reader.address), ""),
            reader.frequency,
            reader.paused_until.isoformat() if reader.paused_until else "",
            reader.created.isoformat() if reader.created else "",
            consents_cell(consents),
            *(reader.attributes.get(name, "") for name in attributes),
        )
        yield _line([quoted(cell) for cell in cells])


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue()
