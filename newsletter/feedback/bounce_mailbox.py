"""Where bounces come back to: a Maildir, an mbox file, or a folder on an IMAP server. Nothing is ever deleted there.

A message that was read is marked seen, one that a person has to look at is flagged; either is not given again. An mbox
file is only read, and all of it each time: other programs shorten and rewrite it.
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
    """Messages that nobody has looked at yet."""

    def each(self) -> Iterator[tuple[str, bytes]]:
        """Their names and bytes. Raises MailboxError."""
        ...

    def mark(self, name: str, *, flagged: bool) -> None:
        """It was read; ``flagged``: and a person has to look at it. Raises MailboxError."""
        ...


@contextmanager
def open_mailbox(where: str, *, root: Path, environment: Mapping[str, str]) -> Iterator[BounceMailbox]:
    """A mailbox by its path, relative to ``root``, or ``imaps://user@host/folder``.

    Raises MailboxError, SettingsError.
    """
    if where.startswith(("imaps://", "imap://")):
        with _imap(where, environment) as found:
            yield found
        return
    path = root / Path(where).expanduser()
    if path.is_dir():
        yield BounceMaildir(path)
    elif path.is_file():
        yield Mbox(path)
    else:
        raise MailboxError(f"no mailbox at {path}", hint="name a Maildir, an mbox file, or imaps://user@host/INBOX")


class BounceMaildir:
    """https://cr.yp.to/proto/maildir.html"""

    def __init__(self, path: Path) -> None:
        if not (path / "new").is_dir() or not (path / "cur").is_dir():
            raise MailboxError(f"{path} is no Maildir: it has no folders new and cur", hint="name the one that has")
        self._path = path

    def each(self) -> Iterator[tuple[str, bytes]]:
        """What is new, or was moved to ``cur`` without having been read."""
        for path in sorted((*(self._path / "new").iterdir(), *(self._path / "cur").iterdir())):
            if not path.name.startswith(".") and not {"S", "F"} & set(_flags(path.name)):
                try:
                    yield f"{path.parent.name}/{path.name}", path.read_bytes()
                except FileNotFoundError:
                    continue  # another program moved it
                except OSError as err:
                    raise MailboxError(f"{path} cannot be read: {err.strerror}", hint="see who owns it") from err

    def mark(self, name: str, *, flagged: bool) -> None:
        """Move it to ``cur``, with its flags in its name."""
        path = self._path / name
        flags = "".join(sorted({*_flags(path.name), "F" if flagged else "S"}))
        try:
            path.rename(self._path / "cur" / f"{path.name.partition(':2,')[0]}:2,{flags}")
        except FileNotFoundError:
            return  # another program moved it: it is given again, and counts once
        except OSError as err:
            raise MailboxError(f"{path} cannot be moved: {err.strerror}", hint="see who owns it") from err


def _flags(name: str) -> str:
    return name.partition(":2,")[2]


class Mbox:
    """A file that is not changed (RFC 4155): other programs hold it in other ways."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def each(self) -> Iterator[tuple[str, bytes]]:
        """All messages of the file."""
        try:
            opened = mailbox.mbox(self._path, create=False)
            for key in opened.iterkeys():
                yield str(key), opened.get_bytes(key)
        except (OSError, mailbox.Error) as err:
            raise MailboxError(f"{self._path} cannot be read: {_why(err)}", hint="see who owns it") from err

    def mark(self, name: str, *, flagged: bool) -> None:
        """Nothing is marked."""


class Imap:
    """A folder, chosen, of an IMAP server (RFC 3501)."""

    def __init__(self, connection: imaplib.IMAP4) -> None:
        self._connection = connection

    def each(self) -> Iterator[tuple[str, bytes]]:
        """What is neither seen nor flagged; reading marks nothing."""
        with _translated():
            _, found = self._connection.uid("SEARCH", "UNSEEN", "UNFLAGGED")
            numbers = (found[0] or b"").decode().split()
        for number in numbers:
            with _translated():
                _, parts = self._connection.uid("FETCH", number, "(BODY.PEEK[])")
            for part in parts:
                if isinstance(part, tuple):
                    yield number, part[1]

    def mark(self, name: str, *, flagged: bool) -> None:
        """Set a flag."""
        with _translated():
            self._connection.uid("STORE", name, "+FLAGS.SILENT", "(\\Flagged)" if flagged else "(\\Seen)")


_FOLDER = re.compile(r"[^\x00-\x1f\x7f\"\\]{1,200}")


@contextmanager
def _imap(where: str, environment: Mapping[str, str]) -> Iterator[Imap]:
    parts = urlsplit(where)
    folder = unquote(parts.path.strip("/")) or "INBOX"
    if not parts.hostname or not parts.username or parts.password or not _FOLDER.fullmatch(folder):
        raise SettingsError(
            "[feedback] mailbox: an IMAP mailbox is imaps://user@host/folder",
            hint=f"name the user, percent-encoded, and no password: that is {PASSWORD}",
        )
    plain = parts.scheme == "imap"
    if plain and parts.hostname not in ("localhost", "127.0.0.1"):
        raise SettingsError("[feedback] mailbox: imap:// sends the password readable for all", hint="write imaps://")
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
            raise MailboxError(f"no folder {folder}: {_words(words)}", hint="name one that the server has")
        yield Imap(connection)
    finally:
        connection.shutdown()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as err:
        what = f"the mailbox's server can't be reached: {library_errors.of_system(err)}"
        raise MailboxError(what, hint="check [feedback] mailbox, and that this machine may connect to it") from err
    except imaplib.IMAP4.error as err:
        what = f"the mailbox's server refuses: {_why(err)}"
        raise MailboxError(what, hint="check [feedback] mailbox and the password") from err


def _why(err: Exception) -> str:
    """Return why a mailbox fails, in the system's or the server's words: imaplib puts octets into its exceptions."""
    if isinstance(err, OSError):
        return library_errors.of_system(err)
    return " ".join(part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in err.args)


def _words(said: list[bytes | None]) -> str:
    return b" ".join(word or b"" for word in said).decode("utf-8", "replace")
