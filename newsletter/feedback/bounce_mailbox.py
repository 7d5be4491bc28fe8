"""The bounce mailbox: a Maildir, an mbox file, or a folder on an IMAP server. Nothing is ever deleted from it.

Processed messages are marked as seen, and those that need a person are flagged; neither is returned again. An mbox file
is never changed and is read completely each time, because other programs shorten and rewrite it.
"""

import imaplib
import mailbox
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from newsletter.errors import MailboxError, SettingsError
from newsletter.files import library_errors

PASSWORD = "NEWSLETTER_IMAP_PASSWORD"  # noqa: S105 the variable's name


class BounceMailbox(Protocol):
    """A mailbox with messages to process."""

    def unread(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name and bytes of each message that isn't marked yet, or of all if the mailbox keeps no marks.

        Raise MailboxError.
        """
        ...

    def mark(self, name: str, *, flagged: bool) -> None:
        """Mark a message as read, or as ``flagged`` if a person has to look at it. Raise MailboxError."""
        ...


@contextmanager
def open_mailbox(where: str, *, root: Path, environment: Mapping[str, str]) -> Iterator[BounceMailbox]:
    """Open the mailbox at a path, relative to ``root``, or at ``imaps://user@host/folder``.

    Raise MailboxError or SettingsError.
    """
    if where.startswith(("imaps://", "imap://")):
        with _imap(where, environment) as imap:
            yield imap
        return
    path = root / Path(where).expanduser()
    if path.is_dir():
        yield BounceMaildir(path)
    elif path.is_file():
        yield Mbox(path)
    else:
        raise MailboxError(f"no mailbox at {path}", hint="name a Maildir, an mbox file, or imaps://user@host/INBOX")


class BounceMaildir:
    """A Maildir (https://cr.yp.to/proto/maildir.html)."""

    def __init__(self, path: Path) -> None:
        if not (path / "new").is_dir() or not (path / "cur").is_dir():
            raise MailboxError(
                f"{path} is not a Maildir: it has no folders new and cur", hint="name the folder that contains them"
            )
        self._path = path

    def unread(self) -> Iterator[tuple[str, bytes]]:
        """Yield messages that are new, or were moved to ``cur`` without a mark."""
        for path in sorted((*(self._path / "new").iterdir(), *(self._path / "cur").iterdir())):
            if not path.name.startswith(".") and not {"S", "F"} & set(_flags(path.name)):
                try:
                    yield f"{path.parent.name}/{path.name}", path.read_bytes()
                except FileNotFoundError:
                    continue  # another program moved it
                except OSError as err:
                    raise MailboxError(
                        f"{path} cannot be read: {library_errors.of_system(err)}", hint=_PERMISSIONS
                    ) from err

    def mark(self, name: str, *, flagged: bool) -> None:
        """Move a message to ``cur``, with its flags in its name."""
        path = self._path / name
        flags = "".join(sorted({*_flags(path.name), "F" if flagged else "S"}))
        try:
            path.rename(self._path / "cur" / f"{path.name.partition(':2,')[0]}:2,{flags}")
        except FileNotFoundError:
            return  # another program moved it: it will be returned again, but its events count once
        except OSError as err:
            raise MailboxError(f"{path} cannot be moved: {library_errors.of_system(err)}", hint=_PERMISSIONS) from err


_PERMISSIONS = "check its owner and permissions"


def _flags(name: str) -> str:
    return name.partition(":2,")[2]


class Mbox:
    """An mbox file (RFC 4155). It is never changed, because programs don't agree on how to lock one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def unread(self) -> Iterator[tuple[str, bytes]]:
        """Yield all messages in the file."""
        try:
            opened = mailbox.mbox(self._path, create=False)
            for key in opened.iterkeys():
                yield str(key), opened.get_bytes(key)
        except (OSError, mailbox.Error) as err:
            raise MailboxError(f"{self._path} cannot be read: {_why(err)}", hint=_PERMISSIONS) from err

    def mark(self, name: str, *, flagged: bool) -> None:
        """Do nothing: the file is never changed."""


class Imap:
    """A selected folder on an IMAP server (RFC 3501)."""

    def __init__(self, connection: imaplib.IMAP4) -> None:
        self._connection = connection

    def unread(self) -> Iterator[tuple[str, bytes]]:
        """Yield messages that are neither seen nor flagged, without marking them."""
        with _translated():
            _, results = self._connection.uid("SEARCH", "UNSEEN", "UNFLAGGED")
            numbers = (results[0] or b"").decode().split()
        for number in numbers:
            with _translated():
                _, parts = self._connection.uid("FETCH", number, "(BODY.PEEK[])")
            for part in parts:
                if isinstance(part, tuple):
                    yield number, part[1]

    def mark(self, name: str, *, flagged: bool) -> None:
        """Set the flag ``\\Seen`` or ``\\Flagged``."""
        with _translated():
            self._connection.uid("STORE", name, "+FLAGS.SILENT", "(\\Flagged)" if flagged else "(\\Seen)")


_FOLDER = re.compile(r"[^\x00-\x1f\x7f\"\\]{1,200}")


@contextmanager
def _imap(where: str, environment: Mapping[str, str]) -> Iterator[Imap]:
    parts = urlsplit(where)
    folder = unquote(parts.path.strip("/")) or "INBOX"
    if not parts.hostname or not parts.username or parts.password or not _FOLDER.fullmatch(folder):
        raise SettingsError(
            "[feedback] mailbox: write an IMAP mailbox as imaps://user@host/folder",
            hint=f"percent-encode the user, and put the password in {PASSWORD}",
        )
    plain = parts.scheme == "imap"
    if plain and parts.hostname not in ("localhost", "127.0.0.1"):
        raise SettingsError("[feedback] mailbox: imap:// sends the password unencrypted", hint="write imaps://")
    password = environment.get(PASSWORD)
    if not password:
        raise SettingsError(f"{PASSWORD} is not set", hint=f"export {PASSWORD}")
    with _translated():
        connection = (
            imaplib.IMAP4(parts.hostname, parts.port or 143, timeout=60)
            if plain
            else imaplib.IMAP4_SSL(
                parts.hostname, parts.port or 993, ssl_context=ssl.create_default_context(), timeout=60
            )
        )
    try:
        with _translated():
            connection.login(unquote(parts.username), password)
            answer, words = connection.select(f'"{folder}"')
        if answer != "OK":
            raise MailboxError(f"no folder {folder}: {_words(words)}", hint="name a folder that exists on the server")
        yield Imap(connection)
    finally:
        connection.shutdown()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as err:
        what = f"the mail server can't be reached: {library_errors.of_system(err)}"
        raise MailboxError(what, hint="check [feedback] mailbox, and that this machine may connect to it") from err
    except imaplib.IMAP4.error as err:
        what = f"the mail server refuses: {_why(err)}"
        raise MailboxError(what, hint="check [feedback] mailbox and the password") from err


def _why(err: Exception) -> str:
    """Return the reason for a failure, in the system's or the server's words (imaplib puts bytes into exceptions)."""
    if isinstance(err, OSError):
        return library_errors.of_system(err)
    return " ".join(part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in err.args)


def _words(response: list[bytes | None]) -> str:
    return b" ".join(word or b"" for word in response).decode("utf-8", "replace")
