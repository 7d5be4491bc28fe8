"""Everything that the studio's pages share: the newsletter's files as they are now, its person, templates and clock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from jinja2 import Environment

from newsletter.domain.captured_links import CapturedLink
from newsletter.domain.issue import Issue
from newsletter.domain.people import Act, NotSignedInError, Person, may
from newsletter.domain.send import begun_issues
from newsletter.editing import Editing, Sittings, Syncing
from newsletter.errors import FindingsError, Place, SettingsError, StoreError
from newsletter.git import Repository
from newsletter.publishing.reader_choices import ReaderChoices
from newsletter.publishing.readers.reader_imports import ReaderImports
from newsletter.publishing.reviews.edit_notes import EditNotes
from newsletter.rendering import page_environment
from newsletter.reports.page import report_filters
from newsletter.settings import Settings, load
from newsletter.store import Store
from newsletter.web.preview.file_watcher import FileWatcher
from newsletter.web.preview.routes import day, kilobytes
from newsletter.web.preview.snapshot import Snapshot, SnapshotCache
from newsletter.web.preview.source_files import SourceLine, excerpt_for
from newsletter.web.studio.audience.topic_numbers import TopicNumbers
from newsletter.web.studio.current_person import current_person
from newsletter.web.studio.hints import is_prose, studio_hint
from newsletter.web.studio.link_services import MOST_ISSUES, LinkServices
from newsletter.web.studio.paths import file_path
from newsletter.web.studio.places import MAIN, places_for
from newsletter.web.studio.presence import Presence
from newsletter.web.studio.sign_in.hosting import Hosting
from newsletter.web.studio.static_files import static_paths


def machine_time() -> datetime:
    """Return the time by this machine's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """A newsletter's studio. Each page module has a function ``router(studio)`` with its routes.

    ``snapshots`` gives the files as they are now; ``watcher`` tells open pages when one changes; ``editing`` changes
    them, ``sittings`` commits the changes, and ``syncing`` exchanges commits with the remote. ``local_person`` works at
    this computer; it is None if the studio serves people who sign in. ``links`` has the links that editors catch, and
    ``reader_choices`` and ``topic_numbers`` keep the counts of readers' choices of topics. ``hosting`` is that of a
    studio with accounts. ``imports`` has the files of readers that were uploaded, and ``edit_notes`` notes who changes
    which file. ``presence`` knows who is in a studio with accounts.
    """

    root: Path
    snapshots: SnapshotCache
    watcher: FileWatcher
    editing: Editing
    sittings: Sittings
    syncing: Syncing
    local_person: Person | None
    clock: Callable[[], datetime]
    environment: Environment
    links: LinkServices
    imports: ReaderImports
    edit_notes: EditNotes
    hosting: Hosting | None = None
    presence: Presence | None = None
    reader_choices: ReaderChoices = field(default_factory=ReaderChoices)
    topic_numbers: TopicNumbers = field(default_factory=TopicNumbers)

    @property
    def person(self) -> Person:
        """Return the person who makes the request in progress. Raise NotSignedInError if there is none."""
        person = current_person.get() or self.local_person
        if person is None:
            raise NotSignedInError()
        return person

    @property
    def has_person(self) -> bool:
        """Return whether somebody is signed in, or works at this computer."""
        return (current_person.get() or self.local_person) is not None

    @property
    def sees_totals(self) -> bool:
        """Return whether the person of this request may see numbers of readers; others see shares of them."""
        return may(self.person, Act.SEE_REPORTS)

    def excerpt(self, place: Place) -> tuple[SourceLine, ...]:
        """Return the lines around a place, as far as the person of this request may see that file."""
        return excerpt_for(self.person, self.root, place)

    @property
    def now(self) -> datetime:
        """Return the time."""
        return self.clock()

    def now_of(self, store: Store) -> datetime:
        """Return the time by the database's clock, by which workers begin sends, unless tests have set another one."""
        return store.now() if self.clock is machine_time else self.clock()

    @property
    def repository(self) -> Repository | None:
        """Return the git repository that the newsletter is in, if there is one."""
        repository = self.sittings.repository
        return repository if isinstance(repository, Repository) else None

    @property
    def snapshot(self) -> Snapshot:
        """Return the files as they are now. Raise SettingsError if newsletter.toml can't be read."""
        return self.snapshots.current()

    def loaded_settings(self, snapshot: Snapshot) -> Settings:
        """Return the settings that operations need, loaded once for each state of the files."""
        return snapshot.once("settings", lambda: load(self.root))

    def today(self, snapshot: Snapshot) -> date:
        """Return today's date in the newsletter's time zone."""
        return self.now.astimezone(snapshot.settings.zone).date()

    def coming_issues(self) -> tuple[Issue, ...]:
        """Return the issues from today on whose send hasn't begun, by date: those that can still be composed."""
        snapshot, sends = self.snapshots.with_sends()
        today, begun = self.today(snapshot), begun_issues(sends)
        return tuple(issue for issue in snapshot.calendar if issue.date >= today and issue.slug not in begun)

    def issues_for_links(self) -> tuple[Issue, ...]:
        """Return the next issues, to which the person may add a link."""
        return self.coming_issues()[:MOST_ISSUES] if may(self.person, Act.COMPOSE) else ()

    def waiting_links(self, snapshot: Snapshot) -> list[CapturedLink]:
        """Return the links that wait for a decision; none if there is no database, or it can't be read."""
        if snapshot.settings.has_database():
            with suppress(StoreError), snapshot.settings.open_store() as store:
                return store.captured_links.waiting(self.today(snapshot))
        return []

    def page(self, name: str, *, place: str = "", **values: object) -> str:
        """Return a page: the template ``studio/<name>.html`` with its values and those of the header.

        ``place`` is the slug of the place in the header that the page belongs to, as in ``places.PLACES``.
        """
        return self.environment.get_template(f"studio/{name}.html").render(self.header(place), **values)

    def header(self, place: str = "") -> dict[str, object]:
        """Return the values that the header of every page needs."""
        person = self.person
        places = places_for(person)
        return {
            "revision": self.watcher.revision,
            "places": [listed for listed in places if listed.group == MAIN],
            "more_places": [listed for listed in places if listed.group != MAIN],
            "place": place,
            "sees_reports": may(person, Act.SEE_REPORTS),
            "composes": may(person, Act.COMPOSE),
            "person": person,
            "has_accounts": self.hosting is not None,
            "commits": self.sittings.state(),
            "remote": self.syncing.state(),
            "newsletter_name": self._newsletter_name(),
        }

    @contextmanager
    def open_store(self) -> Iterator[Store]:
        """Open the newsletter's database. Raise SettingsError, StoreError."""
        if self.hosting is not None:
            yield self.hosting.store  # it stays open
            return
        latest = self.snapshots.latest or self.snapshot
        with latest.settings.open_store() as store:
            yield store

    def part(self, name: str, **values: object) -> str:
        """Return a part of a page: the template ``studio/<name>.html`` with these values alone."""
        return self.environment.get_template(f"studio/{name}.html").render(**values)

    def _newsletter_name(self) -> str:
        """Return the name as the page knows it, if it has just looked at the files: looking takes a while."""
        latest = self.snapshots.latest
        try:
            return (latest or self.snapshot).settings.newsletter.name
        except (SettingsError, FindingsError):
            return self.root.name

    def title_of(self, key: str) -> str:
        """Return an entry's title as it was last read: reading all files again would take longer than the change.

        It is "" for a block that stands in the issue.
        """
        latest = self.snapshots.latest
        entry = latest.manuscripts.entries.get(key) if latest else None
        if entry is None:
            return "" if ":" in key else key  # an entry that is new has no title here yet
        return entry.title or key


def templates() -> Environment:
    """Return the environment of the studio's page templates."""
    environment = page_environment(
        filters={
            "day": day,
            "kilobytes": kilobytes,
            "moment": moment_in_words,
            "studio_hint": studio_hint,
            "is_prose": is_prose,
            **report_filters(),
            "file_page": file_path,
        }
    )
    environment.globals |= static_paths()
    return environment


def moment_in_words(at: datetime) -> str:
    """Return a time as pages show it: ``Mon 23 Nov 2026, 07:41``, on the clock that it was written by."""
    return f"{day(at.date())}, {at:%H:%M}"
