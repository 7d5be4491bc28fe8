"""Read the page of a link again, as its readers would find it now: where it leads, and all of its text.

Unlike a capture it looks for no article, so that captions, lists and pull quotes are part of the text. It needs no
process of its own.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from newsletter.capture.article_text import Article
from newsletter.capture.capturing import refresh_target
from newsletter.capture.charsets import decoded
from newsletter.capture.html_events import HtmlTarget, parse_html
from newsletter.capture.reading import read_page
from newsletter.capture.titles import is_barrier
from newsletter.fetching import WebClient, fetch_page

_UNSEEN = frozenset(str.split("script style template noscript svg head iframe object select textarea"))
_INLINE = frozenset(
    str.split(
        "a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd label mark nobr q ruby s samp small span"
        " strike strong sub sup time tt u var wbr"
    )
)
_NOTE_MARK = re.compile(r"\s*\[?\d{1,3}[a-z]?\]?\s*|[*†‡]+")  # of a footnote
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_TAG = re.compile(r"<[^<>]{0,2000}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class RereadPage:
    """A page as it is now: its ``url`` after all redirects, its title and its visible text.

    ``is_barrier`` is true for a page that keeps programs out, ``paywall`` if the page says that readers have to pay.
    ``source`` is its HTML.
    """

    url: str
    title: str
    text: str
    is_barrier: bool = False
    paywall: bool = False
    source: str = field(default="", repr=False)

    @property
    def hidden_text(self) -> str:
        """The text of all of its source, with that in the data of scripts, from which some pages build themselves."""
        plain = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), self.source).replace("\\n", " ")
        return html.unescape(_TAG.sub(" ", plain))


def reread_page(url: str, *, client: WebClient) -> RereadPage:
    """Return the page that a link leads to now. Raise FetchError if there is none, or none that is HTML."""
    page = fetch_page(client, url)
    if target := refresh_target(page):
        page = fetch_page(client, target)
    facts = read_page(page.html, page.url, page.content_type, extract=_no_article)
    source = decoded(page.html, page.content_type)
    title = facts.value("title")
    return RereadPage(
        url=page.url,
        title=title,
        text=visible_text(source),
        is_barrier=facts.origin("title") in ("page title", "heading") and is_barrier(title),
        paywall=facts.paywall,
        source=source,
    )


def visible_text(source: str) -> str:
    """Return the text that a page shows, without the marks of footnotes, and with spaces between its blocks."""
    collector = _TextCollector()
    parse_html(source, collector)
    return "".join(collector.pieces)


def _no_article(_html: str, _url: str) -> Article:
    return Article()


class _TextCollector(HtmlTarget):
    """A collector of the visible text."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._unseen: list[str] = []  # the open elements whose text isn't shown
        self._raised: int | None = None  # where the text of an open <sup> begins

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag in _UNSEEN or "hidden" in attributes:
            self._unseen.append(tag)
        if tag not in _INLINE:
            self.pieces.append("\n")
        elif tag == "sup":
            self._raised = len(self.pieces)

    def end(self, tag: str) -> None:
        if self._unseen and self._unseen[-1] == tag:
            self._unseen.pop()
        if tag not in _INLINE:
            self.pieces.append("\n")
        elif tag == "sup" and self._raised is not None:
            if _NOTE_MARK.fullmatch("".join(self.pieces[self._raised :])):
                del self.pieces[self._raised :]
            self._raised = None

    def data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(data)
