"""A buffer between files and the store: all files are read, and may fail, before the first reader is stored."""

import pickle
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from newsletter.domain.subscriber import Subscriber
from newsletter.files import library_errors
from newsletter.store import ImportedDetails
from newsletter.subscriber_files.input_files import SubscriberFileError

Piece = tuple[list[Subscriber], dict[str, ImportedDetails]]  # readers, and by address key their further values
_IN_MEMORY = 4 * 1024 * 1024  # octets


class Spool:
    """A queue of the batches of an import, in memory or, if they are large, on disk.

    The temporary file has no name, so the system removes it even if the process is killed.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  closed by __exit__
        self._pieces = 0
        self.size = 0

    def add(self, piece: Piece) -> None:
        """Add a batch. Raises SubscriberFileError if the disk is full."""
        try:
            pickle.dump(piece, self._file, pickle.HIGHEST_PROTOCOL)
        except OSError as err:
            why = library_errors.of_system(err)
            raise SubscriberFileError(
                f"a temporary file in {tempfile.gettempdir()} can't be written: {why}; nothing was imported",
                hint="free space there, or set TMPDIR to another folder",
            ) from err
        self._pieces += 1
        self.size += len(piece[0])

    def __iter__(self) -> Iterator[Piece]:
        self._file.seek(0)
        for _ in range(self._pieces):
            yield pickle.load(self._file)  # noqa: S301  we wrote it, to a file that nobody else can open

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
