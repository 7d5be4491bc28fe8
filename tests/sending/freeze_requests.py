"""Requests to freeze an issue for every reader."""

from datetime import datetime

from newsletter.domain.local_times import LocalTime
from newsletter.domain.segment import EVERYONE
from newsletter.sending import FreezeRequest
from tests import make


def to_everyone(
    now: datetime = make.WHEN, *, issue: str = "2026-11-23", local: LocalTime | None = None
) -> FreezeRequest:
    """Return a request to freeze a short issue, which isn't tailored, for every reader."""
    return FreezeRequest(
        compiled=make.compiled(issue=issue),
        tailor=make.tailor(slug=issue),
        segments=[EVERYONE],
        now=now,
        local=local,
    )
