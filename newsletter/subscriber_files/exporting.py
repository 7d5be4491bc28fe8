"""The store's readers as a file that an import takes."""

import csv
from typing import TextIO

from newsletter.domain.addresses import address_key
from newsletter.domain.subscriber import Segment, SubscriberStatus
from newsletter.store import Store
from newsletter.subscriber_files.cell_values import consents_cell
from newsletter.subscriber_files.columns import attribute_column, quoted

_COLUMNS = (
    "email", "first_name", "last_name", "status", "language", "time_zone", "topics", "excluded_topics", "suppressed",
    "frequency", "paused_until", "since", "consents",
)  # fmt: skip


def export_csv(
    store: Store, target: TextIO, *, segment: Segment | None = None, status: SubscriberStatus | None = None
) -> int:
    """Write readers as CSV (RFC 4180), by their order in the store; how many there were.

    ``target`` is open for text with ``newline=""``; write a file as ``utf-8-sig``, which spreadsheets know for UTF-8.
    An import of the file into an empty store gives the same readers, save their ids and keys.
    """
    attributes = sorted(store.subscribers.attributes())
    suppressed = {one.address_key: one.reason for one in store.suppressions.each()}
    writer = csv.writer(target)
    writer.writerow([*_COLUMNS, *(quoted(attribute_column(name)) for name in attributes)])
    written = 0
    for one, done in store.subscribers.each_recorded(segment=segment, status=status):
        cells = (
            one.address,
            one.first_name,
            one.last_name,
            one.status,
            one.language,
            one.time_zone,
            ";".join(one.topics),
            ";".join(one.excludes),
            suppressed.get(address_key(one.address), ""),
            one.frequency,
            one.paused_until.isoformat() if one.paused_until else "",
            one.created.isoformat() if one.created else "",
            consents_cell(done),
            *(one.attributes.get(name, "") for name in attributes),
        )
        writer.writerow([quoted(cell) for cell in cells])
        written += 1
    return written
