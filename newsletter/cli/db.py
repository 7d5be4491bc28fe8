"""`newsletter db`: maintain the database."""

from typing import Annotated

import typer

from newsletter import bootstrap
from newsletter.cli import options, output, resources

app = typer.Typer(no_args_is_help=True, help="Upgrade the database, or allow sending from a copy of it.")


@app.command("upgrade")
def upgrade(context: typer.Context) -> None:
    """Upgrade the database to this version's schema.

    Other commands do this automatically when it is safe.

    newsletter db upgrade
    """
    from newsletter.store import upgrade

    settings = resources.load_settings(context)
    done = upgrade(settings.database)
    for step in done:
        output.say(step)
    output.say("The database is up to date.")
    if done:
        with resources.open_store(settings):
            pass  # opening the store prints what needs attention


@app.command("collisions")
def collisions(
    context: typer.Context,
    clear: Annotated[bool, typer.Option("--clear", help="Delete the list after you have dealt with it.")] = False,
    json: options.AsJson = False,
) -> None:
    """List addresses that earlier versions confused with each other, and what the upgrade did about them.

    Two readers with the same address were merged.
    A link requested for one address may have opened another reader's settings: ask them whether these are right.

    newsletter db collisions
    newsletter db collisions --clear
    """
    settings = resources.load_settings(context)
    with bootstrap.open_store(settings) as store:
        pairs = store.collisions.all()
        if json:
            output.as_json_array(
                {"reader": pair.address, "other": pair.other, "what": pair.kind, "at": pair.at.isoformat()}
                for pair in pairs
            )
        elif pairs:
            rows = [(pair.address, pair.other, _WHAT[pair.kind]) for pair in pairs]
            output.table(["Reader", "Confused with", "What the upgrade did"], rows)
        else:
            output.say("No addresses were confused with each other.")
        if clear:
            store.collisions.clear()


_WHAT = {
    "merged": "Merged two readers with this address; if either had unsubscribed, so is this one",
    "asked": "Nothing: a link for this reader was requested with the other address",
    "unsubscribed": "Unsubscribed this reader again: a link mailed to the other address had resubscribed them",
    "suppressed": "Suppressed both: either may have bounced or complained",
}


@app.command("adopt")
def adopt(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask for confirmation.")] = False,
) -> None:
    """Send from this database from now on, after it was moved, copied or restored.

    A copy of a database does not send, so that nobody gets an issue twice.
    This explains the situation and asks before it changes anything.

    newsletter db adopt
    """
    settings = resources.load_settings(context)
    with resources.open_store(settings) as store:
        trouble = store.installation.find_problem()
        if not trouble:
            output.say("Nothing to do: this database already sends.")
            return
        latest = next(iter(store.sends.all()), None)
        zone = settings.newsletter.zone
        last = (
            f"Its last send is issue {latest.issue}, {output.clock_time(latest.created, zone)}."
            if latest
            else "It contains no sends."
        )
        output.note(f"{trouble[0].upper()}{trouble[1:]}.")
        output.note(
            f"{last} Anything sent later, or from another copy, isn't recorded here and may be sent a second time."
            " From now on, don't send from any other copy."
        )
        if not (yes or output.confirm("Send from this database from now on?")):
            return
        store.installation.adopt()
    output.say("Adopted. This database sends from now on.")
