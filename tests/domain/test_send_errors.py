"""The texts of the errors about a send."""

from zoneinfo import ZoneInfo

import pytest

from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.send import Send, SendStatus
from newsletter.domain.send_errors import CancelledError, SentError
from newsletter.errors import SendError
from tests import make

SEND = Send(
    id=3,
    issue="2026-11-23",
    status=SendStatus.CANCELLED,
    provider="smtp",
    digest="",
    segments=("everyone",),
    created=make.WHEN,
    finished=make.WHEN,
    counts={DeliveryStatus.SUBMITTED: 6000, DeliveryStatus.SKIPPED: 1_000_000},
)


@pytest.mark.parametrize("error", [CancelledError(SEND), SentError(SEND, make.WHEN, ZoneInfo("UTC"))])
def test_numbers_of_readers_have_thousands_separators(error: SendError) -> None:
    assert "6,000 of 1,006,000 readers" in error.what
