"""Decide whether a change of newsletter.toml may be written: it must not make a mistake, nor touch the server's own."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from newsletter import settings
from newsletter.content import InvalidValueError
from newsletter.domain.people import Act, Person
from newsletter.errors import FindingsError, NewsletterError
from newsletter.files.newsletter_folder import SETTINGS_FILE
from newsletter.files.toml_edits import toml_value
from newsletter.rendering import refused_look
from newsletter.settings import Mistake, SettingsFile
from newsletter.store import Store

SERVERS_OWN: tuple[tuple[str, ...], ...] = (
    ("database",),
    ("provider",),
    ("feedback", "mailbox"),
    ("images",),
    ("serving",),
    ("studio", "hooks"),
    ("studio", "host"),
)
"""Settings that decide what the server opens, runs and trusts, and who gets its passwords.

Only people at its computer change them.
"""


NOT_PULLED = (*SERVERS_OWN, ("approval",), ("base_url",))
"""Settings that no commit of the remote changes by itself: admins change the last ones in the studio, and the audit log
says so. They decide whether issues need an approval, and where readers' own links lead."""


_LOOK = {"colors", "dark_colors", "fonts"}
_SITTING = timedelta(minutes=10)


class ServersOwnSettingError(NewsletterError):
    """A setting that people who sign in can't change, since it decides what the server opens or runs."""

    code = "setting-servers-own"

    def __init__(self, *, field: str) -> None:
        self.field = field
        super().__init__(f"{field} can only be changed on the server", hint="edit newsletter.toml there")


class PulledSettingError(NewsletterError):
    """A commit of the remote that changes one of ``NOT_PULLED``, which nobody at the server has looked at."""

    code = "setting-pulled"

    def __init__(self, *, field: str) -> None:
        self.field = field
        what = (
            f"the remote changes {field} in newsletter.toml, which only takes effect if somebody pulls it on the server"
        )
        super().__init__(what, hint="look at the change on the server, and pull it there with git")


def check_settings(person: Person, before: str, after: str) -> None:
    """Raise an error if the text of newsletter.toml has a mistake that wasn't there before a person's change.

    A text that can't be read at all may become any other one. Raise InvalidValueError with the setting, FindingsError
    if the new text isn't TOML, and ServersOwnSettingError.
    """
    _check_servers_own(person, before, after)
    try:
        known = mistakes_in(before)
    except FindingsError:
        return
    new = [mistake for mistake in mistakes_in(after) if mistake not in known]
    if new:
        raise InvalidValueError(new[0].what, field=".".join(new[0].keys), hint=new[0].hint)


def settings_check(root: Path) -> Callable[[Person, str, str], None]:
    """Return a check of changes of newsletter.toml: ``check_settings``, and whether the theme accepts a new look.

    Colours and fonts that a change leaves alone aren't checked, so that a theme and its values can change in any order.
    """

    def check(person: Person, before: str, after: str) -> None:
        check_settings(person, before, after)
        _check_look(root, before, after)

    return check


def _check_look(root: Path, before: str, after: str) -> None:
    """Raise InvalidValueError if the theme doesn't accept a colour or font that has changed."""
    try:
        old, new = settings.parse_settings(before), settings.parse_settings(after)
    except FindingsError:  # one of them isn't TOML
        return
    if not isinstance(old, SettingsFile) or not isinstance(new, SettingsFile):
        return
    given, known = new.theme.model_dump(include=_LOOK), old.theme.model_dump(include=_LOOK)
    if given == known:
        return
    for fault in refused_look(root, new.theme.name, given):
        table, name = fault.keys
        if given[table].get(name) != known[table].get(name):
            raise InvalidValueError(fault.what, field=f"theme.{table}.{name}", hint=fault.hint)


def check_pulled_settings(before: str, after: str) -> None:
    """Raise PulledSettingError if a commit of the remote changes one of ``NOT_PULLED``."""
    if path := _first_changed(NOT_PULLED, before, after):
        raise PulledSettingError(field=".".join(path))


def is_servers_own(person: Person, path: tuple[str, ...]) -> bool:
    """Return whether a setting is one that this person can't change, since they aren't at the server."""
    return bool(person.id) and any(path[: len(own)] == own for own in SERVERS_OWN)


def note_settings_change(store: Store, person: Person, now: datetime) -> None:
    """Note in the audit log that a person has changed newsletter.toml, once for all they change in ten minutes."""
    act, thing = Act.CHANGE_SETTINGS.value, SETTINGS_FILE
    latest = store.audit.entries(limit=1, address=person.address, act=act, thing=thing)
    if not latest or latest[0].at < now - _SITTING:
        store.audit.add(person, act, thing, now=now)


def mistakes_in(text: str) -> tuple[Mistake, ...]:
    """Return the mistakes in a text of newsletter.toml. Raise FindingsError if it isn't TOML."""
    parsed = settings.parse_settings(text)
    return () if isinstance(parsed, SettingsFile) else parsed


def _check_servers_own(person: Person, before: str, after: str) -> None:
    if person.id and (path := _first_changed(SERVERS_OWN, before, after)):
        raise ServersOwnSettingError(field=".".join(path))


def _first_changed(paths: Iterable[tuple[str, ...]], before: str, after: str) -> tuple[str, ...]:
    """Return the path of the first setting that differs; () if there is none, or the new text isn't TOML."""
    for path in paths:
        try:
            old = toml_value(before, path)
        except ValueError:  # it isn't TOML
            old = None
        try:
            new = toml_value(after, path)
        except ValueError:
            return ()  # which the other checks refuse, or nobody can use
        if old != new:
            return path
    return ()
