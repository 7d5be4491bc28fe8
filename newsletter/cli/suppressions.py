"""`newsletter suppressions`: the addresses that are never mailed."""

import re
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli import output, resources, send_progress
from newsletter.errors import StoreError, UsageError

if TYPE_CHECKING:
    from newsletter.domain.subscriber import SuppressionReason

app = typer.Typer(no_args_is_help=True, help="Addresses that are never mailed: list, add, remove, share.")

_REASONS = "bounced, complained, manual or erased"
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="The address.", show_default=False)]


def _reasons_like(incomplete: str) -> list[str]:
    """Return what a shell completes to a reason."""
    return [word for word in re.findall(r"\w{3,}", _REASONS) if word.startswith(incomplete)]


Why = Annotated[str, typer.Option("--reason", metavar="REASON", help=f"Why: {_REASONS}.", autocompletion=_reasons_like)]


@app.command("list")
def show(
    context: typer.Context,
    reason: Annotated[
        str | None,
        typer.Option(
            "--reason",
            metavar="REASON",
            help=f"Only these: {_REASONS}.",
            autocompletion=_reasons_like,
            show_default=False,
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many the table shows.")] = 50,
    json: resources.AsJson = False,
) -> None:
    """List suppressed addresses, with why and since when.

    newsletter suppressions list
    newsletter suppressions list --reason complained --json
    """
    settings = resources.settings(context)
    zone = settings.newsletter.zone
    wanted = _reason(reason) if reason else None
    with resources.store(settings) as store:
        found = (one for one in store.suppressions.each() if wanted in (None, one.reason))
        if json:
            output.as_json_array(
                {
                    "address": one.address_key,
                    "reason": one.reason,
                    "why": one.why,
                    "issue": one.issue,
                    "since": one.since.isoformat(),
                }
                for one in found
            )
            return
        shown = list(islice(found, limit))
        more = sum(1 for _ in found)
        send_progress.say_held(store)
    output.table(
        ["Address", "Reason", "Since", "Issue", "Why"],
        [(one.address_key, one.reason, output.minute(one.since, zone), one.issue, one.why) for one in shown],
    )
    if more:
        output.note(f"and {more:,} more: --limit, --json or `newsletter suppressions export` shows them")


@app.command("add")
def add(context: typer.Context, address: Address, reason: Why = "manual") -> None:
    """Never mail an address again, whoever's it is.

    newsletter suppressions add ada@example.org
    newsletter suppressions add ada@example.org --reason complained
    """
    settings = resources.settings(context)
    why = _reason(reason)
    with resources.store(settings) as store:
        new = store.suppressions.add(_mailed(address), why)
    output.say(f"{address} is never mailed again." if new else f"{address} was suppressed before.")


@app.command("remove")
def remove(
    context: typer.Context,
    address: Address,
    everywhere: Annotated[bool, typer.Option("--everywhere", help="Take it off the provider's own list too.")] = False,
) -> None:
    """Let an address be mailed again. Its soft bounces are forgiven, a held bounce is forgotten.

    newsletter suppressions remove ada@example.org
    newsletter suppressions remove ada@example.org --everywhere
    """
    settings = resources.settings(context)
    of_provider = resources.suppression_list(settings) if everywhere else None
    with resources.store(settings) as store:
        there = of_provider is not None and of_provider.remove(address)
        if not (store.suppressions.remove(address) or there):
            raise StoreError(f"{address} is not suppressed", hint="see `newsletter suppressions list`")
    output.say(f"{address} may be mailed again.")


Domain = Annotated[
    str | None, typer.Argument(metavar="DOMAIN", help="Only addresses of this domain.", show_default=False)
]


@app.command("held")
def held(context: typer.Context, json: resources.AsJson = False) -> None:
    """List held bounces: far more than usual, they suppress nobody until you decide.

    newsletter suppressions held
    newsletter suppressions held --json
    """
    settings = resources.settings(context)
    zone = settings.newsletter.zone
    with resources.store(settings) as store:
        if json:
            output.as_json_array(
                {
                    "address": bounce.address_key,
                    "scope": bounce.scope or "all domains",
                    "issue": bounce.issue,
                    "since": bounce.since.isoformat(),
                    "words": bounce.detail,
                }
                for bounce in store.held_bounces.each()
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
                output.minute(hold.first, zone),
                output.minute(hold.last, zone),
                hold.reason,
            )
            for hold in holds
        ],
    )
    output.note("If the addresses are gone: `newsletter suppressions apply`, with a domain for that one alone.")
    output.note("If the fault was ours (DNS, a block list, the relay): `newsletter suppressions discard`.")


@app.command("apply")
def apply(context: typer.Context, domain: Domain = None) -> None:
    """Suppress the addresses whose bounces are held.

    newsletter suppressions apply
    newsletter suppressions apply example.com
    """
    settings = resources.settings(context)
    with resources.store(settings) as store:
        number = _decided(store.held_bounces.apply(_host(domain)), domain)
    output.say(f"Suppressed addresses: {number:,}.")


@app.command("discard")
def discard(context: typer.Context, domain: Domain = None) -> None:
    """Forget bounces that are held, because the fault was ours. Their addresses go on getting mail.

    newsletter suppressions discard
    newsletter suppressions discard example.com
    """
    settings = resources.settings(context)
    with resources.store(settings) as store:
        number = _decided(store.held_bounces.discard(_host(domain)), domain)
    output.say(f"Discarded bounces: {number:,}.")


def _decided(number: int, domain: str | None) -> int:
    """Return the number of bounces that were decided about. Raise StoreError if there were none."""
    if not number:
        of = f" of {domain}" if domain else ""
        raise StoreError(f"no bounces{of} are held", hint="see `newsletter suppressions held`")
    return number


def _host(domain: str | None) -> str:
    from newsletter.domain.addresses import address_key

    return address_key(f"anyone@{domain.rpartition('@')[2]}").rpartition("@")[2] if domain else ""


@app.command("import")
def take_in(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, or an address a line.", show_default=False)],
    reason: Why = "manual",
) -> None:
    """Suppress the addresses of a file. A column “suppressed” may say why, one called “since” since when.

    Importing a file again changes nothing.

    newsletter suppressions import left.csv
    newsletter suppressions import complaints.txt --reason complained
    """
    from newsletter.subscriber_files import SuppressionFile

    settings = resources.settings(context)
    refused = 0

    def refuse(line: int, why: str) -> None:
        nonlocal refused
        refused += 1
        output.note(f"{file}:{line}: not imported: {why}", style="yellow")

    why = _reason(reason)
    with resources.store(settings) as store:
        rows = SuppressionFile(file, reason=why, now=store.now(), refuse=refuse)
        signer = resources.signer_of_erasures(store)
        new = store.suppressions.merge(list(rows), fingerprints=signer.fingerprints if signer else None)
    output.facts({"Rows": f"{rows.rows:,}", "New": f"{new:,}", "Refused": f"{refused:,}"})
    if refused and refused == rows.rows:
        raise typer.Exit(1)


@app.command("export")
def give_out(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Where to; stdout if not given.", show_default=False)
    ] = None,
) -> None:
    """Write suppressed addresses as CSV, in the form that an import takes.

    newsletter suppressions export suppressed.csv
    """
    from newsletter.subscriber_files import export_suppressions

    settings = resources.settings(context)
    with resources.store(settings) as store:
        if file is None:
            export_suppressions(store, sys.stdout)
            return
        with output.whole_file(file) as target:
            written = export_suppressions(store, target)
    output.note(f"{output.count(written, 'suppression')} in {file}")


@app.command("pull")
def pull(context: typer.Context) -> None:
    """Suppress here what is on the provider's own list.

    newsletter suppressions pull
    """
    from newsletter.feedback import pull

    settings = resources.settings(context)
    with resources.store(settings) as store:
        found, new = pull(store, resources.suppression_list(settings), resources.signer_of_erasures(store))
    output.facts({"On the provider's list": f"{found:,}", "New here": f"{new:,}"})


@app.command("push")
def push(context: typer.Context) -> None:
    """Put on the provider's own list what bounced or was complained of.

    newsletter suppressions push
    """
    from newsletter.feedback import push

    settings = resources.settings(context)
    with resources.store(settings) as store, output.progress("Telling the provider") as bar:
        put = push(store, resources.suppression_list(settings), tell=bar)
    output.facts({"New on the provider's list": f"{put:,}"})


def _reason(text: str) -> "SuppressionReason":
    from newsletter.domain.subscriber import SuppressionReason

    try:
        return SuppressionReason(text)
    except ValueError as err:
        raise UsageError(f'no reason "{text}"', hint=f"it is one of {_REASONS}") from err


def _mailed(text: str) -> str:
    from newsletter.domain.addresses import parse_address

    try:
        return parse_address(text)[0]
    except ValueError as err:
        raise UsageError(f'"{text}" is {err}', hint="write name@example.org") from err
