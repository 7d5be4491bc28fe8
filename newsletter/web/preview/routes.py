"""The preview's pages: the list of issues, one issue as its readers see it, and its files."""

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from jinja2 import Environment

from newsletter.composing import Composed
from newsletter.domain.send import status_in_words
from newsletter.errors import Finding, NewsletterError, Place, UsageError
from newsletter.rendering import page_environment
from newsletter.reports.issue_report import report
from newsletter.reports.page import POLICY, report_page
from newsletter.store import exists, open_store
from newsletter.tokens import Purpose
from newsletter.web.preview import frame, source_files
from newsletter.web.preview.editions import PreviewReaders, chosen
from newsletter.web.preview.file_watcher import Changes
from newsletter.web.preview.issue_page import KILOBYTE, broken_values, findings_in, reasons_for, shown_values
from newsletter.web.preview.snapshot import SnapshotCache
from newsletter.web.preview.view_options import Look, Shown, toolbar


def templates() -> Environment:
    """Return the environment of the preview's page templates."""
    return page_environment(filters={"day": _day, "href": _href, "kilobytes": _kilobytes})


def _look(request: Request) -> Look:
    # https://wicg.github.io/ua-client-hints/#sec-ch-ua-mobile; Safari and Firefox only have User-Agent.
    agent, hint = request.headers.get("user-agent", ""), request.headers.get("sec-ch-ua-mobile", "")
    return Look.parse(request.query_params, on_phone=hint == "?1" or "Mobi" in agent)


_Looked = Annotated[Look, Depends(_look)]


class Preview:
    """The routes, one method each. If one raises a NewsletterError, ``broken`` shows it instead of the page."""

    def __init__(self, root: Path, desk: SnapshotCache, changes: Changes, environment: Environment) -> None:
        self._root = root
        self._desk = desk
        self._changes = changes
        self._environment = environment

    def router(self) -> APIRouter:
        """Return all routes; they are read-only."""
        router = APIRouter(default_response_class=HTMLResponse)
        router.add_api_route("/", self.index)
        router.add_api_route("/issues/{slug}", self.issue)
        router.add_api_route("/issues/{slug}/email", self.email)
        router.add_api_route("/issues/{slug}/reader", self.reader)
        router.add_api_route("/issues/{slug}/report", self.report)
        router.add_api_route("/files/{path:path}", self.file)
        router.add_api_route("/reader-links/{purpose}", self.reader_link)
        router.add_api_route("/changes", self.events)
        return router

    def index(self) -> str:
        """List all issues, the newest first, with their numbers of findings."""
        now, sends = self._desk.with_sends()
        statuses = {
            listed.issue.slug: status_in_words(sends.get(listed.issue.slug), now.publication.zone)
            for listed in now.issues
        }
        return self._page(
            "index",
            newsletter=now.publication.newsletter,
            issues=now.issues,
            statuses=statuses,
            stray=now.stray_findings,
        )

    def issue(self, slug: str, look: _Looked) -> str:
        """Show an issue with the toolbar, or its errors if it can't be rendered."""
        now = self._desk.now()
        newsletter, readers = now.publication.newsletter, PreviewReaders(now.publication.database)
        values = {"slug": slug, "look": look, "toolbar": toolbar(look), "newsletter": newsletter}
        values |= zip(("earlier", "issue", "later"), now.around(slug), strict=True)
        try:
            composed = now.compose(slug)
            values["toolbar"] = toolbar(look, without=_without(composed, readers))
            values |= shown_values(composed, newsletter, look, chosen(composed, newsletter, look, readers))
        except UsageError:
            raise
        except NewsletterError as err:
            values |= broken_values(err, self._root)
        return self._page("issue", **values)

    def email(self, slug: str, look: _Looked) -> Response:
        """Return the frame's content: the HTML part alone."""
        now = self._desk.now()
        newsletter, composed = now.publication.newsletter, now.compose(slug)
        choice = chosen(composed, newsletter, look, PreviewReaders(now.publication.database))
        if choice.edition is None:
            raise UsageError("this reader would not get the issue", hint="choose another reader or topics")
        email = composed.compiled.email(choice.edition)
        html = frame.framed(email, frame.sample_values(email, newsletter, choice.subscriber), look)
        return HTMLResponse(html, headers={"Content-Security-Policy": frame.policy(look.images)})

    def reader(self, slug: str, look: _Looked, address: str = "") -> Response:
        """Redirect from a typed address to the issue as that reader gets it; the URL has their key, not the address."""
        readers = PreviewReaders(self._desk.now().publication.database)
        key = readers.key(address) if address.strip() and readers.there else ""
        target = replace(look, shown=Shown.READER, topics=(), reader=key)
        return RedirectResponse(f"/issues/{quote(slug, safe='')}{target.query}", status_code=303)

    def report(self, slug: str) -> Response:
        """Show the report of an issue that was sent."""
        now = self._desk.now()
        newsletter, database = now.publication.newsletter, now.publication.database
        if not exists(database):
            raise UsageError(f"issue {slug} has not been sent", hint="send it with `newsletter send`")
        with open_store(database) as store:
            results = report(store, newsletter, now.manuscripts.issues, slug)
        back = f"/issues/{quote(slug, safe='')}"
        return HTMLResponse(report_page(results, newsletter, back=back), headers={"Content-Security-Policy": POLICY})

    def file(self, path: str) -> str:
        """Show one of the editor's files, with line numbers and its findings in place."""
        now = self._desk.now()
        source = source_files.read_source(now.publication.root, path)
        notes: dict[int, list[Finding]] = {}
        for finding in now.findings:
            if finding.place.path == path:
                notes.setdefault(min(finding.place.line or 1, len(source.lines)), []).append(finding)
        return self._page("file", source=source, notes=notes, issues=now.issues_with(path))

    def reader_link(self, purpose: Purpose) -> str:
        """Explain a link that is each reader's own."""
        return self._page("reader-link", purpose=purpose, reader=frame.SAMPLE)

    async def events(self) -> StreamingResponse:
        """Stream the revision of the files, now and whenever one is saved."""
        return StreamingResponse(self._changes.events(), media_type="text/event-stream")

    async def broken(self, _request: Request, error: Exception) -> Response:
        """Handle a NewsletterError: show what is wrong and the hint instead of the page, until it is fixed."""
        if not isinstance(error, NewsletterError):
            raise error
        missing = isinstance(error, UsageError)
        html = self._page("broken", missing=missing, reasons=reasons_for(findings_in(error), self._root))
        return HTMLResponse(html, status_code=404 if missing else 200)

    async def nowhere(self, request: Request, _error: Exception) -> Response:
        """Handle a URL that no route has."""
        missing = UsageError(f"there is no page {request.url.path}", hint="go to the list of issues")
        return await self.broken(request, missing)

    def _page(self, name: str, **values: object) -> str:
        return self._environment.get_template(f"preview/{name}.html").render(revision=self._changes.revision, **values)


def _without(composed: Composed, readers: PreviewReaders) -> list[Shown]:
    """Return the editions that can't be chosen: topics if the issue isn't tailored, a reader if there are none."""
    unfit = {Shown.TOPICS: composed.tailor.tailoring is None, Shown.READER: not readers.there}
    return [shown for shown, is_unfit in unfit.items() if is_unfit]


def _day(date: datetime.date) -> str:
    if date == datetime.date.min:  # an issue whose file has no date
        return "No date"
    return f"{date:%a} {date.day} {date:%b %Y}"


def _href(place: Place) -> str:
    return f"/files/{quote(place.path)}" + (f"#L{place.line}" if place.line else "")


def _kilobytes(size: int) -> float:
    return round(size / KILOBYTE, 1)
