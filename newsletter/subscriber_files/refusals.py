"""The lines that an import refused, as a file to mend and import again."""

import csv
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from newsletter.subscriber_files.cells import REFUSED, quoted
from newsletter.subscriber_files.reading import Refusal


@contextmanager
def refusals_file(path: Path) -> Iterator[Callable[[Refusal], None]]:
    """What to give to ``import_csv`` as ``refuse``, to have every refused line in a CSV file, its number and why.

    There is a file only if a line was refused and the import came to its end. It has the columns of the imported one,
    so it can be imported itself once its lines are mended.
    """
    unfinished = path.with_name(f"{path.name}.part")
    with ExitStack() as stack:
        writer = None

        def write(refusal: Refusal) -> None:
            nonlocal writer
            if writer is None:
                writer = csv.writer(stack.enter_context(unfinished.open("w", encoding="utf-8-sig", newline="")))
                writer.writerow([*REFUSED, *map(quoted, refusal.columns)])
            writer.writerow([refusal.line, quoted(refusal.reason), *map(quoted, refusal.cells)])

        try:
            yield write
        except BaseException:
            stack.close()
            unfinished.unlink(missing_ok=True)
            raise
    if writer is not None:
        unfinished.replace(path)
