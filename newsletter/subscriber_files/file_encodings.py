"""The encodings of CSV files that are imported, and how to recognise them."""

import codecs
import zipfile
from enum import StrEnum
from pathlib import Path

_BLOCK = 1024 * 1024  # bytes


class FileEncoding(StrEnum):
    """An encoding in which spreadsheets and platforms write CSV files."""

    UTF_8 = "utf-8"  # what every platform writes; "CSV UTF-8" in spreadsheets
    UTF_16 = "utf-16"  # "Unicode text" in spreadsheets
    WINDOWS_1252 = "windows-1252"  # "CSV" in spreadsheets in western Europe and America
    WINDOWS_1250 = "windows-1250"  # the same in central Europe
    WINDOWS_1251 = "windows-1251"  # the same for Cyrillic

    @property
    def codec(self) -> str:
        """Return the name of Python's codec."""
        return "utf-8-sig" if self is FileEncoding.UTF_8 else self.value

    @property
    def label(self) -> str:
        """Return the name that people know."""
        return {FileEncoding.UTF_8: "UTF-8", FileEncoding.UTF_16: "UTF-16"}.get(self, self.value.capitalize())


def guessed_encoding(path: Path) -> FileEncoding:
    """Return the likely encoding of a file: UTF-8 if it is valid, UTF-16 if it says so, else Windows-1252.

    Only platforms make archives, and they write UTF-8. Raise OSError.
    """
    if zipfile.is_zipfile(path):
        return FileEncoding.UTF_8
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        block = file.read(_BLOCK)
        if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return FileEncoding.UTF_16
        try:
            while block:
                decoder.decode(block)
                block = file.read(_BLOCK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return FileEncoding.WINDOWS_1252
    return FileEncoding.UTF_8
