"""The platforms whose export files are read as they are: which columns they have, and what those say of a reader.

Column names are in the form of ``cells.plain``. docs/subscribers.md says where each list comes from.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from newsletter.domain.subscriber import SubscriberStatus, SuppressionReason

UNCONFIRMED, CONFIRMED, UNSUBSCRIBED = SubscriberStatus

# How somebody stands. No status is the one that the import gives to readers of whom a file says none.
Standing = tuple[SubscriberStatus | None, SuppressionReason | None]

_ACTIVE: Standing = (None, None)
_WAITING: Standing = (UNCONFIRMED, None)
_LEFT: Standing = (UNSUBSCRIBED, None)
_BOUNCED: Standing = (None, SuppressionReason.BOUNCED)
_COMPLAINED: Standing = (UNSUBSCRIBED, SuppressionReason.COMPLAINED)
_BANNED: Standing = (UNSUBSCRIBED, SuppressionReason.MANUAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One platform.

    ``files`` is found in the names of its files of readers. ``roles`` says which columns are fields: ``email``,
    ``first_name``, ``last_name``, ``name``, ``time_zone``, ``tags``; ``asked``, ``confirmed`` and ``left`` are dates,
    ``further`` is a JSON object of attributes. ``marks`` are columns of which an export has one at least, so that a
    file that does not say how somebody stands is not taken for one. ``standing`` is asked with the cells of
    ``standing_columns`` that the file has, and its name; it raises ValueError for words that it does not know.
    ``attributes`` are found in the names of further columns that are attributes.
    """

    title: str
    files: re.Pattern[str]
    roles: Mapping[str, str]
    marks: frozenset[str]
    standing_columns: frozenset[str]
    standing: Callable[[Mapping[str, str], str], Standing]
    attributes: re.Pattern[str] = re.compile(r"(?!)")


def _words(standings: Mapping[str, Standing], column: str, said: str) -> Standing:
    try:
        return standings[said.casefold()]
    except KeyError:
        raise ValueError(f"no {column} {said[:80]!r}: it is one of {', '.join(standings)}") from None


def _truth(column: str, said: str) -> bool:
    if said.casefold() not in ("true", "false"):
        raise ValueError(f"no {column} {said[:80]!r}: it is true or false")
    return said.casefold() == "true"


# Mailchimp -----------------------------------------------------------------------------------------------------------

_AUDIENCES = re.compile(r"(?:^|[^a-z])(subscribed|unsubscribed|nonsubscribed|cleaned)_[^/]*\.csv$", re.IGNORECASE)
_COMPLAINT = re.compile(r"abuse|spam", re.IGNORECASE)


def _mailchimp(said: Mapping[str, str], file: str) -> Standing:
    """A file has contacts of one kind and is named by it; where somebody renamed it, its columns tell."""
    named = _AUDIENCES.search(file)
    if named:
        kind = named[1].casefold()
    elif said.get("clean_time") or ("clean_time" in said and "unsub_time" not in said):
        kind = "cleaned"
    elif said.get("unsub_time") or ("unsub_time" in said and "clean_time" not in said):
        kind = "unsubscribed"
    else:
        kind = "subscribed"
    if kind == "unsubscribed" and _COMPLAINT.search(said.get("unsub_reason", "")):
        return _COMPLAINED
    return {"subscribed": _ACTIVE, "unsubscribed": _LEFT, "cleaned": _BOUNCED, "nonsubscribed": _WAITING}[kind]


_MAILCHIMP = Platform(
    title="Mailchimp",
    files=_AUDIENCES,
    roles={
        "email_address": "email",
        "first_name": "first_name",
        "last_name": "last_name",
        "name": "name",
        "timezone": "time_zone",
        "tags": "tags",
        "optin_time": "asked",
        "confirm_time": "confirmed",
        "unsub_time": "left",
    },
    marks=frozenset({"optin_time", "confirm_time", "leid", "euid"}),
    standing_columns=frozenset({"clean_time", "unsub_time", "unsub_reason"}),
    standing=_mailchimp,
    # What the publisher asked, and not what Mailchimp found out or noted: those names are fixed.
    attributes=re.compile(
        r"(?!(?:email_type|member_rating|optin_ip|confirm_ip|latitude|longitude|gmtoff|dstoff|cc|region|last_changed"
        r"|unsub_\w+|clean_\w+|leid|euid|notes|source|vip|sms_\w+)$)"
    ),
)

# Substack ------------------------------------------------------------------------------------------------------------


def _substack(said: Mapping[str, str], _file: str) -> Standing:
    """Who has a date of cancellation in the dashboard's file left, or pays no more: it does not say which."""
    if "email_disabled" in said:
        return _LEFT if _truth("email_disabled", said["email_disabled"]) else _ACTIVE
    return _WAITING if said.get("cancel_date") else _ACTIVE


_SUBSTACK = Platform(
    title="Substack",
    files=re.compile(r"^email_list[^/]*\.csv$", re.IGNORECASE),
    roles={
        "email": "email",
        "name": "name",
        "sections": "tags",
        "tags": "tags",
        "created_at": "asked",
        "start_date": "asked",
    },
    marks=frozenset({"email_disabled", "start_date"}),
    standing_columns=frozenset({"email_disabled", "cancel_date"}),
    standing=_substack,
)

# Buttondown ----------------------------------------------------------------------------------------------------------

_BUTTONDOWN_TYPES: Mapping[str, Standing] = {
    "regular": _ACTIVE,
    "premium": _ACTIVE,
    "paid": _ACTIVE,
    "gifted": _ACTIVE,
    "trialed": _ACTIVE,
    "churning": _ACTIVE,
    "churned": _ACTIVE,
    "past_due": _ACTIVE,
    "paused": _ACTIVE,
    "unpaid": _ACTIVE,
    "unactivated": _WAITING,
    "unsubscribed": _LEFT,
    "removed": _LEFT,
    "undeliverable": _BOUNCED,
    "complained": _COMPLAINED,
    "spammy": _BANNED,
    "blocked": _BANNED,
    "disabled": _BANNED,
}


def _buttondown(said: Mapping[str, str], file: str) -> Standing:
    kind = next((said[name] for name in ("type", "subscriber_type", "status") if said.get(name)), "")
    if not kind and (said.get("unsubscription_date") or file.casefold().startswith("unsubscribers")):
        return _LEFT
    return _words(_BUTTONDOWN_TYPES, "subscriber type", kind.replace(" ", "_"))


_BUTTONDOWN = Platform(
    title="Buttondown",
    files=re.compile(r"^(?:un)?subscribers[^/]*\.csv$", re.IGNORECASE),
    roles={
        "email": "email",
        "email_address": "email",
        "name": "name",
        "tags": "tags",
        "metadata": "further",
        "creation_date": "asked",
        "subscription_date": "asked",
        "unsubscription_date": "left",
    },
    marks=frozenset({"type", "subscriber_type", "status", "unsubscription_date"}),
    standing_columns=frozenset({"type", "subscriber_type", "status", "unsubscription_date"}),
    standing=_buttondown,
    attributes=re.compile(r"^metadata_"),
)

# Ghost ---------------------------------------------------------------------------------------------------------------


def _ghost(said: Mapping[str, str], _file: str) -> Standing:
    gone = said.get("deleted_at") or not _truth("subscribed_to_emails", said["subscribed_to_emails"])
    return _LEFT if gone else _ACTIVE


_GHOST = Platform(
    title="Ghost",
    files=re.compile(r"members[^/]*\.csv$", re.IGNORECASE),
    roles={"email": "email", "name": "name", "labels": "tags", "created_at": "asked"},
    marks=frozenset({"subscribed_to_emails"}),
    standing_columns=frozenset({"subscribed_to_emails", "deleted_at"}),
    standing=_ghost,
    attributes=re.compile(r"^custom_fields_"),
)

# beehiiv -------------------------------------------------------------------------------------------------------------

_BEEHIIV_STATUSES: Mapping[str, Standing] = {
    "active": _ACTIVE,
    "inactive": _LEFT,
    "pending": _WAITING,
    "validating": _WAITING,
    "needs_attention": _WAITING,
    "invalid": _BOUNCED,
}


def _beehiiv(said: Mapping[str, str], _file: str) -> Standing:
    standing = _words(_BEEHIIV_STATUSES, "status", said["status"].replace(" ", "_"))
    return _LEFT if standing is _ACTIVE and said.get("unsubscribed_at") else standing


_BEEHIIV = Platform(
    title="beehiiv",
    files=re.compile(r"subscri(?:bers|ptions)[^/]*\.csv$", re.IGNORECASE),
    roles={
        "email": "email",
        "first_name": "first_name",
        "last_name": "last_name",
        "name": "name",
        "tags": "tags",
        "created": "asked",
        "created_at": "asked",
        "unsubscribed_at": "left",
    },
    marks=frozenset({"status"}),
    standing_columns=frozenset({"status", "unsubscribed_at"}),
    standing=_beehiiv,
    # Custom fields, and not what beehiiv counted.
    attributes=re.compile(
        r"(?!(?:id|\w*_id|subscription_\w+|subscriber_id|\w*tiers?(?:_\w+)?|utm_\w+|referr\w+|acquisition_\w+|channel"
        r"|\w*rate|\w*(?:sent|received|opened|clicked|opens|clicks)(?:_at)?|last_\w+_at|status|\w+_status)$)"
    ),
)

# listmonk ------------------------------------------------------------------------------------------------------------

_LISTMONK_STATUSES: Mapping[str, Standing] = {"enabled": _ACTIVE, "disabled": _LEFT, "blocklisted": _BANNED}


def _listmonk(said: Mapping[str, str], _file: str) -> Standing:
    return _words(_LISTMONK_STATUSES, "status", said["status"])


_LISTMONK = Platform(
    title="listmonk",
    files=re.compile(r"subscribers[^/]*\.csv$", re.IGNORECASE),
    roles={"email": "email", "name": "name", "attributes": "further", "created_at": "asked"},
    marks=frozenset({"status"}),
    standing_columns=frozenset({"status"}),
    standing=_listmonk,
)

PLATFORMS: Mapping[str, Platform] = {
    "mailchimp": _MAILCHIMP,
    "substack": _SUBSTACK,
    "buttondown": _BUTTONDOWN,
    "ghost": _GHOST,
    "beehiiv": _BEEHIIV,
    "listmonk": _LISTMONK,
}

# No address of a reader's computer is kept, whoever exports it.
PASSED_OVER = re.compile(r"(?:\w+_)?ip(?:_address)?$")
