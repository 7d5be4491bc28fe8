"""The requirements for a message of bulk mail, in one function that the suite applies to every message it builds.

RFC 5322 (form), RFC 2045 (quoted-printable), RFC 2369 and 2919 (List-*), RFC 8058 (one-click unsubscribe), and what the
large mailbox providers require of bulk mail.
"""

import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.parser import BytesParser
from html.parser import HTMLParser
from urllib.parse import urlsplit

SINGLETONS = (
    b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc", b"date", b"message-id", b"subject", b"in-reply-to",
    b"references", b"mime-version", b"content-type", b"content-transfer-encoding", b"list-id", b"list-unsubscribe",
    b"list-unsubscribe-post", b"list-help", b"list-archive", b"feedback-id",
)  # fmt: skip
REQUIRED = (
    b"from", b"to", b"date", b"message-id", b"subject", b"mime-version", b"content-type", b"list-id",
    b"list-unsubscribe", b"list-unsubscribe-post", b"feedback-id",
)  # fmt: skip


def complaints(message: bytes) -> list[str]:
    """Return all faults in a message's bytes on the wire; empty if there are none."""
    faults = [*_form(message), *_headers(message), *_list_headers(message)]
    return faults or [*_parsed_headers(message), *_parts(message)]


def parsed(message: bytes) -> EmailMessage:
    """Return the message as parsed by the standard library."""
    read = BytesParser(policy=email.policy.default).parsebytes(message)
    assert isinstance(read, EmailMessage)
    return read


def header_lines(message: bytes) -> list[tuple[bytes, bytes]]:
    """Return the name and raw, folded value of each header, read without a mail library."""
    head = message.partition(b"\r\n\r\n")[0]
    fields = re.split(rb"\r\n(?![ \t])", head)
    return [(name, value.removeprefix(b" ")) for name, _, value in (field.partition(b":") for field in fields)]


def _form(message: bytes) -> Iterator[str]:
    if re.search(rb"(?<!\r)\n|\r(?!\n)", message):
        yield "a line end that is not CRLF"
    if not message.endswith(b"\r\n"):
        yield "the last line has no end"
    if b"\0" in message:
        yield "a NUL"
    head, _, body = message.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        allowed = (
            998 if line.lower().startswith((b"list-", b"feedback-id", b"message-id", b"x-return-path", b"to:")) else 78
        )
        if len(line) > allowed:
            yield f"a header line of {len(line)} octets: {line[:40]!r}"
    for line in body.split(b"\r\n"):
        yield from (f"{what}: {line[:76]!r}" for what, pattern in _BAD_LINES.items() if re.search(pattern, line))


_BAD_LINES = {
    "a body line of more than 76 octets": rb".{77}",
    "a body line that is not ASCII": rb"[^\x00-\x7f]",
    "a line that SMTP would have to stuff": rb"^\.",
    "a line that ends in white space, which relays cut": rb"[ \t]$",
}


def _headers(message: bytes) -> Iterator[str]:
    fields = header_lines(message)
    for name, value in fields:
        if not re.fullmatch(rb"[!-9;-~]+", name):
            yield f"a header name that is none: {name!r}"
        # RFC 6532: only addresses may need more than ASCII, and only in a message sent with SMTPUTF8.
        if not value.isascii() and name.lower() != b"to":
            yield f"a header that is not ASCII: {name!r}"
        for word in re.findall(rb"=\?[^?\s]+\?[BbQq]\?[^?\s]*\?=", value):
            if len(word) > 75:
                yield f"an encoded word of {len(word)} octets in {name!r} (RFC 2047 §2)"
    names = [name.lower() for name, _ in fields]
    yield from (f"{name.decode()} appears {names.count(name)} times" for name in SINGLETONS if names.count(name) > 1)
    yield from (f"no {name.decode()}" for name in REQUIRED if name not in names)
    yield from (f"{name} has no place in a newsletter" for name in ("bcc", "cc", "sender") if name.encode() in names)
    if not re.fullmatch(rb"<[!-;=?-~]+@[!-;=?-~]+>", dict(fields).get(b"Message-ID", b"")):
        yield "a Message-ID that is none"


def _parsed_headers(message: bytes) -> Iterator[str]:
    mail = parsed(message)
    if len(mail["From"].addresses) != 1:
        yield "not one address in From"
    if len(mail["To"].addresses) != 1:
        yield "not one recipient: a complaint names everybody in the message"
    if mail["Date"].datetime is None:
        yield "a Date that is none"
    for part in mail.walk():
        yield from (f"a defect: {defect!r}" for defect in part.defects)
        for name, value in part.items():
            if name != "To" or str(value).isascii():
                yield from (f"a defect in {name}: {defect!r}" for defect in value.defects)


_UNSUBSCRIBE_MAIL = rb"mailto:[a-z0-9.-]{1,11}\+[a-z2-7]{52}@[a-z0-9.-]+\?subject=unsubscribe"


def _list_headers(message: bytes) -> Iterator[str]:
    fields = {name.lower(): value for name, value in header_lines(message)}
    for name, value in fields.items():
        # Only List-Id has a phrase, and so may have encoded words (RFC 2047 §5).
        if name.startswith(b"list-") and ((b"=?" in value and name != b"list-id") or b"\r\n" in value):
            yield f"{name.decode()} is folded or an encoded word, and no button is shown"
    unsubscribe = fields.get(b"list-unsubscribe", b"")
    uris = re.findall(rb"<([^<>\s]+)>", unsubscribe)
    mail = uris[1:] if len(uris) == 2 and re.fullmatch(_UNSUBSCRIBE_MAIL, uris[1]) else []
    written = b", ".join(b"<" + uri + b">" for uri in (*uris[:1], *mail))
    if not uris or not uris[0].startswith(b"https://") or unsubscribe != written:
        yield f"List-Unsubscribe is not exactly one https address: {unsubscribe[:60]!r}"
    elif b"@" in uris[0] or b"%40" in uris[0]:
        yield "List-Unsubscribe tells the reader's address"
    if fields.get(b"list-unsubscribe-post") != b"List-Unsubscribe=One-Click":
        yield "List-Unsubscribe-Post is not that of RFC 8058 §3.1"
    if not re.fullmatch(rb'(?:(?:"(?:[^"\\]|\\.)*"|[^<>"]*) )?<[a-z0-9.-]+>', fields.get(b"list-id", b"")):
        yield "List-Id is not that of RFC 2919 §3"
    feedback = fields.get(b"feedback-id", b"").split(b":")
    if not 1 <= len(feedback) <= 4:
        yield "Feedback-ID has more than four fields"
    if not 5 <= len(feedback[-1]) <= 15:
        yield "the last field of Feedback-ID has not 5 to 15 characters"


def _parts(message: bytes) -> Iterator[str]:
    mail = parsed(message)
    if mail.get_content_type() != "multipart/alternative":
        yield f"the message is {mail.get_content_type()}, not multipart/alternative"
        return
    parts = list(mail.iter_parts())
    if [part.get_content_type() for part in parts] != ["text/plain", "text/html"]:
        yield "the parts are not text/plain, then text/html"
        return
    for part in parts:
        if part.get_content_charset() != "utf-8":
            yield f"{part.get_content_type()} is not utf-8"
        if part["Content-Transfer-Encoding"] != "quoted-printable":
            yield f"{part.get_content_type()} is not quoted-printable"
    text, html = (str(part.get_content()) for part in parts)
    if "{{" in text or "{{" in html:
        yield "a {{ is left"
    if not text.strip():
        yield "the text part is empty"
    page = _Page()
    page.feed(html)
    yield from page.complaints


class _Page(HTMLParser):
    """A parser that collects links and images of an HTML part."""

    def __init__(self) -> None:
        super().__init__()
        self.complaints: list[str] = []
        self._link: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("href") is not None:
            href = given["href"] or ""
            if not href.startswith(("https://", "mailto:", "#")):
                self.complaints.append(f"a link that is not https: {href[:60]}")
            self._link = (href, [])
        if tag == "img":
            if given.get("alt") is None:
                self.complaints.append("an image without alt")
            if not given.get("width"):
                self.complaints.append("an image without width")

    def handle_data(self, data: str) -> None:
        if self._link:
            self._link[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag != "a" or self._link is None:
            return
        href, text = self._link[0], "".join(self._link[1]).strip()
        self._link = None
        shown = re.match(r"(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:[/:?#]|$)", text, re.IGNORECASE)
        if shown and href.startswith("https://"):
            hosts = [host.lower().removeprefix("www.") for host in (shown[1], urlsplit(href).hostname or "")]
            if hosts[0] != hosts[1]:
                self.complaints.append(f"a link that shows {shown[1]} and goes to {href[:60]}")
