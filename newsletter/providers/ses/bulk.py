"""Bulk requests to SES: an email as an inline template, a reader's values as its data, and both as a call's JSON.

SES replaces ``{{name}}`` and nothing else in inline templates, escapes nothing, and accepts incomplete data only to
fail later. So each value is sent twice, escaped for HTML and plain, and every entry has every variable.

The JSON that all readers of an edition share is written once; an entry is then a join, whose size is known.
"""

import hashlib
import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from newsletter.message.encoding import normalised
from newsletter.message.mime import Recipient, Wire
from newsletter.message.template import Slot, Template, join_constants

ENTRIES = 50  # recipients per call
_DATA = 262_144  # characters of TemplateData
_HEADER = 995  # characters of a header's value
# SES's limit is 1 MB for "each input JSON file"; we apply it to the whole request, to be safe.
REQUEST = 1_000_000

_HTML, _TEXT = "html", "text"
_json = json.JSONEncoder(separators=(",", ":")).encode  # ASCII, so that characters are octets
_unescaped = json.JSONEncoder(ensure_ascii=False).encode

_LITERALS = {"open": "{", "close": "}", "backslash": "\\"}
_LITERAL_NAMES = {character: "{{%s}}" % name for name, character in _LITERALS.items()}  # noqa: UP031 braces
_END = "]}"


class BulkEmail:
    """A template for all calls of one edition. ``request`` has the members that do not come from its email."""

    def __init__(self, wire: Wire, request: Mapping[str, Any]) -> None:
        self.wire = wire
        email = wire.email
        in_html, in_text = _slots(email.html_parts), _slots(email.text_parts)
        self._fields = [
            (
                slot.name,
                slot.default,
                _member(slot, _HTML) if slot in in_html else "",
                _member(slot, _TEXT) if slot in in_text else "",
            )
            for slot in in_html | in_text
        ]
        self._literals = _json(_LITERALS)[:-1]
        issue = _json(_tag("issue", email.issue))
        self._between = f']}},"ReplacementTags":[{issue},{{"Name":"delivery","Value":"'
        # An entry inherits those that it does not replace (SESv2, BulkEmailEntry).
        headers = [{"Name": name, "Value": _fit(name, value)} for name, value in wire.list_headers().items()]
        html_part = "".join(_as_template(part, _HTML) for part in email.html_parts)
        text_part = "".join(_as_template(part, _TEXT) for part in email.text_parts)
        self._begin = (
            f'{_json(request)[:-1]},"DefaultContent":{{"Template":{{"TemplateContent":{{"Subject":"{{{{subject}}}}",'
            f'"Html":"{html_part}","Text":"{text_part}"}},"TemplateData":"{{}}","Headers":{_json(headers)}}}}},'
            f'"BulkEmailEntries":['
        )
        self.room = REQUEST - len(self._begin) - len(_END)

    def request(self, entries: Sequence[str]) -> bytes:
        """Return the body of a call with these entries."""
        return f"{self._begin}{','.join(entries)}{_END}".encode("ascii")

    def entry(self, recipient: Recipient, to: str) -> str | None:
        """Return the BulkEmailEntry of one reader, addressed to ``to``, or None if it would be too large.

        Raise ValueError if a value or the address cannot be encoded.
        """
        data = self._data(recipient)
        if len(data) > _DATA:
            return None
        data.encode()  # raises UnicodeEncodeError for a lone surrogate
        link = _fit("List-Unsubscribe", self.wire.list_unsubscribe(recipient))
        # SES replaces Message-ID, but keeps this header and repeats it in its events.
        identity = _fit("X-Newsletter-Message-ID", self.wire.message_id(recipient))
        return (
            f'{{"Destination":{{"ToAddresses":[{_json(to)}{self._between}{_tag_value(recipient.key)}"}}],'
            f'"ReplacementEmailContent":{{"ReplacementTemplate":{{"ReplacementTemplateData":{_json(data)}}}}},'
            f'"ReplacementHeaders":[{{"Name":"List-Unsubscribe","Value":{_json(link)}}},'
            f'{{"Name":"X-Newsletter-Message-ID","Value":{_json(identity)}}}]}}'
        )

    def _data(self, recipient: Recipient) -> str:
        """Return the TemplateData: a JSON object with every variable."""
        values = recipient.values
        members = [self._literals, ',"subject":', _unescaped(self.wire.subject(recipient))]
        for name, default, in_html, in_text in self._fields:
            plain, escaped = _written(values.get(name) or default)
            if in_html:
                members += in_html, escaped
            if in_text:
                members += in_text, plain
        members.append("}")
        return "".join(members)


def _written(value: str) -> tuple[str, str]:
    """Return a value as two JSON strings: plain, and escaped for HTML."""
    if not _NEEDS_ESCAPING.search(value):
        written = f'"{value}"'
        return written, written
    value = normalised(value)
    return _unescaped(value), _unescaped(html.escape(value))


# Characters that JSON or HTML escapes, or ``normalised`` changes.
_NEEDS_ESCAPING = re.compile(r"[\x00-\x1f\"&'<>\\\x7f-\x9f]")


def destination(recipient: Recipient) -> str:
    """Return the recipient's address. Raise ValueError if its local part is not ASCII: SES does not accept those."""
    address = recipient.envelope
    if not address.isascii():
        raise ValueError("SES takes only ASCII before the @")
    return address


def tags(wire: Wire, recipient: Recipient) -> list[dict[str, str]]:
    """Return a message's tags. SES repeats them in its events, which settle uncertain deliveries by them.

    ``delivery`` is the reader's key.
    """
    return [_tag("issue", wire.email.issue), _tag("delivery", recipient.key)]


def _tag(name: str, value: str) -> dict[str, str]:
    return {"Name": name, "Value": _tag_value(value)}


def _tag_value(value: str) -> str:
    return _NO_TAG.sub("_", value)[:256]


_NO_TAG = re.compile(r"[^A-Za-z0-9_-]")


def _fit(name: str, value: str) -> str:
    if len(value) > _HEADER or not _PRINTABLE.fullmatch(value):
        raise ValueError(f"the header {name} is longer than {_HEADER} characters or not plain ASCII")
    return value


_PRINTABLE = re.compile(r"[ -~]*")


def _slots(parts: Iterable[Template]) -> dict[Slot, None]:
    """Return the slots of all parts in order, each once (as the keys of a dict)."""
    return dict.fromkeys(slot for part in parts for slot in _slots_of(part))


@lru_cache(maxsize=1024)
def _slots_of(part: Template) -> tuple[Slot, ...]:
    return tuple(piece for piece in part if isinstance(piece, Slot))


@lru_cache(maxsize=1024)
def _member(slot: Slot, prefix: str) -> str:
    """Return the beginning of a variable's member in the JSON object."""
    return f',"{_variable(slot, prefix)}":'


@lru_cache(maxsize=1024)
def _variable(slot: Slot, prefix: str) -> str:
    """Return a variable's name. It depends only on the slot, so a part is the same in all editions."""
    return f"{prefix}{hashlib.sha256(repr(slot).encode(errors='backslashreplace')).hexdigest()[:16]}"


@lru_cache(maxsize=1024)
def _as_template(part: Template, prefix: str) -> str:
    """Return a part of an email as an SES template, escaped for a JSON string.

    Parts begin on a new line, so escaping one does not depend on its neighbours.
    """
    written: list[str] = []
    pieces = list(join_constants(part))
    for index, piece in enumerate(pieces):
        if isinstance(piece, Slot):
            written.append("{{%s}}" % _variable(piece, prefix))  # noqa: UP031 braces
        else:
            written.append(_literal(piece, after_slot=index > 0, before_slot=index < len(pieces) - 1))
    return _json("".join(written))[1:-1]


def _literal(constant: str, *, after_slot: bool, before_slot: bool) -> str:
    """Return text with variables in place of the braces and backslashes that Handlebars would interpret.

    Those are runs that contain ``{{`` or touch a variable: ``{{{x}}}`` and ``\\{{x}}`` have meanings of their own.
    """

    def replaced(run: re.Match[str]) -> str:
        touches = (after_slot and run.start() == 0) or (before_slot and run.end() == len(constant))
        if not touches and "{{" not in run[0]:
            return run[0]
        return "".join(_LITERAL_NAMES[character] for character in run[0])

    return re.sub(r"[{}\\]+", replaced, normalised(constant))
