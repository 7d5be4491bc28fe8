"""The capture window, the share target and the page of the bookmarklet: ways to catch a link while reading.

The bookmarklet passes the page's address, title and selection in the fragment, which no request contains; capture.js
reads it. The share sheet passes them in the query.
"""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from newsletter.capture import BROWSER, Duplicates, clean_selection, clean_url, facts_of, markdown_of_selection
from newsletter.domain.captured_links import LinkFacts
from newsletter.domain.people import Act, require
from newsletter.publishing.links.link_fetching import TYPED
from newsletter.publishing.links.pasted_links import read_pasted
from newsletter.web.http.forms import Form, SubmittedForm
from newsletter.web.studio.context import Studio
from newsletter.web.studio.link_services import candidate_of, duplicate_lines, duplicates_of
from newsletter.web.studio.paths import entry_path, link_path
from newsletter.web.studio.replies import own_path, saved, session_of, wants_json

_LINES = ("title", "source", "author", "date", "language", "minutes", "kind", "image")
_ANY_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TO_LINKS, TO_ENTRY = "links", "entry"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureForm:
    """The capture window's fields as texts, each with its origin, and the duplicates; the selection is Markdown.

    ``read`` says that the page needn't be read any more.
    """

    url: str = ""
    selection: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    duplicates: Duplicates = field(default_factory=Duplicates)
    read: bool = False

    def value(self, name: str) -> str:
        """Return a value, or "" if there is none."""
        return self.values.get(name, "")

    def origin(self, name: str) -> str:
        """Return where a value is from, or "" if there is none."""
        return self.origins.get(name, "")


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    return CapturePages(studio).router()


class CapturePages:
    """The routes, one method each."""

    def __init__(self, studio: Studio) -> None:
        self._studio, self._links = studio, studio.links

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        router.add_api_route("/capture", self.window, response_class=HTMLResponse)
        router.add_api_route("/capture", self.save, methods=["POST"])
        router.add_api_route("/capture/read", self.read, methods=["POST"])
        router.add_api_route("/share", self.share, response_class=HTMLResponse)
        router.add_api_route("/bookmarklet", self.bookmarklet, response_class=HTMLResponse)
        router.add_api_route("/manifest.webmanifest", self.manifest)
        return router

    def window(self) -> str:
        """Show the empty window, which capture.js fills in."""
        return self._page(CaptureForm())

    def share(self, url: str = "", title: str = "", text: str = "") -> str:
        """Show the window with what a share sheet has sent; many apps put the address into the text."""
        pasted = read_pasted(f"{url}\n{text}")
        address = url or (pasted.links[0].url if pasted.links else "")
        rest = text.replace(address, "").strip() if address else text.strip()
        values = {"title": title or (pasted.links[0].title if pasted.links and not url else "")}
        selection = "" if rest in (title, values["title"]) else markdown_of_selection(rest)
        origins = {"title": BROWSER}
        return self._page(CaptureForm(url=clean_url(address), selection=selection, values=values, origins=origins))

    def read(self, request: Request, form: SubmittedForm) -> Response:
        """Read the page, and return its values with their origins and the duplicates."""
        filled = self._read(form)
        if not wants_json(request):
            return HTMLResponse(self._page(filled))
        lines = [
            {"words": line.words, "detail": line.detail, "path": line.path, "ran": line.ran}
            for line in duplicate_lines(filled.duplicates, self._studio.today(self._studio.snapshot))
        ]
        return JSONResponse(
            {
                "url": filled.url,
                "values": dict(filled.values),
                "origins": dict(filled.origins),
                "problem": filled.problem,
                "duplicates": lines,
            }
        )

    def save(self, request: Request, form: SubmittedForm) -> Response:
        """Store the link, and make an entry of it or add it to an issue, as ``to`` says."""
        links, person, now = self._links, self._studio.person, self._studio.now
        to, slug = form.text("to"), ""
        to_issue = to not in ("", TO_LINKS, TO_ENTRY)
        if to_issue:
            require(person, Act.COMPOSE)  # before the link is stored
            issue = self._studio.snapshot.manuscripts.issue(to).path
        language = self._studio.snapshot.settings.newsletter.language
        link = links.desk.capture(
            person, form.text("url"), now=now, facts=_facts(form), selection=form.exact("selection")
        )
        links.fetcher.fetch([link])
        if to == TO_ENTRY:
            slug = links.desk.make_entry(person, link, language=language, now=now)
        elif to_issue:
            slug = links.desk.add_to_issue(
                person, link, issue, language=language, session=session_of(request), now=now
            ).slug
        links.changed()
        path = entry_path(slug) if slug else link_path(link)
        where = "as an entry" if to == TO_ENTRY else f"in {to}" if slug else "among the links"
        return saved(
            request,
            form,
            at=now,
            announce=f"Saved {where}.",
            go_to="" if wants_json(request) else own_path(path),
            path=path,
        )

    def bookmarklet(self, request: Request) -> str:
        """Show the bookmarklet for this studio's address."""
        base = f"{request.url.scheme}://{request.headers.get('host', '')}"
        return self._studio.page("bookmarklet", place="capture", code=bookmarklet_code(base), base=base)

    def manifest(self) -> Response:
        """Return the web app's manifest: an installed studio appears in the share sheet."""
        name = self._studio.snapshot.settings.newsletter.name
        content = {
            "name": f"{name} – Studio",
            "short_name": "Studio",
            "id": "/",
            "start_url": "/",
            "display": "standalone",
            "background_color": "#faf9f6",
            "theme_color": "#faf9f6",
            "icons": [{"src": "/static/icon.svg", "sizes": "any", "type": "image/svg+xml"}],
            # https://w3c.github.io/web-share-target/
            "share_target": {
                "action": "/share",
                "method": "GET",
                "params": {"title": "title", "text": "text", "url": "url"},
            },
        }
        return JSONResponse(content, media_type="application/manifest+json")

    def _read(self, form: Form) -> CaptureForm:
        url = clean_url(form.text("url"))
        typed = _typed(form)
        if not url:
            return CaptureForm(values=typed, origins=dict.fromkeys(typed, TYPED))
        captured = self._links.reader.read_ahead(url, title=form.text("title"))
        facts = facts_of(captured)
        values = {name: _shown(getattr(facts, name)) for name in (*_LINES, "paywall")}
        snapshot = self._studio.snapshot
        waiting, _ = self._links.desk.lists(self._studio.today(snapshot))
        duplicates = duplicates_of(snapshot, (url, facts.canonical_url), values["title"], map(candidate_of, waiting))
        return CaptureForm(
            url=captured.url,
            selection=clean_selection(form.exact("selection")),
            values=values | typed,
            origins={**facts.origins, **dict.fromkeys(typed, TYPED)},
            problem=captured.problem,
            duplicates=duplicates,
            read=True,
        )

    def _page(self, filled: CaptureForm) -> str:
        return self._studio.page(
            "capture",
            place="capture",
            filled=filled,
            duplicates=duplicate_lines(filled.duplicates, self._studio.today(self._studio.snapshot)),
            issues=self._studio.issues_for_links(),
        )


def bookmarklet_code(base: str) -> str:
    """Return the bookmarklet: it opens the studio at ``base`` with the page's address, title and selected text.

    It only opens a window: a page's Content-Security-Policy can forbid requests and scripts, but not that.
    """
    return (
        "javascript:(()=>{"
        "const s=String(getSelection()||'').slice(0,20000);"
        f"const u='{base}/capture#'+new URLSearchParams({{url:location.href,title:document.title,selection:s}});"
        "open(u,'_blank','popup,width=600,height=820')||(location.href=u)"
        "})()"
    )


def _facts(form: Form) -> LinkFacts:
    """Return the form's values; those without an origin were typed."""
    day, minutes = form.text("date"), form.text("minutes")
    # A value that was typed, or deleted, stays as it is.
    origins = {
        name: TYPED if _is_typed(form, name) else form.text(f"origin-{name}")[:80]
        for name in (*_LINES, "paywall")
        if form.text(name) or form.text(f"origin-{name}")
    }
    return LinkFacts(
        title=form.text("title")[:500],
        source=form.text("source")[:200],
        author=form.text("author")[:200],
        date=_day(day),
        language=form.text("language")[:35],
        minutes=int(minutes) if re.fullmatch(r"[1-9][0-9]{0,4}", minutes) else None,
        image=form.text("image")[:2000],
        kind=form.text("kind")[:40],
        paywall=form.text("paywall") == "true",
        origins=origins,
    )


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text) if _ANY_DAY.fullmatch(text) else None
    except ValueError:
        return None


def _typed(form: Form) -> dict[str, str]:
    """Return the values that a person has typed: those that have no other origin."""
    return {name: form.text(name) for name in _LINES if form.text(name) and _is_typed(form, name)}


def _is_typed(form: Form, name: str) -> bool:
    # Without scripts, a value keeps its origin in the form when somebody changes it.
    return form.text(f"origin-{name}") in ("", TYPED) or form.text(f"was-{name}") != form.text(name)


def _shown(value: object) -> str:
    if value is True:
        return "true"
    return "" if value in (None, False) else str(value)
