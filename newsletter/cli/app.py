"""The command line: all commands, in the order in which `newsletter --help` lists them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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
    manuscript_edits,
    output,
    preview,
    proof,
    prune,
    report,
    reports,
    segments,
    send,
    sends,
    serve,
    studio,
    subscribers,
    suppressions,
    theme,
    topics,
    verify,
    worker,
)

WRITE = "Write"
REVIEW = "Review"
READERS = "Readers"
SEND = "Send"
SET_UP = "Set up"


_UsageError: Any = typer.BadParameter.__mro__[1]  # Typer exports only this subclass of it


class _InOrderOfWork(TyperGroup):
    """A command group whose help lists commands in working order; Typer would list groups after single commands."""

    def invoke(self, context: Any) -> Any:
        """Run a command and reword Typer's error messages about options."""
        try:
            with _reworded_errors():
                return super().invoke(context)
        except typer.Abort as err:  # Ctrl-C, or the end of input, at a question
            output.note("\nStopped.")
            raise typer.Exit(130) from err

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """Parse the program's own options, such as --root, and reword errors about them."""
        with _reworded_errors():
            return super().make_context(*arguments, **options)

    def get_command(self, context: Any, name: str) -> Any:
        """Return a command whose help shows no Python types."""
        command = super().get_command(context, name)
        if command is not None:
            _hide_types_of_command(command, context)
        return command

    def get_params(self, context: Any) -> list[Any]:
        """Return the parameters of the program itself, also without Python types."""
        parameters = super().get_params(context)
        _hide_types(parameters)
        return parameters

    def list_commands(self, _context: object) -> list[str]:
        panels = (SET_UP, WRITE, REVIEW, READERS, SEND)
        return sorted(
            self.commands, key=lambda name: panels.index(getattr(self.commands[name], "rich_help_panel", SET_UP))
        )


@contextmanager
def _reworded_errors() -> Iterator[None]:
    """Reword Typer's errors, which repeat what was typed: control characters must not reach the terminal."""
    try:
        yield
    except _UsageError as err:
        from newsletter.files.library_errors import of_option

        err.message = output.plain(of_option(err.message) if isinstance(err, typer.BadParameter) else err.message)
        raise


def _hide_types_of_command(command: Any, context: Any) -> None:
    _hide_types(command.get_params(context))
    for subcommand in getattr(command, "commands", {}).values():
        _hide_types_of_command(subcommand, context)


def _hide_types(parameters: Iterable[Any]) -> None:
    """Hide the types that Typer shows in help, such as `<bool>` for flags and `<list[Path]>` for arguments."""
    for parameter in parameters:
        if getattr(parameter, "is_bool_flag", False) and parameter.metavar is None:
            parameter.metavar = ""
        elif parameter.param_type_name == "argument":
            parameter.display_type_rich = _no_type
            parameter.get_usage_pieces = partial(_usage, parameter)


def _usage(argument: Any, _context: Any) -> list[str]:
    """Return an argument as shown in a usage line: `ISSUE`, or `[DATE]` if it is optional."""
    name = argument.metavar or argument.name.upper()
    return [name if argument.required else f"[{name}]"]


def _no_type(**_context: Any) -> None:
    """Return nothing for the type column of `--help`."""


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
        typer.Option(
            "--root", "-C", metavar="DIR", help="The newsletter's folder, or a folder inside it.", show_default=False
        ),
    ] = Path(),
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the versions of the program and of SQLite, and exit.",
            callback=_print_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Publish a curated daily newsletter: catch links, frame them, then compose, check and send each issue.

    newsletter init my-letter             create a newsletter
    newsletter studio                     make issues in a browser
    newsletter check                      check entries and issues for mistakes
    newsletter send 2026-11-23 --dry-run  show who would get an issue
    """
    context.obj = root


app.command("init", rich_help_panel=SET_UP)(init.init)
app.add_typer(theme.app, name="theme", rich_help_panel=SET_UP)
app.add_typer(studio.app, name="studio", rich_help_panel=WRITE)
app.add_typer(entry.app, name="entry", rich_help_panel=WRITE)
app.add_typer(issue.app, name="issue", rich_help_panel=WRITE)
entry.app.command("set")(manuscript_edits.set_field)
issue.app.command("add")(manuscript_edits.add_items)
issue.app.command("move")(manuscript_edits.move_items)
issue.app.command("remove")(manuscript_edits.remove_items)
app.command("check", rich_help_panel=REVIEW)(check.check)
app.command("build", rich_help_panel=REVIEW)(build.build)
app.command("editions", rich_help_panel=REVIEW)(editions.editions)
app.command("preview", rich_help_panel=REVIEW)(preview.preview)
app.command("proof", rich_help_panel=REVIEW)(proof.proof)
app.add_typer(subscribers.app, name="subscribers", rich_help_panel=READERS)
app.add_typer(suppressions.app, name="suppressions", rich_help_panel=READERS)
app.command("bounces", rich_help_panel=READERS)(bounces.bounces)
app.command("segments", rich_help_panel=READERS)(segments.segments)
app.add_typer(topics.app, name="topics", rich_help_panel=READERS)
app.command("send", rich_help_panel=SEND)(send.send)
app.add_typer(sends.app, name="sends", rich_help_panel=SEND)
app.command("report", rich_help_panel=SEND)(report.report)
app.command("reports", rich_help_panel=SEND)(reports.reports)
app.command("verify", rich_help_panel=SEND)(verify.verify)
app.command("worker", rich_help_panel=SEND)(worker.worker)
app.command("serve", rich_help_panel=READERS)(serve.serve)
app.add_typer(archive.app, name="archive", rich_help_panel=READERS)
app.command("prune", rich_help_panel=SET_UP)(prune.prune)
app.add_typer(db.app, name="db", rich_help_panel=SET_UP)
