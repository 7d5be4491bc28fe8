"""What the cell of a field says. Each function raises ValueError with the reason in words."""

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

# What email-validator leaves as it is whatever the domain, and most addresses are.
_PLAIN_LOCAL = re.compile(r"[a-z0-9]+(?:[._+-][a-z0-9]+)*", re.ASCII)
_LONGEST_LOCAL = 64  # RFC 5321 §4.5.3.1.1


def address(cell: str) -> str:
    """``parse_address``, which asks email-validator (40 µs); of plain ones only once for each domain (1 µs)."""
    if not cell:
        raise ValueError("no address")
    local, _, domain = cell.rpartition("@")
    if len(local) <= _LONGEST_LOCAL and _PLAIN_LOCAL.fullmatch(local):
        known = _plain_domain(domain)
        if known is not None:
            return f"{local}@{known}"
    return parse_address(cell)[0]


@lru_cache(maxsize=50_000)
def _plain_domain(domain: str) -> str | None:
    """The domain as mailed, if the longest plain address at it is valid: then each plain one is."""
    try:
        return parse_address(f"{'a' * _LONGEST_LOCAL}@{domain}")[0].partition("@")[2]
    except ValueError:
        return None


def names(whole: str, first_name: str, last_name: str) -> tuple[str, str]:
    """First and last name where only the whole is given: the first word and the rest, or what a comma parts."""
    last, comma, first = whole.partition(",")
    if not comma:
        first, _, last = whole.partition(" ")
    return first_name or first.strip(), last_name or last.strip()


def _one_of(kind: type[_E], cell: str, what: str) -> _E:
    try:
        return kind(cell.casefold())
    except ValueError:
        raise ValueError(f"{what} {cell[:80]!r}: it is one of {', '.join(kind)}") from None


def status(cell: str) -> SubscriberStatus:
    """``confirmed``, and so on."""
    return _one_of(SubscriberStatus, cell, "no status")


def suppressed(cell: str) -> SuppressionReason:
    """``bounced``, and so on."""
    return _one_of(SuppressionReason, cell, "not suppressed as")


def frequency(cell: str) -> Frequency:
    """``each`` or ``weekly``."""
    return _one_of(Frequency, cell, "no frequency")


_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", re.ASCII)


def language(cell: str) -> str:
    """A BCP 47 tag."""
    tag = cell.replace("_", "-")
    if not _LANGUAGE.fullmatch(tag):
        raise ValueError(f"no language {cell[:80]!r}: write a tag such as en or pt-BR")
    return tag


def zone(cell: str) -> str:
    """The IANA name of a time zone."""
    name, reason = _zone_or_reason(cell)
    if reason:
        raise ValueError(reason)
    return name


@lru_cache(maxsize=1000)
def _zone_or_reason(cell: str) -> tuple[str, str]:
    """``parse_zone``, which takes 2 ms to find which name is near: a whole column may be of zones in other words."""
    try:
        return parse_zone(cell), ""
    except ValueError as err:
        return "", str(err)


# As the platforms write it: ISO 8601, with a space for T; " UTC" at the end (beehiiv); what Go prints (listmonk).
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?)\d*\s*(Z|UTC|[+-]\d\d:?\d\d)?(?:\s+[A-Z+-]\w*)?",
    re.ASCII,
)


def moment(cell: str) -> datetime:
    """A date, or a date and a time; in UTC where no other zone is named."""
    found = _MOMENT.fullmatch(cell)
    try:
        if found is None:
            raise ValueError
        offset = found[2] if found[2] not in (None, "Z", "UTC") else "+00:00"
        time = found[1] if len(found[1]) > 10 else f"{found[1]} 00:00"
        return datetime.fromisoformat(time + offset).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"no date {cell[:80]!r}: write one such as 2026-11-25 or 2026-11-25T09:30:00Z") from None


def consents(cell: str) -> tuple[Consent, ...]:
    """What ``consents_cell`` wrote."""
    try:
        done = json.loads(cell)
        if not isinstance(done, list):
            raise TypeError
        return tuple(_consent(**one) for one in done)
    except (ValueError, TypeError, RecursionError):
        raise ValueError(f"no record of consent {cell[:80]!r}: it is as an export writes it, or empty") from None


def _consent(*, at: str, what: str, how: str = "", wording: str = "", issue: str = "") -> Consent:
    if not all(isinstance(text, str) for text in (at, what, how, wording, issue)) or len(how) > 32 or len(issue) > 80:
        raise ValueError
    return Consent(at=moment(at), event=ConsentEvent(what), how=how, wording=wording, issue=issue)


def consents_cell(done: Sequence[Consent]) -> str:
    """What a reader did about their consent, as JSON; empty where they did nothing."""
    if not done:
        return ""
    return json.dumps(
        [
            {"at": one.at.isoformat(), "what": one.event.value}
            | {name: text for name, text in (("how", one.how), ("wording", one.wording), ("issue", one.issue)) if text}
            for one in done
        ],
        ensure_ascii=False,
    )
