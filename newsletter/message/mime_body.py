"""The constant bytes of a message, and the places in them for a reader's values. No I/O."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from newsletter.domain.addresses import Mailbox
from newsletter.message.encoding import (
    SOFT_BREAK,
    folded,
    mailbox_header,
    quoted_printable,
)
from newsletter.message.template import Slot, Template, join_constants


@lru_cache(maxsize=16)
def frame(
    issue: str,
    sender: Mailbox,
    reply_to: Mailbox | None,
    lists: tuple[tuple[str, str], ...],
    date: datetime,
    *,
    plain: bool,
) -> tuple[bytes, bytes, bytes]:
    """Return the bytes around the parts, the same in all editions: before the text, between the two, at the end."""
    # Quoted-printable text can't contain it (RFC 2045 §6.7), so it doesn't depend on the content.
    boundary = f"=_{hashlib.sha256(issue.encode()).hexdigest()[:32]}"
    headers = [folded(f"From: {mailbox_header(sender)}")]
    if reply_to:
        headers.append(folded(f"Reply-To: {mailbox_header(reply_to)}"))
    headers.append(f"Date: {format_datetime(date)}")
    headers += (f"{name}: {value}" for name, value in lists)
    if plain:
        text = "MIME-Version: 1.0\r\n" + _part_headers("text/plain; charset=utf-8")
        return _lines(headers) + text.encode(), b"", b""
    opening = (
        f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'
        f"--{boundary}\r\n{_part_headers('text/plain; charset=utf-8; format=flowed')}"
    )
    between = f"\r\n--{boundary}\r\n" + _part_headers("text/html; charset=utf-8")
    return _lines(headers) + opening.encode(), between.encode(), f"\r\n--{boundary}--\r\n".encode()


def _lines(headers: Iterable[str]) -> bytes:
    return "".join(f"{header}\r\n" for header in headers).encode()


def _part_headers(content_type: str) -> str:
    return f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"


class MessageBody:
    """A builder of a message's pieces: constants, joined where they touch, and places for values."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = [b""]  # the place for the reader's own headers
        self._constant: list[bytes] = []
        self._places: dict[Slot, tuple[list[int], list[int]]] = {}

    def add(self, constant: bytes) -> None:
        """Add bytes that are the same for all readers."""
        self._constant.append(constant)

    def extend(self, template: Iterable[bytes | Slot], *, markup: bool) -> None:
        """Add an encoded template; ``markup`` means that its values are escaped for HTML."""
        for part in template:
            if isinstance(part, bytes):
                self._constant.append(part)
                continue
            self._flush()
            self._places.setdefault(part, ([], []))[markup].append(len(self._pieces))
            self._pieces.append(b"")

    def finished(self) -> tuple[list[bytes], list[tuple[str, str, list[int], list[int]]]]:
        """Return the pieces, and each value's name, default, and places among them in text and in HTML."""
        self._flush()
        return self._pieces, [(slot.name, slot.default, *places) for slot, places in self._places.items()]

    def _flush(self) -> None:
        self._pieces.append(b"".join(self._constant))
        self._constant.clear()


@lru_cache(maxsize=1024)
def encoded_parts(template: Template) -> tuple[bytes | Slot, ...]:
    """Return the template with its constants encoded.

    There are soft breaks around each slot, so that a value always has lines of its own.
    """
    parts: list[bytes | Slot] = []
    for part in join_constants(template):
        if parts:
            parts.append(SOFT_BREAK)
        parts.append(part if isinstance(part, Slot) else quoted_printable(part))
    return tuple(parts)
