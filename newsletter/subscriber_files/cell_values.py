"""Parsers for the cells of an import file. Each raises ValueError with a message for the user."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

from newsletter.domain.addresses import parse_address
from newsletter.domain.consent import Consent, ConsentEvent
from newsletter.domain.schedule import parse_zone
from newsletter.domain.subscriber import Frequency, SubscriberStatus, SuppressionReason

_E = TypeVar("_E", bound=StrEnum)

# Local parts that email-validator returns unchanged for every domain; most are like this.
_PLAIN_LOCAL = re.compile(r"[a-z0-9]+(?:[._+-][a-z0-9]+)*", re.ASCII)
_LONGEST_LOCAL = 64  # RFC 5321 §4.5.3.1.1


def address(cell: str) -> str:
    """Return a parsed address, as ``parse_address`` does.

    That calls email-validator (40 µs). For plain local parts, its answer is cached for each domain (1 µs).
    """
    if not cell:
        raise ValueError("the address is missing")
    local, _, domain = cell.rpartition("@")
    if len(local) <= _LONGEST_LOCAL and _PLAIN_LOCAL.fullmatch(local):
        known = _plain_domain(domain)
        if known is not None:
            return f"{local}@{known}"
    return parse_address(cell)


@lru_cache(maxsize=50_000)
def _plain_domain(domain: str) -> str | None:
    """Return the domain as mailed if the longest plain address there is valid, because then every plain one is."""
    try:
        return parse_address(f"{'a' * _LONGEST_LOCAL}@{domain}").partition("@")[2]
    except ValueError:
        return None


def names(whole: str, first_name: str, last_name: str) -> tuple[str, str]:
    """Return first and last name, split from a full name: the first word and the rest, or `Last, First`."""
    last, comma, first = whole.partition(",")
    if not comma:
        first, _, last = whole.partition(" ")
    return first_name or first.strip(), last_name or last.strip()


def _one_of(kind: type[_E], cell: str, what: str) -> _E:
    try:
        return kind(cell.casefold())
    except ValueError:
        raise ValueError(f"unknown {what} {cell[:80]!r}: write one of {', '.join(kind)}") from None


def status(cell: str) -> SubscriberStatus:
    """Return a subscriber's status."""
    return _one_of(SubscriberStatus, cell, "status")


def suppressed(cell: str) -> SuppressionReason:
    """Return the reason of a suppression."""
    return _one_of(SuppressionReason, cell, "suppression reason")


def frequency(cell: str) -> Frequency:
    """Return how often a reader gets mail: ``each`` or ``weekly``."""
    return _one_of(Frequency, cell, "frequency")


_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", re.ASCII)


def language(cell: str) -> str:
    """Return a BCP 47 language tag."""
    tag = cell.replace("_", "-")
    if not _LANGUAGE.fullmatch(tag):
        raise ValueError(f"unknown language {cell[:80]!r}: write a tag such as en or pt-BR")
    return tag


def zone(cell: str) -> str:
    """Return the IANA name of a time zone."""
    name, reason = _zone_or_reason(cell)
    if reason:
        raise ValueError(reason)
    return name


@lru_cache(maxsize=1000)
def _zone_or_reason(cell: str) -> tuple[str, str]:
    """Return the name of a zone, or an error message, cached.

    ``parse_zone`` takes 2 ms to suggest a similar name, and a whole column may have unknown names.
    """
    try:
        return parse_zone(cell), ""
    except ValueError as err:
        return "", str(err)


# Forms that platforms use: ISO 8601, with a space for T; " UTC" at the end (beehiiv); Go's default format (listmonk).
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?)\d*\s*(Z|UTC|[+-]\d\d:?\d\d)?(?:\s+[A-Z+-]\w*)?",
    re.ASCII,
)


def moment(cell: str) -> datetime:
    """Return a date, or a date and time; UTC is assumed if no zone is given."""
    match = _MOMENT.fullmatch(cell)
    try:
        if match is None:
            raise ValueError
        offset = match[2] if match[2] not in (None, "Z", "UTC") else "+00:00"
        time = match[1] if len(match[1]) > 10 else f"{match[1]} 00:00"
        return datetime.fromisoformat(time + offset).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"invalid date {cell[:80]!r}: write it as 2026-11-25 or 2026-11-25T09:30:00Z") from None


def consents(cell: str) -> tuple[Consent, ...]:
    """Return the consent records that ``consents_cell`` wrote."""
    try:
        records = json.loads(cell)
        if not isinstance(records, list):
            raise TypeError
        return tuple(_consent(**record) for record in records)
    except (ValueError, TypeError, RecursionError):
        raise ValueError(f"invalid consent record {cell[:80]!r}: copy it from an export or leave it empty") from None


def _consent(*, at: str, what: str, how: str = "", wording: str = "", issue: str = "") -> Consent:
    if not all(isinstance(text, str) for text in (at, what, how, wording, issue)) or len(how) > 32 or len(issue) > 80:
        raise ValueError
    return Consent(at=moment(at), event=ConsentEvent(what), how=how, wording=wording, issue=issue)


def consents_cell(consents: Sequence[Consent]) -> str:
    """Return a reader's consent records as JSON; empty if there are none."""
    if not consents:
        return ""
    return json.dumps([_consent_values(consent) for consent in consents], ensure_ascii=False)


def _consent_values(consent: Consent) -> dict[str, str]:
    optional = {"how": consent.how, "wording": consent.wording, "issue": consent.issue}
    return {"at": consent.at.isoformat(), "what": consent.event.value} | {
        name: text for name, text in optional.items() if text
    }
