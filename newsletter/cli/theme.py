"""`newsletter theme`: list themes, make one of your own from another, and compare its copies with their originals."""

from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli import options, output, resources
from newsletter.cli.advice import error_lines
from newsletter.domain.plurals import counted
from newsletter.errors import FindingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from newsletter.rendering import ThemeChain

app = typer.Typer(no_args_is_help=True, help="List themes, and make one of your own.")

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="The theme's name.", autocompletion=options.complete_themes, show_default=False
    ),
]
Files = Annotated[
    list[str] | None,
    typer.Argument(metavar="FILES", help="The files to copy, such as entry.mjml; none by default.", show_default=False),
]


@app.command("list")
def show(context: typer.Context, json: options.AsJson = False) -> None:
    """List the built-in themes and your own, with the options each adds.

    Outside a newsletter's folder, lists the themes for `newsletter init --theme`.

    newsletter theme list
    newsletter theme list --json | jq ".[].name"
    """
    from newsletter import rendering
    from newsletter.files.newsletter_folder import newsletter_folder

    root, chosen = context.obj, ""
    if root.name or newsletter_folder(root.resolve()):  # a folder that --root names must have a newsletter
        settings = resources.load_settings(context)
        root, chosen = settings.root, settings.newsletter.theme.name
    themes = {name: _chain(root, name) for name in rendering.theme_names(root)}
    if json:
        output.as_json([_facts(name, chain, chosen=chosen) for name, chain in themes.items()])
        return
    output.table(
        ["Theme", "Based on", "Own options", "Description"],
        [_row(name, chain, themes) for name, chain in themes.items()],
    )
    for chain in themes.values():
        if isinstance(chain, FindingsError):
            output.print_error(chain)
    if chosen:
        output.note(f'This newsletter uses "{chosen}"; [theme] in newsletter.toml changes that.')
    else:
        output.note("Start a newsletter with one of them: `newsletter init DIR --theme NAME`.")


def _chain(root: "Path", name: str) -> "ThemeChain | FindingsError":
    """Return a theme, or what is wrong with it: one broken theme must not hide the others."""
    from newsletter import rendering

    try:
        return rendering.theme_chain(root, name)
    except FindingsError as err:
        return err


def _row(
    name: str, chain: "ThemeChain | FindingsError", themes: "Mapping[str, ThemeChain | FindingsError]"
) -> tuple[str, str, str, str]:
    if isinstance(chain, FindingsError):
        return f"{name} (broken)", "", "", ""
    base = themes.get(chain.base)
    known = {} if base is None or isinstance(base, FindingsError) else base.settings.options
    added = [option for option in chain.settings.options if option not in known]
    return f"{name} (yours)" if chain.own else name, chain.base, ", ".join(added), chain.settings.description


def _facts(name: str, chain: "ThemeChain | FindingsError", *, chosen: str) -> dict[str, object]:
    if isinstance(chain, FindingsError):
        return {"name": name, "chosen": name == chosen, "broken": error_lines(chain)}
    return {
        "name": name,
        "chosen": name == chosen,
        "broken": [],
        "own": chain.own,
        "base": chain.base,
        "description": chain.settings.description,
        "options": {
            name: {
                "default": option.default,
                "choices": option.choices or (True, False),
                "description": option.description,
            }
            for name, option in chain.settings.options.items()
        },
    }


@app.command("new")
def new(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new theme's name.", show_default=False)],
    files: Files = None,
    base: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="THEME",
            help="The theme to start from; by default, the newsletter's.",
            autocompletion=options.complete_themes,
            show_default=False,
        ),
    ] = None,
) -> None:
    """Make a theme of your own that changes another one, and print its files.

    Copies only the files you name; everything else stays the original's, so you get its updates.
    Colours, fonts and options need no copies: set them in the new theme.toml.

    newsletter theme new mine
    newsletter theme new mine --from magazine entry.mjml entry.txt
    """
    from newsletter.publishing import theme_copies

    settings = resources.load_settings(context)
    made = theme_copies.create_theme(
        settings.root, name, base=base or settings.newsletter.theme.name, files=files or ()
    )
    for path in made:
        output.say(str(path.relative_to(settings.root)))
    output.note(f'To use it, write `name = "{name}"` under [theme] in newsletter.toml.')


@app.command("copy")
def copy(context: typer.Context, name: Name, files: Files = None) -> None:
    """Copy more files of the original into a theme of your own, and print them.

    Without files, lists those that you can copy.

    newsletter theme copy mine
    newsletter theme copy mine footer.mjml
    """
    from newsletter.publishing import theme_copies

    settings = resources.load_settings(context)
    if not files:
        for file in theme_copies.files_to_copy(settings.root, name):
            output.say(file)
        return
    for path in theme_copies.copy_originals(settings.root, name, files):
        output.say(str(path.relative_to(settings.root)))


@app.command("diff")
def diff(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="The theme's name; by default, the newsletter's theme.",
            autocompletion=options.complete_themes,
            show_default=False,
        ),
    ] = None,
    done: Annotated[bool, typer.Option("--done", help="Mark your copies as up to date with the originals.")] = False,
) -> None:
    """Compare a theme's copied files with their originals, and say which originals have changed since.

    Lines with - are the original's, lines with + are yours.

    newsletter theme diff
    newsletter theme diff mine --done
    """
    from newsletter import rendering
    from newsletter.publishing import theme_copies

    settings = resources.load_settings(context)
    chosen = name or settings.newsletter.theme.name
    theme_copies.require_theme(settings.root, chosen)
    if done:
        recorded = theme_copies.record_originals(settings.root, chosen)
        output.say(f"Recorded the originals of {counted(len(recorded), 'file')}.")
        return
    copies = rendering.copied_files(settings.root, chosen)
    for copied in copies:
        for line in copied.diff().splitlines():
            output.say(line, style={"-": "red", "+": "green"}.get(line[:1], ""))
    changed = [copied.shown for copied in copies if copied.changed]
    if changed:
        output.note(f"Changed in the original since you copied them: {', '.join(changed)}")
        output.note("Copy the changes you want, then run it again with --done.")
    elif not copies:
        output.note(f'The theme "{chosen}" has no copied files.')
    elif not any(copied.diff() for copied in copies):
        output.note(f'The copied files of "{chosen}" are the same as the originals.')
