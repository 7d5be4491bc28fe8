"""Write feeds as Atom (RFC 4287), RSS 2.0 and JSON Feed 1.1."""

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from lxml import etree

NEWEST = 20  # items in a feed
ATOM = "http://www.w3.org/2005/Atom"
DC = "http://purl.org/dc/elements/1.1/"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 §2.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item of a feed: an issue, or an entry with the URL of the ``piece`` it is about, and its author."""

    url: str
    title: str
    summary: str
    html: str
    language: str
    published: datetime
    updated: datetime
    piece: str = ""
    author: str = ""
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed in no particular format. ``home`` is the page that it belongs to; ``picture`` is a URL."""

    title: str
    home: str
    publisher: str
    language: str
    updated: datetime
    items: Sequence[Item]
    description: str = ""
    picture: str = ""


def atom(feed: Feed, own: str) -> bytes:
    """Return the feed as Atom, for the URL ``own``."""
    root = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})
    root.set(LANG, feed.language)
    _add(root, "id", feed.home)
    _add(root, "title", feed.title)
    if feed.description:
        _add(root, "subtitle", feed.description)
    if feed.picture:
        _add(root, "logo", feed.picture)
    _add(root, "updated", _rfc3339(feed.updated))
    _add(_add(root, "author"), "name", feed.publisher)
    _add(root, "link", rel="self", type="application/atom+xml", href=own)
    _add(root, "link", rel="alternate", type="text/html", href=feed.home)
    for item in feed.items:
        entry = _add(root, "entry")
        if item.language != feed.language:
            entry.set(LANG, item.language)
        _add(entry, "id", item.url)
        _add(entry, "title", item.title)
        _add(entry, "updated", _rfc3339(item.updated))
        _add(entry, "published", _rfc3339(item.published))
        if item.author:
            _add(_add(entry, "author"), "name", item.author)
        _add(entry, "link", rel="alternate", type="text/html", hreflang=item.language, href=item.url)
        if item.piece:
            _add(entry, "link", rel="related", href=item.piece)
        for topic in item.topics:
            _add(entry, "category", term=topic)
        if item.summary:
            _add(entry, "summary", item.summary)
        _add(entry, "content", item.html, type="html")
    return _document(root)


def rss(feed: Feed, own: str) -> bytes:
    """Return the feed as RSS 2.0, for the URL ``own``."""
    root = etree.Element("rss", nsmap={"atom": ATOM, "content": CONTENT, "dc": DC}, version="2.0")
    channel = etree.SubElement(root, "channel")
    _plain(channel, "title", feed.title)
    _plain(channel, "link", feed.home)
    _plain(channel, "description", feed.description or feed.title)
    _plain(channel, "language", feed.language)
    _plain(channel, "lastBuildDate", format_datetime(feed.updated.astimezone(UTC)))
    _add(channel, "link", rel="self", type="application/rss+xml", href=own)
    if feed.picture:
        image = _plain(channel, "image")
        for name, text in (("url", feed.picture), ("title", feed.title), ("link", feed.home)):
            _plain(image, name, text)
    for item in feed.items:
        element = etree.SubElement(channel, "item")
        _plain(element, "title", item.title)
        _plain(element, "link", item.url)
        _plain(element, "guid", item.url).set("isPermaLink", "true")
        _plain(element, "pubDate", format_datetime(item.published.astimezone(UTC)))
        if item.language != feed.language:
            _plain(element, f"{{{DC}}}language", item.language)
        if item.author:  # RSS's own <author> must be an email address
            _plain(element, f"{{{DC}}}creator", item.author)
        for topic in item.topics:
            _plain(element, "category", topic)
        _plain(element, "description", html.escape(item.summary or item.title, quote=False))  # readers parse it as HTML
        _plain(element, f"{{{CONTENT}}}encoded", item.html)
    return _document(root)


def json_feed(feed: Feed, own: str) -> bytes:
    """Return the feed as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/), for the URL ``own``."""
    items = [
        {
            "id": item.url,
            "url": item.url,
            "external_url": item.piece,
            "title": item.title,
            "summary": item.summary,
            "content_html": item.html,
            "language": item.language if item.language != feed.language else "",
            "date_published": _rfc3339(item.published),
            "date_modified": _rfc3339(item.updated),
            "authors": [{"name": item.author}] if item.author else [],
            "tags": list(item.topics),
        }
        for item in feed.items
    ]
    about = {"description": feed.description, "icon": feed.picture}
    whole = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        **{name: value for name, value in about.items() if value},
        "home_page_url": feed.home,
        "feed_url": own,
        "language": feed.language,
        "authors": [{"name": feed.publisher}],
        "items": [{name: value for name, value in item.items() if value not in ("", [])} for item in items],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def _add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    """Add an element in Atom's namespace and return it."""
    element = _plain(parent, f"{{{ATOM}}}{name}", text)
    for attribute, value in attributes.items():
        element.set(attribute, _allowed(value))
    return element


def _plain(parent: etree._Element, name: str, text: str = "") -> etree._Element:
    element = etree.SubElement(parent, name)
    if text:
        element.text = _allowed(text)
    return element


def _allowed(text: str) -> str:
    return _FORBIDDEN.sub("", text)


def _document(root: etree._Element) -> bytes:
    document: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return document


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
