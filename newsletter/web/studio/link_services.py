"""What the pages about captured links share: the desk of links, the fetcher, and the search for duplicates."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from newsletter.capture import Candidate, CandidateIndex, Duplicates, entry_candidates, find_duplicates
from newsletter.domain.captured_links import CapturedLink
from newsletter.domain.issue import Issue
from newsletter.publishing.link_desk import LinkDesk
from newsletter.publishing.link_fetching import LinkFetcher, PageReader
from newsletter.store import Store
from newsletter.web.preview.snapshot import Snapshot
from newsletter.web.studio.context import Studio

LINKS_CHANGED = "links"
"""The event that tells open pages that a captured link has changed."""

_MOST_ISSUES = 10


class LinkServices:
    """The services of one studio."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.reader = PageReader(studio.web_client)

    @cached_property
    def desk(self) -> LinkDesk:
        """Return the desk of links."""
        return LinkDesk(self.studio.editing, self._open_store)

    @cached_property
    def fetcher(self) -> LinkFetcher:
        """Return the fetcher of pages; it tells open pages of each that it has fetched."""
        return LinkFetcher(self.reader, self._open_store, self.studio.clock, self.changed)

    def changed(self) -> None:
        """Tell open pages that a link has changed."""
        self.studio.watcher.publish(LINKS_CHANGED, {})

    def today(self, snapshot: Snapshot) -> datetime.date:
        """Return today's date in the newsletter's time zone."""
        return self.studio.now.astimezone(snapshot.settings.zone).date()

    def issues(self) -> Sequence[Issue]:
        """Return the issues that a link can be added to: the next ones whose send hasn't begun, by date."""
        snapshot, sends = self.studio.snapshots.with_sends()
        today = self.today(snapshot)
        coming = (issue for issue in snapshot.calendar if issue.date >= today and issue.slug not in sends)
        return list(islice(coming, _MOST_ISSUES))

    def duplicates(
        self, snapshot: Snapshot, addresses: Iterable[str], title: str, links: Sequence[CapturedLink] = ()
    ) -> Duplicates:
        """Return the entries, and those of the links, that a link repeats."""
        urls = [url for url in addresses if url]
        entries = snapshot.once("candidates", lambda: CandidateIndex(entry_candidates(snapshot.manuscripts)))
        return find_duplicates(urls, title, [*entries.likely(urls, title), *map(candidate_of, links)])

    def _open_store(self) -> Store:
        # The files need not be looked at again.
        snapshot = self.studio.snapshots.latest or self.studio.snapshot
        return snapshot.settings.open_store()


def candidate_of(link: CapturedLink) -> Candidate:
    """Return a link that waits, as something that another link may repeat."""
    return Candidate(
        url=link.facts.canonical_url or link.url,
        title=link.facts.title,
        name=str(link.id),
        date=link.captured_at.date(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateLine:
    """A duplicate in words, with the page about it: *already ran on 22 November 2026*, *waiting since …*."""

    words: str
    detail: str
    path: str
    ran: bool


def duplicate_lines(duplicates: Duplicates, today: datetime.date) -> tuple[DuplicateLine, ...]:
    """Return the duplicates in words, those that ran first, at most three."""
    lines = []
    for duplicate in duplicates:
        candidate = duplicate.candidate
        when = f"{candidate.date.day} {candidate.date:%B %Y}" if candidate.date else ""
        if candidate.issue:
            has_run = candidate.date is not None and candidate.date < today
            words, path = (
                f"Already ran on {when}" if has_run else f"In the issue of {when}",
                f"/issues/{candidate.issue}",
            )
        elif candidate.place is not None:
            words, path = "Already an entry", f"/entries/{candidate.name}"
        else:
            words, path = f"Waiting since {when}", f"/links#link-{candidate.name}"
        detail = "same address" if duplicate.same_address else f"similar title: “{candidate.title}”"
        lines.append(DuplicateLine(words=words, detail=detail, path=path, ran=bool(candidate.issue)))
    return tuple(lines[:3])
