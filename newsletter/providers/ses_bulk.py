"""An email as SES's inline template, and a reader's values as the data for it.

SES replaces ``{{name}}`` and nothing else in inline templates, escapes nothing, and accepts data without some variable
only to fail later. So each value is sent once escaped for HTML and once plain, and every entry has every variable.
"""

import hashlib
import html
import json
import re
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from typing import Any

from newsletter.encoding import normalised
from newsletter.message import Recipient, Slot, Template, Wire, joined

ENTRIES = 50  # recipients a call
_DATA = 262_144  # characters of TemplateData
_HEADER = 995  # characters of a header's value
# "Each input JSON file" may have 1 MB: taken for the whole request, to be safe.
REQUEST = 1_000_000

_ESCAPED = 3  # octets of ASCII JSON that an octet of UTF-8 needs at most: "\\u00e9" for two; controls are gone
_SURROUNDING = 2_000  # octets of a request, or of an entry, beside its texts
_HTML, _TEXT = "html", "text"
_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_LITERALS = {"open": "{", "close": "}", "backslash": "\\"}
_LITERAL_NAMES = {character: "{{%s}}" % name for name, character in _LITERALS.items()}  # noqa: UP031 braces


class BulkEmail:
    """What all calls for one edition have in common."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        email = wire.email
        self._html = {slot: _variable(slot, _HTML) for slot in _slots(email.html_parts)}
        self._text = {slot: _variable(slot, _TEXT) for slot in _slots(email.text_parts)}
        self._issue = _tag("issue", email.issue)
        parts = {
            "Subject": "{{subject}}",
            "Html": "".join(_as_template(part, _HTML) for part in email.html_parts),
            "Text": "".join(_as_template(part, _TEXT) for part in email.text_parts),
        }
        # Of these an entry has those that it does not replace (SESv2, BulkEmailEntry).
        headers = [{"Name": name, "Value": _fit(name, value)} for name, value in wire.list_headers().items()]
        self.content = {"Template": {"TemplateContent": parts, "TemplateData": "{}", "Headers": headers}}
        self.most = _ESCAPED * sum(len(part.encode()) for part in parts.values()) + _SURROUNDING

    @cached_property
    def size(self) -> int:
        """The octets of a request without entries."""
        return len(json.dumps(self.content)) + _SURROUNDING

    def entry(self, recipient: Recipient, to: str) -> dict[str, Any] | None:
        """The BulkEmailEntry of one reader at an address, or None where it is too large for one.

        Raises ValueError where a value or the address cannot be encoded.
        """
        data = _compact(self._data(recipient))
        data.encode()  # a lone surrogate is refused here
        if len(data) > _DATA:
            return None
        link = _fit("List-Unsubscribe", self.wire.list_unsubscribe(recipient))
        # SES replaces Message-ID; this one stays, and its events repeat it.
        identity = _fit("X-Newsletter-Message-ID", self.wire.message_id(recipient.key))
        return {
            "Destination": {"ToAddresses": [to]},
            "ReplacementTags": [self._issue, _tag("delivery", recipient.key)],
            "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": data}},
            "ReplacementHeaders": [
                {"Name": "List-Unsubscribe", "Value": link},
                {"Name": "X-Newsletter-Message-ID", "Value": identity},
            ],
        }

    def _data(self, recipient: Recipient) -> Mapping[str, str]:
        values = recipient.values
        return {
            **_LITERALS,
            "subject": self.wire.subject(recipient),
            **{name: html.escape(normalised(slot.value(values))) for slot, name in self._html.items()},
            **{name: normalised(slot.value(values)) for slot, name in self._text.items()},
        }


def destination(recipient: Recipient) -> str:
    """The address as SES takes it. Raises ValueError for a local part beyond ASCII, which it does not."""
    address = recipient.envelope
    if not address.isascii():
        raise ValueError("SES takes only ASCII before the @")
    return address


def tags(wire: Wire, recipient: Recipient) -> list[dict[str, str]]:
    """Message tags: SES's events carry them, so they settle what is uncertain. ``delivery`` is the reader's key."""
    return [_tag("issue", wire.email.issue), _tag("delivery", recipient.key)]


def _tag(name: str, value: str) -> dict[str, str]:
    return {"Name": name, "Value": re.sub(r"[^A-Za-z0-9_-]", "_", value)[:256]}


def request_size(entry: Mapping[str, Any]) -> int:
    """The octets that an entry adds to a request."""
    return len(json.dumps(entry)) + 2


def most_size(entry: Mapping[str, Any]) -> int:
    """No fewer than ``request_size``, for a fraction of its time."""
    data = entry["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"]
    return _ESCAPED * len(data.encode()) + 2 * _HEADER + _SURROUNDING


def _fit(name: str, value: str) -> str:
    if len(value) > _HEADER or not re.fullmatch(r"[ -~]*", value):
        raise ValueError(f"the header {name} is longer than {_HEADER} characters or not plain ASCII")
    return value


def _slots(parts: Iterable[Template]) -> list[Slot]:
    return list(dict.fromkeys(one for part in parts for one in part if isinstance(one, Slot)))


def _variable(slot: Slot, prefix: str) -> str:
    """A variable's name: fixed by the slot, so that a part is the same in all editions."""
    return f"{prefix}{hashlib.sha256(repr(slot).encode(errors='backslashreplace')).hexdigest()[:16]}"


@lru_cache(maxsize=1024)
def _as_template(part: Template, prefix: str) -> str:
    """A part of an email; the next one begins on another line, so what is literal there does not depend on this one."""
    found: list[str] = []
    parts = list(joined(part))
    for index, one in enumerate(parts):
        if isinstance(one, Slot):
            found.append("{{%s}}" % _variable(one, prefix))  # noqa: UP031 braces
        else:
            found.append(_literal(one, after_slot=index > 0, before_slot=index < len(parts) - 1))
    return "".join(found)


def _literal(constant: str, *, after_slot: bool, before_slot: bool) -> str:
    """Text as it stands, with variables for the braces and backslashes in which Handlebars would see more.

    That is a run with ``{{`` in it, or one that touches a variable: ``{{{x}}}`` and ``\\{{x}}`` mean something else.
    """

    def replaced(run: re.Match[str]) -> str:
        touches = (after_slot and run.start() == 0) or (before_slot and run.end() == len(constant))
        if not touches and "{{" not in run[0]:
            return run[0]
        return "".join(_LITERAL_NAMES[character] for character in run[0])

    return re.sub(r"[{}\\]+", replaced, normalised(constant))
