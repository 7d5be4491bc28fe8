"""The stages of an issue on its way to readers, in the words and tones in which every page shows them. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from newsletter.domain.plurals import capitalised
from newsletter.domain.send import Send
from newsletter.domain.send_stages import SendStage, stage_of

DRAFT, IN_REVIEW, APPROVED = "draft", "in review", "approved"
_TONES: Mapping[str, str] = {
    APPROVED: "fine",
    SendStage.SENT: "fine",
    IN_REVIEW: "warning",
    SendStage.WAITING: "warning",
    SendStage.PAUSED: "warning",
    SendStage.FAILING: "warning",
    SendStage.FAILURES: "warning",
    SendStage.CANCELLED: "error",
    **dict.fromkeys((SendStage.SCHEDULED, SendStage.COUNTING_DOWN, SendStage.STARTING, SendStage.SENDING), "moving"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueStage:
    """The stage of an issue: draft, in review, approved, then that of its send.

    ``missing`` says what keeps it from being sent where an approval is required.
    """

    words: str
    missing: tuple[str, ...] = ()

    @classmethod
    def of_send(cls, send: Send | None, now: datetime) -> Self | None:
        """Return the stage of an issue's send, None if it has none."""
        stage = stage_of(send, now)
        return cls(words=stage.value) if stage.has_send else None

    @property
    def label(self) -> str:
        """The words, as a heading or a badge has them."""
        return capitalised(self.words)

    @property
    def tone(self) -> str:
        """The tone in which it is shown: ``fine``, ``warning``, ``error``, ``moving`` or ``neutral``."""
        return _TONES.get(self.words, "neutral")

    @property
    def is_unapproved(self) -> bool:
        """Return whether it has a start, and can't go out then because an approval is missing."""
        return bool(self.missing) and self.words not in (DRAFT, IN_REVIEW)
