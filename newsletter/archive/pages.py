"""Build the archive's pages by path, the same for serving and for static files."""

import datetime
import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from newsletter.archive import crawlers, feeds
from newsletter.archive.feed_builder import FeedBuilder, Render
from newsletter.archive.feeds import Feed
from newsletter.archive.graph_images import Cards, issue_in
from newsletter.archive.json_ld import index_data, issue_data
from newsletter.archive.model import Archive, ArchivedIssue, ArchivedItem, ArchivedTopic
from newsletter.archive.opening import Opening, opening
from newsletter.archive.search import LONGEST, SearchIndex
from newsletter.domain.issue import Issue
from newsletter.domain.picks import first_picks
from newsletter.rendering import PageText

HTML = "text/html; charset=utf-8"
LATEST, FRONT_PICKS = 14, 9  # issues on the front page, and picks of the latest one there
FRONT_TOPICS, MOST_TOPICS = 24, 150  # top-level topics on the front page, and on the page of topics
PAGE_SIZE = 20  # entries on a page of a topic or of search results


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page with its path below ``base_url``: ``/``, ``/issues/2026-11-23/``, ``/rss.xml``."""

    path: str
    body: bytes
    kind: str = HTML


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """A page of a longer list: page ``number`` (from 1) of ``pages``, with ``total`` entries and blocks in all."""

    items: Sequence[ArchivedItem]
    number: int
    pages: int
    total: int


class PageBuilder:
    """A builder of an archive's pages. Methods return None if there is no such page.

    ``searching`` is true if the pages can link to a search.
    """

    def __init__(self, archive: Archive, prose: PageText, render: Render, *, pictures: Cards, searching: bool) -> None:
        self._archive, self._prose = archive, prose
        self._render_page, self._searching = render, searching
        self._base_url = archive.newsletter.base_url
        self._pictures, chosen = pictures, pictures.chosen
        self._feed_builder = FeedBuilder(archive, prose, self._render, picture=chosen.url if chosen else "")

    def all_pages(self) -> Iterator[Page]:
        """Yield all pages except search results."""
        yield self.front()
        yield from self._feeds("/", self._feed_builder.of_issues())
        for archived_issue in self._archive.issues:
            yield self._issue(archived_issue)
        for month in self._archive.months:
            yield self._month(month)
        if self._archive.topics:
            yield self.topics()
        for slug, archived_topic in self._archive.topics.items():
            for at in range(1, _pages(archived_topic.entries) + 1):
                yield self._topic(archived_topic, at)
            yield from self._feeds(f"/topics/{slug}/", self._feed_builder.of_topic(archived_topic))
        for pictured in (None, *self._archive.issues):
            yield self._card(pictured)
        yield self.robots()
        yield self.sitemap()

    def redirects(self) -> Iterator[Page]:
        """Yield pages that redirect from the former slugs of topics, since static files can't answer with a redirect.

        Feeds can't redirect like that, so the former path of a feed gets a copy of it.
        """
        for former, slug in self._archive.newsletter.topics.former.items():
            archived_topic = self._archive.topics.get(slug)
            if archived_topic is not None:
                for path in _paths(archived_topic):
                    url = html.escape(f"{self._base_url}/topics/{slug}/{path}")
                    body = (
                        f'<!doctype html>\n<meta charset="utf-8">\n<title>{url}</title>\n'
                        f'<link rel="canonical" href="{url}">\n<meta http-equiv="refresh" content="0; url={url}">\n'
                        f'<p><a href="{url}">{url}</a></p>\n'
                    )
                    yield Page(path=f"/topics/{former}/{path}", body=body.encode())
                for feed in self._feeds(f"/topics/{slug}/", self._feed_builder.of_topic(archived_topic)):
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
        latest = self._archive.latest()
        return self._page(
            "/",
            "front",
            lead=first_picks(latest.issue, FRONT_PICKS) if latest else None,
            opening=self._opening(latest.issue) if latest else None,
            picture=self._pictures.shown,
            earlier=[
                archived_issue for archived_issue in self._archive.issues[:LATEST] if archived_issue is not latest
            ],
            months=list(self._archive.months),
            topics=self._archive.top_topics[:FRONT_TOPICS],
            data=index_data(self._archive, self._prose, self._pictures.of_newsletter().url),
            feeds="/",
        )

    def _opening(self, issue: Issue) -> Opening:
        return opening(issue, self._prose.of(issue), self._archive.newsletter.own_images)

    def issue(self, slug: str) -> Page | None:
        """Return the page of an issue, with all of its entries."""
        archived_issue = self._archive.issue(slug)
        return self._issue(archived_issue) if archived_issue else None

    def month(self, name: str) -> Page | None:
        """Return the page of a month, such as ``2026-11``."""
        try:
            month = datetime.date.fromisoformat(f"{name}-01")
        except ValueError:
            return None
        return self._month(month) if month in self._archive.months else None

    def topics(self) -> Page:
        """Return the page of topics, with the number of entries of each; rare undeclared topics are left out."""
        return self._page("/topics/", "topics", topics=self._archive.top_topics[:MOST_TOPICS], all=self._archive.topics)

    def topic(self, slug: str, number: int = 1) -> Page | None:
        """Return a page of a topic's entries, the newest first."""
        archived_topic = self._archive.topics.get(slug)
        return (
            self._topic(archived_topic, number)
            if archived_topic and 1 <= number <= _pages(archived_topic.entries)
            else None
        )

    def feed(self, name: str, topic: str | None = None) -> Page | None:
        """Return a feed by its file name: of the issues, or of a topic's entries."""
        if topic is None:
            return self._feed(name, "/", self._feed_builder.of_issues()) if name in _FORMATS else None
        archived_topic = self._archive.topics.get(topic)
        return (
            self._feed(name, f"/topics/{topic}/", self._feed_builder.of_topic(archived_topic))
            if archived_topic and name in _FORMATS
            else None
        )

    def search_results(self, index: SearchIndex, query: str, number: int = 1) -> Page:
        """Return a page of search results."""
        query = " ".join(query[:LONGEST].split())
        items = index.search(query)
        number = min(max(number, 1), _pages(items))
        return self._page("/search", "search", query=query, listing=_listing(items, number))

    def card_path(self, name: str) -> str | None:
        """Return the current path of the card that has or had this file name, or None if there is no such card."""
        slug = issue_in(name)
        archived_issue = self._archive.issue(slug or "")
        return None if slug is None or (slug and archived_issue is None) else self._pictures.path(archived_issue)

    def card(self, name: str) -> Page | None:
        """Return the card with this file name: of an issue, or of the newsletter."""
        return self._card(self._archive.issue(issue_in(name) or "")) if self.card_path(name) else None

    def missing(self) -> Page:
        """Return the page that a static host shows for status 404."""
        return self._page("/404.html", "error", status=404)

    def _addresses(self) -> Iterator[tuple[str, datetime.datetime | None]]:
        """Yield the paths of all pages and the time of each one's last change, the most important first."""
        yield "/", self._archive.updated
        for archived_issue in self._archive.issues:
            yield f"/issues/{archived_issue.issue.slug}/", archived_issue.updated
        for month, issues in self._archive.months.items():
            yield f"/months/{month:%Y-%m}/", max(archived_issue.updated for archived_issue in issues)
        if self._archive.topics:
            yield "/topics/", self._archive.updated
        for slug, archived_topic in self._archive.topics.items():
            changed = max((entry.updated for entry in archived_topic.entries), default=None)
            for path in _paths(archived_topic):
                yield f"/topics/{slug}/{path}", changed

    def _issue(self, archived_issue: ArchivedIssue) -> Page:
        path = f"/issues/{archived_issue.issue.slug}/"
        issue = archived_issue.issue
        prose = self._prose.of(issue)
        pictured = next(
            (entry for entry in issue.entries if (entry.image or "").startswith(self._archive.newsletter.own_images)),
            None,
        )
        picture = prose.address(pictured.image) if pictured and pictured.image else ""
        graph_image = self._pictures.of_issue(archived_issue)
        return self._page(
            path,
            "issue",
            archived_issue=archived_issue,
            issue=issue,
            prose=prose,
            subject=prose.line(issue.subject, issue),
            preheader=prose.line(issue.preheader, issue),
            entry_topics={entry.slug: self._archive.topics_of(entry) for entry in issue.entries},
            data=issue_data(archived_issue, self._archive, prose, [graph_image.url, *([picture] if picture else [])]),
            graph_image=graph_image,
        )

    def _card(self, archived_issue: ArchivedIssue | None) -> Page:
        path = self._pictures.path(archived_issue)
        return Page(path=path, body=self._pictures.png(archived_issue), kind="image/png")

    def _month(self, month: datetime.date) -> Page:
        months = list(self._archive.months)
        at = months.index(month)
        return self._page(
            f"/months/{month:%Y-%m}/",
            "month",
            month=month,
            issues=self._archive.months[month],
            later=months[at - 1] if at else None,
            earlier=months[at + 1] if at + 1 < len(months) else None,
        )

    def _topic(self, archived_topic: ArchivedTopic, number: int) -> Page:
        path = f"/topics/{archived_topic.topic.slug}/"
        return self._page(
            path if number == 1 else f"{path}{number}/",
            "topic",
            archived_topic=archived_topic,
            listing=_listing(archived_topic.entries, number),
            feeds=path,
        )

    def _feeds(self, path: str, feed: Feed) -> Iterator[Page]:
        for name in _FORMATS:
            yield self._feed(name, path, feed)

    def _feed(self, name: str, path: str, feed: Feed) -> Page:
        form, kind = _FORMATS[name]
        return Page(path=path + name, body=form(feed, f"{self._base_url}{path}{name}"), kind=kind)

    def _page(self, path: str, template: str, /, **values: object) -> Page:
        values = {"feeds": "/", "canonical": self._base_url + path} | values
        values.setdefault("graph_image", self._pictures.of_newsletter())
        return Page(path=path, body=self._render(template, **values).encode())

    def _render(self, template: str, /, **values: object) -> str:
        own = {"prose": self._prose, "searching": self._searching, "own_images": self._archive.newsletter.own_images}
        return self._render_page(template, **own | values)


_FORMATS = {
    "atom.xml": (feeds.atom, "application/atom+xml"),
    "rss.xml": (feeds.rss, "application/rss+xml"),
    "feed.json": (feeds.json_feed, "application/feed+json"),
}
FEEDS = tuple(_FORMATS)


def _pages(items: Sequence[ArchivedItem]) -> int:
    return max(1, -(-len(items) // PAGE_SIZE))


def _paths(archived_topic: ArchivedTopic) -> Iterator[str]:
    """Yield the paths of a topic's pages, relative to the topic's own."""
    yield ""
    for number in range(2, _pages(archived_topic.entries) + 1):
        yield f"{number}/"


def _listing(items: Sequence[ArchivedItem], number: int) -> ListPage:
    first = (number - 1) * PAGE_SIZE
    return ListPage(items=items[first : first + PAGE_SIZE], number=number, pages=_pages(items), total=len(items))
