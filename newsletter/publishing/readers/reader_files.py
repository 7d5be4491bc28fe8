"""Importing readers from files and exporting them, as the command line and the studio do."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from newsletter import bootstrap
from newsletter.domain.people import Act, Person, require
from newsletter.domain.segment import Segment
from newsletter.domain.subscriber import SubscriberStatus
from newsletter.publishing.readers.reader_requests import known_reader
from newsletter.publishing.readers.readers import note_change
from newsletter.store import Store
from newsletter.subscriber_files import (
    CsvFormat,
    FileEncoding,
    ImportProgress,
    ImportReport,
    RejectedRow,
    export_lines,
    import_readers,
)
from newsletter.subscriptions import stored_about


def import_reader_files(
    store: Store,
    person: Person,
    files: Sequence[Path],
    csv_format: CsvFormat,
    *,
    now: datetime,
    dry_run: bool = False,
    encoding: FileEncoding = FileEncoding.UTF_8,
    refuse: Callable[[RejectedRow], None] = lambda _: None,
    progress: Callable[[ImportProgress], None] = lambda _: None,
) -> ImportReport:
    """Import readers from files as ``import_readers`` does, and note it in the audit log; a dry run changes nothing.

    Raise what ``import_readers`` raises, and SettingsError if a secret is missing that recognises erased readers.
    """
    require(person, Act.IMPORT_READERS)
    names = ", ".join(path.name for path in files)

    def note(what: str, **detail: object) -> None:
        if not dry_run:
            store.audit.add(
                person, Act.IMPORT_READERS, "readers", now=now, detail={"what": what, "file": names, **detail}
            )

    signer = bootstrap.signer_of_erasures(store)
    note("import begun")
    report = import_readers(
        store.subscribers.rehearse if dry_run else store.subscribers.merge,
        files,
        csv_format,
        now=now,
        signer=signer,
        encoding=encoding,
        refuse=refuse,
        progress=progress,
    )
    note("import finished", rows=report.rows, added=report.added, changed=report.changed, refused=report.refused)
    return report


def export_readers(
    store: Store,
    person: Person,
    *,
    now: datetime,
    segment: Segment | None = None,
    status: SubscriberStatus | None = None,
) -> Iterator[str]:
    """Return readers as lines of CSV, the header first, and note it in the audit log."""
    require(person, Act.EXPORT_READERS)
    of = {"segment": segment.slug if segment else "", "status": status.value if status else ""}
    detail = {"what": "exported", **{name: value for name, value in of.items() if value}}
    store.audit.add(person, Act.EXPORT_READERS, "readers", now=now, detail=detail)
    return export_lines(store, segment=segment, status=status, now=now)


def export_reader(store: Store, person: Person, key: str, *, now: datetime) -> dict[str, Any]:
    """Return everything that is stored about a reader, as JSON values for them to keep. Raise ReaderGoneError."""
    require(person, Act.EXPORT_READERS)
    reader = known_reader(store, key)
    note_change(store, person, Act.EXPORT_READERS, reader, "data downloaded", now=now)
    return stored_about(store, reader)
