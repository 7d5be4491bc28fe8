"""The resources that commands open: settings, store and provider; also the options and names they share."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter import bootstrap

if TYPE_CHECKING:  # importing any of these would take longer than `newsletter --help` may take
    from newsletter.checks import Calendar
    from newsletter.composing import Composed
    from newsletter.domain.issue import Issue
    from newsletter.domain.segment import Segment
    from newsletter.settings import Settings
    from newsletter.store import Store


def _folder(context: typer.Context) -> Path:
    start = Path(context.find_root().params.get("root") or ".").absolute()
    return next((folder for folder in (start, *start.parents) if (folder / "newsletter.toml").is_file()), start)


def entries_like(context: typer.Context, incomplete: str) -> list[str]:
    """Return shell completions for an entry's slug, the newest files first."""
    files = [path for path in (_folder(context) / "issues" / "entries").rglob("*.md") if not path.name.startswith(".")]
    newest = sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)
    return [path.stem for path in newest if path.stem.startswith(incomplete)]


def segments_like(context: typer.Context, incomplete: str) -> list[str]:
    """Return shell completions for a segment's slug."""
    return [slug for slug in ("everyone", *_tables(context, "segments")) if slug.startswith(incomplete)]


def topics_like(context: typer.Context, incomplete: str) -> list[str]:
    """Return shell completions for a topic's slug."""
    return [slug for slug in _tables(context, "topics") if slug.startswith(incomplete)]


def _tables(context: typer.Context, name: str) -> list[str]:
    """Return the slugs in a table of newsletter.toml; none if the file can't be read."""
    import tomllib

    try:
        return list(tomllib.loads((_folder(context) / "newsletter.toml").read_text(encoding="utf-8")).get(name, {}))
    except (OSError, ValueError):
        return []


def issues_like(context: typer.Context, incomplete: str) -> list[str]:
    """Return shell completions for an issue: `today`, `next` and `latest`, then the slugs, the latest first."""
    from newsletter.domain.issue_names import NAMES

    folder = _folder(context) / "issues"
    slugs = sorted((path.stem for path in folder.glob("*.md")), reverse=True)
    return [name for name in (*NAMES, *slugs) if name.startswith(incomplete)]


IssueName = Annotated[
    str,
    typer.Argument(
        metavar="ISSUE",
        help="An issue's slug or file, or “today”, “next” or “latest”.",
        autocompletion=issues_like,
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def settings(context: typer.Context) -> "Settings":
    """Load the settings of the newsletter in ``--root`` or the current folder. Raises SettingsError."""
    from newsletter import settings

    return settings.load(context.obj)


@contextmanager
def store(settings: "Settings") -> Iterator["Store"]:
    """Open the newsletter's store and print warnings about its library and address collisions. Raises StoreError."""
    from newsletter.cli import output

    with bootstrap.open_store(settings) as opened:
        if opened.warning:
            _warn_once(opened.warning)
        if number := len(opened.collisions):
            output.note(
                f"The upgrade found {output.count(number, 'pair')} of addresses that were confused with each other."
                " To list them: `newsletter db collisions`.",
                style="yellow",
            )
        yield opened


@cache
def _warn_once(text: str) -> None:
    """Print a warning once per process."""
    from newsletter.cli import output

    output.note(text, style="yellow")


def other_files(settings: "Settings") -> list[Path]:
    """Return the newsletter's and the bounce mailbox's files that the program doesn't erase readers from itself."""
    from newsletter.subscriptions import files_below

    database, mailbox = settings.database_file, settings.feedback.mailbox
    own = [database.with_name(database.name + end) for end in ("", "-wal", "-shm")] if database else []
    mail = [settings.root / Path(mailbox).expanduser()] if mailbox and "://" not in mailbox else []
    without = [*own, settings.outbox]
    return sorted({*files_below([settings.root], without=without), *files_below(mail, without=without, hidden=True)})


def shown(path: Path) -> Path:
    """Return a path relative to the current folder if it is inside."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def day(text: str) -> date:
    """Return a date written as 2026-11-20. Raise BadParameter for anything else."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text)
    except ValueError as err:
        raise typer.BadParameter(f"{text} is not in the calendar") from err
    raise typer.BadParameter(f'write the date as 2026-11-20, not "{text}"')


def today(settings: "Settings") -> date:
    """Return today's date by the newsletter's clock."""
    return datetime.now(tz=settings.newsletter.zone).date()


def calendar(settings: "Settings") -> "Calendar":
    """Return today's date and the issues sent so far; print a warning if the database can't be read."""
    from newsletter.checks import Calendar
    from newsletter.cli import output
    from newsletter.errors import StoreError
    from newsletter.store import exists

    sent = None
    if exists(settings.database):
        try:
            with store(settings) as opened:
                sent = opened.sends.begun()
        except StoreError as err:
            output.note(f"warning: can't tell which issues have been sent: {err}", style="yellow")
    return Calendar(today=today(settings), sent=sent)


def compose(settings: "Settings", slug: str) -> "Composed":
    """Compose an issue as it would be sent now. Raise ManuscriptError with every error that prevents sending."""
    from newsletter import composing

    return composing.compose(
        settings.root,
        settings.newsletter,
        slug,
        segments=tuple(settings.segments),
        calendar=calendar(settings),
        mails=settings.mails,
    )


def slug(settings: "Settings", name: str) -> str:
    """Return the slug of the issue given as a slug, a file, `today`, `next` or `latest`.

    Raise UsageError if there is none.
    """
    from newsletter import content
    from newsletter.domain import issue_names
    from newsletter.store import exists

    begun: frozenset[str] = frozenset()
    if name in (issue_names.TODAY, issue_names.NEXT) and exists(settings.database):
        with store(settings) as opened:
            begun = opened.sends.begun()
    issues = content.read(settings.root).issues
    return issue_names.issue_named(name, issues, today=today(settings), begun=begun).slug


def sent(settings: "Settings", opened: "Store", name: str) -> str:
    """Return the slug of an issue by its name; here `latest` is the issue that was sent last.

    Raise UsageError if there is no such issue or nothing has been sent.
    """
    from newsletter.domain.issue_names import LATEST
    from newsletter.errors import UsageError

    if name != LATEST:
        return slug(settings, name)
    last = opened.sends.latest()
    if last is None:
        raise UsageError("no issue has been sent yet", hint="send one with `newsletter send`")
    return last.issue


def segments(settings: "Settings", issue: "Issue") -> list["Segment"]:
    """Return the segments that an issue goes to: those it names, or everyone.

    If the newsletter has a weekly digest, digests go to the readers who chose it and other issues to the rest. Raises
    SettingsError for an unknown segment, or for a digest if the newsletter has none.
    """
    from newsletter.domain.segment import EVERYONE
    from newsletter.domain.subscriber import Frequency
    from newsletter.errors import SettingsError

    chosen = [settings.segment(slug) for slug in issue.segments or (EVERYONE.slug,)]
    if settings.newsletter.weekly_digest:
        frequency = Frequency.WEEKLY if issue.digest else Frequency.EACH
        return [replace(segment, frequency=frequency) for segment in chosen]
    if issue.digest:
        hint = "set weekly_digest = true, so that readers can choose it, or remove `digest: true` from the issue"
        raise SettingsError(f"issue {issue.slug} is a weekly digest, but the newsletter has none", hint=hint)
    return chosen
