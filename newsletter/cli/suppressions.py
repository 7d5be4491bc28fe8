"""`newsletter suppressions`: manage addresses that are never mailed, and held bounces."""

import re
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter import bootstrap
from newsletter.cli import options, output, resources, send_progress
from newsletter.domain.plurals import counted
from newsletter.errors import UsageError

if TYPE_CHECKING:
    from newsletter.domain.subscriber import SuppressionReason

app = typer.Typer(no_args_is_help=True, help="Manage addresses that are never mailed.")

_REASONS = "bounced, complained, manual or erased"
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="The address.", show_default=False)]


def _reasons_like(incomplete: str) -> list[str]:
    """Return shell completions for a reason."""
    return [word for word in re.findall(r"\w{3,}", _REASONS) if word.startswith(incomplete)]


Why = Annotated[
    str, typer.Option("--reason", metavar="REASON", help=f"The reason: {_REASONS}.", autocompletion=_reasons_like)
]


@app.command("list")
def show(
    context: typer.Context,
    reason: Annotated[
        str | None,
        typer.Option(
            "--reason",
            metavar="REASON",
            help=f"Only this reason: {_REASONS}.",
            autocompletion=_reasons_like,
            show_default=False,
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Show at most this many rows.")] = 50,
    json: options.AsJson = False,
) -> None:
    """List suppressed addresses with their reasons and dates.

    newsletter suppressions list
    newsletter suppressions list --reason complained --json
    """
    settings = resources.load_settings(context)
    zone = settings.newsletter.zone
    wanted = _reason(reason) if reason else None
    with resources.open_store(settings) as store:
        chosen = (suppression for suppression in store.suppressions.stream() if wanted in (None, suppression.reason))
        if json:
            output.as_json_array(
                {
                    "address": suppression.address_key,
                    "reason": suppression.reason,
                    "why": suppression.explanation,
                    "issue": suppression.issue,
                    "since": suppression.since.isoformat(),
                }
                for suppression in chosen
            )
            return
        shown = list(islice(chosen, limit))
        more = sum(1 for _ in chosen)
        send_progress.print_held_bounces(store)
    output.table(
        ["Address", "Reason", "Since", "Issue", "Why"],
        [
            (
                suppression.address_key,
                suppression.reason,
                output.clock_time(suppression.since, zone),
                suppression.issue,
                suppression.explanation,
            )
            for suppression in shown
        ],
    )
    if more:
        output.note(f"and {more:,} more; use --limit, --json or `newsletter suppressions export`")


@app.command("add")
def add(context: typer.Context, address: Address, reason: Why = "manual") -> None:
    """Suppress an address so that it's never mailed again, even if no reader has it.

    newsletter suppressions add ada@example.org
    newsletter suppressions add ada@example.org --reason complained
    """
    from newsletter.publishing.readers.reader_suppressions import suppress_address

    settings = resources.load_settings(context)
    why, person = _reason(reason), bootstrap.local_person(settings.root)
    with resources.open_store(settings) as store:
        new = suppress_address(store, person, options.parse_address(address), now=store.now(), reason=why)
    output.say(f"{address} will never be mailed again." if new else f"{address} was already suppressed.")


@app.command("remove")
def remove(
    context: typer.Context,
    address: Address,
    everywhere: Annotated[
        bool, typer.Option("--everywhere", help="Also remove it from the provider's own list.")
    ] = False,
) -> None:
    """Allow an address to be mailed again. Its soft bounces so far and any held bounce are discarded.

    newsletter suppressions remove ada@example.org
    newsletter suppressions remove ada@example.org --everywhere
    """
    from newsletter.publishing.readers.reader_suppressions import lift_suppression

    settings = resources.load_settings(context)
    of_provider = bootstrap.open_suppression_list(settings) if everywhere else None
    with resources.open_store(settings) as store:
        person = bootstrap.local_person(settings.root)
        lift_suppression(store, person, address, now=store.now(), of_provider=of_provider)
    output.say(f"{address} can be mailed again.")


Domain = Annotated[
    str | None, typer.Argument(metavar="DOMAIN", help="Only addresses of this domain.", show_default=False)
]


@app.command("held")
def held(context: typer.Context, json: options.AsJson = False) -> None:
    """List held bounces: there were far more than usual, so nobody is suppressed until you decide.

    newsletter suppressions held
    newsletter suppressions held --json
    """
    settings = resources.load_settings(context)
    zone = settings.newsletter.zone
    with resources.open_store(settings) as store:
        if json:
            output.as_json_array(
                {
                    "address": bounce.address_key,
                    "scope": bounce.scope or "all domains",
                    "issue": bounce.issue,
                    "since": bounce.since.isoformat(),
                    "words": bounce.detail,
                }
                for bounce in store.held_bounces.stream()
            )
            return
        holds = store.held_bounces.holds()
    if not holds:
        output.say("No bounces are held.")
        return
    output.table(
        ["Domain", "Addresses", "From", "To", "Commonest reason"],
        [
            (
                hold.scope or "all",
                hold.addresses,
                output.clock_time(hold.first, zone),
                output.clock_time(hold.last, zone),
                hold.reason,
            )
            for hold in holds
        ],
    )
    output.note("If the addresses no longer exist: `newsletter suppressions apply`, with a domain to apply only those.")
    output.note("If the fault was yours (DNS, a blocklist, your mail server): `newsletter suppressions discard`.")


@app.command("apply")
def apply(context: typer.Context, domain: Domain = None) -> None:
    """Suppress the addresses of held bounces.

    newsletter suppressions apply
    newsletter suppressions apply example.com
    """
    from newsletter.feedback import apply_held_bounces

    settings = resources.load_settings(context)
    with resources.open_store(settings) as store:
        number = apply_held_bounces(store, domain or "")
    output.say(f"Suppressed addresses: {number:,}.")


@app.command("discard")
def discard(context: typer.Context, domain: Domain = None) -> None:
    """Discard held bounces, if the fault was yours. Their addresses will be mailed again.

    newsletter suppressions discard
    newsletter suppressions discard example.com
    """
    from newsletter.feedback import discard_held_bounces

    settings = resources.load_settings(context)
    with resources.open_store(settings) as store:
        number = discard_held_bounces(store, domain or "")
    output.say(f"Discarded bounces: {number:,}.")


@app.command("import")
def import_file(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, or one address per line.", show_default=False)],
    reason: Why = "manual",
) -> None:
    """Suppress the addresses in a file.

    The optional columns “suppressed” and “since” give the reason and the date. You can safely import a file again.

    newsletter suppressions import left.csv
    newsletter suppressions import complaints.txt --reason complained
    """
    from newsletter.subscriber_files import import_suppressions

    settings = resources.load_settings(context)

    def print_refused(line: int, why: str) -> None:
        output.note(f"{file}:{line}: not imported: {why}", style="yellow")

    why = _reason(reason)
    with resources.open_store(settings) as store:
        result = import_suppressions(
            store,
            file,
            reason=why,
            signer=bootstrap.signer_of_erasures(store),
            now=store.now(),
            refuse=print_refused,
        )
    output.facts({"Rows": f"{result.rows:,}", "New": f"{result.new:,}", "Refused": f"{result.refused:,}"})
    if result.refused and result.refused == result.rows:
        raise typer.Exit(1)


@app.command("export")
def export(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="The file to write; stdout by default.", show_default=False)
    ] = None,
) -> None:
    """Export suppressed addresses as CSV that can be imported again.

    newsletter suppressions export suppressed.csv
    """
    from newsletter.subscriber_files import export_suppressions

    settings = resources.load_settings(context)
    with resources.open_store(settings) as store:
        if file is None:
            export_suppressions(store, sys.stdout)
            return
        with output.whole_file(file) as target:
            written = export_suppressions(store, target)
    output.note(f"{counted(written, 'suppression')} in {file}")


@app.command("pull")
def pull(context: typer.Context) -> None:
    """Suppress all addresses on the provider's own suppression list.

    newsletter suppressions pull
    """
    from newsletter.feedback import pull_suppressions

    settings = resources.load_settings(context)
    with resources.open_store(settings) as store:
        listed, new = pull_suppressions(
            store, bootstrap.open_suppression_list(settings), bootstrap.signer_of_erasures(store)
        )
    output.facts({"On the provider's list": f"{listed:,}", "New here": f"{new:,}"})


@app.command("push")
def push(context: typer.Context) -> None:
    """Add addresses that bounced or complained to the provider's own suppression list.

    newsletter suppressions push
    """
    from newsletter.feedback import push_suppressions

    settings = resources.load_settings(context)
    with resources.open_store(settings) as store, output.progress("Updating the provider") as bar:
        added = push_suppressions(store, bootstrap.open_suppression_list(settings), progress=bar)
    output.facts({"New on the provider's list": f"{added:,}"})


def _reason(text: str) -> "SuppressionReason":
    from newsletter.domain.subscriber import SuppressionReason

    try:
        return SuppressionReason(text)
    except ValueError as err:
        raise UsageError(f'unknown reason "{text}"', hint=f"use {_REASONS}") from err
