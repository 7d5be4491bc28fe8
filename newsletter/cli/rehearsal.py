"""`newsletter send --rehearse`: write every message to a file without sending or recording anything."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from newsletter.cli import output, resources, send_plan, send_progress
from newsletter.domain.plurals import counted
from newsletter.files.newsletter_folder import shorter_path

if TYPE_CHECKING:
    from newsletter.composing import Composed
    from newsletter.settings import Settings


def rehearse(settings: "Settings", composed: "Composed") -> None:
    """Rehearse an issue, print where its messages are, and exit with status 3 if any can't be built."""
    from datetime import UTC, datetime

    from newsletter.publishing.rehearsal import plan_rehearsal, rehearse_issue

    with resources.open_store(settings) as store:
        send_progress.print_held_bounces(store)
        plan = plan_rehearsal(settings, store, composed, now=store.now())
        send_plan.print_plan(composed, plan, today=resources.today(settings))
        with output.progress("Writing") as progress:
            rehearsal = rehearse_issue(settings, store, composed, plan, now=datetime.now(UTC), progress=progress)
    written = counted(rehearsal.written, "message")
    output.say(f"Rehearsed: {written} in {shorter_path(rehearsal.folder, Path.cwd())}.")
    output.say("Nothing was sent or recorded. The links in these messages don't work.")
    for receipt in rehearsal.refused:
        output.note(f"warning: a message can't be built: {receipt.detail}", style="yellow")
    if rehearsal.refused:
        raise typer.Exit(send_progress.WITH_FAILURES)
