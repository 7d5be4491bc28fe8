"""Words for the entries of the audit log."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from newsletter.domain.people import Act
from newsletter.domain.plurals import capitalised
from newsletter.domain.staff import AuditEntry, StaffStep, WorkStep

_LONGEST_DETAIL = 200  # characters
_KEY = 10  # characters of a reader's key that tell readers apart

WORDS: Mapping[str, str] = {
    StaffStep.INVITED: "Invited",
    StaffStep.ROLE_CHANGED: "Changed the role of",
    StaffStep.REMOVED: "Removed",
    StaffStep.LINK_PRINTED: "Printed a link for",
    StaffStep.SIGNED_IN: "Signed in",
    StaffStep.SIGNED_OUT: "Signed out",
    StaffStep.SESSION_ENDED: "Ended sessions of",
    StaffStep.KEY_ADDED: "Added a passkey",
    StaffStep.KEY_RENAMED: "Renamed a passkey",
    StaffStep.KEY_REMOVED: "Removed a passkey",
    StaffStep.NAME_CHANGED: "Changed their name",
    WorkStep.SENT: "Sent",
    Act.APPROVE: "Approved",
    Act.REVIEW: "Asked for changes in",
    Act.PROOF: "Mailed a proof of",
    Act.OVERRIDE: "Overrode the approval of",
    WorkStep.SCHEDULED: "Scheduled",
    WorkStep.RESCHEDULED: "Rescheduled",
    WorkStep.UNDONE: "Undid the send of",
    WorkStep.PAUSED: "Paused the send of",
    WorkStep.RESUMED: "Resumed the send of",
    WorkStep.CANCELLED: "Cancelled the send of",
    WorkStep.RETRIED: "Retried refused messages of",
    WorkStep.SETTLED: "Decided on uncertain messages of",
    WorkStep.TICKED: "Ticked off a finding in",
    WorkStep.UNTICKED: "Opened a finding again in",
    Act.DELETE_COMMENT: "Deleted a comment on",
    WorkStep.TOPIC_RENAMED: "Renamed",
    WorkStep.TOPIC_MERGED: "Merged",
    WorkStep.TOPIC_SPLIT: "Split",
    Act.EXPORT_READERS: "Exported",
    Act.IMPORT_READERS: "Imported",
    Act.ERASE_READERS: "Erased",
    Act.CHANGE_READERS: "Changed",
    Act.CHANGE_SETTINGS: "Changed",
}

OWN_STEPS = frozenset(
    {
        StaffStep.SIGNED_IN,
        StaffStep.SIGNED_OUT,
        StaffStep.KEY_ADDED,
        StaffStep.KEY_RENAMED,
        StaffStep.KEY_REMOVED,
        StaffStep.NAME_CHANGED,
    }
)
"""The acts on one's own account, whose words need no person after them."""

# In the list of acts there is no thing after them.
_ALONE: Mapping[str, str] = {
    StaffStep.INVITED: "Invited somebody",
    StaffStep.ROLE_CHANGED: "Changed a role",
    StaffStep.REMOVED: "Removed somebody",
    StaffStep.LINK_PRINTED: "Printed a link",
    StaffStep.SESSION_ENDED: "Ended sessions",
    Act.REVIEW: "Asked for changes",
    Act.PROOF: "Mailed a proof",
    Act.OVERRIDE: "Sent without an approval",
    WorkStep.UNDONE: "Undid a send",
    WorkStep.PAUSED: "Paused a send",
    WorkStep.RESUMED: "Resumed a send",
    WorkStep.CANCELLED: "Cancelled a send",
    WorkStep.RETRIED: "Retried refused messages",
    WorkStep.SETTLED: "Decided on uncertain messages",
    WorkStep.TICKED: "Ticked off a finding",
    WorkStep.UNTICKED: "Opened a finding again",
    Act.DELETE_COMMENT: "Deleted a comment",
    WorkStep.TOPIC_RENAMED: "Renamed a topic",
    WorkStep.TOPIC_MERGED: "Merged topics",
    WorkStep.TOPIC_SPLIT: "Split a topic",
    Act.EXPORT_READERS: "Exported readers",
    Act.IMPORT_READERS: "Imported readers",
    Act.ERASE_READERS: "Erased a reader",
    Act.CHANGE_READERS: "Changed a reader",
    Act.CHANGE_SETTINGS: "Changed settings",
}

# What was done to a single reader says more than the act.
_TO_A_READER: Mapping[str, str] = {
    "added": "Added",
    "edited": "Edited",
    "removed": "Removed",
    "erased": "Erased",
    "unsubscribed": "Unsubscribed",
    "suppressed": "Stopped all mail to",
    "suppression lifted": "Allowed mail again to",
    "confirmation mailed": "Mailed a link to confirm to",
    "new address to be confirmed": "Mailed a link for a new address of",
    "data downloaded": "Downloaded the data of",
}

_IMPORT_BEGUN = "import begun"
_INTERNAL = frozenset({"send", "content", "audience"})  # numbers and digests that tell a person nothing


def words_for_choice(act: str) -> str:
    """Return an act in words for the list of acts: *Changed a role* for ``role-changed``."""
    return _ALONE.get(act) or _act_words(act)


def words_of(entry: AuditEntry) -> str:
    """Return what was done in words that the thing can follow: *Changed the role of*, *Unsubscribed*."""
    if entry.act == Act.IMPORT_READERS and entry.detail.get("what") == _IMPORT_BEGUN:
        return "Began to import"
    return _TO_A_READER[entry.detail["what"]] if _is_to_a_reader(entry) else _act_words(entry.act)


def short_name(kind: str, name: str) -> str:
    """Return the name of a thing; of a reader's key only its beginning."""
    return f"{name[:_KEY]}…" if kind == "reader" and len(name) > _KEY else name


def details_of(entry: AuditEntry, moment: Callable[[datetime], str]) -> Iterator[tuple[str, str]]:
    """Yield the details of an entry as pairs of texts; those without a value, or only for the program, are left out."""
    for name, value in entry.detail.items():
        is_in_the_act = name == "what" and (_is_to_a_reader(entry) or entry.act == Act.IMPORT_READERS)
        words = "" if is_in_the_act or name in _INTERNAL else _words(value, moment)
        if words:
            yield name.replace("_", " "), words


def _is_to_a_reader(entry: AuditEntry) -> bool:
    what = entry.detail.get("what")
    return entry.thing.startswith("reader ") and isinstance(what, str) and what in _TO_A_READER


def _act_words(act: str) -> str:
    return capitalised(WORDS.get(act) or act.replace("-", " "))


def _words(value: object, moment: Callable[[datetime], str]) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if value else ""
    if isinstance(value, Mapping):
        text = ", ".join(f"{name}: {_words(inner, moment)}" for name, inner in value.items())
    elif isinstance(value, (list, tuple)):
        text = ", ".join(_words(inner, moment) for inner in value)
    elif isinstance(value, str):
        text = _with_moments(value, moment)
    else:
        text = "" if value is None else str(value)
    return text if len(text) <= _LONGEST_DETAIL else f"{text[: _LONGEST_DETAIL - 1]}…"


def _with_moments(text: str, moment: Callable[[datetime], str]) -> str:
    """Return a text; if it is a moment, as people write it."""
    try:
        at = datetime.fromisoformat(text) if len(text) > len("2026-11-20") else None
    except ValueError:
        return text
    return moment(at) if at and at.tzinfo else text
