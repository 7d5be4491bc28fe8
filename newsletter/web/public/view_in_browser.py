"""View in browser: a reader's own edition, as it was frozen when it was sent. Nothing in it counts anything.

Such a page is what people pass on: it has the entries that the reader got, and nothing else of theirs. No merge field
shows a value, and where the message has their links there is the door at which anybody asks for their own: a link that
opens an edition must not hand out one that changes what its reader gets.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from markupsafe import escape

from newsletter.errors import TokenError
from newsletter.message.link_tracking import as_written
from newsletter.message.mime import filled_html
from newsletter.tokens import Purpose
from newsletter.web.public.pages import Site


class InBrowser:
    """The page of the link that messages carry."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def router(self) -> APIRouter:
        """All routes."""
        router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
        router.add_api_route("/browser/{issue}/{token}", self.edition, methods=["GET", "HEAD"])
        return router

    def edition(self, issue: str, token: str) -> Response:
        """The edition of the reader whose link it is. A reader who was erased has none any more."""
        store, signer = self._site.store, self._site.signer
        key = signer.verify(Purpose.BROWSER, issue, token)
        reader = store.subscribers.by_key(key)
        found = store.frozen.edition_of(issue, reader.id) if reader else None
        if reader is None or found is None:
            raise TokenError("there is no such edition", hint="open the issue in the archive")
        compiled, edition = found
        email = compiled.email(edition)
        base = self._site.newsletter.base_url
        door = f"{base}/preferences"
        own = f"{base}/{Purpose.BROWSER}/{issue}/{token}"
        values = {"links.unsubscribe": door, "links.preferences": door, "links.browser": own}
        html = as_written(filled_html(email.html, values), compiled)
        html = _BODY.sub(lambda body: body[0] + self._corrections(issue), html, count=1)
        return HTMLResponse(html, headers={"Content-Security-Policy": _policy(html)})

    def _corrections(self, issue: str) -> str:
        """Return what has been corrected since the issue was sent: the page shows it as it was."""
        number = self._site.keeper.archive.number(issue)
        if number is None or not number.issue.corrections:
            return ""
        prose, page = self._site.prose, f"{self._site.newsletter.base_url}/issues/{issue}/"
        notes = "".join(
            f'<p style="margin:8px 0 0"><time datetime="{one.date}">{escape(prose.day(one.date))}</time></p>'
            f"{_STYLE_OF_NOTES.sub('', prose.html(one.text))}"
            for one in number.issue.corrections
        )
        link = f'<a href="{escape(page)}" style="color:#1a1a1a">Read the corrected issue</a>'
        return (
            f'<div role="note" style="{_BANNER}"><p lang="en" dir="ltr" style="margin:0">'
            f"<strong>This issue was corrected after it was sent.</strong> {link}. Below is what was sent.</p>"
            f'<div lang="{escape(prose.language)}" dir="{prose.direction}">{notes}</div></div>'
        )


_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_BANNER = "background:#fff4cf;color:#1a1a1a;padding:12px 16px;font:16px/1.45 Georgia,serif"
_STYLE_OF_NOTES = re.compile(r' class="[^"]*"')  # the message has no style sheet of the pages
_IMAGE = re.compile(r"<img\b[^>]*?\bsrc=[\"'](https?://[^\"'\s]+)", re.IGNORECASE)


def _policy(html: str) -> str:
    """An email has its style in it, and pictures where its editors put them: from there, and from nowhere else."""
    sources = " ".join(sorted(_origins(_IMAGE.findall(html)))) or "'none'"
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src {sources}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
    )


def _origins(urls: Iterable[str]) -> set[str]:
    found = set()
    for url in urls:
        parts = urlsplit(url)
        if re.fullmatch(r"[A-Za-z0-9.-]+(:[0-9]+)?", parts.netloc):
            found.add(f"{parts.scheme}://{parts.netloc}")
    return found
