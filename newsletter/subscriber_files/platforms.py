"""The supported platforms: the columns of their export files, and what those say about a reader.

Column names are in the form that ``columns.plain`` returns. docs/subscribers.md gives the source of each list.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from newsletter.domain.subscriber import SubscriberStatus, SuppressionReason

UNCONFIRMED, CONFIRMED, UNSUBSCRIBED = SubscriberStatus

# A reader's status and suppression. Without a status, the reader gets the import's default status.
PlatformStatus = tuple[SubscriberStatus | None, SuppressionReason | None]

_ACTIVE: PlatformStatus = (None, None)
_WAITING: PlatformStatus = (UNCONFIRMED, None)
_LEFT: PlatformStatus = (UNSUBSCRIBED, None)
_BOUNCED: PlatformStatus = (None, SuppressionReason.BOUNCED)
_COMPLAINED: PlatformStatus = (UNSUBSCRIBED, SuppressionReason.COMPLAINED)
_BANNED: PlatformStatus = (UNSUBSCRIBED, SuppressionReason.MANUAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A platform and the format of its export.

    ``files`` matches the names of its reader files. ``fields`` maps columns to fields: ``email``, ``first_name``,
    ``last_name``, ``name``, ``time_zone``, ``tags``; the dates ``signed_up``, ``confirmed`` and ``unsubscribed``; and
    ``json``, an object of attributes. A file without any of the ``typical_columns`` is rejected, because it doesn't
    give a reader's status. A file with all columns of one of the ``signatures`` is the platform's, whatever its name.
    ``status_of`` returns the status, given the cells of the ``status_columns`` and the file's name, and raises
    ValueError for unknown values. ``attributes`` matches the names of columns that become attributes.
    """

    title: str
    files: re.Pattern[str]
    fields: Mapping[str, str]
    typical_columns: frozenset[str]
    signatures: tuple[frozenset[str], ...]
    status_columns: frozenset[str]
    status_of: Callable[[Mapping[str, str], str], PlatformStatus]
    attributes: re.Pattern[str] = re.compile(r"(?!)")


def _status_in(statuses: Mapping[str, PlatformStatus], column: str, value: str) -> PlatformStatus:
    try:
        return statuses[value.casefold()]
    except KeyError:
        raise ValueError(f"unknown {column} {value[:80]!r}: write one of {', '.join(statuses)}") from None


def _is_true(column: str, value: str) -> bool:
    if value.casefold() not in ("true", "false"):
        raise ValueError(f"unknown {column} {value[:80]!r}: write true or false")
    return value.casefold() == "true"


# Mailchimp -----------------------------------------------------------------------------------------------------------

_AUDIENCES = re.compile(r"(?:^|[^a-z])(subscribed|unsubscribed|nonsubscribed|cleaned)_[^/]*\.csv$", re.IGNORECASE)
_COMPLAINT = re.compile(r"abuse|spam", re.IGNORECASE)


def _mailchimp(values: Mapping[str, str], file: str) -> PlatformStatus:
    """Return the status of all contacts in a file, from its name or, if it was renamed, from its columns."""
    named = _AUDIENCES.search(file)
    if named:
        kind = named[1].casefold()
    elif values.get("clean_time") or ("clean_time" in values and "unsub_time" not in values):
        kind = "cleaned"
    elif values.get("unsub_time") or ("unsub_time" in values and "clean_time" not in values):
        kind = "unsubscribed"
    else:
        kind = "subscribed"
    if kind == "unsubscribed" and _COMPLAINT.search(values.get("unsub_reason", "")):
        return _COMPLAINED
    return {"subscribed": _ACTIVE, "unsubscribed": _LEFT, "cleaned": _BOUNCED, "nonsubscribed": _WAITING}[kind]


_MAILCHIMP = Platform(
    title="Mailchimp",
    files=_AUDIENCES,
    fields={
        "email_address": "email",
        "first_name": "first_name",
        "last_name": "last_name",
        "name": "name",
        "timezone": "time_zone",
        "tags": "tags",
        "optin_time": "signed_up",
        "confirm_time": "confirmed",
        "unsub_time": "unsubscribed",
    },
    typical_columns=frozenset({"optin_time", "confirm_time", "leid", "euid"}),
    signatures=(frozenset({"email_address", "leid", "euid"}),),
    status_columns=frozenset({"clean_time", "unsub_time", "unsub_reason"}),
    status_of=_mailchimp,
    # The publisher's own fields. Mailchimp's own columns, which have fixed names, are left out.
    attributes=re.compile(
        r"(?!(?:email_type|member_rating|optin_ip|confirm_ip|latitude|longitude|gmtoff|dstoff|cc|region|last_changed"
        r"|unsub_\w+|clean_\w+|leid|euid|notes|source|vip|sms_\w+)$)"
    ),
)

# Substack ------------------------------------------------------------------------------------------------------------


def _substack(values: Mapping[str, str], _file: str) -> PlatformStatus:
    """Return the status of a row.

    A cancellation date in the dashboard's file means that the reader left or no longer pays; it doesn't say which.
    """
    if "email_disabled" in values:
        return _LEFT if _is_true("email_disabled", values["email_disabled"]) else _ACTIVE
    return _WAITING if values.get("cancel_date") else _ACTIVE


_SUBSTACK = Platform(
    title="Substack",
    files=re.compile(r"^email_list[^/]*\.csv$", re.IGNORECASE),
    fields={
        "email": "email",
        "name": "name",
        "sections": "tags",
        "tags": "tags",
        "created_at": "signed_up",
        "start_date": "signed_up",
    },
    typical_columns=frozenset({"email_disabled", "start_date"}),
    signatures=(frozenset({"email_disabled"}), frozenset({"start_date", "cancel_date"})),
    status_columns=frozenset({"email_disabled", "cancel_date"}),
    status_of=_substack,
)

# Buttondown ----------------------------------------------------------------------------------------------------------

_BUTTONDOWN_TYPES: Mapping[str, PlatformStatus] = {
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


def _buttondown(values: Mapping[str, str], file: str) -> PlatformStatus:
    kind = next((values[name] for name in ("type", "subscriber_type", "status") if values.get(name)), "")
    if not kind and (values.get("unsubscription_date") or file.casefold().startswith("unsubscribers")):
        return _LEFT
    return _status_in(_BUTTONDOWN_TYPES, "subscriber type", kind.replace(" ", "_"))


_BUTTONDOWN = Platform(
    title="Buttondown",
    files=re.compile(r"^(?:un)?subscribers[^/]*\.csv$", re.IGNORECASE),
    fields={
        "email": "email",
        "email_address": "email",
        "name": "name",
        "tags": "tags",
        "metadata": "json",
        "creation_date": "signed_up",
        "subscription_date": "signed_up",
        "unsubscription_date": "unsubscribed",
    },
    typical_columns=frozenset({"type", "subscriber_type", "status", "unsubscription_date"}),
    signatures=(frozenset({"creation_date", "metadata"}),),
    status_columns=frozenset({"type", "subscriber_type", "status", "unsubscription_date"}),
    status_of=_buttondown,
    attributes=re.compile(r"^metadata_"),
)

# Ghost ---------------------------------------------------------------------------------------------------------------


def _ghost(values: Mapping[str, str], _file: str) -> PlatformStatus:
    gone = values.get("deleted_at") or not _is_true("subscribed_to_emails", values["subscribed_to_emails"])
    return _LEFT if gone else _ACTIVE


_GHOST = Platform(
    title="Ghost",
    files=re.compile(r"members[^/]*\.csv$", re.IGNORECASE),
    fields={"email": "email", "name": "name", "labels": "tags", "created_at": "signed_up"},
    typical_columns=frozenset({"subscribed_to_emails"}),
    signatures=(frozenset({"subscribed_to_emails"}),),
    status_columns=frozenset({"subscribed_to_emails", "deleted_at"}),
    status_of=_ghost,
    attributes=re.compile(r"^custom_fields_"),
)

# beehiiv -------------------------------------------------------------------------------------------------------------

_BEEHIIV_STATUSES: Mapping[str, PlatformStatus] = {
    "active": _ACTIVE,
    "inactive": _LEFT,
    "pending": _WAITING,
    "validating": _WAITING,
    "needs_attention": _WAITING,
    "invalid": _BOUNCED,
}


def _beehiiv(values: Mapping[str, str], _file: str) -> PlatformStatus:
    status = _status_in(_BEEHIIV_STATUSES, "status", values["status"].replace(" ", "_"))
    return _LEFT if status is _ACTIVE and values.get("unsubscribed_at") else status


_BEEHIIV = Platform(
    title="beehiiv",
    files=re.compile(r"subscri(?:bers|ptions)[^/]*\.csv$", re.IGNORECASE),
    fields={
        "email": "email",
        "first_name": "first_name",
        "last_name": "last_name",
        "name": "name",
        "tags": "tags",
        "created": "signed_up",
        "created_at": "signed_up",
        "unsubscribed_at": "unsubscribed",
    },
    typical_columns=frozenset({"status"}),
    signatures=(frozenset({"status", "subscription_tier"}),),
    status_columns=frozenset({"status", "unsubscribed_at"}),
    status_of=_beehiiv,
    # Custom fields. beehiiv's own columns and statistics are left out.
    attributes=re.compile(
        r"(?!(?:id|\w*_id|subscription_\w+|subscriber_id|\w*tiers?(?:_\w+)?|utm_\w+|referr\w+|acquisition_\w+|channel"
        r"|\w*rate|\w*(?:sent|received|opened|clicked|opens|clicks)(?:_at)?|last_\w+_at|status|\w+_status)$)"
    ),
)

# listmonk ------------------------------------------------------------------------------------------------------------

_LISTMONK_STATUSES: Mapping[str, PlatformStatus] = {"enabled": _ACTIVE, "disabled": _LEFT, "blocklisted": _BANNED}


def _listmonk(values: Mapping[str, str], _file: str) -> PlatformStatus:
    return _status_in(_LISTMONK_STATUSES, "status", values["status"])


_LISTMONK = Platform(
    title="listmonk",
    files=re.compile(r"subscribers[^/]*\.csv$", re.IGNORECASE),
    fields={"email": "email", "name": "name", "attributes": "json", "created_at": "signed_up"},
    typical_columns=frozenset({"status"}),
    signatures=(frozenset({"uuid", "attributes", "status"}),),
    status_columns=frozenset({"status"}),
    status_of=_listmonk,
)

PLATFORMS: Mapping[str, Platform] = {
    "mailchimp": _MAILCHIMP,
    "substack": _SUBSTACK,
    "buttondown": _BUTTONDOWN,
    "ghost": _GHOST,
    "beehiiv": _BEEHIIV,
    "listmonk": _LISTMONK,
}

# IP addresses are never imported.
IGNORED_COLUMNS = re.compile(r"(?:\w+_)?ip(?:_address)?$")
