"""All commands, as `newsletter --help` shows them."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from newsletter.cli import (
    archive,
    bounces,
    build,
    check,
    db,
    editions,
    entry,
    init,
    issue,
    preview,
    proof,
    prune,
    report,
    segments,
    send,
    sends,
    serve,
    subscribers,
    suppressions,
    worker,
)

WRITE = "Write"
LOOK = "Look"
READERS = "Readers"
SEND = "Send"
SET_UP = "Set up"


class _InOrderOfWork(TyperGroup):
    """Help lists commands as an editor needs them; Typer would put all groups behind all commands."""

    def invoke(self, context: Any) -> Any:
        """Run a command; what is wrong with an option is said in plain words."""
        try:
            return super().invoke(context)
        except typer.BadParameter as err:
            from newsletter.files.library_errors import of_option

            err.message = of_option(err.message)
            raise
        except typer.Abort as err:  # Ctrl-C, or the end of input, at a question
            from newsletter.cli import output

            output.note("\nStopped.")
            raise typer.Exit(130) from err

    def get_command(self, context: Any, name: str) -> Any:
        """Return a command whose help names no type of Python."""
        command = super().get_command(context, name)
        if command is not None:
            _without_types_of_flags(command, context)
        return command

    def get_params(self, context: Any) -> list[Any]:
        """Return the parameters of the whole program, in the same way."""
        parameters = super().get_params(context)
        _hide_types(parameters)
        return parameters

    def list_commands(self, _context: object) -> list[str]:
        panels = (SET_UP, WRITE, LOOK, READERS, SEND)
        return sorted(
            self.commands, key=lambda name: panels.index(getattr(self.commands[name], "rich_help_panel", SET_UP))
        )


def _without_types_of_flags(command: Any, context: Any) -> None:
    _hide_types(command.get_params(context))
    for below in getattr(command, "commands", {}).values():
        _without_types_of_flags(below, context)


def _hide_types(parameters: Iterable[Any]) -> None:
    """Typer would put `<bool>` behind each flag, and `<list[Path]>` behind an argument's name."""
    for parameter in parameters:
        if getattr(parameter, "is_bool_flag", False) and parameter.metavar is None:
            parameter.metavar = ""
        elif parameter.param_type_name == "argument":
            parameter.display_type_rich = _no_type
            parameter.get_usage_pieces = partial(_usage, parameter)


def _usage(argument: Any, _context: Any) -> list[str]:
    """Return an argument as a usage line shows it: `ISSUE`, or `[DATE]` if it may be left out."""
    name = argument.metavar or argument.name.upper()
    return [name if argument.required else f"[{name}]"]


def _no_type(**_context: Any) -> None:
    """Return no type for the column in which `--help` shows it."""


app = typer.Typer(
    cls=_InOrderOfWork,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        from newsletter.store import sqlite_library

        typer.echo(f"newsletter {version('newsletter')}, {sqlite_library()}")
        raise typer.Exit


@app.callback()
def newsletter(
    context: typer.Context,
    root: Annotated[
        Path,
        typer.Option("--root", "-C", metavar="DIR", help="The newsletter's folder, or one in it.", show_default=False),
    ] = Path(),
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the versions of the program and its SQLite, and exit.",
            callback=_print_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """A curated daily issue, from Markdown entries to each reader's inbox.

    newsletter init my-letter             begin a newsletter
    newsletter check                      what an editor would be embarrassed by
    newsletter preview                    see the issues in a browser
    newsletter send 2026-11-23 --dry-run  who would get it
    """
    context.obj = root


app.command("init", rich_help_panel=SET_UP)(init.init)
app.add_typer(entry.app, name="entry", rich_help_panel=WRITE)
app.add_typer(issue.app, name="issue", rich_help_panel=WRITE)
app.command("check", rich_help_panel=LOOK)(check.check)
app.command("build", rich_help_panel=LOOK)(build.build)
app.command("editions", rich_help_panel=LOOK)(editions.editions)
app.command("preview", rich_help_panel=LOOK)(preview.preview)
app.command("proof", rich_help_panel=LOOK)(proof.proof)
app.add_typer(subscribers.app, name="subscribers", rich_help_panel=READERS)
app.add_typer(suppressions.app, name="suppressions", rich_help_panel=READERS)
app.command("bounces", rich_help_panel=READERS)(bounces.bounces)
app.command("segments", rich_help_panel=READERS)(segments.segments)
app.command("send", rich_help_panel=SEND)(send.send)
app.add_typer(sends.app, name="sends", rich_help_panel=SEND)
app.command("report", rich_help_panel=SEND)(report.report)
app.command("worker", rich_help_panel=SEND)(worker.worker)
app.command("serve", rich_help_panel=READERS)(serve.serve)
app.add_typer(archive.app, name="archive", rich_help_panel=READERS)
app.command("prune", rich_help_panel=SET_UP)(prune.prune)
app.add_typer(db.app, name="db", rich_help_panel=SET_UP)
