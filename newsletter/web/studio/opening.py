"""Wire up what the studio's pages share."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path

from newsletter import bootstrap, settings
from newsletter.domain.topics import Topics
from newsletter.editing import CommitState, Editing, Save, Sittings, Syncing, SyncState
from newsletter.errors import FindingsError, NewsletterError, SettingsError
from newsletter.fetching import WebClient
from newsletter.files.newsletter_folder import SETTINGS_FILE
from newsletter.git import STUDIO, Identity
from newsletter.publishing.readers.reader_imports import ReaderImports
from newsletter.publishing.reviews.edit_notes import EditNotes
from newsletter.publishing.settings_changes import check_pulled_settings, note_settings_change, settings_check
from newsletter.settings import StudioSettings
from newsletter.store import Store
from newsletter.web.preview.app import preview_settings
from newsletter.web.preview.file_watcher import FileWatcher
from newsletter.web.preview.snapshot import SnapshotCache
from newsletter.web.studio.context import Studio, templates
from newsletter.web.studio.link_services import link_services
from newsletter.web.studio.presence import Presence
from newsletter.web.studio.presence_pages import page_for
from newsletter.web.studio.sign_in.hosting import Hosting


def open_studio(
    root: Path,
    watcher: FileWatcher,
    clock: Callable[[], datetime],
    web_client: WebClient | None = None,
    hosting: Hosting | None = None,
) -> Studio:
    """Return the studio of the newsletter at ``root``.

    Start its ``sittings`` to have changes committed, and its ``syncing`` to have commits exchanged with the remote.
    ``web_client`` fetches the pages of captured links; without it, nothing is fetched. ``hosting`` is that of a studio
    whose people sign in; without it, the studio is for the person at this computer.
    """
    chosen = _settings(root)
    committer = Identity(name=chosen.committer.name, address=chosen.committer.address) if chosen.committer else STUDIO

    def announce_commits(state: CommitState) -> None:
        syncing.committed(state)
        watcher.publish("commits", commit_values(state))

    sittings = Sittings(
        root,
        clock=clock,
        quiet=chosen.quiet,
        hooks=chosen.hooks,
        committer=committer,
        announce=announce_commits,
    )

    def announce_exchange(state: SyncState) -> None:
        watcher.publish("remote", remote_values(state))

    syncing = Syncing(
        sittings,
        clock=clock,
        enabled=chosen.sync,
        hooks=chosen.hooks,
        committer=committer,
        announce=announce_exchange,
        check_pulled=check_pulled_settings,
    )

    def saved(save: Save) -> None:
        sittings.saved(save)
        edit_notes.note(save.person, save.paths, save.at)
        at = save.at.isoformat(timespec="seconds")
        watcher.publish("saved", {"paths": save.paths, "by": save.person.name, "at": at})
        if SETTINGS_FILE in save.paths:
            _note_settings_change(snapshots, save)

    snapshots = SnapshotCache(root, lambda: preview_settings(root, clock))

    def open_store() -> Store:
        # The files need not be looked at again.
        return (snapshots.latest or snapshots.current()).settings.open_store()

    def open_known_store() -> Store | None:
        known = (snapshots.latest or snapshots.current()).settings
        return known.open_store() if known.has_database() else None

    edit_notes = EditNotes(open_known_store)

    def topics() -> Topics:
        return snapshots.current().settings.newsletter.topics

    def import_changed(id_: str) -> None:
        watcher.publish("import", {"id": id_})

    editing = Editing(root, saving=sittings.saving, saved=saved, check_settings=settings_check(root))
    return Studio(
        root=root,
        snapshots=snapshots,
        watcher=watcher,
        editing=editing,
        sittings=sittings,
        syncing=syncing,
        local_person=bootstrap.local_person(root) if hosting is None else None,
        clock=clock,
        environment=templates(),
        links=link_services(editing, open_store, watcher, clock, web_client),
        edit_notes=edit_notes,
        imports=ReaderImports(root, open_store, topics, clock, import_changed),
        hosting=hosting,
        presence=_presence(watcher, snapshots) if hosting is not None else None,
    )


def _presence(watcher: FileWatcher, snapshots: SnapshotCache) -> Presence:
    def title(kind: str, slug: str) -> str:
        """Return a title as it was last read; "" if there was none."""
        if snapshots.latest is None:
            return ""
        manuscripts = snapshots.latest.manuscripts
        if kind == "entries":
            entry = manuscripts.entries.get(slug)
            return entry.title or slug if entry else ""
        issue = next((issue for issue in manuscripts.issues if issue.slug == slug), None)
        return issue.subject or slug if issue else ""

    return Presence(lambda: watcher.publish("presence", {}), partial(page_for, title=title))


def commit_values(state: CommitState) -> Mapping[str, object]:
    """Return the state of commits for scripts."""
    return {
        "in_git": state.in_git,
        "pending": state.pending,
        "problem": state.problem,
        "hint": state.hint,
    }


def remote_values(state: SyncState) -> Mapping[str, object]:
    """Return the state of the exchange with the remote for scripts."""
    return {
        "remote": state.remote,
        "ahead": state.ahead,
        "problem": state.problem,
        "hint": state.hint,
        "conflicts": len(state.conflicts),
    }


def _note_settings_change(snapshots: SnapshotCache, save: Save) -> None:
    """Add a change of newsletter.toml to the audit log, if there is a database. Never fails."""
    latest = snapshots.latest
    if latest is not None and latest.settings.has_database():
        with suppress(NewsletterError), latest.settings.open_store() as store:
            note_settings_change(store, save.person, save.at)


def _settings(root: Path) -> StudioSettings:
    try:
        return settings.load(root).studio
    except (SettingsError, FindingsError):  # the pages show it
        return StudioSettings()
