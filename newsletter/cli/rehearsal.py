"""`newsletter send --rehearse`: write every message to a file without sending or recording anything."""

from typing import TYPE_CHECKING

import typer

from newsletter import bootstrap
from newsletter.cli import output, planning, resources, send_progress

if TYPE_CHECKING:
    from newsletter.composing import Composed
    from newsletter.settings import Settings


def rehearse(settings: "Settings", composed: "Composed") -> None:
    """Write every reader's message to a file, replacing the files of the previous rehearsal."""
    import shutil
    from datetime import UTC, datetime

    from newsletter import sending
    from newsletter.message import link_tracking

    issue = composed.issue
    folder = settings.outbox / "rehearsal"
    with resources.store(settings) as store:
        plan = planning.planned(settings, store, composed, rehearsal=True)
        if (folder / issue.slug).exists():
            shutil.rmtree(folder / issue.slug)
        with bootstrap.open_outbox(settings, folder) as outbox, output.progress("Writing") as progress:
            refused = sending.rehearse(
                store,
                outbox,
                compiled=link_tracking.outgoing(composed.compiled, issue, settings.newsletter),
                tailor=composed.tailor,
                segments=plan.segments,
                base_url=settings.newsletter.base_url,
                now=datetime.now(UTC),
                progress=lambda done: progress(done, plan.recipients),
            )
    written = output.count(plan.recipients - len(refused), "message")
    output.say(f"Rehearsed: {written} in {resources.shown(folder / issue.slug)}.")
    output.say("Nothing was sent or recorded. The links in these messages don't work.")
    for receipt in refused:
        output.note(f"warning: a message can't be created: {receipt.detail}", style="yellow")
    if refused:
        raise typer.Exit(send_progress.WITH_FAILURES)
