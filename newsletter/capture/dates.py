"""Read the dates that pages give for their publication, in the forms that they use."""

import datetime
import re
from email.utils import parsedate_to_datetime

_EARLIEST, _LATEST = 1600, 2100
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?![\d-])")
_SLASHED = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T\d+Z?)?")
_DAY_FIRST = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?!\d)")
_EAST_ASIAN = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]")
_NAMED = re.compile(r"([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)", re.IGNORECASE)
_NAMED_DAY_FIRST = re.compile(r"(\d{1,2})(?:st|nd|rd|th|\.)?\s+([^\W\d_]{3,10})\.?,?\s+(\d{4})(?!\d)")
_IN_ADDRESS = re.compile(r"/((?:19|20)\d{2})[/-](\d{1,2})[/-](\d{1,2})(?:[/-]|$)")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar jänner janvier enero janeiro gennaio",
            "february feb februar feber février febrero fevereiro febbraio",
            "march mar märz mars marzo março",
            "april apr avril abril aprile",
            "may mai mayo maio maggio",
            "june jun juni juin junio junho giugno",
            "july jul juli juillet julio julho luglio",
            "august aug août agosto",
            "september sep sept septembre septiembre setembro settembre",
            "october oct oktober okt octobre octubre outubro ottobre",
            "november nov novembre noviembre novembro",
            "december dec dezember dez décembre diciembre dezembro dicembre",
        ),
        1,
    )
    for name in names.split()
}


def parse_published(text: str) -> datetime.date | None:
    """Return the day that a text names, by the clock of its own time zone; None if it names none, or not one only.

    ``03/04/2026`` is none: it has another meaning on the other side of the Atlantic.
    """
    written = text.strip()[:80]
    for pattern in (_ISO, _SLASHED, _EAST_ASIAN):
        if match := pattern.match(written):
            return _day(match[1], match[2], match[3])
    if match := _COMPACT.fullmatch(written):
        return _day(match[1], match[2], match[3])
    if match := _DAY_FIRST.match(written):
        return _day(match[3], match[2], match[1])
    if (match := _NAMED.search(written)) and (month := _MONTHS.get(match[1].lower())):
        return _day(match[3], month, match[2])
    if (match := _NAMED_DAY_FIRST.search(written)) and (month := _MONTHS.get(match[2].lower())):
        return _day(match[3], month, match[1])
    try:
        moment = parsedate_to_datetime(written)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return _day(moment.year, moment.month, moment.day)


def date_in_address(url: str) -> datetime.date | None:
    """Return the day in an address such as ``/2026/11/23/title``."""
    match = _IN_ADDRESS.search(url)
    return _day(match[1], match[2], match[3]) if match else None


def parse_minutes(text: str) -> int | None:
    """Return the minutes of a duration (ISO 8601), at least 1: ``PT1H5M``, ``PT312S``; None if it is none."""
    match = re.fullmatch(
        r"P(?:(\d{1,2})D)?T?(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:(\d{1,6})(?:\.\d+)?S)?", text.strip()[:40].upper()
    )
    if not match or not any(match.groups()):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    total = days * 1440 + hours * 60 + minutes + round(seconds / 60)
    return max(1, total) if total or seconds else None


def _day(year: str | int, month: str | int, day: str | int) -> datetime.date | None:
    try:
        written = datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None
    return written if _EARLIEST <= written.year <= _LATEST else None
