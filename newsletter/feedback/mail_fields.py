"""The headers and parts of a returned message, which may be malformed."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime

from newsletter.domain.events import storable_text

MOST_PARTS = 200  # parts that are read
LONGEST_LINE = 1000  # characters of a header or line that are matched: RFC 5322 §2.1.1 allows 998
_MOST_VALUES = 5  # values of a header


def field(part: Message, name: str) -> str:
    """Return a header's decoded value, or "" if it is missing."""
    value = str(part.get(name) or "")[:LONGEST_LINE]
    try:
        return str(make_header(decode_header(value))).strip()
    except (ValueError, LookupError):
        return value.strip()


def header_values(mail: Message, names: Iterable[str]) -> list[str]:
    """Return the first values of each header."""
    return [str(value).strip()[:LONGEST_LINE] for name in names for value in mail.get_all(name, [])[:_MOST_VALUES]]


def without_type(text: str) -> str:
    """Return a field's value without its type: ``rfc822; ada@example.com``."""
    return text.partition(";")[2].strip() or text.strip()


def bare_address(text: str) -> str:
    """Return a bare address, or "" if the text is not an address."""
    text = text[:LONGEST_LINE]
    address = (parseaddr(text)[1] or text).strip("<> ")
    return storable_text(address, 320) if re.fullmatch(r"[^\s@<>\ufffd]+@[^\s@<>\ufffd]+", address) else ""


def parsed_date(text: str) -> datetime | None:
    """Return a date (RFC 5322 §3.3) in UTC, or None if the text is not one."""
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def inner_fields(part: Message) -> Message:
    """Return the header fields inside a part: those of a report or of an enclosed message."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return next((inner for inner in payload if isinstance(inner, Message)), Message())
    decoded = part.get_payload(decode=True)
    return message_from_bytes(decoded if isinstance(decoded, bytes) else b"")


def enclosed_recipient(parts: list[Message]) -> str:
    """Return the recipient of the message enclosed in a report, or ""."""
    for part in parts:
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            address = bare_address(field(inner_fields(part), "To"))
            if address:
                return address
    return ""


def own_parts(mail: Message) -> list[Message]:
    """Return the parts of a report, without the enclosed message."""
    waiting, own = [mail], list[Message]()
    while waiting and len(own) < MOST_PARTS:
        part = waiting.pop(0)
        own.append(part)
        payload = part.get_payload()
        if isinstance(payload, list) and part.get_content_maintype() == "multipart":
            waiting += (inner for inner in payload if isinstance(inner, Message))
    return [part for part in own if part.get_content_type() != "text/rfc822-headers"]


def text_parts(parts: list[Message]) -> Iterator[str]:
    """Yield all text parts, decoded."""
    for part in parts:
        if part.get_content_maintype() == "text":
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                yield payload.decode("utf-8", "replace")
