"""Files of the rows that an import refused, to fix and import again."""

import csv
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from newsletter.files import library_errors
from newsletter.files.atomic_write import UnfinishedFile
from newsletter.subscriber_files.columns import REFUSED, quoted
from newsletter.subscriber_files.input_files import RefusedRowsError
from newsletter.subscriber_files.reader import RejectedRow


@dataclass(slots=True)
class RejectedRowFiles:
    """A set of files for refused rows. The first has the requested name; rows with other columns get numbered files."""

    path: Path
    paths: list[Path] = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)
    _files: list[tuple[UnfinishedFile, TextIOWrapper]] = field(default_factory=list)
    _writers: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def __call__(self, row: RejectedRow) -> None:
        """Write a row. Raises SubscriberFileError if it can't be written."""
        with self._translated("nothing was imported"):
            writer = self._writers.get(row.columns) or self._begin_file(row.columns)
            about = (row.line, quoted(row.reason), quoted(row.source.name))
            writer.writerow([*about, *map(quoted, row.cells)])

    def _begin_file(self, columns: tuple[str, ...]) -> Any:  # the csv module does not name the type
        """Begin the file for rows with these columns and return its writer. Raise OSError."""
        number = len(self.paths) + 1
        path = self.path if number == 1 else self.path.with_name(f"{self.path.stem}-{number}{self.path.suffix}")
        unfinished = self._stack.enter_context(UnfinishedFile(path, private=True))
        file = TextIOWrapper(unfinished.file, encoding="utf-8-sig", newline="")
        self._files.append((unfinished, file))
        self.paths.append(path)
        writer = self._writers[columns] = csv.writer(file)
        writer.writerow([*REFUSED, *map(quoted, columns)])
        return writer

    def finish(self) -> None:
        """Give the files their names. Raises SubscriberFileError if one can't be written."""
        with self._translated("the import itself has finished"):
            for unfinished, file in self._files:
                file.flush()
                unfinished.replace()

    def close(self) -> None:
        """Delete the files that didn't get their names."""
        self._stack.close()

    @contextmanager
    def _translated(self, outcome: str) -> Iterator[None]:
        try:
            yield
        except OSError as err:  # converted here, or it would be taken for an error of the imported file
            raise RefusedRowsError(path=self.path, why=library_errors.of_system(err), outcome=outcome) from err


@contextmanager
def rejected_row_files(path: Path) -> Iterator[RejectedRowFiles]:
    """Yield a ``refuse`` callback for ``import_readers`` that writes every refused row to a CSV file.

    The file is created only if a row was refused and the import finished. It has the columns of the imported file, plus
    line numbers and reasons, so it can be imported once its rows are fixed. Raises SubscriberFileError if it can't be
    written.
    """
    with closing(RejectedRowFiles(path)) as files:
        yield files
        files.finish()
