"""What was changed lately: from git's history, or else from the times of the files."""

import datetime
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from newsletter.domain.issue import Issue, Item
from newsletter.errors import NewsletterError
from newsletter.files.newsletter_folder import ISSUES
from newsletter.git import RecentCommit, recent_commits
from newsletter.web.preview.snapshot import Snapshot
from newsletter.web.studio.context import Studio
from newsletter.web.studio.paths import file_path, history_path

_MOST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentChange:
    """A change: in words, by whom (empty without git), when, and the page where it can be seen."""

    words: str
    by: str
    at: datetime.datetime
    path: str


class RecentChanges:
    """The latest changes of a studio's newsletter; git is asked again only after a commit."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._known: tuple[object, tuple[RecentCommit, ...]] | None = None
        self._lock = threading.Lock()

    def list(self, snapshot: Snapshot) -> tuple[RecentChange, ...]:
        """Return the latest changes, the newest first."""
        return self._from_git(snapshot.settings.zone) or snapshot.once(
            "changes of files", lambda: tuple(self._from_files(snapshot))
        )

    def _from_git(self, zone: ZoneInfo) -> tuple[RecentChange, ...]:
        with suppress(NewsletterError):
            return tuple(
                RecentChange(
                    words=commit.subject,
                    by=commit.author.name,
                    at=commit.at.astimezone(zone),
                    path=history_path(commit.paths[0]) if len(commit.paths) == 1 else "",
                )
                for commit in self._commits()
            )
        return ()

    def _commits(self) -> tuple[RecentCommit, ...]:
        repository = self._studio.repository
        if repository is None:
            return ()
        with self._lock:
            head = repository.head
            if self._known is None or self._known[0] != head:
                self._known = (head, recent_commits(repository, ISSUES, limit=_MOST))
            return self._known[1]

    def _from_files(self, snapshot: Snapshot) -> Iterator[RecentChange]:
        read, zone = snapshot.manuscripts, snapshot.settings.zone
        manuscripts: list[Issue | Item] = [*read.issues, *read.entries.values(), *read.blocks.values()]
        times = []
        for manuscript in manuscripts:
            with suppress(OSError):
                times.append(((self._studio.root / manuscript.path).stat().st_mtime, manuscript))
        for time, manuscript in sorted(times, key=lambda pair: pair[0], reverse=True)[:_MOST]:
            yield RecentChange(
                words=_title(manuscript),
                by="",
                at=datetime.datetime.fromtimestamp(time, zone),
                path=file_path(manuscript.path),
            )


def _title(manuscript: Issue | Item) -> str:
    if isinstance(manuscript, Issue):
        return f"Issue {manuscript.slug}"
    return manuscript.title or manuscript.name
