"""Stages of sends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.domain.send import Send, SendStatus
from newsletter.domain.send_stages import SendStage, stage_of

NOW = datetime(2026, 11, 23, 5, tzinfo=UTC)
SCHEDULED = Send(
    id=1,
    issue="2026-11-23",
    status=SendStatus.SCHEDULED,
    provider="outbox",
    digest="",
    segments=("everyone",),
    created=NOW,
    finished=None,
    counts={},
    begins=NOW + timedelta(minutes=5),
)
RUNNING = replace(SCHEDULED, status=SendStatus.RUNNING, digest="d", begins=NOW)


@pytest.mark.parametrize(
    ("send", "stage"),
    [
        (None, SendStage.UNSENT),
        (replace(SCHEDULED, status=SendStatus.CANCELLED), SendStage.UNSENT),
        (SCHEDULED, SendStage.SCHEDULED),
        (replace(SCHEDULED, begins=NOW + timedelta(seconds=61)), SendStage.SCHEDULED),
        (replace(SCHEDULED, begins=NOW + timedelta(seconds=60)), SendStage.COUNTING_DOWN),
        (replace(SCHEDULED, begins=NOW + timedelta(seconds=1)), SendStage.COUNTING_DOWN),
        (replace(SCHEDULED, begins=NOW), SendStage.STARTING),
        (replace(SCHEDULED, status=SendStatus.PLANNED, begins=None), SendStage.STARTING),
        (replace(SCHEDULED, begins=NOW, failing_since=NOW), SendStage.FAILING),
        (replace(SCHEDULED, status=SendStatus.PAUSED), SendStage.PAUSED),
        (RUNNING, SendStage.SENDING),
        (replace(RUNNING, waits_until=NOW), SendStage.SENDING),
        (replace(RUNNING, waits_until=NOW + timedelta(seconds=1)), SendStage.WAITING),
        (replace(RUNNING, failing_since=NOW), SendStage.FAILING),
        (replace(RUNNING, status=SendStatus.CANCELLED), SendStage.CANCELLED),
        (replace(RUNNING, status=SendStatus.FINISHED), SendStage.SENT),
        (replace(RUNNING, status=SendStatus.FAILURES), SendStage.FAILURES),
    ],
)
def test_the_stage_follows_the_ledger_and_the_time(send: Send | None, stage: SendStage) -> None:
    assert stage_of(send, NOW) is stage
