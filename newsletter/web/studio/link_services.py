"""What the pages about captured links share: the desk of links, the fetcher, and the search for duplicates."""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from newsletter.capture import Candidate, CandidateIndex, Duplicates, entry_candidates, find_duplicates
from newsletter.domain.captured_links import CapturedLink
from newsletter.editing import Editing
from newsletter.fetching import WebClient
from newsletter.publishing.links.link_desk import LinkDesk
from newsletter.publishing.links.link_fetching import LinkFetcher, PageReader
from newsletter.publishing.sends.link_checks import LinkChecker
from newsletter.store import Store
from newsletter.web.preview.file_watcher import FileWatcher
from newsletter.web.preview.snapshot import Snapshot
from newsletter.web.studio.paths import entry_path, issue_path, link_path

LINKS_CHANGED = "links"
"""The event that tells open pages that a captured link has changed."""
MOST_ISSUES = 10
"""The number of issues that pages offer to add a link to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkServices:
    """The links that a studio's editors catch: ``desk`` changes them, ``fetcher`` reads their pages in the background.

    ``reader`` reads the page of a link that isn't stored yet, ``checker`` those of links that are about to be sent.
    ``changed`` tells open pages that a link has changed.
    """

    desk: LinkDesk
    reader: PageReader
    fetcher: LinkFetcher
    checker: LinkChecker
    changed: Callable[[], None]


def link_services(
    editing: Editing,
    open_store: Callable[[], Store],
    watcher: FileWatcher,
    clock: Callable[[], datetime.datetime],
    client: WebClient | None,
) -> LinkServices:
    """Return the services of one studio. ``client`` fetches pages; without it, nothing is fetched."""

    def changed() -> None:
        watcher.publish(LINKS_CHANGED, {})

    reader = PageReader(client)
    fetcher = LinkFetcher(reader, open_store, clock, changed)
    return LinkServices(
        desk=LinkDesk(editing, open_store),
        reader=reader,
        fetcher=fetcher,
        checker=LinkChecker(client),
        changed=changed,
    )


def duplicates_of(
    snapshot: Snapshot, addresses: Iterable[str], title: str, links: Iterable[Candidate] = ()
) -> Duplicates:
    """Return the entries, and those of the links, that a link with these addresses repeats; empty ones don't count.

    The links are those that wait, as ``candidate_of`` returns them.
    """
    urls = [url for url in addresses if url]
    entries = snapshot.once("candidates", lambda: CandidateIndex(entry_candidates(snapshot.manuscripts)))
    return find_duplicates(urls, title, [*entries.likely(urls, title), *links])


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
                issue_path(candidate.issue),
            )
        elif candidate.place is not None:
            words, path = "Already an entry", entry_path(candidate.name)
        else:
            words, path = f"Waiting since {when}", link_path(candidate.name)
        detail = "same address" if duplicate.same_address else f"similar title: “{candidate.title}”"
        lines.append(DuplicateLine(words=words, detail=detail, path=path, ran=bool(candidate.issue)))
    return tuple(lines[:3])
