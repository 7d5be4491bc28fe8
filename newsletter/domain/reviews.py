"""Review and approval as values: rules, events, comments, and findings that were ticked off. No I/O."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

Outline = Mapping[str, Any]
"""What an issue was like at a time, as JSON has it, so that later changes can be said in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRules:
    """The rules of a newsletter for the approval of its issues.

    If it is ``required``, nothing is sent without ``approvals`` of different people. With ``own_changes``, people may
    approve what only they have changed. At ``remind_at`` publishers are told if tomorrow's issue isn't approved.
    """

    required: bool = False
    approvals: int = 1
    own_changes: bool = False
    remind_at: datetime.time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedTime:
    """The time for which an issue is approved: at any time on a ``day``, ``at`` a moment, or at a ``local_time``.

    ``local_time`` is one such as ``07:00`` on that day in each reader's time zone.
    """

    day: datetime.date
    at: datetime.datetime | None = None
    local_time: str = ""

    @property
    def text(self) -> str:
        """Return it as text, for the database and for forms."""
        if self.at is not None:
            return f"{self.day.isoformat()} {self.at.astimezone(datetime.UTC).isoformat()}"
        return f"{self.day.isoformat()} {self.local_time}".rstrip()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the time that ``text`` was made of. Raise ValueError."""
        day, _, rest = text.partition(" ")
        moment = datetime.datetime.fromisoformat(rest) if "T" in rest else None
        return cls(day=datetime.date.fromisoformat(day), at=moment, local_time="" if moment else rest)


class ReviewEventKind(StrEnum):
    """A kind of event in the review of an issue."""

    PROOF = "proof"  # a proof was mailed
    APPROVAL = "approval"  # somebody approved the issue
    CHANGES_REQUESTED = "changes-requested"  # somebody asked for changes
    OVERRIDE = "override"  # somebody sent or scheduled it without the approval that is required


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewEvent:
    """An event in the review of an issue, with what it was about.

    ``content`` is the digest of the compiled issue, ``audience`` that of its segments and of the rules by which readers
    get its entries, ``time`` when it may be sent; None for events without one. ``by`` and ``name`` are the address and
    name of the person, ``member`` the id of their account, 0 for the person at the newsletter's computer. ``authors``
    are the addresses of those whose changes were reviewed. ``commit`` is git's latest one then, if there is git.
    ``recipients`` are those of a proof. ``outline`` is only loaded on request.
    """

    issue: str
    kind: ReviewEventKind
    at: datetime.datetime
    by: str
    name: str
    content: str
    audience: str
    id: int = 0
    member: int = 0
    time: ApprovedTime | None = None
    note: str = ""
    authors: tuple[str, ...] = ()
    commit: str = ""
    recipients: tuple[str, ...] = ()
    outline: Outline = field(default_factory=dict)


class CommentedKind(StrEnum):
    """A kind of thing that people comment on."""

    ISSUE = "issue"  # the issue as a whole
    ENTRY = "entry"  # one entry, in whichever issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A comment on an entry or an issue, for colleagues; ``slug`` is that of the entry or issue."""

    kind: CommentedKind
    slug: str
    text: str
    at: datetime.datetime
    by: str
    name: str
    id: int = 0
    resolved_at: datetime.datetime | None = None
    resolved_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TickedFinding:
    """A warning that somebody has ticked off with a reason; it stays so until the text concerned changes."""

    fingerprint: str
    reason: str
    at: datetime.datetime
    by: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """The latest change of a file by a person, who is known by their ``address``.

    ``event`` is the number of the latest event of any review by then. The store fills it in.
    """

    path: str
    address: str
    at: datetime.datetime
    event: int = 0
