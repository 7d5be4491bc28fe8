"""Options and arguments that commands share: their help, their completions in a shell, and their values."""

import re
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from newsletter.errors import UsageError
from newsletter.files.newsletter_folder import BLOCKS, ENTRIES, ISSUES, newsletter_folder, settings_text


def _folder(context: typer.Context) -> Path:
    start = Path(context.find_root().params.get("root") or ".").absolute()
    return newsletter_folder(start) or start


def complete_entries(context: typer.Context, incomplete: str) -> list[str]:
    """Return shell completions for the slug of an entry or block, the newest files first."""
    folders = (_folder(context) / folder for folder in (ENTRIES, BLOCKS))
    files = [path for folder in folders for path in folder.rglob("*.md") if not path.name.startswith(".")]
    newest = sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)
    return [path.stem for path in newest if path.stem.startswith(incomplete)]


def complete_segments(context: typer.Context, incomplete: str) -> list[str]:
    """Return shell completions for a segment's slug."""
    return [slug for slug in ("everyone", *_tables(context, "segments")) if slug.startswith(incomplete)]


def complete_topics(context: typer.Context, incomplete: str) -> list[str]:
    """Return shell completions for a topic's slug."""
    return [slug for slug in _tables(context, "topics") if slug.startswith(incomplete)]


def complete_themes(context: typer.Context, incomplete: str) -> list[str]:
    """Return shell completions for a theme's name."""
    from newsletter.rendering import theme_names

    return [name for name in theme_names(_folder(context)) if name.startswith(incomplete)]


def _tables(context: typer.Context, name: str) -> list[str]:
    """Return the slugs in a table of newsletter.toml; none if the file can't be read."""
    import tomllib

    try:
        return list(tomllib.loads(settings_text(_folder(context))).get(name, {}))
    except tomllib.TOMLDecodeError:
        return []


def complete_issues(context: typer.Context, incomplete: str) -> list[str]:
    """Return shell completions for an issue: `today`, `next` and `latest`, then the slugs, the latest first."""
    from newsletter.domain.issue_names import NAMES

    folder = _folder(context) / ISSUES
    slugs = sorted((path.stem for path in folder.glob("*.md")), reverse=True)
    return [name for name in (*NAMES, *slugs) if name.startswith(incomplete)]


IssueName = Annotated[
    str,
    typer.Argument(
        metavar="ISSUE",
        help="An issue's slug or file, or “today”, “next” or “latest”.",
        autocompletion=complete_issues,
        show_default=False,
    ),
]
HtmlFile = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Also write the report as a web page with charts.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def parse_day(text: str) -> date:
    """Return a date written as 2026-11-20. Raise BadParameter for anything else."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text)
    except ValueError as err:
        raise typer.BadParameter(f"{text} is not in the calendar") from err
    raise typer.BadParameter(f'write the date as 2026-11-20, not "{text}"')


def parse_address(text: str, *, hint: str = "write name@example.org") -> str:
    """Return an email address in the form to mail it. Raises UsageError if it is invalid."""
    from newsletter.domain import addresses
    from newsletter.errors import UsageError

    try:
        return addresses.parse_address(text)
    except ValueError as err:
        raise UsageError(f'"{text}" is {err}', hint=hint) from err


WithoutApproval = Annotated[
    str | None,
    typer.Option(
        "--without-approval",
        metavar="REASON",
        help="Send without the required approval. All publishers are told, with the reason.",
        show_default=False,
    ),
]


def parse_reason(without_approval: str | None) -> str:
    """Return the reason of `--without-approval`, "" if it isn't given. Raise UsageError if the reason is missing."""
    if without_approval is not None and not without_approval.strip():
        raise UsageError("--without-approval needs a reason", hint='write it in quotes: "the editor is on a train"')
    return without_approval or ""
