"""The preview's pages: issues by date, one issue as its readers see it, the files behind it."""

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from newsletter.composing import Composed
from newsletter.domain.delivery import status_in_words
from newsletter.errors import Finding, NewsletterError, Place, UsageError
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


def templates(folder: Path) -> Environment:
    """The templates of the pages in ``folder``."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"day": _day, "href": _href, "kilobytes": _kilobytes}
    return environment


def _look(request: Request) -> Look:
    # https://wicg.github.io/ua-client-hints/#sec-ch-ua-mobile; Safari and Firefox say it in User-Agent alone.
    agent, hint = request.headers.get("user-agent", ""), request.headers.get("sec-ch-ua-mobile", "")
    return Look.parse(request.query_params, on_phone=hint == "?1" or "Mobi" in agent)


_Looked = Annotated[Look, Depends(_look)]


class Preview:
    """The pages, one method each. A NewsletterError that leaves one is shown by ``broken`` in its place."""

    def __init__(self, root: Path, desk: SnapshotCache, changes: Changes, environment: Environment) -> None:
        self._root = root
        self._desk = desk
        self._changes = changes
        self._environment = environment

    def router(self) -> APIRouter:
        """All routes; every one only shows."""
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
        """All issues, the newest first, and what ``check`` counts in each."""
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
        """One issue, with the toolbar; its errors in place of the email where there are any."""
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
        """What the frame holds: the HTML part by itself."""
        now = self._desk.now()
        newsletter, composed = now.publication.newsletter, now.compose(slug)
        choice = chosen(composed, newsletter, look, PreviewReaders(now.publication.database))
        if choice.edition is None:
            raise UsageError("nothing of this issue is for the reader", hint="choose another reader, or other topics")
        email = composed.compiled.email(choice.edition)
        html = frame.framed(email, frame.sample_values(email, newsletter, choice.subscriber), look)
        return HTMLResponse(html, headers={"Content-Security-Policy": frame.policy(look.images)})

    def reader(self, slug: str, look: _Looked, address: str = "") -> Response:
        """From an address that was typed to the page of the issue as that reader gets it, named by their key."""
        readers = PreviewReaders(self._desk.now().publication.database)
        key = readers.key(address) if address.strip() and readers.there else ""
        target = replace(look, shown=Shown.READER, topics=(), reader=key)
        return RedirectResponse(f"/issues/{quote(slug, safe='')}{target.query}", status_code=303)

    def report(self, slug: str) -> Response:
        """What came of an issue that was sent."""
        now = self._desk.now()
        newsletter, database = now.publication.newsletter, now.publication.database
        if not exists(database):
            raise UsageError(f"issue {slug} has not been sent", hint="`newsletter send` does that")
        with open_store(database) as store:
            found = report(store, newsletter, now.manuscripts.issues, slug)
        back = f"/issues/{quote(slug, safe='')}"
        return HTMLResponse(report_page(found, newsletter, back=back), headers={"Content-Security-Policy": POLICY})

    def file(self, path: str) -> str:
        """One of the editor's files, with line numbers, and findings where they are."""
        now = self._desk.now()
        source = source_files.read_source(now.publication.root, path)
        notes: dict[int, list[Finding]] = {}
        for finding in now.findings:
            if finding.place.path == path:
                notes.setdefault(min(finding.place.line or 1, len(source.lines)), []).append(finding)
        return self._page("file", source=source, notes=notes, issues=now.issues_with(path))

    def reader_link(self, purpose: Purpose) -> str:
        """Where the links lead that are each reader's own."""
        return self._page("reader-link", purpose=purpose, reader=frame.SAMPLE)

    async def events(self) -> StreamingResponse:
        """The revision of the files, now and whenever one is saved."""
        return StreamingResponse(self._changes.events(), media_type="text/event-stream")

    async def broken(self, _request: Request, error: Exception) -> Response:
        """The handler of a NewsletterError: the reason and the hint in place of a page, until it is fixed."""
        if not isinstance(error, NewsletterError):
            raise error
        missing = isinstance(error, UsageError)
        html = self._page("broken", missing=missing, reasons=reasons_for(findings_in(error), self._root))
        return HTMLResponse(html, status_code=404 if missing else 200)

    async def nowhere(self, request: Request, _error: Exception) -> Response:
        """The handler of an address that no route has."""
        return await self.broken(request, UsageError(f"no page {request.url.path}", hint="see the list of issues"))

    def _page(self, name: str, **values: object) -> str:
        return self._environment.get_template(f"preview/{name}.html").render(revision=self._changes.revision, **values)


def _without(composed: Composed, readers: PreviewReaders) -> list[Shown]:
    """What cannot be chosen: topics change nothing of an issue that is not tailored."""
    unfit = {Shown.TOPICS: composed.tailor.tailoring is None, Shown.READER: not readers.there}
    return [shown for shown, is_unfit in unfit.items() if is_unfit]


def _day(date: datetime.date) -> str:
    if date == datetime.date.min:  # an issue whose file says none
        return "No date"
    return f"{date:%a} {date.day} {date:%b %Y}"


def _href(place: Place) -> str:
    return f"/files/{quote(place.path)}" + (f"#L{place.line}" if place.line else "")


def _kilobytes(size: int) -> float:
    return round(size / KILOBYTE, 1)
