"""The lines that an import refused, as files to fix and import again."""

import csv
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from newsletter.errors import Place
from newsletter.files.private_files import new_private_file
from newsletter.subscriber_files.columns import REFUSED, quoted
from newsletter.subscriber_files.input_files import SubscriberFileError
from newsletter.subscriber_files.reader import RejectedRow


@dataclass(slots=True)
class RefusalFiles:
    """Where refused lines go: the first file is the one that was asked for, others have other columns."""

    path: Path
    paths: list[Path] = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)
    _writers: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def __call__(self, refusal: RejectedRow) -> None:
        """Write a line. Raises SubscriberFileError where it cannot be written."""
        try:
            writer = self._writers.get(refusal.columns) or self._begun(refusal.columns)
            about = (refusal.line, quoted(refusal.reason), quoted(refusal.source.name))
            writer.writerow([*about, *map(quoted, refusal.cells)])
        except OSError as err:  # named here, or it would be taken for one of the imported file
            what = f"the refused lines cannot be written: {err.strerror}"
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
        """Write what is still to be written."""
        self._stack.close()


@contextmanager
def refusals_files(path: Path) -> Iterator[RefusalFiles]:
    """What to give to ``import_readers`` as ``refuse``, to have every refused line in a CSV file, its number and why.

    There is a file only if a line was refused and the import came to its end. It has the columns of the imported one,
    so it can be imported itself once its lines are fixed. Raises SubscriberFileError where it cannot be written.
    """
    files = RefusalFiles(path)
    try:
        yield files
    except BaseException:
        files.close()
        for one in files.paths:
            _part(one).unlink(missing_ok=True)
        raise
    files.close()
    for one in files.paths:
        _part(one).replace(one)


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")
