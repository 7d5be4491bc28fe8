"""A cached snapshot of the newsletter's files, reloaded only when one of them changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from newsletter import composing, content
from newsletter.checks import Calendar
from newsletter.composing import Composed
from newsletter.content import Manuscripts
from newsletter.domain.issue import Issue
from newsletter.domain.publication import Newsletter
from newsletter.domain.segment import Segment
from newsletter.domain.send import Send
from newsletter.errors import Finding, NewsletterError, Severity, StoreError
from newsletter.files.file_state import FileState, file_states
from newsletter.files.newsletter_folder import ENTRIES
from newsletter.store import exists, open_store
from newsletter.web.preview.source_files import FILES, FOLDERS


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """The settings that the pages need: the newsletter, its segments by slug, and the database with its readers."""

    root: Path
    newsletter: Newsletter
    segments: Mapping[str, Segment]
    database: str
    clock: Callable[[], datetime] = _now

    @property
    def zone(self) -> ZoneInfo:
        """Return the newsletter's time zone."""
        return ZoneInfo(self.newsletter.time_zone)

    def sends(self) -> Mapping[str, Send] | None:
        """Return the sends by issue; None if the database can't be read."""
        if not exists(self.database):
            return None
        try:
            with open_store(self.database) as store:
                return {send.issue: send for send in store.sends.each()}
        except StoreError:
            return None

    def calendar(self, sends: Mapping[str, Send] | None) -> Calendar:
        """Return today's date and the issues that have been sent."""
        sent = None if sends is None else frozenset(issue for issue, send in sends.items() if send.digest)
        return Calendar(today=self.clock().astimezone(self.zone).date(), sent=sent)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedIssue:
    """An issue in the list, with the numbers of findings in it and its entries."""

    issue: Issue
    errors: int
    warnings: int


class Snapshot:
    """The newsletter at one state of its files. Each property is computed once."""

    def __init__(
        self,
        publication: Publication,
        calendar: tuple[Issue, ...] | None = None,
        sends: Mapping[str, Send] | None = None,
    ) -> None:
        self.publication = publication
        self._calendar = calendar
        self._sends = sends
        self._composed: dict[str, Composed | NewsletterError] = {}

    @cached_property
    def checked_by(self) -> Calendar:
        """Return the date and the sends that the findings are based on."""
        return self.publication.calendar(self.publication.sends() if self._sends is None else self._sends)

    @cached_property
    def manuscripts(self) -> Manuscripts:
        """Return everything that could be read."""
        return content.read(self.publication.root)

    @property
    def calendar(self) -> tuple[Issue, ...]:
        """Return the issues by date. Use only what their own files say: their entries may be of an earlier snapshot.

        If no issue's own file has changed, as when an entry was saved, nothing is read: with a thousand entries,
        reading is most of the cost of a reload.
        """
        return self.manuscripts.issues if self._calendar is None else self._calendar

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Return all findings of ``newsletter check``."""
        here = self.publication
        return composing.check(here.root, here.newsletter, segments=here.segments, calendar=self.checked_by)

    @cached_property
    def issues(self) -> tuple[ListedIssue, ...]:
        """Return all issues, the newest first."""
        by_path: dict[str, list[Severity]] = {}
        for finding in self.findings:
            by_path.setdefault(finding.place.path, []).append(finding.severity)

        def listed(issue: Issue) -> ListedIssue:
            severities = [severity for path in _paths(issue) for severity in by_path.get(path, ())]
            return ListedIssue(
                issue=issue,
                errors=severities.count(Severity.ERROR),
                warnings=severities.count(Severity.WARNING),
            )

        return tuple(listed(issue) for issue in reversed(self.manuscripts.issues))

    @property
    def stray_findings(self) -> tuple[Finding, ...]:
        """Return the findings outside the listed issues: in settings, theme, and entries that no issue has."""
        covered = {path for listed in self.issues for path in _paths(listed.issue)}
        return tuple(finding for finding in self.findings if finding.place.path not in covered)

    def compose(self, slug: str) -> Composed:
        """Return an issue as an email, even if ``check`` finds errors in it, so that drafts can be seen.

        Raise UsageError if there is no such issue, and ManuscriptError if it can't be read or rendered.
        """
        if slug not in self._composed:
            self._composed[slug] = self._compose(slug)
        composed = self._composed[slug]
        if isinstance(composed, NewsletterError):
            raise composed.with_traceback(None)
        return composed

    def _compose(self, slug: str) -> Composed | NewsletterError:
        here = self.publication
        try:
            return composing.draft(here.root, here.newsletter, slug, segments=here.segments, calendar=self.checked_by)
        except NewsletterError as err:
            return err

    def around(self, slug: str) -> tuple[Issue | None, Issue | None, Issue | None]:
        """Return the previous issue, this one and the next, by date; None for each that doesn't exist."""
        issues = self.calendar
        at = next((index for index, issue in enumerate(issues) if issue.slug == slug), None)
        if at is None:
            return None, None, None
        return (issues[at - 1] if at else None), issues[at], (issues[at + 1] if at + 1 < len(issues) else None)

    def issues_with(self, path: str) -> tuple[Issue, ...]:
        """Return the issues that a file is part of."""
        return tuple(issue for issue in reversed(self.manuscripts.issues) if path in _paths(issue))


class SnapshotCache:
    """A cache of the current snapshot. ``publication`` reads the settings, and may raise SettingsError."""

    def __init__(self, root: Path, publication: Callable[[], Publication]) -> None:
        self._root = root
        self._publication = publication
        self._seen: tuple[frozenset[FileState], Snapshot] | None = None

    def now(self) -> Snapshot:
        """Return the snapshot of the files as they are now."""
        state = file_states(self._root / name for name in (*FOLDERS, *FILES))
        seen = self._seen
        if seen is None or seen[0] != state:
            known = seen[1].calendar if seen and all(map(self._is_entry, seen[0] ^ state)) else None
            self._seen = seen = (state, Snapshot(self._publication(), known))
        return seen[1]

    def with_sends(self) -> tuple[Snapshot, Mapping[str, Send]]:
        """Return the current snapshot and the sends by issue; findings are computed again after a send."""
        now = self.now()
        sends = now.publication.sends()
        if self._seen and now.publication.calendar(sends) != now.checked_by:
            now = Snapshot(now.publication, now.calendar, sends)
            self._seen = (self._seen[0], now)
        return now, sends or {}

    def _is_entry(self, state: FileState) -> bool:
        return Path(state.path).is_relative_to(self._root / ENTRIES)


def _paths(issue: Issue) -> frozenset[str]:
    return frozenset((issue.path, *(entry.path for entry in issue.entries)))
