"""Build the archive's pages by path, the same for serving and for static files."""

import datetime
import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from newsletter.archive import crawlers, feeds
from newsletter.archive.feeds import Feed, Item
from newsletter.archive.json_ld import index_data, issue_data
from newsletter.archive.model import Archive, ArchivedEntry, ArchivedIssue, ArchivedTopic
from newsletter.archive.search import LONGEST, SearchIndex
from newsletter.rendering import Prose

HTML = "text/html; charset=utf-8"
LATEST = 14  # issues on the front page
CHIPS, ROOTS = 24, 150  # top-level topics on the front page, and on the page of topics
TOGETHER = 20  # entries on a page of a topic or of search results


class Render(Protocol):
    """A function that renders a public page."""

    def __call__(self, page: str, /, **values: object) -> str:
        """Return the page with the template of this name and these values."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page with its path below ``base_url``: ``/``, ``/issues/2026-11-23/``, ``/rss.xml``."""

    path: str
    body: bytes
    kind: str = HTML


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """A page of a longer list: page ``number`` (from 1) of ``pages``, with ``total`` entries in all."""

    entries: Sequence[ArchivedEntry]
    number: int
    pages: int
    total: int


class PageBuilder:
    """A builder of an archive's pages. Methods return None if there is no such page.

    ``searching`` is true if the pages can link to a search.
    """

    def __init__(self, archive: Archive, prose: Prose, render: Render, *, searching: bool) -> None:
        self._archive, self._prose = archive, prose
        self._render_page, self._searching = render, searching
        self._base_url = archive.newsletter.base_url

    def each(self) -> Iterator[Page]:
        """Yield all pages except search results."""
        yield self.front()
        yield from self._feeds("/", self._of_issues())
        for number in self._archive.numbers:
            yield self._issue(number)
        for month in self._archive.months:
            yield self._month(month)
        if self._archive.shelves:
            yield self.topics()
        for slug, shelf in self._archive.shelves.items():
            for at in range(1, _pages(shelf.entries) + 1):
                yield self._topic(shelf, at)
            yield from self._feeds(f"/topics/{slug}/", self._of_topic(shelf))
        yield self.robots()
        yield self.sitemap()

    def redirects(self) -> Iterator[Page]:
        """Yield pages that redirect from the former slugs of topics, since static files can't answer with a redirect.

        Feeds can't redirect like that, so the former path of a feed gets a copy of it.
        """
        for former, slug in self._archive.newsletter.topics.former.items():
            shelf = self._archive.shelves.get(slug)
            if shelf is not None:
                for path in _paths(shelf):
                    url = html.escape(f"{self._base_url}/topics/{slug}/{path}")
                    body = (
                        f'<!doctype html>\n<meta charset="utf-8">\n<title>{url}</title>\n'
                        f'<link rel="canonical" href="{url}">\n<meta http-equiv="refresh" content="0; url={url}">\n'
                        f'<p><a href="{url}">{url}</a></p>\n'
                    )
                    yield Page(path=f"/topics/{former}/{path}", body=body.encode())
                for feed in self._feeds(f"/topics/{slug}/", self._of_topic(shelf)):
                    yield replace(feed, path=f"/topics/{former}/{feed.path.rpartition('/')[2]}")

    def robots(self) -> Page:
        """Return robots.txt."""
        return Page(path="/robots.txt", body=crawlers.robots(self._base_url), kind="text/plain; charset=utf-8")

    def sitemap(self) -> Page:
        """Return the sitemap."""
        body = crawlers.sitemap((self._base_url + path, changed) for path, changed in self._addresses())
        return Page(path="/sitemap.xml", body=body, kind="application/xml")

    def front(self) -> Page:
        """Return the front page: the latest issues, and links to all others."""
        return self._page(
            "/",
            "front",
            latest=self._archive.numbers[:LATEST],
            months=list(self._archive.months),
            shelves=self._archive.roots[:CHIPS],
            data=index_data(self._archive, self._prose),
            feeds="/",
        )

    def issue(self, slug: str) -> Page | None:
        """Return the page of an issue, with all of its entries."""
        number = self._archive.number(slug)
        return self._issue(number) if number else None

    def month(self, name: str) -> Page | None:
        """Return the page of a month, such as ``2026-11``."""
        try:
            month = datetime.date.fromisoformat(f"{name}-01")
        except ValueError:
            return None
        return self._month(month) if month in self._archive.months else None

    def topics(self) -> Page:
        """Return the page of topics, with the number of entries of each; rare undeclared topics are left out."""
        return self._page("/topics/", "topics", shelves=self._archive.roots[:ROOTS], all=self._archive.shelves)

    def topic(self, slug: str, number: int = 1) -> Page | None:
        """Return a page of a topic's entries, the newest first."""
        shelf = self._archive.shelves.get(slug)
        return self._topic(shelf, number) if shelf and 1 <= number <= _pages(shelf.entries) else None

    def feed(self, name: str, topic: str | None = None) -> Page | None:
        """Return a feed by its file name: of the issues, or of a topic's entries."""
        if topic is None:
            return self._feed(name, "/", self._of_issues()) if name in _FORMS else None
        shelf = self._archive.shelves.get(topic)
        return self._feed(name, f"/topics/{topic}/", self._of_topic(shelf)) if shelf and name in _FORMS else None

    def found(self, index: SearchIndex, query: str, number: int = 1) -> Page:
        """Return a page of search results."""
        query = " ".join(query[:LONGEST].split())
        entries = index.find(query)
        number = min(max(number, 1), _pages(entries))
        return self._page("/search", "search", query=query, stretch=_stretch(entries, number))

    def missing(self) -> Page:
        """Return the page that a static host shows for status 404."""
        return self._page("/404.html", "error", status=404)

    def _addresses(self) -> Iterator[tuple[str, datetime.datetime | None]]:
        """Yield the paths of all pages and the time of each one's last change, the most important first."""
        yield "/", self._archive.updated
        for number in self._archive.numbers:
            yield f"/issues/{number.issue.slug}/", number.updated
        for month, numbers in self._archive.months.items():
            yield f"/months/{month:%Y-%m}/", max(number.updated for number in numbers)
        if self._archive.shelves:
            yield "/topics/", self._archive.updated
        for slug, shelf in self._archive.shelves.items():
            changed = max((entry.updated for entry in shelf.entries), default=None)
            for path in _paths(shelf):
                yield f"/topics/{slug}/{path}", changed

    def _issue(self, number: ArchivedIssue) -> Page:
        path = f"/issues/{number.issue.slug}/"
        issue, own_images = number.issue, f"{self._base_url}/"
        pictured = next((entry for entry in issue.entries if (entry.image or "").startswith(own_images)), None)
        picture = self._prose.address(pictured.image) if pictured and pictured.image else ""
        return self._page(
            path,
            "issue",
            number=number,
            issue=issue,
            subject=self._prose.line(issue.subject, issue),
            preheader=self._prose.line(issue.preheader, issue),
            archived={entry.slug: self._archive.topics_of(entry) for entry in issue.entries},
            data=issue_data(number, self._archive, self._prose, self._base_url + path, picture),
            picture=picture,
            picture_alt=(pictured.image_alt or "") if pictured else "",
            own_images=own_images,
        )

    def _month(self, month: datetime.date) -> Page:
        months = list(self._archive.months)
        at = months.index(month)
        return self._page(
            f"/months/{month:%Y-%m}/",
            "month",
            month=month,
            numbers=self._archive.months[month],
            later=months[at - 1] if at else None,
            earlier=months[at + 1] if at + 1 < len(months) else None,
        )

    def _topic(self, shelf: ArchivedTopic, number: int) -> Page:
        path = f"/topics/{shelf.topic.slug}/"
        return self._page(
            path if number == 1 else f"{path}{number}/",
            "topic",
            shelf=shelf,
            stretch=_stretch(shelf.entries, number),
            feeds=path,
        )

    def _of_issues(self) -> Feed:
        newsletter = self._archive.newsletter
        return self._feed_of(
            newsletter.name, "/", [self._issue_item(number) for number in self._archive.numbers[: feeds.NEWEST]]
        )

    def _of_topic(self, shelf: ArchivedTopic) -> Feed:
        return self._feed_of(
            f"{self._archive.newsletter.name}: {shelf.topic.name}",
            f"/topics/{shelf.topic.slug}/",
            [self._entry_item(archived) for archived in shelf.entries[: feeds.NEWEST]],
        )

    def _feed_of(self, title: str, path: str, items: Sequence[Item]) -> Feed:
        return Feed(
            title=title,
            home=self._base_url + path,
            publisher=self._archive.newsletter.name,
            language=self._prose.language,
            updated=max((item.updated for item in items), default=_NEVER),
            items=items,
        )

    def _issue_item(self, number: ArchivedIssue) -> Item:
        issue = number.issue
        return Item(
            url=f"{self._base_url}/issues/{issue.slug}/",
            title=self._prose.line(issue.subject, issue),
            summary=self._prose.line(issue.preheader, issue),
            html=self._render("feed-issue", issue=issue),
            published=number.sent,
            updated=number.updated,
        )

    def _entry_item(self, archived: ArchivedEntry) -> Item:
        entry = archived.entry
        framing = " ".join(block.markdown for block in entry.blocks[:1])
        return Item(
            url=f"{self._base_url}/issues/{archived.number.issue.slug}/#{entry.slug}",
            title=entry.title,
            summary=self._prose.plain(framing),
            html=self._render("feed-entry", one=archived, entry=entry),
            published=archived.number.sent,
            updated=archived.updated,
            piece=self._prose.address(entry.url),
            author=entry.author or "",
            topics=tuple(topic.name for topic in archived.topics),
        )

    def _feeds(self, path: str, feed: Feed) -> Iterator[Page]:
        for name in _FORMS:
            yield self._feed(name, path, feed)

    def _feed(self, name: str, path: str, feed: Feed) -> Page:
        form, kind = _FORMS[name]
        return Page(path=path + name, body=form(feed, f"{self._base_url}{path}{name}"), kind=kind)

    def _page(self, path: str, template: str, **values: object) -> Page:
        values = {"feeds": "/", "canonical": self._base_url + path} | values
        return Page(path=path, body=self._render(template, **values).encode())

    def _render(self, template: str, **values: object) -> str:
        return self._render_page(template, prose=self._prose, searching=self._searching, **values)


_FORMS = {
    "atom.xml": (feeds.atom, "application/atom+xml"),
    "rss.xml": (feeds.rss, "application/rss+xml"),
    "feed.json": (feeds.json_feed, "application/feed+json"),
}
FEEDS = tuple(_FORMS)
_NEVER = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def _pages(entries: Sequence[ArchivedEntry]) -> int:
    return max(1, -(-len(entries) // TOGETHER))


def _paths(shelf: ArchivedTopic) -> Iterator[str]:
    """Yield the paths of a topic's pages, relative to the topic's own."""
    yield ""
    for number in range(2, _pages(shelf.entries) + 1):
        yield f"{number}/"


def _stretch(entries: Sequence[ArchivedEntry], number: int) -> ListPage:
    first = (number - 1) * TOGETHER
    return ListPage(entries=entries[first : first + TOGETHER], number=number, pages=_pages(entries), total=len(entries))
