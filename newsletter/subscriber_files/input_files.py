"""The input files of an import: CSV files, and the reader files in a zip archive."""

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

_OF_SPREADSHEETS = frozenset({"[Content_Types].xml", "content.xml"})  # xlsx (ECMA-376), ods
_ENCRYPTED = 0x1  # flag of a file in an archive (APPNOTE.TXT 4.4.4)


class SubscriberFileError(NewsletterError):
    """A reader file can't be read; nothing was imported."""

    code = "subscriber-file"


class SpreadsheetError(SubscriberFileError):
    """A spreadsheet instead of a CSV file."""

    code = "file-spreadsheet"

    def __init__(self, *, place: Place) -> None:
        super().__init__("the file is a spreadsheet", hint="export it as CSV UTF-8", place=place)


class NotUtf8Error(SubscriberFileError):
    """A file that isn't UTF-8, though nothing else was said."""

    code = "file-not-utf8"

    def __init__(self, what: str, *, place: Place) -> None:
        hint = 'save it as UTF-8, which a spreadsheet calls "CSV UTF-8", or say which encoding it has'
        super().__init__(what, hint=hint, place=place)


class TooManyColumnsError(SubscriberFileError):
    """A file whose header has more columns than an import accepts."""

    code = "columns-too-many"

    def __init__(self, *, most: int, place: Place) -> None:
        self.most = most
        super().__init__(
            f"the file has more than {most:,} columns",
            hint="delete those that you don't need, and check that each reader has a line of their own",
            place=place,
        )


class LongRowError(SubscriberFileError):
    """A file with a row that is longer than an import accepts."""

    code = "row-too-long"

    def __init__(self, *, most: int, place: Place) -> None:
        self.most = most
        super().__init__(
            f"a row has more than {most:,} characters",
            hint="check that each reader has a line of their own, and close every quotation mark",
            place=place,
        )


class UnknownArchiveError(SubscriberFileError):
    """An archive without a file that looks like one of a known platform."""

    code = "archive-unknown"

    def __init__(self, *, path: Path, contents: str) -> None:
        self.path = path
        self.contents = contents
        super().__init__(
            f"the archive has no known file of readers; it contains: {contents or 'nothing'}",
            hint="name the platform, or unpack the archive and name the file",
            place=Place(path=str(path)),
        )


class UnknownColumnsError(SubscriberFileError):
    """A file whose columns aren't all known, or mean the same."""

    code = "columns-unknown"

    def __init__(self, what: str, *, place: Place) -> None:
        super().__init__(what, hint="rename the columns, or say what they mean", place=place)


class RefusedRowsError(SubscriberFileError):
    """A file of refused rows that can't be written; ``outcome`` is the effect on the import."""

    code = "refused-unwritable"

    def __init__(self, *, path: Path, why: str, outcome: str) -> None:
        self.path, self.why, self.outcome = path, why, outcome
        super().__init__(
            f"the refused rows can't be written: {why}",
            hint=f"name another file for them; {outcome}",
            place=Place(path=str(path)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """A reader file, with its path (``archive.zip/file.csv`` in an archive) and its size in bytes."""

    path: str
    size: int
    archive: Path | None = None
    member: str = ""

    @property
    def name(self) -> str:
        """Return the file's name without its folders."""
        return PurePosixPath(self.member or Path(self.path).as_posix()).name

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the file. Raises SubscriberFileError if it can't be opened, or can't be read inside the context."""
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


def input_files(paths: Sequence[Path], is_reader_file: Callable[[str], bool]) -> list[InputFile]:
    """Return the input files: each path or, for an archive, the files in it whose names ``is_reader_file`` accepts."""
    files: list[InputFile] = []
    for path in paths:
        try:
            if path.is_file() and zipfile.is_zipfile(path):
                files += _in_archive(path, is_reader_file)
            else:
                files.append(InputFile(path=str(path), size=path.stat().st_size))
        except (OSError, zipfile.BadZipFile) as err:
            reason = library_errors.of_system(err) if isinstance(err, OSError) else "the archive is damaged"
            raise SubscriberFileError(f"can't be read: {reason}", place=Place(path=str(path))) from err
    return files


def _in_archive(path: Path, is_reader_file: Callable[[str], bool]) -> list[InputFile]:
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
    readers = [member for member in members if is_reader_file(PurePosixPath(member.filename).name)]
    if not readers:
        if not _OF_SPREADSHEETS.isdisjoint(member.filename for member in members):
            raise SpreadsheetError(place=Place(path=str(path)))
        contents = listed([member.filename for member in members])
        raise UnknownArchiveError(path=path, contents=contents)
    for member in readers:
        if member.flag_bits & _ENCRYPTED:
            raise SubscriberFileError(
                "the archive has a password", hint="unpack it and name the files", place=Place(path=str(path))
            )
    return [
        InputFile(path=f"{path}/{member.filename}", size=member.file_size, archive=path, member=member.filename)
        for member in readers
    ]
