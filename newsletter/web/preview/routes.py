"""The preview's pages: the list of issues, one issue as its readers see it, and its files."""

import datetime
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from jinja2 import Environment

from newsletter.composing import Composed
from newsletter.domain.people import Act, ForbiddenError, Person, may, require
from newsletter.domain.send import status_in_words
from newsletter.errors import Finding, NewsletterError, NotFoundError, Place
from newsletter.files.newsletter_folder import SETTINGS_FILE
from newsletter.pictures import UnknownPictureError, media_type, picture_library
from newsletter.pictures.local_addresses import with_local_pictures
from newsletter.rendering import page_environment
from newsletter.reports.issue_report import report
from newsletter.reports.page import POLICY, report_page
from newsletter.tokens import Purpose
from newsletter.web.preview import frame, source_files
from newsletter.web.preview.editions import PreviewReaders, choose_edition
from newsletter.web.preview.file_watcher import FileWatcher
from newsletter.web.preview.issue_page import KILOBYTE, broken_values, errors_with_excerpts, findings_in, shown_values
from newsletter.web.preview.snapshot import Snapshot, SnapshotCache
from newsletter.web.preview.source_files import SourceLine, excerpt_for
from newsletter.web.preview.toolbar import toolbar
from newsletter.web.preview.view_options import EditionKind, ViewOptions


def templates(prefix: str = "") -> Environment:
    """Return the environment of the preview's page templates, for pages whose paths begin with ``prefix``."""
    environment = page_environment(filters={"day": day, "href": partial(_href, prefix), "kilobytes": kilobytes})
    environment.globals["prefix"] = prefix
    return environment


def _view_options(request: Request) -> ViewOptions:
    # https://wicg.github.io/ua-client-hints/#sec-ch-ua-mobile; Safari and Firefox only have User-Agent.
    agent, hint = request.headers.get("user-agent", ""), request.headers.get("sec-ch-ua-mobile", "")
    return ViewOptions.parse(request.query_params, on_phone=hint == "?1" or "Mobi" in agent)


_Options = Annotated[ViewOptions, Depends(_view_options)]


class PreviewPages:
    """The routes, one method each. If one raises a NewsletterError, ``broken`` shows it instead of the page.

    ``person`` returns the person who makes the request in progress. The routes' paths begin with the ``prefix`` of
    ``environment``.
    """

    def __init__(
        self,
        root: Path,
        snapshots: SnapshotCache,
        watcher: FileWatcher,
        environment: Environment,
        person: Callable[[], Person],
    ) -> None:
        self._root, self._person = root, person
        self._prefix = str(environment.globals["prefix"])
        self._snapshots = snapshots
        self._watcher = watcher
        self._environment = environment

    def router(self) -> APIRouter:
        """Return all routes; they are read-only."""
        router = APIRouter(prefix=self._prefix, default_response_class=HTMLResponse)
        router.add_api_route("/", self.index)
        router.add_api_route("/issues/{slug}", self.issue)
        router.add_api_route("/issues/{slug}/email", self.email)
        router.add_api_route("/issues/{slug}/reader", self.reader)
        router.add_api_route("/issues/{slug}/report", self.report)
        router.add_api_route("/images/{name}", self.picture)
        router.add_api_route("/files/{path:path}", self.file)
        router.add_api_route("/reader-links/{purpose}", self.reader_link)
        router.add_api_route("/changes", self.events)
        return router

    def index(self) -> str:
        """List all issues, the newest first, with their numbers of findings."""
        snapshot, sends = self._snapshots.with_sends()
        totals = may(self._person(), Act.SEE_REPORTS)
        statuses = {
            listed.issue.slug: status_in_words(sends.get(listed.issue.slug), snapshot.settings.zone, totals=totals)
            for listed in snapshot.issues
        }
        return self._page(
            "index",
            newsletter=snapshot.settings.newsletter,
            issues=snapshot.issues,
            statuses=statuses,
            stray=snapshot.stray_findings,
        )

    def issue(self, slug: str, options: _Options) -> str:
        """Show an issue with the toolbar, or its errors if it can't be rendered."""
        snapshot = self._snapshots.current()
        newsletter, readers = snapshot.settings.newsletter, self._readers(snapshot)
        values = {"slug": slug, "options": options, "toolbar": toolbar(options), "newsletter": newsletter}
        values |= zip(("earlier", "issue", "later"), snapshot.around(slug), strict=True)
        try:
            composed = snapshot.compose(slug)
            values["toolbar"] = toolbar(options, without=_without(composed, readers))
            values |= shown_values(
                composed, newsletter, options, choose_edition(composed, newsletter, options, readers)
            )
        except NotFoundError:
            raise
        except NewsletterError as err:
            values |= broken_values(err, self._excerpt)
        return self._page("issue", **values)

    def email(self, slug: str, options: _Options) -> Response:
        """Return the frame's content: the HTML part alone."""
        snapshot = self._snapshots.current()
        newsletter, composed = snapshot.settings.newsletter, snapshot.compose(slug)
        choice = choose_edition(composed, newsletter, options, self._readers(snapshot))
        if choice.edition is None:
            raise NotFoundError("this reader would not get the issue", hint="choose another reader or topics")
        email = composed.compiled.email(choice.edition)
        html = frame.framed(email, frame.sample_values(email, newsletter, choice.subscriber), options, self._prefix)
        html = with_local_pictures(html, newsletter.pictures_url, f"{self._prefix}/images")
        return HTMLResponse(html, headers={"Content-Security-Policy": frame.policy(options.images)})

    def reader(self, slug: str, options: _Options, address: str = "") -> Response:
        """Redirect from a typed address to the issue as that reader gets it; the URL has their key, not the address."""
        readers = self._readers(self._snapshots.current())
        require(self._person(), Act.SEE_READERS)
        key = readers.key(address) if address.strip() and readers.available else ""
        target = replace(options, shown=EditionKind.READER, topics=(), reader=key)
        return RedirectResponse(f"{self._prefix}/issues/{quote(slug, safe='')}{target.query}", status_code=303)

    def report(self, slug: str) -> Response:
        """Show the report of an issue that was sent."""
        snapshot = self._snapshots.current()
        newsletter = snapshot.settings.newsletter
        if not snapshot.settings.has_database():
            raise NotFoundError(f"issue {slug} has not been sent", hint="send it with `newsletter send`")
        with snapshot.settings.open_store() as store:
            results = report(self._person(), store, newsletter, snapshot.manuscripts.issues, slug)
        back = f"{self._prefix}/issues/{quote(slug, safe='')}"
        return HTMLResponse(report_page(results, newsletter, back=back), headers={"Content-Security-Policy": POLICY})

    def file(self, path: str) -> str:
        """Show one of the editor's files, with line numbers and its findings in place."""
        if path == SETTINGS_FILE:
            require(self._person(), Act.SEE_SETTINGS)
        snapshot = self._snapshots.current()
        source = source_files.read_source(snapshot.settings.root, path)
        notes: dict[int, list[Finding]] = {}
        for finding in snapshot.findings:
            if finding.place.path == path:
                notes.setdefault(min(finding.place.line or 1, len(source.lines)), []).append(finding)
        return self._page("file", source=source, notes=notes, issues=snapshot.issues_with(path))

    def picture(self, name: str) -> Response:
        """Return one of the editor's own pictures."""
        content = picture_library(self._root).content(name)
        if content is None:
            raise UnknownPictureError(name=name)
        return Response(content, media_type=media_type(name))

    def reader_link(self, purpose: Purpose | Literal["vote"]) -> str:
        """Explain a link that is each reader's own."""
        return self._page("reader-link", purpose=purpose, reader=frame.SAMPLE)

    async def events(self) -> StreamingResponse:
        """Stream the revision of the files, now and whenever one is saved."""
        return StreamingResponse(self._watcher.events(), media_type="text/event-stream")

    async def broken(self, _request: Request, error: Exception) -> Response:
        """Handle a NewsletterError: show what is wrong and the hint instead of the page, until it is fixed."""
        if not isinstance(error, NewsletterError):
            raise error
        missing = isinstance(error, NotFoundError)
        html = self._page("broken", missing=missing, reasons=errors_with_excerpts(findings_in(error), self._excerpt))
        return HTMLResponse(html, status_code=404 if missing else 403 if isinstance(error, ForbiddenError) else 200)

    async def nowhere(self, request: Request, _error: Exception) -> Response:
        """Handle a URL that no route has."""
        missing = NotFoundError(f"there is no page {request.url.path}", hint="go to the list of issues")
        return await self.broken(request, missing)

    def _readers(self, snapshot: Snapshot) -> PreviewReaders:
        return PreviewReaders(snapshot.settings, self._person())

    def _excerpt(self, place: Place) -> tuple[SourceLine, ...]:
        return excerpt_for(self._person(), self._root, place)

    def _page(self, name: str, **values: object) -> str:
        return self._environment.get_template(f"preview/{name}.html").render(revision=self._watcher.revision, **values)


def _without(composed: Composed, readers: PreviewReaders) -> list[EditionKind]:
    """Return the editions that can't be chosen: topics if the issue isn't tailored, a reader if there are none."""
    unfit = {EditionKind.TOPICS: composed.tailor.tailoring is None, EditionKind.READER: not readers.available}
    return [shown for shown, is_unfit in unfit.items() if is_unfit]


def day(date: datetime.date) -> str:
    """Return a date as pages show it: ``Mon 23 Nov 2026``."""
    if date == datetime.date.min:  # an issue whose file has no date
        return "No date"
    return f"{date:%a} {date.day} {date:%b %Y}"


def _href(prefix: str, place: Place) -> str:
    return f"{prefix}/files/{quote(place.path)}" + (f"#L{place.line}" if place.line else "")


def kilobytes(size: int) -> float:
    """Return a size in kilobytes, rounded for people."""
    return round(size / KILOBYTE, 1)
