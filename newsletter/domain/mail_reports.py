"""The content of a returned message, before anything in it is verified. No I/O."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.domain.events import Bounce, EventKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRecipient:
    """A returned message's report about one recipient."""

    kind: EventKind
    address: str = ""
    bounce: Bounce | None = None
    status: str = ""
    feedback: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailReport:
    """A returned message's content, with the evidence of which delivery it is about.

    ``signatures`` come from VERP addresses; ``deliveries`` are issue, subscriber's key and MAC from message ids. None
    of them is verified yet. ``addressed`` are signatures from the addresses that a person, or their mail client, wrote
    to. ``automatic`` marks an out-of-office reply rather than a report. ``at`` is when the message says it was
    written, ``came`` when the mail server says it arrived.
    """

    at: datetime | None = None
    came: datetime | None = None
    recipients: tuple[ReportedRecipient, ...] = ()
    signatures: tuple[str, ...] = ()
    deliveries: tuple[tuple[str, str, str], ...] = ()
    automatic: bool = False
    addressed: tuple[str, ...] = ()
