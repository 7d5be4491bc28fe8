"""The files of an import: CSV files as they are, and those of readers in a zip archive."""

import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from newsletter.errors import NewsletterError, Place
from newsletter.files import library_errors
from newsletter.subscriber_files.columns import listed

_ENCRYPTED = 0x1  # of the flags of an archive's file (APPNOTE.TXT 4.4.4)


class SubscriberFileError(NewsletterError):
    """A file of readers as a whole cannot be read; nothing of it was imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """A file of readers: where it is (``archive.zip/file.csv`` in an archive), and how many bytes it has."""

    path: str
    size: int
    archive: Path | None = None
    member: str = ""

    @property
    def name(self) -> str:
        """Its own name, without folders."""
        return PurePosixPath(self.member or Path(self.path).as_posix()).name

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Raises SubscriberFileError where it cannot be read; also for what goes wrong while it is."""
        try:
            if self.archive is None:
                with Path(self.path).open("rb") as file:
                    yield file
            else:
                with zipfile.ZipFile(self.archive) as archive, archive.open(self.member) as compressed:
                    yield compressed  # type: ignore[misc]  # it is an IO[bytes] that reads, tells and seeks
        except OSError as err:
            what = f"can't be read: {library_errors.of_system(err)}"
            raise SubscriberFileError(what, place=Place(path=self.path)) from err
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as err:
            what = "the archive is damaged, or packed in a way that can't be read here"
            hint = "download it again, or unpack it and name the files"
            raise SubscriberFileError(what, hint=hint, place=Place(path=self.path)) from err


def sources(paths: Sequence[Path], takes: Callable[[str], bool]) -> list[InputFile]:
    """The files of readers: each path, or what there is for ``takes`` in one that is an archive."""
    found: list[InputFile] = []
    for path in paths:
        try:
            if path.is_file() and zipfile.is_zipfile(path):
                found += _in_archive(path, takes)
            else:
                found.append(InputFile(path=str(path), size=path.stat().st_size))
        except (OSError, zipfile.BadZipFile) as err:
            reason = library_errors.of_system(err) if isinstance(err, OSError) else "the archive is damaged"
            raise SubscriberFileError(f"can't be read: {reason}", place=Place(path=str(path))) from err
    return found


def _in_archive(path: Path, takes: Callable[[str], bool]) -> list[InputFile]:
    with zipfile.ZipFile(path) as archive:
        files = [one for one in archive.infolist() if not one.is_dir()]
    readers = [one for one in files if takes(PurePosixPath(one.filename).name)]
    if not readers:
        there = listed([one.filename for one in files])
        raise SubscriberFileError(
            f"the archive has no file of readers that is known here; it has: {there or 'nothing'}",
            hint="say whose export it is with --from, or unpack it and name the file",
            place=Place(path=str(path)),
        )
    for one in readers:
        if one.flag_bits & _ENCRYPTED:
            raise SubscriberFileError(
                "the archive has a password", hint="unpack it and name the files", place=Place(path=str(path))
            )
    return [
        InputFile(path=f"{path}/{one.filename}", size=one.file_size, archive=path, member=one.filename)
        for one in readers
    ]
