"""Import and export of suppressed addresses: CSV with a header, or one address per line."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

from newsletter.domain.addresses import parse_address
from newsletter.domain.subscriber import SuppressionReason
from newsletter.errors import Place
from newsletter.files import library_errors
from newsletter.store import Store
from newsletter.subscriber_files import cell_values
from newsletter.subscriber_files.columns import FIELDS, Columns, columns_of, quoted
from newsletter.subscriber_files.input_files import SubscriberFileError
from newsletter.tokens import Signer

_COLUMNS = ("email", "suppressed", "since")


def export_suppressions(store: Store, target: TextIO) -> int:
    """Write all suppressions as CSV and return their number."""
    writer = csv.writer(target)
    writer.writerow(_COLUMNS)
    written = 0
    for suppression in store.suppressions.stream():
        since = suppression.since.isoformat(timespec="seconds")
        writer.writerow([quoted(suppression.address_key), suppression.reason.value, since])
        written += 1
    return written


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionImport:
    """A summary of an import of suppressions: the numbers of rows, of new suppressions and of refused rows."""

    rows: int
    new: int
    refused: int


def import_suppressions(
    store: Store,
    path: Path,
    *,
    reason: SuppressionReason,
    signer: Signer | None,
    now: datetime,
    refuse: Callable[[int, str], object],
) -> SuppressionImport:
    """Suppress the addresses in a file; importing it again changes nothing.

    ``reason`` and ``now`` are the defaults for rows without them. ``signer`` recognises addresses that were erased on
    request, which are not stored. ``refuse`` is called with the line and the reason of each row without a valid
    address. Raise SubscriberFileError if the file can't be read or has no column of addresses; then nothing is
    imported. Raise StoreError; then importing the file again completes it.
    """
    refused = 0

    def count_refused(line: int, why: str) -> None:
        nonlocal refused
        refused += 1
        refuse(line, why)

    file = _SuppressionFile(path, reason=reason, now=now, refuse=count_refused)
    new = store.suppressions.merge(list(file), fingerprints=signer.fingerprints if signer else None)
    return SuppressionImport(rows=file.rows, new=new, refused=refused)


class _SuppressionFile:
    """An iterator over the suppressions in a file: address, reason and date.

    ``reason`` and ``now`` are the defaults for rows without them. Rows without a valid address go to ``refuse``, with
    the reason. Raises SubscriberFileError if the file can't be read or has no column of addresses.
    """

    def __init__(
        self, path: Path, *, reason: SuppressionReason, now: datetime, refuse: Callable[[int, str], object]
    ) -> None:
        self.rows = 0
        self._path, self._reason, self._now, self._refuse = path, reason, now, refuse

    def __iter__(self) -> Iterator[tuple[str, SuppressionReason, datetime]]:
        try:
            with self._path.open(encoding="utf-8-sig", newline="") as file:
                yield from self._read(file)
        except OSError as err:
            what = f"can't be read: {library_errors.of_system(err)}"
            raise SubscriberFileError(what, place=Place(path=str(self._path))) from err
        except (UnicodeDecodeError, csv.Error) as err:
            what = "not UTF-8" if isinstance(err, UnicodeDecodeError) else "not CSV"
            hint = 'save it as UTF-8; a spreadsheet calls that "CSV UTF-8"'
            raise SubscriberFileError(what, hint=hint, place=Place(path=str(self._path))) from err

    def _read(self, file: TextIO) -> Iterator[tuple[str, SuppressionReason, datetime]]:
        rows = csv.reader(file)
        columns: Columns | None = None
        for cells in rows:
            if columns is None:
                columns, is_header = self._columns(cells)
                if is_header:
                    continue
            if not any(cells):
                continue
            self.rows += 1
            try:
                yield self._suppression(columns, cells)
            except ValueError as err:
                self._refuse(rows.line_num, str(err))

    def _columns(self, first: list[str]) -> tuple[Columns, bool]:
        """Return the columns and whether the first line is a header; a line with an address is not."""
        if any("@" in cell for cell in first):
            return columns_of(["email"], {}), False
        try:
            return columns_of(first, {}), True
        except ValueError as err:
            place = Place(path=str(self._path), line=1)
            raise SubscriberFileError(str(err), hint="name the columns email, suppressed, since", place=place) from err

    def _suppression(self, columns: Columns, cells: list[str]) -> tuple[str, SuppressionReason, datetime]:
        row = dict(zip(FIELDS, columns.values(cells), strict=True))
        reason = cell_values.suppressed(row["suppressed"]) if row["suppressed"] else self._reason
        since = cell_values.moment(row["since"]) if row["since"] else self._now
        return parse_address(row["email"]), reason, since
