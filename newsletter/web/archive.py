"""The archive as it is served: each page with its ETag, so that a feed reader that asks often costs little."""

import hashlib
from collections.abc import Callable
from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from newsletter.archiving import FEEDS, Page, Pages
from newsletter.errors import UsageError
from newsletter.web.site import Site

HEADERS = {
    "Cache-Control": "public, max-age=60",
    "X-Robots-Tag": "all",
    "Cross-Origin-Resource-Policy": "cross-origin",  # a feed reader in a browser
}
NOT_LISTED = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


class ArchivePages:
    """The pages, one method each."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def router(self) -> APIRouter:
        """All routes."""
        router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
        routes: tuple[tuple[str, Callable[..., Response]], ...] = (
            ("/", self.front),
            ("/issues/{slug}/", self.issue),
            ("/months/{month}/", self.month),
            ("/topics/", self.topics),
            ("/topics/{slug}/", self.topic),
            ("/topics/{slug}/{number:int}/", self.more_of_topic),
            ("/search", self.search),
            ("/topics/{slug}/{feed}", self.feed_of_topic),
            ("/issues/{slug}", self.with_slash),
            ("/topics/{slug}", self.with_slash),
            *((f"/{name}", partial(self.feed, name=name)) for name in FEEDS),
        )
        for path, answer in routes:
            router.add_api_route(path, answer, methods=["GET", "HEAD"])
        return router

    def front(self, request: Request) -> Response:
        """The latest issues."""
        return _answered(request, self._pages().front())

    def issue(self, request: Request, slug: str) -> Response:
        """An issue that was sent; of one that was not, nothing can be told from the answer."""
        return _answered(request, self._pages().issue(slug))

    def month(self, request: Request, month: str) -> Response:
        """The issues of a month."""
        return _answered(request, self._pages().month(month))

    def topics(self, request: Request) -> Response:
        """All topics."""
        return _answered(request, self._pages().topics())

    def topic(self, request: Request, slug: str) -> Response:
        """The latest entries of a topic."""
        return _answered(request, self._pages().topic(slug))

    def more_of_topic(self, request: Request, slug: str, number: int) -> Response:
        """Earlier ones; the first page has one address only."""
        return _answered(request, self._pages().topic(slug, number) if number > 1 else None)

    def search(self, q: str = "", page: int = 1) -> Response:
        """What was searched for."""
        found = self._pages().found(self._site.keeper.index, q, page)
        return Response(found.body, headers=NOT_LISTED, media_type=found.kind)

    def feed(self, request: Request, *, name: str) -> Response:
        """A feed of the issues."""
        return _answered(request, self._pages().feed(name))

    def feed_of_topic(self, request: Request, slug: str, feed: str) -> Response:
        """A feed of a topic's entries."""
        return _answered(request, self._pages().feed(feed, slug))

    def with_slash(self, request: Request, slug: str) -> Response:
        """An address that somebody typed: the page has a slash at its end, as a folder of files has."""
        kind = request.url.path.removeprefix(f"{self._site.pages.base}/").partition("/")[0]
        found = self._pages().issue(slug) if kind == "issues" else self._pages().topic(slug)
        if found is None:
            raise UsageError("there is no such page")
        return RedirectResponse(self._site.pages.base + found.path, 308)

    def _pages(self) -> Pages:
        site = self._site
        return Pages(site.keeper.archive, site.prose, site.pages.render, searching=True)


def _answered(request: Request, page: Page | None) -> Response:
    if page is None:
        raise UsageError("there is no such page")
    tag = f'"{hashlib.sha256(page.body).hexdigest()[:32]}"'
    headers = HEADERS | {"ETag": tag}
    asked = request.headers.get("if-none-match", "")
    if tag in {one.strip().removeprefix("W/") for one in asked.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(page.body, headers=headers, media_type=page.kind)
