"""`newsletter db`: the database's own care."""

import typer

from newsletter.cli import opening, printing

app = typer.Typer(no_args_is_help=True, help="Bring the database up to date.")


@app.command("upgrade")
def upgrade(context: typer.Context) -> None:
    """Bring the database to this version's form. Commands do it by themselves where that is safe.

    newsletter db upgrade
    """
    from newsletter.store import upgrade

    settings = opening.settings(context)
    done = upgrade(settings.database)
    for step in done:
        printing.say(step)
    printing.say("The database is up to date.")
