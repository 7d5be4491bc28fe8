"""The lines that an import refused, as a file to mend and import again."""

import csv
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from newsletter.errors import Place
from newsletter.subscriber_files.cells import REFUSED, quoted
from newsletter.subscriber_files.reading import Refusal, SubscriberFileError


@contextmanager
def refusals_file(path: Path) -> Iterator[Callable[[Refusal], None]]:
    """What to give to ``import_csv`` as ``refuse``, to have every refused line in a CSV file, its number and why.

    There is a file only if a line was refused and the import came to its end. It has the columns of the imported one,
    so it can be imported itself once its lines are mended. Raises SubscriberFileError where it cannot be written.
    """
    unfinished = path.with_name(f"{path.name}.part")
    with ExitStack() as stack:
        writer = None

        def write(refusal: Refusal) -> None:
            nonlocal writer
            try:
                if writer is None:
                    writer = csv.writer(stack.enter_context(unfinished.open("w", encoding="utf-8-sig", newline="")))
                    writer.writerow([*REFUSED, *map(quoted, refusal.columns)])
                writer.writerow([refusal.line, quoted(refusal.reason), *map(quoted, refusal.cells)])
            except OSError as err:  # named here, or it would be taken for one of the imported file
                what = f"the refused lines cannot be written: {err.strerror}"
                mend = "name another file with --refused; nothing was imported"
                raise SubscriberFileError(what, mend=mend, place=Place(path=str(path))) from err

        try:
            yield write
        except BaseException:
            stack.close()
            unfinished.unlink(missing_ok=True)
            raise
    if writer is not None:
        unfinished.replace(path)
