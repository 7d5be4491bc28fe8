"""View in browser: a reader's own edition, as it was frozen when it was sent. Nothing in it is tracked.

People pass these pages on, so they show the reader's choice of entries and nothing else about them. Merge fields show
their defaults, and the reader's links are replaced by the page where anyone can ask for their own: a link to an
edition must not give access to the preferences of its reader, or vote for them.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from markupsafe import escape

from newsletter.errors import TokenError
from newsletter.message.anonymous import anonymous_links, without_votes
from newsletter.message.link_tracking import without_tracking
from newsletter.message.template import fill_html
from newsletter.tokens import Purpose
from newsletter.web.public.pages import Site


class ViewInBrowser:
    """The route of the link in messages."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def router(self) -> APIRouter:
        """Return all routes."""
        router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
        router.add_api_route("/browser/{issue}/{token}", self.edition, methods=["GET", "HEAD"])
        return router

    def edition(self, issue: str, token: str) -> Response:
        """Return the edition of the link's reader. Raise TokenError if the reader was erased."""
        store, signer = self._site.store, self._site.signer
        key = signer.verify(Purpose.BROWSER, issue, token)
        reader = store.subscribers.by_key(key)
        frozen = store.frozen.edition_of(issue, reader.id) if reader else None
        if reader is None or frozen is None:
            raise TokenError("this edition no longer exists", hint="open the issue in the archive")
        compiled, edition = frozen
        email = compiled.email(edition)
        base = self._site.newsletter.base_url
        own = f"{base}/{Purpose.BROWSER}/{issue}/{token}"
        values = anonymous_links(email.slots, base_url=base, browser=own)
        html = without_votes(without_tracking(fill_html(email.html, values), compiled))
        html = _BODY.sub(lambda body: body[0] + self._corrections(issue), html, count=1)
        return HTMLResponse(html, headers={"Content-Security-Policy": _policy(html)})

    def _corrections(self, issue: str) -> str:
        """Return a banner with the corrections made since the issue was sent, which the page shows as it was."""
        archived_issue = self._site.archive_cache.archive.issue(issue)
        if archived_issue is None or not archived_issue.issue.corrections:
            return ""
        prose, page = self._site.prose.of(archived_issue.issue), f"{self._site.newsletter.base_url}/issues/{issue}/"
        notes = "".join(
            f'<p style="margin:8px 0 0"><time datetime="{note.date}">{escape(prose.day(note.date))}</time></p>'
            f"{_STYLE_OF_NOTES.sub('', prose.html(note.text))}"
            for note in archived_issue.issue.corrections
        )
        words = self._site.pages.in_language(prose.language).words
        link = f'<a href="{escape(page)}" style="color:#1a1a1a">{words.gettext("Read the corrected issue.")}</a>'
        return (
            f'<div role="note" style="{_BANNER}"><p lang="{words.language}" dir="{words.direction}" style="margin:0">'
            f"<strong>{words.gettext('This issue was corrected after it was sent.')}</strong> {link} "
            f"{words.gettext('The original follows.')}</p>"
            f'<div lang="{escape(prose.language)}" dir="{prose.direction}">{notes}</div></div>'
        )


_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_BANNER = "background:#fff4cf;color:#1a1a1a;padding:12px 16px;font:16px/1.45 Georgia,serif"
_STYLE_OF_NOTES = re.compile(r' class="[^"]*"')  # messages don't have the pages' style sheet
_IMAGE = re.compile(r"<img\b[^>]*?\bsrc=[\"'](https?://[^\"'\s]+)", re.IGNORECASE)


def _policy(html: str) -> str:
    """Return a policy that allows an email's inline style, and images only from the hosts that it names."""
    sources = " ".join(sorted(_origins(_IMAGE.findall(html)))) or "'none'"
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src {sources}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
    )


def _origins(urls: Iterable[str]) -> set[str]:
    origins = set()
    for url in urls:
        parts = urlsplit(url)
        if re.fullmatch(r"[A-Za-z0-9.-]+(:[0-9]+)?", parts.netloc):
            origins.add(f"{parts.scheme}://{parts.netloc}")
    return origins
