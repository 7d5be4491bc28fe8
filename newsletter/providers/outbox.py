"""The outbox: a provider that writes messages to files, which a mail client can open, and mails nobody.

It also serves for dry runs, and as a spool for programs that pick messages up from a Maildir. Files are named after
issue and reader, so submitting a message twice makes one file.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from email.parser import HeaderParser
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from newsletter.domain.consent import SERVICE
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.errors import ProviderError
from newsletter.files import library_errors
from newsletter.files.atomic_write import sync_folder, write_file
from newsletter.files.temporary_files import PART
from newsletter.message.mime import Letter
from newsletter.providers.options import Options, option_path, read_options
from newsletter.providers.receipts import receipt, unbuildable


class OutboxOptions(Options):
    """The options of ``[provider] name = "outbox"``."""

    path: str = Field(default="outbox", min_length=1)
    format: Literal["eml", "maildir"] = "eml"


def open_outbox(options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> "Outbox":
    """Open the outbox configured in newsletter.toml. Raise SettingsError."""
    del environment
    given = read_options(OutboxOptions, "outbox", options)
    folder = option_path(root, given.path)
    return Maildir(folder) if given.format == "maildir" else Outbox(folder)


class Outbox:
    """A provider that writes ``.eml`` files: ``<path>/<issue>/<address>.<12 digits of the reader's key>.eml``."""

    batch_size = 200
    concurrency = 1
    deduplicates = True
    reports_within = 0

    def __init__(self, path: Path) -> None:
        self._path = path

    def check_sender(self, sender: str) -> None:
        """Check that the folder exists or can be created, and is writable. Raise ProviderError if not."""
        del sender
        nearest = self._path
        while not os.path.lexists(nearest) and nearest != nearest.parent:
            nearest = nearest.parent
        if not nearest.is_dir():
            raise ProviderError(f"{nearest} is not a folder", hint="set [provider] path to a folder for the outbox")
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise ProviderError(f"{nearest} is not writable", hint="change its permissions or [provider] path")

    def submit(self, letters: Sequence[Letter]) -> Iterator[Receipt]:
        """Write a file for each letter. The receipt's ``provider_id`` is a glob pattern that matches only its path.

        The path itself contains the address, which the ledger must not keep once the reader is erased.
        """
        folder = self._path
        try:
            for issue, of_issue in groupby(letters, lambda letter: letter.wire.email.issue):
                folder = self._path / _safe(issue)
                yield from self._write_all(folder, of_issue)
        except OSError as err:
            raise ProviderError(
                f"the outbox cannot write {err.filename or folder}: {library_errors.of_system(err)}",
                hint="free disk space or fix the folder's permissions",
            ) from err

    def forget(self, key: str, is_theirs: Callable[[str], bool]) -> int:
        """Delete a reader's messages (named after their key), and service mail and proofs to their addresses.

        Return the number of deleted files. Raise ProviderError if one cannot be deleted.
        """
        number = 0
        try:
            for path in self._path.rglob("*"):
                own = f".{_safe(key)[:_DIGITS]}" in path.name
                if path.is_file() and (own or (self._is_keyless(path) and is_theirs(_recipient(path)))):
                    path.unlink(missing_ok=True)
                    number += 1
        except OSError as err:
            raise ProviderError(
                f"the outbox cannot delete {err.filename}: {library_errors.of_system(err)}",
                hint="check the file's owner, then try again",
            ) from err
        return number

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def _is_keyless(self, path: Path) -> bool:
        """Return true for service mail and proofs, whose file names contain no reader's key."""
        folder = path.relative_to(self._path).parts[0]
        return folder == SERVICE or folder.endswith("-proof")

    def _write_all(self, folder: Path, letters: Iterable[Letter]) -> Iterator[Receipt]:
        arrivals = self._make(folder)
        try:
            for letter in letters:
                yield self._write_letter(folder, letter)
        finally:
            sync_folder(arrivals)  # also if the send is stopped in the middle: its receipts count

    def _write_letter(self, folder: Path, letter: Letter) -> Receipt:
        """Write a letter's file and return its receipt."""
        to = letter.recipient
        try:
            message = letter.message()
        except ValueError as err:
            return unbuildable(to, err)
        digits = _safe(to.key)[:_DIGITS]
        path = self._write(folder, f"{_safe(to.address)}.{digits}", message)
        return receipt(to, DeliveryStatus.SUBMITTED, provider_id=str(path.with_name(f"*.{digits}*")))

    def _make(self, folder: Path) -> Path:
        """Create an issue's folder and return the one that finished files are put in."""
        self._make_private(folder)
        return folder

    def _make_private(self, folder: Path) -> None:
        """Create a folder and its missing parents, readable for their owner only."""
        for path in reversed((folder, *folder.parents)):
            path.mkdir(mode=0o700, exist_ok=True)

    def _write(self, folder: Path, name: str, message: bytes) -> Path:
        path = folder / f"{name}.eml"
        _write_durably(path, message, part=folder / f".{name}{PART}")
        return path


class Maildir(Outbox):
    """An outbox with one Maildir per issue, ``<path>/<issue>/new/…``, for mutt, Dovecot, Thunderbird and others."""

    def _make(self, folder: Path) -> Path:
        for name in ("tmp", "new", "cur"):
            self._make_private(folder / name)
        return folder / "new"

    def _write(self, folder: Path, name: str, message: bytes) -> Path:
        # A mail client moves messages it has shown to cur/ and appends ":2," and flags: don't write them again.
        for seen in (folder / "cur").glob(f"{name}:2,*"):
            return seen
        path = folder / "new" / name
        _write_durably(
            path, message.replace(b"\r\n", b"\n"), part=folder / "tmp" / name
        )  # a Maildir has local line ends
        return path


_DIGITS = 12  # of a reader's key


def _recipient(path: Path) -> str:
    """Return the address in a message's To header, or "" if there is none or the file is gone."""
    try:
        # Non-ASCII addresses are UTF-8 (RFC 6532), which only the text parser returns unchanged.
        with path.open(encoding="utf-8", errors="replace") as file:
            return str(HeaderParser().parse(file)["To"] or "").strip()
    except FileNotFoundError:
        return ""


def _write_durably(path: Path, message: bytes, *, part: Path) -> None:
    """Write a message durably, because the ledger will say that it was submitted; the caller syncs the folder once.

    The lease of a send allows one writer at a time, and a killed one's part must not stay: its name has the address.
    """
    write_file(path, message, private=True, part=part, sync_name=False)


def _safe(text: str) -> str:
    """Return text as a safe part of a file name: addresses may contain slashes or be too long for a file system."""
    return re.sub(r"[^A-Za-z0-9@+_.-]|(?<![A-Za-z0-9])\.|\.(?![A-Za-z0-9])", "_", text)[:120] or "_"
