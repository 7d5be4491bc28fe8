"""An email as SES's inline template, and a reader's values as the data for it.

SES replaces ``{{name}}`` and nothing else in inline templates, escapes nothing, and accepts data without some variable
only to fail later. So each value is sent once escaped for HTML and once plain, and every entry has every variable.
"""

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from newsletter.encoding import normalised
from newsletter.message import Recipient, Slot, Template, Wire, joined

ENTRIES = 50  # recipients a call
_DATA = 262_144  # characters of TemplateData
_HEADER = 995  # characters of a header's value
# "Each input JSON file" may have 1 MB: taken for the whole request, to be safe.
REQUEST = 1_000_000

_LITERALS = {"open": "{", "close": "}", "backslash": "\\"}
_LITERAL_NAMES = {character: "{{%s}}" % name for name, character in _LITERALS.items()}  # noqa: UP031 braces


class BulkEmail:
    """What all calls for one email have in common."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self._html = _variables(wire.email.html, "html")
        self._text = _variables(wire.email.text, "text")
        self._shared_headers = wire.list_headers()
        parts = {
            "Subject": "{{subject}}",
            "Html": "".join(_as_template(wire.email.html, self._html)),
            "Text": "".join(_as_template(wire.email.text, self._text)),
        }
        self.content = {"Template": {"TemplateContent": parts, "TemplateData": "{}"}}
        self.size = len(json.dumps(self.content)) + 2_000  # and what surrounds it in a request

    def entry(self, recipient: Recipient, to: str) -> dict[str, Any] | None:
        """The BulkEmailEntry of one reader at an address, or None where it is too large for one.

        Raises ValueError where a value or the address cannot be encoded.
        """
        data = json.dumps(self._data(recipient), ensure_ascii=False, separators=(",", ":"))
        data.encode()
        if len(data) > _DATA:
            return None
        headers = {
            "List-Unsubscribe": self.wire.list_unsubscribe(recipient),
            **self._shared_headers,
            # SES replaces Message-ID; this one stays, and its events repeat it.
            "X-Newsletter-Message-ID": self.wire.message_id(recipient.key),
        }
        return {
            "Destination": {"ToAddresses": [to]},
            "ReplacementTags": tags(self.wire, recipient),
            "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": data}},
            "ReplacementHeaders": [{"Name": name, "Value": _fit(name, value)} for name, value in headers.items()],
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
    named = {"issue": wire.email.issue, "delivery": recipient.key}
    return [{"Name": name, "Value": re.sub(r"[^A-Za-z0-9_-]", "_", value)[:256]} for name, value in named.items()]


def request_size(entry: Mapping[str, Any]) -> int:
    """The octets that an entry adds to a request."""
    return len(json.dumps(entry)) + 2


def _fit(name: str, value: str) -> str:
    if len(value) > _HEADER or not re.fullmatch(r"[ -~]*", value):
        raise ValueError(f"the header {name} is longer than {_HEADER} characters or not plain ASCII")
    return value


def _variables(template: Template, prefix: str) -> dict[Slot, str]:
    """A variable for each slot, by its name and default."""
    slots = dict.fromkeys(part for part in template if isinstance(part, Slot))
    return {slot: f"{prefix}{number}" for number, slot in enumerate(slots, 1)}


def _as_template(template: Template, variables: Mapping[Slot, str]) -> Iterator[str]:
    parts = list(joined(template))
    for index, part in enumerate(parts):
        if isinstance(part, Slot):
            yield "{{%s}}" % variables[part]  # noqa: UP031 braces
        else:
            yield _literal(part, after_slot=index > 0, before_slot=index < len(parts) - 1)


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
