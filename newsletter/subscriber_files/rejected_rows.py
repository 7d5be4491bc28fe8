"""Files of the rows that an import refused, to fix and import again."""

import csv
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from newsletter.errors import Place
from newsletter.files import library_errors
from newsletter.files.private_files import new_private_file
from newsletter.subscriber_files.columns import REFUSED, quoted
from newsletter.subscriber_files.input_files import SubscriberFileError
from newsletter.subscriber_files.reader import RejectedRow


@dataclass(slots=True)
class RefusalFiles:
    """The files for refused rows. The first has the requested name; rows with other columns get numbered files."""

    path: Path
    paths: list[Path] = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)
    _writers: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def __call__(self, refusal: RejectedRow) -> None:
        """Write a row. Raises SubscriberFileError if it can't be written."""
        try:
            writer = self._writers.get(refusal.columns) or self._begun(refusal.columns)
            about = (refusal.line, quoted(refusal.reason), quoted(refusal.source.name))
            writer.writerow([*about, *map(quoted, refusal.cells)])
        except OSError as err:  # converted here, or it would be taken for an error of the imported file
            what = f"the refused rows can't be written: {library_errors.of_system(err)}"
            hint = "name another file with --refused; nothing was imported"
            raise SubscriberFileError(what, hint=hint, place=Place(path=str(self.path))) from err

    def _begun(self, columns: tuple[str, ...]) -> Any:  # the csv module does not name the type
        number = len(self.paths) + 1
        path = self.path if number == 1 else self.path.with_name(f"{self.path.stem}-{number}{self.path.suffix}")
        part = new_private_file(_part(path))
        file = self._stack.enter_context(TextIOWrapper(part, encoding="utf-8-sig", newline=""))
        self.paths.append(path)
        writer = self._writers[columns] = csv.writer(file)
        writer.writerow([*REFUSED, *map(quoted, columns)])
        return writer

    def close(self) -> None:
        """Write buffered rows and close the files."""
        self._stack.close()


@contextmanager
def refusals_files(path: Path) -> Iterator[RefusalFiles]:
    """Yield a ``refuse`` callback for ``import_readers`` that writes every refused row to a CSV file.

    The file is created only if a row was refused and the import finished. It has the columns of the imported file, plus
    line numbers and reasons, so it can be imported once its rows are fixed. Raises SubscriberFileError if it can't be
    written.
    """
    files = RefusalFiles(path)
    try:
        yield files
    except BaseException:
        files.close()
        for written in files.paths:
            _part(written).unlink(missing_ok=True)
        raise
    files.close()
    for written in files.paths:
        _part(written).replace(written)


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")
