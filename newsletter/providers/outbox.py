"""The outbox: messages as files that a mail client opens, and no mail to anybody.

It is a provider like any other, so it also serves as the dry run, and as the spool of whatever takes messages from a
Maildir. A file is named after issue and reader: handing a message over twice makes one file.
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
from newsletter.message.mime import Letter, Recipient
from newsletter.providers.options import Options, option_path, read_options


class OutboxOptions(Options):
    """``[provider] name = "outbox"``."""

    path: str = Field(default="outbox", min_length=1)
    format: Literal["eml", "maildir"] = "eml"


def open_outbox(options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> "Outbox":
    """The outbox that newsletter.toml describes; needs no secret. Raises SettingsError."""
    del environment
    given = read_options(OutboxOptions, "outbox", options)
    folder = option_path(root, given.path)
    return Maildir(folder) if given.format == "maildir" else Outbox(folder)


class Outbox:
    """``.eml`` files, a folder for each issue: ``<path>/<issue>/<address>.<12 digits of the reader's key>.eml``."""

    batch_size = 200
    concurrency = 1
    repeatable = True
    reports_within = 0

    def __init__(self, path: Path) -> None:
        self._path = path

    def check(self, sender: str) -> None:
        """Whether the folder is there, or could be made, and takes files, whoever sends. Raises ProviderError."""
        del sender
        nearest = self._path
        while not os.path.lexists(nearest) and nearest != nearest.parent:
            nearest = nearest.parent
        if not nearest.is_dir():
            raise ProviderError(f"{nearest} is not a folder", hint="[provider] path names where the outbox may write")
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise ProviderError(f"{nearest} may not be written to", hint="change its permissions, or [provider] path")

    def submit(self, letters: Sequence[Letter]) -> Iterator[Receipt]:
        """Write a file for each letter. The receipt's ``provider_id`` is a pattern that only its path matches.

        The path itself has the address in it, and the ledger outlives that.
        """
        folder = self._path
        try:
            for issue, of_issue in groupby(letters, lambda letter: letter.wire.email.issue):
                folder = self._path / _safe(issue)
                yield from self._write_all(folder, of_issue)
        except OSError as err:
            raise ProviderError(
                f"the outbox cannot write {err.filename or folder}: {err.strerror}",
                hint="make room or give the folder's permission, then go on with --resume",
            ) from err

    def forget(self, key: str, is_theirs: Callable[[str], bool]) -> int:
        """Delete a reader's messages: those named after their key, and service messages and proofs to their addresses.

        Raises ProviderError.
        """
        number = 0
        try:
            for path in self._path.rglob("*"):
                own = f".{_safe(key)[:_DIGITS]}" in path.name
                if path.is_file() and (own or (self._is_of_nobody(path) and is_theirs(_recipient(path)))):
                    path.unlink(missing_ok=True)
                    number += 1
        except OSError as err:
            raise ProviderError(
                f"the outbox cannot delete {err.filename}: {err.strerror}", hint="see who owns it, and erase again"
            ) from err
        return number

    def close(self) -> None:
        """Nothing is held open."""

    def _is_of_nobody(self, path: Path) -> bool:
        """Whether a message is named after a key that is no reader's."""
        folder = path.relative_to(self._path).parts[0]
        return folder == SERVICE or folder.endswith("-proof")

    def _write_all(self, folder: Path, letters: Iterable[Letter]) -> Iterator[Receipt]:
        arrivals = self._make(folder)
        for letter in letters:
            to = letter.recipient
            try:
                message = letter.message()
            except ValueError as err:
                yield _receipt(to, DeliveryStatus.REFUSED, detail=f"the message cannot be made: {err}")
                continue
            digits = _safe(to.key)[:_DIGITS]
            path = self._write(folder, f"{_safe(to.address)}.{digits}", message)
            yield _receipt(to, DeliveryStatus.SUBMITTED, provider_id=str(path.with_name(f"*.{digits}*")))
        _sync(arrivals)

    def _make(self, folder: Path) -> Path:
        """Make an issue's folder; returns the one in which files arrive."""
        self._make_private(folder)
        return folder

    def _make_private(self, folder: Path) -> None:
        """Make a folder below the outbox, the outbox, and what it lies in, so that only their owner may read them."""
        for path in reversed((folder, *folder.parents)):
            path.mkdir(mode=0o700, exist_ok=True)

    def _write(self, folder: Path, name: str, message: bytes) -> Path:
        path = folder / f"{name}.eml"
        _write_whole(folder / f".{name}.part", path, message)
        return path


class Maildir(Outbox):
    """A Maildir for each issue, ``<path>/<issue>/new/…``: opened by mutt, Dovecot, Thunderbird and many others."""

    def _make(self, folder: Path) -> Path:
        for name in ("tmp", "new", "cur"):
            self._make_private(folder / name)
        return folder / "new"

    def _write(self, folder: Path, name: str, message: bytes) -> Path:
        # A mail client moves what it has shown to cur/ and appends ":2," and flags; it is there already, then.
        for seen in (folder / "cur").glob(f"{name}:2,*"):
            return seen
        path = folder / "new" / name
        _write_whole(folder / "tmp" / name, path, message.replace(b"\r\n", b"\n"))  # lines as local files have them
        return path


_DIGITS = 12  # of a reader's key


def _recipient(path: Path) -> str:
    """Whom a message is to; empty if the file is no message, or gone."""
    try:
        # A message to an address beyond ASCII has it as UTF-8 (RFC 6532), which only a parser of text gives back.
        with path.open(encoding="utf-8", errors="replace") as file:
            return str(HeaderParser().parse(file)["To"] or "").strip()
    except FileNotFoundError:
        return ""


def _write_whole(part: Path, path: Path, message: bytes) -> None:
    """The whole file under its name or none, even after a crash: the ledger will say that it was submitted."""
    try:
        with open(part, "wb", opener=_private) as file:
            file.write(message)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync(folder: Path) -> None:
    """Names are on the disk when the folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _safe(text: str) -> str:
    """A part of a file name: an address may have a slash in it, or be longer than a file system takes."""
    return re.sub(r"[^A-Za-z0-9@+_.-]|(?<![A-Za-z0-9])\.|\.(?![A-Za-z0-9])", "_", text)[:120] or "_"


def _receipt(recipient: Recipient, status: DeliveryStatus, *, provider_id: str = "", detail: str = "") -> Receipt:
    return Receipt(subscriber=recipient.subscriber, status=status, provider_id=provider_id, detail=detail)
