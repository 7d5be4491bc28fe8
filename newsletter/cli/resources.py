"""The resources that commands open: settings, store and issues; with the warnings that go with them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING

import typer

from newsletter import bootstrap
from newsletter.cli.advice import error_lines
from newsletter.domain.plurals import counted

if TYPE_CHECKING:  # importing any of these would take longer than `newsletter --help` may take
    from newsletter.checks import Calendar
    from newsletter.composing import Composed
    from newsletter.editing import Editing
    from newsletter.fetching import WebClient
    from newsletter.publishing.reviews.edit_notes import EditNotes
    from newsletter.settings import Settings
    from newsletter.store import Store


def load_settings(context: typer.Context) -> "Settings":
    """Load the settings of the newsletter in ``--root`` or the current folder. Raises SettingsError, FindingsError."""
    from newsletter import settings

    return settings.load(context.obj)


@contextmanager
def open_store(settings: "Settings") -> Iterator["Store"]:
    """Open the newsletter's store and print warnings about its library and address collisions. Raises StoreError."""
    from newsletter.cli import output

    with bootstrap.open_store(settings) as opened:
        if opened.warning:
            _warn_once(opened.warning)
        if number := len(opened.collisions):
            output.note(
                f"The upgrade found {counted(number, 'pair')} of addresses that were confused with each other."
                " To list them: `newsletter db collisions`.",
                style="yellow",
            )
        yield opened


def warn_of_library(settings: "Settings") -> None:
    """Print the warning about the SQLite library in use, if the newsletter has a database that it would open."""
    from newsletter.store import sqlite_library

    file, warning = settings.database_file, sqlite_library().warning
    if file and file.is_file() and warning:
        _warn_once(warning)


@cache
def _warn_once(text: str) -> None:
    """Print a warning once per process."""
    from newsletter.cli import output

    output.note(text, style="yellow")


def today(settings: "Settings") -> date:
    """Return today's date by the newsletter's clock."""
    return datetime.now(tz=settings.newsletter.zone).date()


@contextmanager
def open_store_if_readable(settings: "Settings") -> Iterator["Store | None"]:
    """Open the newsletter's store, or yield None if there is no database yet.

    If it can't be read, print a warning and yield None too.
    """
    from newsletter.cli import output
    from newsletter.errors import StoreError

    with ExitStack() as stack:
        opened = None
        if bootstrap.has_database(settings):
            try:
                opened = stack.enter_context(open_store(settings))
            except StoreError as err:
                output.note(f"warning: can't tell which issues have been sent: {error_lines(err)[0]}", style="yellow")
        yield opened


@contextmanager
def open_store_or_none(settings: "Settings") -> Iterator["Store | None"]:
    """Open the newsletter's store, or yield None if there is no database yet. Raise StoreError."""
    with ExitStack() as stack:
        yield stack.enter_context(open_store(settings)) if bootstrap.has_database(settings) else None


def calendar(settings: "Settings") -> "Calendar":
    """Return today's date and the issues sent so far; print a warning if the database can't be read."""
    from newsletter.publishing.calendar import calendar_of

    with open_store_if_readable(settings) as opened:
        return calendar_of(opened, today=today(settings))


def compose_issue(settings: "Settings", slug: str) -> "Composed":
    """Compose an issue as it would be sent now. Raise FindingsError with every error that prevents sending."""
    from newsletter.publishing.sends import send_preparing

    return send_preparing.compose_issue(settings, slug, calendar=calendar(settings))


def issue_slug(settings: "Settings", name: str) -> str:
    """Return the slug of the issue given as a slug, a file, `today`, `next` or `latest`.

    Raise UsageError if there is none.
    """
    from newsletter import content
    from newsletter.domain import issue_names

    begun: frozenset[str] = frozenset()
    if name in (issue_names.TODAY, issue_names.NEXT) and bootstrap.has_database(settings):
        with open_store(settings) as opened:
            begun = opened.sends.begun_issues()
    issues = content.read_manuscripts(settings.root).issues
    return issue_names.issue_named(name, issues, today=today(settings), begun=begun).slug


def sent_issue_slug(settings: "Settings", opened: "Store", name: str) -> str:
    """Return the slug of an issue by its name; here `latest` is the issue that was sent last.

    Raise UsageError if there is no such issue or nothing has been sent.
    """
    from newsletter.domain.issue_names import LATEST
    from newsletter.errors import UsageError

    if name != LATEST:
        return issue_slug(settings, name)
    last = opened.sends.latest()
    if last is None:
        raise UsageError("no issue has been sent yet", hint="send one with `newsletter send`")
    return last.issue


def web_client() -> "WebClient":
    """Return the client that loads pages."""
    from newsletter.fetching import WebClient

    return WebClient()


def open_editing(settings: "Settings") -> "Editing":
    """Return a way to change the newsletter's files that notes who has done so, if there is a database.

    Without the note, the person here could approve their own changes elsewhere.
    """
    from newsletter.editing import Editing, Save
    from newsletter.publishing.settings_changes import settings_check

    notes = _edit_notes(settings)

    def saved(save: Save) -> None:
        notes.note(save.person, save.paths, save.at)
        notes.flush()

    return Editing(settings.root, saved=saved, check_settings=settings_check(settings.root))


def note_edit(settings: "Settings", path: str) -> None:
    """Note that the person here has written a file, as ``open_editing`` does for its changes."""
    from datetime import UTC, datetime

    notes = _edit_notes(settings)
    notes.note(bootstrap.local_person(settings.root), (path,), datetime.now(tz=UTC))
    notes.flush()


def _edit_notes(settings: "Settings") -> "EditNotes":
    from newsletter.publishing.reviews.edit_notes import EditNotes

    return EditNotes(lambda: bootstrap.open_store(settings) if bootstrap.has_database(settings) else None)
