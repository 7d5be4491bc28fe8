"""A cached snapshot of the newsletter's files, reloaded only when one of them changes."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from newsletter import composing, content
from newsletter.checks import Calendar, CheckContext
from newsletter.composing import CheckedTheme, Composed
from newsletter.content import Manuscripts
from newsletter.domain.issue import Issue, Item
from newsletter.domain.send import Send
from newsletter.errors import Finding, FindingsError, Severity
from newsletter.files.file_state import FileState, file_states
from newsletter.files.newsletter_folder import BLOCKS, ENTRIES, ISSUES
from newsletter.message.merge_fields import without_merge_fields
from newsletter.rendering import PageText, load_theme
from newsletter.web.preview.looking_once import looked_at
from newsletter.web.preview.once import OnceCache, ValueT
from newsletter.web.preview.preview_settings import PreviewSettings
from newsletter.web.preview.source_files import FILES, FOLDERS


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedIssue:
    """An issue in the list, with the numbers of findings in it, its entries and blocks.

    ``subject`` and ``preheader`` are as a reader without values gets them in the full issue.
    """

    issue: Issue
    subject: str
    preheader: str
    errors: int
    warnings: int


class Snapshot:
    """The newsletter at one state of its files. Each value is computed once, whichever thread needs it first."""

    def __init__(
        self,
        settings: PreviewSettings,
        calendar: tuple[Issue, ...] | None = None,
        checked_by: Calendar | None = None,
        theme: CheckedTheme | None = None,
    ) -> None:
        self.settings = settings
        self._calendar = calendar
        self._theme = theme
        self._checked_by = checked_by
        self._once = OnceCache()

    @property
    def checked_by(self) -> Calendar:
        """Return the date and the sends that the findings are based on."""
        return self.checked_by_default(lambda: self.settings.sends_and_calendar()[1])

    def checked_by_default(self, find: Callable[[], Calendar]) -> Calendar:
        """Return what the findings are based on; if that isn't known yet, what ``find`` returns."""
        return self._checked_by or self._once.get("checked_by", find)

    @property
    def manuscripts(self) -> Manuscripts:
        """Return everything that could be read."""
        return self._once.get("manuscripts", lambda: content.read_manuscripts(self.settings.root))

    def once(self, key: str, compute: Callable[[], ValueT]) -> ValueT:
        """Return a value that follows from this snapshot, computed when it is first needed."""
        return self._once.get(("once", key), compute)

    def once_known(self, key: str) -> Any:
        """Return the value of ``once`` if it has been computed, else None."""
        return self._once.known(("once", key))

    @property
    def theme(self) -> CheckedTheme:
        """Return the theme with its findings; it may be that of an earlier snapshot with the same templates."""
        here = self.settings
        return self._theme or self._once.get("theme", lambda: composing.checked_theme(here.root, here.newsletter))

    @property
    def known_theme(self) -> CheckedTheme | None:
        """Return the theme if it has been loaded, else None."""
        return self._theme or self._once.known("theme")

    @property
    def _context(self) -> CheckContext:
        return CheckContext(segments=self.settings.segments, calendar=self.checked_by, mails=self.settings.mails)

    @property
    def calendar(self) -> tuple[Issue, ...]:
        """Return the issues by date. Use only what their own files say: their parts may be of an earlier snapshot.

        If no issue's own file has changed, as when an entry was saved, nothing is read: with a thousand entries,
        reading is most of the cost of a reload.
        """
        return self.manuscripts.issues if self._calendar is None else self._calendar

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return the findings in all entries, all issues and the theme.

        ``newsletter check`` adds those about the settings, the readers and the folder.
        """
        here = self.settings

        def findings() -> tuple[Finding, ...]:
            return composing.check_manuscripts(here.root, here.newsletter, self._context)

        return self._once.get("findings", findings)

    @property
    def issues(self) -> tuple[ListedIssue, ...]:
        """Return all issues, the newest first."""
        return self._once.get("issues", self._list_issues)

    def _list_issues(self) -> tuple[ListedIssue, ...]:
        by_path: dict[str, list[Severity]] = {}
        for finding in self.findings:
            by_path.setdefault(finding.place.path, []).append(finding.severity)

        shown = self._line()

        def listed(issue: Issue) -> ListedIssue:
            severities = [severity for path in _paths(issue) for severity in by_path.get(path, ())]
            return ListedIssue(
                issue=issue,
                subject=shown(issue.subject, issue),
                preheader=shown(issue.preheader, issue),
                errors=severities.count(Severity.ERROR),
                warnings=severities.count(Severity.WARNING),
            )

        return tuple(listed(issue) for issue in reversed(self.manuscripts.issues))

    def _line(self) -> Callable[[str, Issue], str]:
        """Return a function that fills in the merge fields of a subject or preheader."""
        here = self.settings
        try:
            return PageText(here.newsletter, load_theme(here.root, here.newsletter)).line
        except FindingsError:  # the theme is broken, as its findings say
            return lambda text, _: without_merge_fields(text, lambda field: field.default or "…")

    @property
    def stray_findings(self) -> tuple[Finding, ...]:
        """Return the findings outside the listed issues: in settings, theme, and parts that no issue has."""
        covered = {path for listed in self.issues for path in _paths(listed.issue)}
        return tuple(finding for finding in self.findings if finding.place.path not in covered)

    def compose(self, slug: str) -> Composed:
        """Return an issue as an email, even if ``check`` finds errors in it, so that drafts can be seen.

        Raise NotFoundError if there is no such issue, and FindingsError if it can't be read or rendered.
        """
        here = self.settings

        def draft() -> Composed:
            return composing.compose_draft(
                here.root, here.newsletter, slug, self._context, read=self.manuscripts, checked=self.theme
            )

        return self._once.get(("composed", slug), draft)

    def findings_of(self, path: str) -> tuple[Finding, ...]:
        """Return the findings in one manuscript, without checking all others; for an entry or block, those in its file.

        There are none for other files.
        """
        return self.once(f"findings of {path}", lambda: self._findings_of(path))

    def _findings_of(self, path: str) -> tuple[Finding, ...]:
        read, here = self.manuscripts, self.settings
        items: tuple[Item, ...] = (*read.entries.values(), *read.blocks.values())
        item = next((item for item in items if item.path == path), None)
        if item is not None:
            return composing.item_findings(here.root, here.newsletter, item, read)
        issue = next((issue for issue in read.issues if issue.path == path), None)
        if issue is None:
            return ()
        try:
            findings = self.compose(issue.slug).findings
        except FindingsError as err:
            findings = err.findings
        return tuple(finding for finding in findings if finding.place.path == path)

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
    """A cache of the current snapshot. ``read_settings`` may raise SettingsError."""

    def __init__(self, root: Path, read_settings: Callable[[], PreviewSettings]) -> None:
        self._root = root
        self._read_settings = read_settings
        self._seen: tuple[frozenset[FileState], Snapshot] | None = None
        self._lock = threading.Lock()  # guards _seen: each request has its own thread

    def current(self) -> Snapshot:
        """Return the snapshot of the files as they are now, or as the request in progress has found them."""
        looked = looked_at.get()
        if looked is None:
            return self._look()
        if self not in looked:
            looked[self] = self._look()
        return cast("Snapshot", looked[self])

    def _look(self) -> Snapshot:
        with self._lock:
            state = file_states(self._root / name for name in (*FOLDERS, *FILES))
            seen = self._seen
            if seen is None or seen[0] != state:
                changed = seen[0] ^ state if seen else frozenset()
                calendar = seen[1].calendar if seen and all(map(self._is_part, changed)) else None
                before = seen[1] if seen and all(map(self._is_manuscript, changed)) else None
                settings = before.settings if before else self._read_settings()
                self._seen = seen = (state, Snapshot(settings, calendar, theme=before.known_theme if before else None))
            return seen[1]

    @property
    def latest(self) -> Snapshot | None:
        """Return the snapshot that was last in use, perhaps of earlier files; None before the first."""
        seen = self._seen
        return seen[1] if seen else None

    def with_sends(self) -> tuple[Snapshot, Mapping[str, Send]]:
        """Return the current snapshot and the sends by issue; findings are computed again after a send."""
        snapshot = self.current()
        sends, checked_by = snapshot.settings.sends_and_calendar()
        if checked_by == snapshot.checked_by_default(lambda: checked_by):
            return snapshot, sends
        renewed = Snapshot(snapshot.settings, snapshot.calendar, checked_by, snapshot.known_theme)
        with self._lock:
            if self._seen and self._seen[1] is snapshot:  # else the files have changed meanwhile
                self._seen = (self._seen[0], renewed)
        if (looked := looked_at.get()) is not None:
            looked[self] = renewed
        return renewed, sends

    def _is_manuscript(self, state: FileState) -> bool:
        return Path(state.path).is_relative_to(self._root / ISSUES)

    def _is_part(self, state: FileState) -> bool:
        return any(Path(state.path).is_relative_to(self._root / folder) for folder in (ENTRIES, BLOCKS))


def _paths(issue: Issue) -> frozenset[str]:
    return frozenset((issue.path, *(item.path for item in issue.items)))
