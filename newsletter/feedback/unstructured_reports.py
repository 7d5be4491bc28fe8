"""Read reports without fields: flufl.bounce knows many forms, and the rest is recognised by a mail system's words."""

import logging
from collections.abc import Iterable, Iterator
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses

from flufl.bounce import all_failures

from newsletter.domain.addresses import address_key
from newsletter.domain.events import EventKind, storable_text
from newsletter.domain.mail_reports import ReportedRecipient
from newsletter.feedback.automatic_mail import is_automatic_reply
from newsletter.feedback.bounce_phrases import (
    LONGEST,
    is_mail_system,
    is_no_reply,
    is_waiting,
    permanence,
    recipient_in,
    says_undelivered,
    says_unknown_address,
    status_in,
)
from newsletter.feedback.mail_fields import LONGEST_LINE, bare_address, field

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it logs the tracebacks of its detectors

_K = EventKind
_READ_BY_FLUFL = 65_536  # octets


def unstructured_failures(message: bytes, mail: Message, words: str, copy: str) -> Iterator[ReportedRecipient]:
    """Yield the failures that flufl.bounce detects, or else those that a mail system describes in its own words.

    The address may be empty: a signed return path proves the recipient anyway.
    """
    subject, sender = field(mail, "Subject"), field(mail, "From")
    by_system, undelivered = is_mail_system(sender), says_undelivered(subject, words)
    undelivered |= by_system and says_unknown_address(words)
    if not by_system and (not undelivered or is_automatic_reply(mail)):
        return  # a personal letter or an out-of-office reply: flufl.bounce would find addresses in those too
    own_addresses = [
        str(value)[:LONGEST_LINE] for name in ("To", "Cc", "Delivered-To") for value in mail.get_all(name, [])
    ]
    temporary, permanent = (_without_own(addresses, own_addresses) for addresses in all_failures(_short(message)))
    waiting = temporary - permanent
    if not permanent and not waiting and undelivered and (by_system or is_no_reply(sender)):
        named = {bare_address(recipient_in(words, copy, [*own_addresses, sender]))}
        permanent, waiting = (set(), named) if is_waiting(words) else (named, set())
    status, text = status_in(words), f"{subject}\n{words[:LONGEST]}"
    detail = storable_text(f"{subject} {words.strip()}".strip(), 300)
    for address in sorted(permanent):
        bounce = permanence(status, text)
        yield ReportedRecipient(kind=_K.BOUNCED, address=address, bounce=bounce, status=status, detail=detail)
    for address in sorted(waiting):
        yield ReportedRecipient(kind=_K.DEFERRED, address=address, status=status, detail=detail)


def _short(message: bytes) -> Message:
    """Return a message for flufl.bounce, whose patterns are slow on long lines and fail if there is no sender."""
    lines = message[:_READ_BY_FLUFL].split(b"\n")
    mail = message_from_bytes(b"\n".join(line[:LONGEST_LINE] for line in lines))
    if not mail["From"]:
        del mail["From"]
        mail["From"] = "nobody@invalid"
    return mail


def _without_own(raw_addresses: Iterable[bytes], own_addresses: list[str]) -> set[str]:
    """Return addresses without those that the report itself was sent to, unless there are no others."""
    addresses = {bare_address(raw.decode("utf-8", "replace")) for raw in raw_addresses}
    own = {address_key(address) for _, address in getaddresses(own_addresses)}
    return {address for address in addresses if address_key(address) not in own} or addresses
