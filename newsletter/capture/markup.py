"""Pick the parts of a page that say something about it, in one pass and without a tree of the page."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from newsletter.capture.html_events import HtmlTarget, parse_html

_META_NAMES = ("property", "name", "itemprop", "http-equiv")
_MOST_METAS, _MOST_SCRIPTS = 500, 40
_LONGEST_VALUE, _LONGEST_SCRIPT = 10_000, 1_000_000  # characters
_FEEDS = ("application/rss+xml", "application/atom+xml", "application/feed+json")


@dataclass(slots=True, kw_only=True)
class Markup:
    """The parts of a page. Values are as the page has them, in its order.

    ``metas`` has lists of contents by name, in lower case. ``links`` has addresses by ``rel``. ``items`` has the texts
    of elements with an ``itemprop`` and of ``rel="author"``. ``times`` are the texts or ``datetime`` of elements
    ``time``; those marked as the publication come first. ``feeds`` are the titles of feeds, ``json_ld`` the texts of
    its scripts.
    """

    language: str = ""
    base: str = ""
    titles: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    metas: dict[str, list[str]] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)
    items: dict[str, list[str]] = field(default_factory=dict)
    times: list[str] = field(default_factory=list)
    feeds: list[str] = field(default_factory=list)
    json_ld: list[str] = field(default_factory=list)

    def meta(self, *names: str) -> str:
        """Return the first content, which isn't empty, of the first of these names that has one."""
        for name in names:
            for content in self.metas.get(name, ()):
                if content.strip():
                    return content
        return ""

    def all_metas(self, name: str) -> list[str]:
        """Return all contents of a name that aren't empty."""
        return [content for content in self.metas.get(name, ()) if content.strip()]


def read_markup(text: str) -> Markup:
    """Return the parts of a page. Anything at all may be given; broken markup is read as browsers do."""
    collector = _Collector()
    parse_html(text, collector)
    return collector.markup


class _Collector(HtmlTarget):
    """A collector of the parts."""

    def __init__(self) -> None:
        self.markup = Markup()
        self._open: list[tuple[str, str, list[str]]] = []  # tag, where its text goes, its text so far
        self._in_svg = 0
        self._marked_times = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "svg":
            self._in_svg += 1
        elif tag == "html":
            self.markup.language = self.markup.language or attributes.get("lang") or attributes.get("xml:lang") or ""
        elif tag == "base":
            self.markup.base = self.markup.base or attributes.get("href", "")
        elif tag == "meta":
            self._meta(attributes)
        elif tag == "link":
            self._link(attributes)
        elif tag == "abbr" and attributes.get("title") and "published" in attributes.get("class", "").split():
            self._add_time(attributes["title"][:100], marked=True)  # https://microformats.org/wiki/hatom
        kind = self._kind(tag, attributes)
        if kind and len(self._open) < 20:
            self._open.append((tag, kind, []))

    def data(self, data: str) -> None:
        for _, kind, text in self._open:
            if kind == "json-ld" or len(text) < 200:
                text.append(data)

    def end(self, tag: str) -> None:
        if tag == "svg":
            self._in_svg = max(0, self._in_svg - 1)
        for position in range(len(self._open) - 1, -1, -1):
            if self._open[position][0] == tag:
                _, kind, text = self._open.pop(position)
                self._finish(kind, "".join(text))
                return

    def close(self) -> None:
        for _, kind, text in self._open:
            self._finish(kind, "".join(text))

    def _meta(self, attributes: Mapping[str, str]) -> None:
        content = attributes.get("content", "")[:_LONGEST_VALUE]
        for attribute in _META_NAMES:
            for name in attributes.get(attribute, "").lower().split()[:5]:
                if len(self.markup.metas) < _MOST_METAS:
                    values = self.markup.metas.setdefault(name[:100], [])
                    if len(values) < 20:
                        values.append(content)

    def _link(self, attributes: Mapping[str, str]) -> None:
        address = attributes.get("href", "")[:_LONGEST_VALUE]
        for relation in attributes.get("rel", "").lower().split()[:5]:
            values = self.markup.links.setdefault(relation[:100], [])
            if len(self.markup.links) < _MOST_METAS and len(values) < 5:
                values.append(address)
            title = attributes.get("title", "")
            if (
                relation == "alternate"
                and title
                and len(self.markup.feeds) < 10
                and attributes.get("type", "").lower() in _FEEDS
            ):
                self.markup.feeds.append(title[:200])

    def _kind(self, tag: str, attributes: Mapping[str, str]) -> str:
        """Return where the text of an element goes, or "" if it isn't needed."""
        if tag == "title":
            return "" if self._in_svg else "title"
        if tag == "h1":
            return "heading"
        if tag == "script":
            kind = attributes.get("type", "").partition(";")[0].strip().lower()
            return "json-ld" if kind == "application/ld+json" and len(self.markup.json_ld) < _MOST_SCRIPTS else ""
        if tag == "time":
            return self._time(attributes)
        name = attributes.get("itemprop", "").lower().split()
        if tag not in ("meta", "link") and name and name[0] in ("author", "headline", "datepublished", "name"):
            return f"item:{name[0]}"
        return "item:author" if tag == "a" and "author" in attributes.get("rel", "").lower().split() else ""

    def _time(self, attributes: Mapping[str, str]) -> str:
        marked = (
            "pubdate" in attributes
            or "published" in (attributes.get("itemprop", "") + attributes.get("class", "")).lower()
        )
        if len(self.markup.times) > 50:
            return ""
        if written := attributes.get("datetime", ""):
            self._add_time(written[:100], marked=marked)
            return ""
        return "marked time" if marked else "time"

    def _add_time(self, text: str, *, marked: bool) -> None:
        if marked:
            self.markup.times.insert(self._marked_times, text)
            self._marked_times += 1
        else:
            self.markup.times.append(text)

    def _finish(self, kind: str, text: str) -> None:
        if kind == "json-ld":
            self.markup.json_ld.append(text[:_LONGEST_SCRIPT])
            return
        text = text[:_LONGEST_VALUE]
        if kind.endswith("time"):
            self._add_time(text[:100], marked=kind.startswith("marked"))
        elif not text.strip():
            return
        elif kind == "title":
            self.markup.titles.append(text)
        elif kind == "heading":
            self.markup.headings.append(text)
        else:
            values = self.markup.items.setdefault(kind.removeprefix("item:"), [])
            if len(values) < 10:
                values.append(text)
