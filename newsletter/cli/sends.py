"""`newsletter sends`: what was sent, and how each delivery stands."""

from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli import opening, printing
from newsletter.delivery import DeliveryStatus
from newsletter.errors import SendError, UsageError

if TYPE_CHECKING:
    from newsletter.delivery import Send


def sends(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="ISSUE",
            help="Only this issue, with each of its deliveries.",
            autocompletion=opening.issues_like,
            show_default=False,
        ),
    ] = None,
    status: Annotated[
        DeliveryStatus | None, typer.Option(help="With ISSUE: only deliveries that stand so.", show_default=False)
    ] = None,
    json: opening.AsJson = False,
) -> None:
    """List the sends, or the deliveries of one.

    A delivery has its reader, how it stands, and what the provider said.

    newsletter sends
    newsletter sends 2026-11-23 --status refused
    newsletter sends latest --json
    """
    settings = opening.settings(context)
    if name is None:
        if status is not None:
            raise UsageError(
                "--status chooses among the deliveries of one issue", mend=f"name it: `sends latest --status {status}`"
            )
        with opening.store(settings) as store:
            _show_sends(list(store.sends.each()), json=json)
        return
    issue = opening.slug(settings, name)
    with opening.store(settings) as store:
        send = store.sends.find(issue)
        if send is None:
            raise SendError(f"issue {issue} has no send", mend=f"start one: `newsletter send {issue}`")
        deliveries = store.sends.deliveries(send.id, status=status)
        if json:
            printing.as_json_array(
                {"address": address, "status": stands, "detail": detail} for address, stands, detail in deliveries
            )
        else:
            printing.table(["Reader", "Delivery", "Detail"], deliveries)


def _show_sends(sends: "list[Send]", *, json: bool) -> None:
    if json:
        printing.as_json([_facts(send) for send in sends])
        return
    printing.table(
        ["Issue", "Began", "Status", "Provider", "Segments", "Recipients", "Deliveries"],
        [
            (
                send.issue,
                f"{send.created:%Y-%m-%d %H:%M} UTC",
                send.status,
                send.provider,
                ", ".join(send.segments),
                send.recipients,
                ", ".join(f"{send.counts[status]:,} {status}" for status in DeliveryStatus if send.counts.get(status)),
            )
            for send in sends
        ],
    )


def _facts(send: "Send") -> dict[str, object]:
    return {
        "issue": send.issue,
        "status": send.status,
        "provider": send.provider,
        "segments": send.segments,
        "created": send.created.isoformat(),
        "finished": send.finished.isoformat() if send.finished else None,
        "recipients": send.recipients,
        "counts": send.counts,
        "digest": send.digest,
    }
