"""`newsletter db`: the database's own care."""

import sys
from typing import Annotated

import typer

from newsletter.cli import output, resources
from newsletter.errors import UsageError

app = typer.Typer(no_args_is_help=True, help="Bring the database up to date; move it for good.")


@app.command("upgrade")
def upgrade(context: typer.Context) -> None:
    """Bring the database to this version's form. Commands do it by themselves where that is safe.

    newsletter db upgrade
    """
    from newsletter.store import upgrade

    settings = resources.settings(context)
    done = upgrade(settings.database)
    for step in done:
        output.say(step)
    output.say("The database is up to date.")
    if done:
        with resources.store(settings):
            pass  # says what there is to look at


@app.command("collisions")
def collisions(
    context: typer.Context,
    clear: Annotated[bool, typer.Option("--clear", help="Delete the list after you have dealt with it.")] = False,
    json: resources.AsJson = False,
) -> None:
    """List addresses that earlier versions took for one, and what the upgrade did about them.

    Two readers with the same address became one. A link that was asked for by one address may have opened the
    settings of the reader of another: ask them whether their settings are right.

    newsletter db collisions
    newsletter db collisions --clear
    """
    from newsletter.store import open_store

    settings = resources.settings(context)
    with open_store(settings.database) as store:
        found = store.collisions.all()
        if json:
            output.as_json_array(
                {"reader": one.address, "other": one.other, "what": one.kind, "at": one.at.isoformat()} for one in found
            )
        elif found:
            rows = [(one.address, one.other, _WHAT[one.kind]) for one in found]
            output.table(["Reader", "Confused with", "What the upgrade did"], rows)
        else:
            output.say("No addresses were taken for one another.")
        if clear:
            store.collisions.clear()


_WHAT = {
    "merged": "Two readers with this address became one; who had left stays unsubscribed",
    "asked": "Nothing: a link about this reader was asked for by the other address",
    "unsubscribed": "Unsubscribed this reader again: a link mailed to the other address had brought them back",
    "suppressed": "Suppressed both: either may have bounced or complained",
}


@app.command("adopt")
def adopt(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Make this database the one that sends go out from, after it was moved, copied or restored.

    Says what was found and what that means, and asks.

    newsletter db adopt
    """
    settings = resources.settings(context)
    with resources.store(settings) as store:
        trouble = store.installation.trouble()
        if not trouble:
            output.say("This database is its installation's own: there is nothing to adopt.")
            return
        latest = next(iter(store.sends.each()), None)
        zone = settings.newsletter.zone
        knows = f"of issue {latest.issue}, of {output.minute(latest.created, zone)}" if latest else "none at all"
        output.note(f"{trouble[0].upper()}{trouble[1:]}.")
        output.note(
            f"The last send that it knows is {knows}. What was sent after that, or goes on elsewhere, it does not"
            " know: those messages may go out a second time. Nothing may be sent from any other copy from now on."
        )
        if not (yes or _agreed()):
            return
        store.installation.adopt()
    output.say("Adopted: from now on, sends go out from this database.")


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise UsageError("this asks before it changes anything, and there is nobody to ask", hint="add --yes")
    return typer.confirm("Send from this database from now on?", err=True)
