"""Check a whole newsletter: its content and theme, its provider, its database, and who can read its files."""

import os
import stat
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

from newsletter import bootstrap, checks, composing, content
from newsletter.checks import Calendar, CheckContext, make_finding
from newsletter.domain.plurals import counted
from newsletter.errors import Finding, Place, SecretError, SettingsError
from newsletter.files.newsletter_folder import ISSUES, SETTINGS_FILE, settings_text, shorter_path
from newsletter.files.toml_lines import setting_place
from newsletter.publishing.calendar import calendar_of
from newsletter.publishing.sends.link_checks import CheckLinks, without_connection
from newsletter.publishing.sends.outgoing_links import unsent_links
from newsletter.settings import Settings
from newsletter.store import Store
from newsletter.subscriptions import files_with_any

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def check_newsletter(
    settings: Settings,
    store: Store | None,
    *,
    today: date,
    here: Path,
    inspect: checks.Inspect | None = None,
    links: CheckLinks | None = None,
) -> list[Finding]:
    """Return every finding about a newsletter, those of its content and theme last.

    Without a ``store`` (there is no database yet, or it can't be opened) there are no findings about readers, and no
    issue counts as sent. Paths of the database and of other files with readers' data are relative to the folder
    ``here`` if they are below it. With ``inspect``, remote images are checked too, over the network, and with ``links``
    the links that are still to be sent. Raise StoreError.
    """
    calendar = calendar_of(store, today=today)
    return [
        *_provider(settings),
        *_folder(settings),
        *_permissions(settings, here),
        *(_followed_topics(settings, store) if store else ()),
        *(_held_bounces(store) if store else ()),
        *(_erased_readers(settings, store, here) if store else ()),
        *composing.check_manuscripts(
            settings.root,
            settings.newsletter,
            CheckContext(segments=settings.segments, calendar=calendar, mails=settings.mails),
            inspect=inspect,
        ),
        *(_links(settings, calendar, links) if links else ()),
    ]


def _links(settings: Settings, calendar: Calendar, check: CheckLinks) -> list[Finding]:
    """Return the findings about links that are still to be sent; a single one without a connection."""
    results = check(unsent_links(content.read_manuscripts(settings.root), calendar))
    if without_connection(results):
        what = f"none of {counted(len(results), 'link')} could be checked: no server answered"
        return [make_finding("link-unreachable", Place(path=ISSUES), what, "check this computer's connection")]
    return sorted({finding for result in results for finding in result.findings}, key=_place)


def _place(finding: Finding) -> tuple[str, int]:
    return finding.place.path, finding.place.line or 0


def _provider(settings: Settings) -> Iterator[Finding]:
    """Yield findings about [provider], without using the network."""
    try:
        bootstrap.check_provider(settings)
    except SecretError as err:
        yield make_finding("provider-secret", _setting(settings, "provider"), err.what, err.hint)
    except SettingsError as err:
        yield make_finding("provider-unfit", err.place or _setting(settings, "provider"), err.what, err.hint)


def _folder(settings: Settings) -> Iterator[Finding]:
    """Yield a finding if the database's folder doesn't exist."""
    file = settings.database_file
    if file and not file.parent.is_dir():
        yield make_finding("database-folder", _setting(settings, "database"), f"there is no folder {file.parent}")


def _setting(settings: Settings, name: str) -> Place:
    return setting_place(settings_text(settings.root), name)


def _permissions(settings: Settings, here: Path) -> Iterator[Finding]:
    """Yield findings about files with readers' data that other users of the machine can read."""
    if os.name != "posix":
        return
    paths = [*settings.upgrade_copies(), settings.outbox]
    if file := settings.database_file:
        # SQLite gives its log the database's permissions, so only one that differs is worth a finding.
        log = file.with_name(f"{file.name}-wal")
        paths = [file, *(() if _readable_by_others(file) else (log,)), *paths]
    for path in paths:
        if _readable_by_others(path):
            shown = str(shorter_path(path, here))
            mode = "700" if path.is_dir() else "600"
            what = "other users of this machine can read it"
            yield make_finding("readable-by-others", Place(path=shown), what, f"chmod {mode} {shown}")


def _readable_by_others(path: Path) -> bool:
    return path.exists() and bool(path.stat().st_mode & _OTHERS)


def _followed_topics(settings: Settings, store: Store) -> Iterator[Finding]:
    """Yield findings about undeclared topics that readers follow."""
    topics = settings.newsletter.topics
    declared = {topic.slug for topic in topics}
    for slug, number in sorted(store.subscribers.by_topic().items()):
        if topics.current(slug) not in declared:
            what = f'{counted(number, "reader")} named the topic "{slug}", which is not declared'
            hint = f'add "{slug}" to the aliases of the topic that replaced it, or declare [topics.{slug}]'
            yield make_finding("topic-followed", Place(path=SETTINGS_FILE), what, hint)


def _held_bounces(store: Store) -> Iterator[Finding]:
    for hold in store.held_bounces.holds():
        where = f"at {hold.scope}" if hold.scope else "at several domains"
        what = f"{counted(hold.addresses, 'hard bounce')} {where} held: {hold.reason}"
        yield make_finding("bounces-held", Place(path=SETTINGS_FILE), what)


def _erased_readers(settings: Settings, store: Store, here: Path) -> Iterator[Finding]:
    """Yield findings about files that still contain the address of an erased reader."""
    try:
        signer = bootstrap.signer_of_erasures(store)
    except SettingsError:
        return  # the secret for the hashes of erased readers isn't set
    if signer is None:
        return
    erased = partial(store.erasures.has_any, fingerprint=signer.fingerprints)
    for left in files_with_any(erased, bootstrap.searched_files(settings)):
        place = Place(path=str(shorter_path(left.path, here)))
        if left.unread:
            what = f"can't be searched for the addresses of readers who were erased: {left.unread}"
            yield make_finding("erased-reader", place, what, "make it readable, or delete it")
        else:
            yield make_finding("erased-reader", place, "has the address of a reader who was erased")
