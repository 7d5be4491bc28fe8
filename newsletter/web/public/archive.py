"""Serve the archive: each page is rendered once and cached, compressed and with its ETag.

Pages of the archive contain no secret and nothing about the client, so they may be compressed; pages with tokens must
not be (BREACH).
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from newsletter.archive import FEEDS, Archive, Page, PageBuilder
from newsletter.domain.caching import IMMUTABLE
from newsletter.errors import NotFoundError
from newsletter.web.http.compression import GZIP, VARY, accepts_gzip, compressed
from newsletter.web.http.etags import has_version
from newsletter.web.http.path_numbers import NUMBER
from newsletter.web.public.pages import Site

HEADERS = {
    "Cache-Control": "public, max-age=60",
    "X-Robots-Tag": "all",
    "Cross-Origin-Resource-Policy": "cross-origin",  # for feed readers that run in a browser
    **VARY,
}
SEARCH_HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
CACHED_PAGES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _CachedPage:
    """A cached page, ``compressed`` unless it is a picture.

    Its ETag is weak: compressed or not, it is the same page (RFC 9110 §8.8.1).
    """

    page: Page
    compressed: bytes | None
    tag: str


class _PageCache:
    """A cache of an archive's most recently requested pages."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self._pages: OrderedDict[str, _CachedPage] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, path: str, make: Callable[[], Page | None]) -> _CachedPage | None:
        """Return the page of a path, made if it isn't cached; None if there is no such page."""
        with self._lock:
            cached = self._pages.get(path)
            if cached is not None:
                self._pages.move_to_end(path)
                return cached
        page = make()
        if page is None:
            return None
        tag = f'"{hashlib.sha256(page.body).hexdigest()[:32]}"'
        smaller = None if page.kind.startswith("image/") else compressed(page.body)
        cached = _CachedPage(page=page, compressed=smaller, tag=tag)
        with self._lock:
            self._pages[path] = cached
            while len(self._pages) > CACHED_PAGES:
                self._pages.popitem(last=False)
        return cached


class ArchivePages:
    """The routes of the archive, one method each."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._cache: _PageCache | None = None
        self._lock = threading.Lock()  # guards _cache: each request has its own thread

    def router(self) -> APIRouter:
        """Return all routes."""
        router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
        routes: tuple[tuple[str, Callable[..., Response]], ...] = (
            ("/", self.front),
            ("/issues/{slug}/", self.issue),
            ("/months/{month}/", self.month),
            ("/topics/", self.topics),
            ("/topics/{slug}/", self.topic),
            (f"/topics/{{slug}}/{NUMBER}/", self.more_of_topic),
            ("/search", self.search),
            ("/topics/{slug}/{feed}", self.feed_of_topic),
            ("/issues/{slug}", self.with_slash),
            ("/topics/{slug}", self.with_slash),
            ("/cards/{name}", self.card),
            ("/robots.txt", self.robots),
            ("/sitemap.xml", self.sitemap),
            *((f"/{name}", partial(self.feed, name=name)) for name in FEEDS),
        )
        for path, answer in routes:
            router.add_api_route(path, answer, methods=["GET", "HEAD"])
        return router

    def front(self, request: Request) -> Response:
        """Return the front page with the latest issues."""
        return self._cached(request, lambda pages: pages.front())

    def issue(self, request: Request, slug: str) -> Response:
        """Return an issue that was sent. An unsent issue gets the same 404 as one that doesn't exist."""
        return self._cached(request, lambda pages: pages.issue(slug))

    def month(self, request: Request, month: str) -> Response:
        """Return the issues of a month."""
        return self._cached(request, lambda pages: pages.month(month))

    def topics(self, request: Request) -> Response:
        """Return the list of topics."""
        return self._cached(request, lambda pages: pages.topics())

    def topic(self, request: Request, slug: str) -> Response:
        """Return a topic's latest entries, or a redirect if the topic was renamed or has no entries yet."""
        base, topics = self._site.pages.base, self._site.newsletter.topics
        current = topics.current(slug)
        if current != slug:
            return RedirectResponse(f"{base}/topics/{current}/", 308)
        # Messages link to topics, and the first one about a topic may be here before its issue is in the archive.
        if slug in (topic.slug for topic in topics) and slug not in self._site.archive_cache.archive.topics:
            return RedirectResponse(f"{base}/topics/", 302)
        return self._cached(request, lambda pages: pages.topic(slug))

    def more_of_topic(self, request: Request, slug: str, number: int) -> Response:
        """Return an older page of a topic's entries. Page 1 exists only without its number."""
        current = self._site.newsletter.topics.current(slug)
        if current != slug and number > 1:
            return RedirectResponse(f"{self._site.pages.base}/topics/{current}/{number}/", 308)
        return self._cached(request, lambda pages: pages.topic(slug, number) if number > 1 else None)

    def search(self, q: str = "", page: int = 1) -> Response:
        """Return the search page with its results."""
        results = self._pages(self._site.archive_cache.archive).search_results(self._site.archive_cache.index, q, page)
        return Response(results.body, headers=SEARCH_HEADERS, media_type=results.kind)

    def card(self, request: Request, name: str) -> Response:
        """Return the card of an issue or the newsletter. One that has changed redirects to the current one."""
        path = self._pages(self._site.archive_cache.archive).card_path(name)
        if path is not None and path != f"/cards/{name}":
            return RedirectResponse(self._site.pages.base + path, 302)
        return self._cached(request, lambda pages: pages.card(name), {"Cache-Control": IMMUTABLE})

    def robots(self, request: Request) -> Response:
        """Return robots.txt."""
        return self._cached(request, lambda pages: pages.robots())

    def sitemap(self, request: Request) -> Response:
        """Return the sitemap."""
        return self._cached(request, lambda pages: pages.sitemap())

    def feed(self, request: Request, *, name: str) -> Response:
        """Return a feed of the issues."""
        return self._cached(request, lambda pages: pages.feed(name))

    def feed_of_topic(self, request: Request, slug: str, feed: str) -> Response:
        """Return a feed of a topic's entries."""
        current = self._site.newsletter.topics.current(slug)
        if current != slug:
            return RedirectResponse(f"{self._site.pages.base}/topics/{current}/{feed}", 308)
        return self._cached(request, lambda pages: pages.feed(feed, slug))

    def with_slash(self, request: Request, slug: str) -> Response:
        """Redirect a URL typed without its final slash, which a static host's folders have too."""
        kind = request.url.path.removeprefix(f"{self._site.pages.base}/").partition("/")[0]
        if kind == "topics" and slug in self._site.newsletter.topics.former:
            return self.topic(request, slug)
        pages = self._pages(self._site.archive_cache.archive)
        page = pages.issue(slug) if kind == "issues" else pages.topic(slug)
        if page is None:
            raise NotFoundError("there is no such page")
        return RedirectResponse(self._site.pages.base + page.path, 308)

    def _pages(self, archive: Archive) -> PageBuilder:
        site = self._site
        return PageBuilder(archive, site.prose, site.pages.render, pictures=site.cards, searching=True)

    def _cached(
        self,
        request: Request,
        make: Callable[[PageBuilder], Page | None],
        more_headers: Mapping[str, str] | None = None,
    ) -> Response:
        archive = self._site.archive_cache.archive
        with self._lock:
            cache = self._cache
            if cache is None or cache.archive is not archive:
                cache = self._cache = _PageCache(archive)
        cached = cache.get(request.url.path, lambda: make(self._pages(archive)))
        if cached is None:
            raise NotFoundError("there is no such page")
        headers = HEADERS | {"ETag": f"W/{cached.tag}", **(more_headers or {})}
        if has_version(request.headers, cached.tag):
            return Response(status_code=304, headers=headers)
        if cached.compressed is not None and accepts_gzip(request.headers):
            return Response(cached.compressed, headers=headers | GZIP, media_type=cached.page.kind)
        return Response(cached.page.body, headers=headers, media_type=cached.page.kind)
