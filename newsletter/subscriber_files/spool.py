"""Readers on their way from files to the store: all files are read, and may fail, before the first reader is stored."""

import pickle
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from newsletter.domain.subscriber import Subscriber
from newsletter.store import Aside
from newsletter.subscriber_files.input_files import SubscriberFileError

Piece = tuple[list[Subscriber], dict[str, Aside]]  # readers, and by address key what else is said of them
_IN_MEMORY = 4 * 1024 * 1024  # octets


class Spool:
    """Pieces of an import, in the order in which they were added; on the disk where they are many.

    The file has no name, so nothing of it is left, whatever happens to the process.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  closed by __exit__
        self._pieces = 0
        self.size = 0

    def add(self, piece: Piece) -> None:
        """Keep a piece. Raises SubscriberFileError where the disk has no room."""
        try:
            pickle.dump(piece, self._file, pickle.HIGHEST_PROTOCOL)
        except OSError as err:
            raise SubscriberFileError(
                f"a temporary file in {tempfile.gettempdir()} cannot be written: {err.strerror}; nothing was imported",
                hint="make room there, or name another folder in TMPDIR",
            ) from err
        self._pieces += 1
        self.size += len(piece[0])

    def __iter__(self) -> Iterator[Piece]:
        self._file.seek(0)
        for _ in range(self._pieces):
            yield pickle.load(self._file)  # noqa: S301  our own, in a file that nobody else can open

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
