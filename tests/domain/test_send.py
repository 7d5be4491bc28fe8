"""The status of a send in words: what those who may not see numbers of readers are told."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.send import Send, SendStatus, status_in_words

_ZONE = ZoneInfo("Europe/Berlin")
_NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
_START = "late, scheduled for 2026-11-20 07:00 (Europe/Berlin)"
_LATE = Send(
    id=1,
    issue="2026-11-20",
    status=SendStatus.SCHEDULED,
    provider="smtp",
    digest="",
    segments=("everyone",),
    created=_NOW,
    finished=None,
    counts={},
    begins=_NOW,
    failing_since=_NOW,
    reason="17 readers have no text",
)


def _sent(status: SendStatus, submitted: int, refused: int) -> Send:
    counts = {DeliveryStatus.SUBMITTED: submitted, DeliveryStatus.REFUSED: refused}
    return replace(_LATE, status=status, digest="d", counts=counts, failing_since=None)


@pytest.mark.parametrize(
    ("send", "words", "with_totals"),
    [
        (_LATE, _START, f"{_START}: 17 readers have no text"),
        (
            _sent(SendStatus.RUNNING, 7, 5),
            "being sent, sent to some of the readers",
            "being sent, sent to 7 of 12 readers",
        ),
        (_sent(SendStatus.PAUSED, 0, 5), "paused, sent to none of the readers", "paused, sent to 0 of 5 readers"),
        (_sent(SendStatus.FAILURES, 700, 100), "sent to 88% of the readers", "sent to 700 of 800 readers"),
        (_sent(SendStatus.FINISHED, 12, 0), "sent", "sent to 12 readers"),
    ],
)
def test_only_those_who_see_totals_are_told_numbers_and_reasons(send: Send, words: str, with_totals: str) -> None:
    assert status_in_words(send, _ZONE, totals=False) == words
    assert status_in_words(send, _ZONE, totals=True) == with_totals
