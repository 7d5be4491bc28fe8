"""`newsletter init`: create a small, complete newsletter."""

import json
import shlex
import shutil
import tomllib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from newsletter.cli import options, output
from newsletter.errors import UsageError

_STARTER = files("newsletter.cli") / "starter"
_TEXTS = files("newsletter.cli") / "starter_texts"  # by language; English entries are the starter's own
_NAMES = {"gitignore": ".gitignore"}  # a real .gitignore would hide files of this repository


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.", show_default=False)],
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The newsletter's name; by default, the folder's name.", show_default=False),
    ] = None,
    theme: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="The look of the issues: a theme that comes with the program.",
            autocompletion=options.complete_themes,
        ),
    ] = "default",
    language: Annotated[
        str,
        typer.Option(
            metavar="TAG", help="The language of the newsletter and of its sample issue: en, de, fr, es, he or ar."
        ),
    ] = "en",
) -> None:
    """Create a newsletter in a new folder.

    Writes settings, sample entries and an issue. You can preview it right away.

    newsletter init my-letter
    newsletter init letters/lantern --name "The Daily Lantern" --theme magazine
    newsletter init mein-brief --language de
    """
    from newsletter.publishing.theme_copies import require_theme

    if name is None:
        name = folder.resolve().name.replace("-", " ").replace("_", " ").capitalize()
    if not name.isprintable() or not 0 < len(name.strip()) <= 200:
        raise UsageError("the newsletter's name must be one line of 1 to 200 characters", hint="change --name")
    require_theme(folder, theme)
    known = sorted(item.name for item in _TEXTS.iterdir() if item.is_dir())
    if language not in known:
        raise UsageError(
            f'there is no sample issue in "{language}"',
            hint=f"use one of {', '.join(known)}, and set language in newsletter.toml afterwards",
        )
    _fill(folder, name, theme, language)
    output.say(f"Created a newsletter in {folder}. Next steps:")
    output.say(f"  cd {shlex.quote(str(folder))}")
    for command, purpose in (
        ("newsletter studio", "make issues in a browser"),
        ("newsletter check", "check it for mistakes"),
        ('newsletter entry new "A title"', "write an entry at the command line"),
    ):
        output.say(f"  {command:<34}{purpose}")


def _fill(folder: Path, name: str, theme: str, language: str) -> None:
    """Write all files, or none if writing fails."""
    existed = folder.exists()
    if existed and not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", hint="name a new or empty folder")
    if existed and any(path.name != ".git" for path in folder.iterdir()):
        raise UsageError(f"{folder} is not empty", hint="name a new or empty folder")
    today = datetime.now(tz=UTC).date().isoformat()
    try:
        for path, text in _starter(
            language, {"name": json.dumps(name, ensure_ascii=False), "date": today, "theme": theme}
        ):
            target = folder / path.replace("issues/issue.md", f"issues/{today}.md")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    except BaseException:
        for half in folder.iterdir() if folder.exists() else ():
            if half.name != ".git":
                shutil.rmtree(half) if half.is_dir() else half.unlink()
        if not existed and folder.exists():
            folder.rmdir()
        raise


def _starter(language: str, values: dict[str, str]) -> Iterable[tuple[str, str]]:
    """Return the paths and texts of a new newsletter's files, with the sample issue in a language."""
    words = tomllib.loads((_TEXTS / language / "words.toml").read_text(encoding="utf-8"))
    values = {**values, **words, "language": language}
    texts = dict(_files(_STARTER, values)) | dict(_files(_TEXTS / language, values))
    return [(path, text) for path, text in texts.items() if path != "words.toml"]


def _files(folder: Traversable, values: dict[str, str], above: str = "") -> Iterator[tuple[str, str]]:
    for item in folder.iterdir():
        if item.is_dir():
            yield from _files(item, values, f"{above}{item.name}/")
        else:
            text = item.read_text(encoding="utf-8")
            yield f"{above}{_NAMES.get(item.name, item.name)}", Template(text).safe_substitute(values)
