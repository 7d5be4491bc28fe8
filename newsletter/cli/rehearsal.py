"""`newsletter send --rehearse`: every message as a file, and nothing recorded."""

from typing import TYPE_CHECKING

import typer

from newsletter.cli import context as opening
from newsletter.cli import output as printing
from newsletter.cli import planning
from newsletter.cli import send_progress as running

if TYPE_CHECKING:
    from newsletter.composing import Composed
    from newsletter.settings import Settings


def rehearse(settings: "Settings", composed: "Composed") -> None:
    """Write every message as its reader would get it, in place of those of the rehearsal before."""
    import shutil
    from datetime import UTC, datetime

    from newsletter import sending
    from newsletter.message import link_tracking as linking

    issue = composed.issue
    folder = settings.outbox / "rehearsal"
    with opening.store(settings) as store:
        plan = planning.planned(settings, store, composed, rehearsal=True)
        if (folder / issue.slug).exists():
            shutil.rmtree(folder / issue.slug)
        with opening.outbox(settings, folder) as outbox, printing.progress("Writing") as progress:
            refused = sending.rehearse(
                store,
                outbox,
                compiled=linking.outgoing(composed.compiled, issue, settings.newsletter),
                tailor=composed.tailor,
                segments=plan.segments,
                base_url=settings.newsletter.base_url,
                now=datetime.now(UTC),
                progress=lambda done: progress(done, plan.recipients),
            )
    written = printing.count(plan.recipients - len(refused), "message")
    printing.say(f"Rehearsed: {written} in {opening.shown(folder / issue.slug)}.")
    printing.say("Nobody was mailed, and nothing was recorded. Links in these messages open nothing.")
    for receipt in refused:
        printing.note(f"warning: one message can't be made: {receipt.detail}", style="yellow")
    if refused:
        raise typer.Exit(running.WITH_FAILURES)
