"""Rehearse an issue: write every reader's message to a file, without sending or recording anything."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter import bootstrap, sending
from newsletter.composing import Composed
from newsletter.domain.delivery import Receipt
from newsletter.message import link_tracking
from newsletter.publishing.audience import segments_of
from newsletter.sending import Plan
from newsletter.settings import Settings
from newsletter.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """A rehearsal: the folder with the ``written`` messages, and receipts of those that can't be built."""

    folder: Path
    written: int
    refused: tuple[Receipt, ...]


def plan_rehearsal(settings: Settings, store: Store, composed: Composed, *, now: datetime) -> Plan:
    """Return the plan of a rehearsal. Raise SendError if nobody would get the issue."""
    return sending.plan(
        store,
        issue=composed.issue.slug,
        segments=segments_of(settings, composed.issue),
        provider="a rehearsal in the outbox",
        tailor=composed.tailor,
        rules=settings.sending,
        now=now,
        zone=settings.newsletter.zone,
        rehearsal=True,
    )


def rehearse_issue(
    settings: Settings,
    store: Store,
    composed: Composed,
    plan: Plan,
    *,
    now: datetime,
    progress: Callable[[int, int], None],
) -> Rehearsal:
    """Write every reader's message to a file, replacing the files of the previous rehearsal of this issue.

    ``now`` is the date of the messages. ``progress`` is called with the number of messages so far and of recipients.
    Raise SendError if nobody would get the issue, and ProviderError if the outbox can't be written to.
    """
    parent = settings.outbox / "rehearsal"
    folder = parent / composed.issue.slug
    if folder.exists():
        shutil.rmtree(folder)
    with bootstrap.open_outbox(settings, parent) as outbox:
        refused = sending.rehearse(
            store,
            outbox,
            compiled=link_tracking.with_tracking(composed.compiled, composed.issue, settings.newsletter),
            tailor=composed.tailor,
            segments=plan.segments,
            base_url=settings.newsletter.base_url,
            now=now,
            progress=lambda done: progress(done, plan.recipients),
        )
    return Rehearsal(folder=folder, written=plan.recipients - len(refused), refused=tuple(refused))
