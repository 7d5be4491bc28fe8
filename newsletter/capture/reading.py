"""Read a page: title, author, source, date, language, address, image, paywall, reading time and text.

Several places in a page may say the same thing. ``_PRECEDENCE`` names them for each value: the first one that has a
usable value counts, and its name is the value's origin. What the page states comes before guesses from its text.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from newsletter.capture.article_text import Article, Extract, extract_article
from newsletter.capture.charsets import decoded
from newsletter.capture.clean_urls import clean_url
from newsletter.capture.cleaning import web_url
from newsletter.capture.dates import date_in_address, parse_minutes, parse_published
from newsletter.capture.json_ld import LinkedData, read_json_ld
from newsletter.capture.markup import Markup, read_markup
from newsletter.capture.names import (
    author_names,
    comparable,
    language_tag,
    site_from_address,
    site_from_feeds,
    usable_source,
)
from newsletter.capture.titles import clean_title, is_shortened, site_in_title, title_from_address
from newsletter.capture.values import CapturedValue, PageFacts
from newsletter.domain.reading_time import minutes_of, word_count
from newsletter.domain.web_addresses import split_address

JSON_LD, OPEN_GRAPH, TWITTER, CITATION = "JSON-LD", "OpenGraph", "Twitter card", "citation data"
PAGE_TITLE, HEADING, HEAD, TEXT, ADDRESS = "page title", "heading", "page head", "text", "address"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """A page's parts; ``base`` is the address that relative ones in it start from."""

    url: str
    base: str
    markup: Markup
    data: LinkedData
    article: Article

    @property
    def sites(self) -> tuple[str, ...]:
        """Return the names by which the page calls its site."""
        host = site_from_address(self.url)
        stated = (self.meta("og:site_name"), self.data.publisher, self.meta("application-name"))
        guessed = (site_from_feeds(self.markup.feeds), site_in_title(self.titles, self.headings))
        named = [name for name in stated if name] or guessed
        return tuple(filter(None, (*named, host, host.rpartition(".")[0], f"www.{host}")))

    @property
    def titles(self) -> str:
        """Return the page's title as it is."""
        return self.markup.titles[0] if self.markup.titles else ""

    @property
    def headings(self) -> tuple[str, ...]:
        """Return the texts that the page's title may begin with."""
        return tuple(filter(None, (self.meta("og:title"), self.data.title))) or tuple(self.markup.headings[:3])

    def title(self, text: str) -> str:
        """Return a title without the site's name, or "" if the page has it elsewhere, and not cut short."""
        title = clean_title(text, self.sites)
        others = (self.meta("og:title", "twitter:title"), self.titles, *self.markup.headings[:3])
        return "" if any(is_shortened(title, clean_title(other, self.sites)) for other in others) else title

    def address(self, *texts: str) -> str:
        """Return the first address that can stand for this page, unlike that of the site's front page."""
        return next((address for text in texts if (address := self._address(text))), "")

    def _address(self, text: str) -> str:
        absolute = web_url(text, self.base)
        parts, own = split_address(absolute), split_address(self.url)
        if not absolute or parts is None or own is None:
            return ""
        is_front = parts.path in ("", "/") and not parts.query
        return "" if is_front and (own.path not in ("", "/") or own.query) else clean_url(absolute)

    def meta(self, *names: str) -> str:
        """Return the first content of these names."""
        return self.markup.meta(*names)


_Reader = Callable[[_Page], object]


def _author_in_head(page: _Page) -> str:
    names = [*page.markup.all_metas("author"), page.meta("article:author"), page.meta("parsely-author", "byl")]
    return author_names((*names, page.meta("sailthru.author", "article:author_name")), page.sites)


def _citation_authors(page: _Page) -> str:
    names = [" ".join(reversed(name.split(", ", 1))) for name in page.markup.all_metas("citation_author")]
    return author_names(
        names or page.markup.all_metas("dc.creator") or page.markup.all_metas("dcterms.creator"), page.sites
    )


def _site_name(page: _Page) -> str:
    """Return the site's name, or "" if JSON-LD has the same one better written: ``pcreview`` and “PC Review”."""
    name = usable_source(page.meta("og:site_name"))
    better = name.islower() and comparable(page.data.publisher) == comparable(name)
    return "" if better else name


def _times(page: _Page) -> object:
    return next((day for time in page.markup.times if (day := parse_published(time))), None)


def _minutes_of_show(page: _Page) -> object:
    return parse_minutes(page.data.duration) if page.data.kind in ("audio", "video") else None


def _minutes_of_text(page: _Page) -> object:
    words = word_count(page.article.text)
    return minutes_of(words) if words and _paywall(page) != "yes" and _kind(page) not in ("audio", "video") else None


def _minutes_in_data(page: _Page) -> object:
    return minutes_of(page.data.words) if page.data.words else parse_minutes(page.data.duration)


def _kind(page: _Page) -> str:
    return page.data.kind or ("paper" if _is_paper(page) else _kind_in_open_graph(page))


def _kind_in_open_graph(page: _Page) -> str:
    general = page.meta("og:type").strip().lower().partition(".")[0]
    return {"video": "video", "music": "audio", "book": "book"}.get(general, "")


def _is_paper(page: _Page) -> bool:
    return bool(page.meta("citation_title") and page.meta("citation_journal_title", "citation_conference_title"))


def _on_card(page: _Page) -> Iterator[tuple[str, str]]:
    """Yield the labels, in lower case, and the values that weblogs put on their card for Twitter."""
    for number in ("1", "2", "3"):
        yield page.meta(f"twitter:label{number}").strip().lower(), page.meta(f"twitter:data{number}")


def _author_on_card(page: _Page) -> str:
    names = [value for label, value in _on_card(page) if label in ("written by", "author", "by")]
    return author_names(names, page.sites)


def _minutes_on_card(page: _Page) -> object:
    for label, value in _on_card(page):
        match = re.fullmatch(r"(\d{1,3})\s*min\w*(?: read)?", value.strip(), re.IGNORECASE | re.ASCII)
        if match and "time" in label:
            return max(1, int(match[1]))
    return None


def _paywall(page: _Page) -> str:
    tier = page.meta("article:content_tier", "content_tier").strip().lower()
    if page.data.is_free is not None:
        return "no" if page.data.is_free else "yes"
    return {"locked": "yes", "metered": "yes", "premium": "yes", "free": "no"}.get(tier, "")


_PRECEDENCE: Mapping[str, tuple[tuple[str, _Reader], ...]] = {
    "title": (
        (JSON_LD, lambda page: page.title(page.data.title)),
        (OPEN_GRAPH, lambda page: page.title(page.meta("og:title"))),
        (TWITTER, lambda page: page.title(page.meta("twitter:title"))),
        (CITATION, lambda page: page.title(page.meta("citation_title", "dc.title", "dcterms.title"))),
        (PAGE_TITLE, lambda page: page.title(page.titles)),
        (HEADING, lambda page: page.title(next(iter(page.markup.headings), ""))),
        (ADDRESS, lambda page: title_from_address(page.url)),
    ),
    "author": (
        (JSON_LD, lambda page: author_names(page.data.authors, page.sites)),
        (CITATION, _citation_authors),
        (HEAD, _author_in_head),
        (TWITTER, _author_on_card),
        (TEXT, lambda page: author_names(page.markup.items.get("author", ()), page.sites)),
        (TEXT, lambda page: author_names(page.article.author.split("; "), page.sites)),
    ),
    # Publishers in JSON-LD are often companies, so OpenGraph comes first.
    "source": (
        (OPEN_GRAPH, _site_name),
        (JSON_LD, lambda page: usable_source(page.data.publisher)),
        (
            CITATION,
            lambda page: usable_source(page.meta("citation_journal_title", "dc.publisher", "dcterms.publisher")),
        ),
        (HEAD, lambda page: usable_source(page.meta("application-name", "apple-mobile-web-app-title"))),
        ("feed", lambda page: site_from_feeds(page.markup.feeds)),
        (PAGE_TITLE, lambda page: usable_source(site_in_title(page.titles, page.headings))),
        (ADDRESS, lambda page: site_from_address(page.url)),
    ),
    "date": (
        (JSON_LD, lambda page: parse_published(page.data.published)),
        (OPEN_GRAPH, lambda page: parse_published(page.meta("article:published_time", "og:published_time"))),
        (
            CITATION,
            lambda page: parse_published(
                page.meta("citation_publication_date", "citation_date", "dc.date", "dc.date.issued", "dcterms.issued")
            ),
        ),
        (
            HEAD,
            lambda page: parse_published(
                page.meta(
                    "datepublished",
                    "date",
                    "publish-date",
                    "publish_date",
                    "pubdate",
                    "pub_date",
                    "parsely-pub-date",
                    "sailthru.date",
                )
            ),
        ),
        (TEXT, _times),
        (ADDRESS, lambda page: date_in_address(page.url)),
        (TEXT, lambda page: parse_published(page.article.date)),
    ),
    "language": (
        (JSON_LD, lambda page: language_tag(page.data.language)),
        (HEAD, lambda page: language_tag(page.markup.language)),
        (OPEN_GRAPH, lambda page: language_tag(page.meta("og:locale"))),
        (HEAD, lambda page: language_tag(page.meta("content-language", "dc.language", "language"))),
    ),
    "canonical_url": (
        ("canonical link", lambda page: page.address(*page.markup.links.get("canonical", ()))),
        (OPEN_GRAPH, lambda page: page.address(page.meta("og:url"))),
        (JSON_LD, lambda page: page.address(page.data.url)),
        (ADDRESS, lambda page: clean_url(page.url)),
    ),
    "image": (
        (JSON_LD, lambda page: web_url(page.data.image, page.base)),
        (OPEN_GRAPH, lambda page: web_url(page.meta("og:image:secure_url", "og:image", "og:image:url"), page.base)),
        (TWITTER, lambda page: web_url(page.meta("twitter:image", "twitter:image:src"), page.base)),
        (HEAD, lambda page: web_url(next(iter(page.markup.links.get("image_src", ())), ""), page.base)),
    ),
    "kind": (
        (JSON_LD, lambda page: page.data.kind),
        (CITATION, lambda page: "paper" if _is_paper(page) else ""),
        (OPEN_GRAPH, _kind_in_open_graph),
    ),
    "paywall": (
        (JSON_LD, lambda page: _paywall(page) if page.data.is_free is not None else ""),
        (HEAD, _paywall),
    ),
    "minutes": (
        (JSON_LD, _minutes_of_show),
        ("words of the text", _minutes_of_text),
        (JSON_LD, _minutes_in_data),
        (TWITTER, _minutes_on_card),
    ),
}


def read_page(html: bytes, url: str, content_type: str = "", *, extract: Extract = extract_article) -> PageFacts:
    """Return what a page says about itself. ``url`` is its own, ``content_type`` the value of that header.

    Any bytes at all may be given. ``extract`` finds the text; by default in a child process.
    """
    text = decoded(html, content_type)
    markup = read_markup(text)
    page = _Page(
        url=url,
        base=web_url(markup.base, url) or url,
        markup=markup,
        data=read_json_ld(markup.json_ld, url),
        article=extract(text, url) if text.strip() else Article(),
    )
    values = {}
    for name, places in _PRECEDENCE.items():
        for origin, read in places:
            if value := read(page):
                values[name] = CapturedValue(value=str(value), origin=origin)
                break
    text = _without_title(page.article.text, (values["title"].value, *markup.headings[:3]))
    return PageFacts(values=values, text=text, notes=tuple(filter(None, (page.article.problem,))))


def _without_title(text: str, titles: Iterable[str]) -> str:
    """Return the text without a first paragraph that repeats the title."""
    first, _, rest = text.partition("\n\n")
    return rest if comparable(first) in {comparable(title) for title in titles} else text
