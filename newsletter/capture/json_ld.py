"""Read what a page says about its piece in JSON-LD (https://schema.org): one article, episode or film."""

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_MOST_NODES = 3000
_DEEPEST = 6  # of references, lists and tables that are followed to a name

_ARTICLES_WORDS = (
    "newsarticle reportagenewsarticle analysisnewsarticle opinionnewsarticle backgroundnewsarticle "
    "reviewnewsarticle askpublicnewsarticle article blogposting liveblogposting scholarlyarticle "
    "medicalscholarlyarticle techarticle satiricalarticle advertisercontentarticle report socialmediaposting "
    "discussionforumposting posting"
)
_ARTICLES = frozenset(_ARTICLES_WORDS.split())
_SHOWS = {
    "podcastepisode": "audio",
    "radioepisode": "audio",
    "audioobject": "audio",
    "episode": "audio",
    "videoobject": "video",
    "tvepisode": "video",
    "movie": "video",
    "clip": "video",
}
_OTHERS_WORDS = "review criticreview recipe howto book chapter dataset course event interview quotation creativework"
_OTHERS = frozenset(_OTHERS_WORDS.split())
_PAGES_WORDS = "webpage itempage aboutpage medicalwebpage profilepage faqpage qapage"
_PAGES = frozenset(_PAGES_WORDS.split())
_KINDS = {"scholarlyarticle": "paper", "medicalscholarlyarticle": "paper", "book": "book", "chapter": "book", **_SHOWS}

# Some templates wrap scripts for browsers of the last century.
_BEFORE = ("//", "<!--", "<![CDATA[", "/*", "*/")
_AFTER = (";", "//", "-->", "]]>", "/*", "*/")
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_FALSE, _TRUE = ("false", "no", "0"), ("true", "yes", "1")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedData:
    """What JSON-LD says about a piece, as the page wrote it; "" or None for what it doesn't say.

    ``authors`` are names. ``is_free`` is whether everybody may read it.
    """

    title: str = ""
    authors: tuple[str, ...] = ()
    publisher: str = ""
    published: str = ""
    language: str = ""
    url: str = ""
    image: str = ""
    kind: str = ""
    duration: str = ""
    words: int | None = None
    is_free: bool | None = None


def read_json_ld(scripts: Iterable[str], url: str) -> LinkedData:
    """Return what the scripts of a page say about the piece at ``url``. Mistakes in them are skipped."""
    nodes = list(_nodes(value for script in scripts for value in _parsed(script)))
    ranked = sorted(
        (node for node in nodes if _rank(node) < 4), key=lambda node: (_rank(node), not _is_about(node, url))
    )
    if not ranked:
        return LinkedData()
    by_id = _by_id(nodes)
    piece, page = ranked[0], next((node for node in ranked if _rank(node) == 3), {})
    return LinkedData(
        title=_text(piece.get("headline")) or _text(piece.get("name")),
        authors=tuple(_names(piece.get("author") or piece.get("creator") or page.get("author"), by_id)),
        publisher=_publisher(piece, page, by_id),
        published=_first(piece, page, "datePublished", "uploadDate", "dateCreated"),
        language=_language(piece.get("inLanguage") or page.get("inLanguage")),
        url=_address(piece.get("url") or piece.get("mainEntityOfPage") or page.get("url")),
        image=_image(piece.get("image") or piece.get("thumbnailUrl") or page.get("primaryImageOfPage"), by_id),
        kind=next((_KINDS[name] for name in _types(piece) if name in _KINDS), ""),
        duration=_first(piece, {}, "timeRequired", "duration"),
        words=_number(piece.get("wordCount")),
        is_free=_is_free(piece, page),
    )


def _parsed(script: str) -> Iterator[Any]:
    """Yield the values in a script: one, none if it can't be read, or several that stand in a row."""
    text = _without_wrapper(script)
    for written in (text, _TRAILING_COMMA.sub(r"\1", text), html.unescape(text)):
        try:
            yield json.loads(written, strict=False)
        except (ValueError, RecursionError):
            continue
        return
    decoder = json.JSONDecoder(strict=False)
    position = 0
    for _ in range(20):
        try:
            value, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            return
        yield value
        rest = re.compile(r"[\s,;]*").match(text, position)
        position = rest.end() if rest else position


def _without_wrapper(script: str) -> str:
    """Return a script without the comments and CDATA marks around it."""
    text = script.strip()
    for _ in range(8):
        for mark in _BEFORE:
            text = text.removeprefix(mark).lstrip()
        for mark in _AFTER:
            text = text.removesuffix(mark).rstrip()
    return text


def _nodes(values: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the tables that are about the page itself: not those of a list of other articles, for instance."""
    waiting = list(values)[::-1]
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value[::-1][:_MOST_NODES])
        elif isinstance(value, dict):
            yield value
            waiting.extend(value[name] for name in ("mainEntity", "mainEntityOfPage", "@graph") if name in value)


def _types(node: Mapping[str, Any]) -> list[str]:
    written = node.get("@type")
    names = written if isinstance(written, list) else [written]
    return [re.split(r"[/#:]", name)[-1].lower() for name in names if isinstance(name, str)]


def _rank(node: Mapping[str, Any]) -> int:
    """Return 0 for an article, 1 for an episode or film, 2 for another work, 3 for a page, 4 for anything else."""
    types = set(_types(node))
    for rank, names in enumerate((_ARTICLES, _SHOWS.keys(), _OTHERS, _PAGES)):
        if types & names:
            return rank
    return 4


def _is_about(node: Mapping[str, Any], url: str) -> bool:
    """Return whether a node's address is that of the page."""
    try:
        return any(
            urlsplit(address).path.rstrip("/") == urlsplit(url).path.rstrip("/")
            for address in (_address(node.get(name)) for name in ("url", "mainEntityOfPage", "@id"))
            if address
        )
    except ValueError:
        return False


def _by_id(nodes: Iterable[Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
    return {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and len(node) > 1}


def _names(value: Any, by_id: Mapping[str, Mapping[str, Any]], depth: int = 0) -> Iterator[str]:
    """Yield the names of people or organisations: texts, tables, lists of them, or references to tables."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for item in value[:20]:
            yield from _names(item, by_id, depth + 1)
    elif isinstance(value, dict):
        yield from _names(_name_in(value, by_id), by_id, depth + 1)
    elif isinstance(value, str) and value.lstrip()[:1] in ("{", "["):  # JSON inside of JSON
        yield from _names(list(_parsed(value)), by_id, depth + 1)
    elif isinstance(value, str) and value.strip():
        yield value


def _name_in(node: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]]) -> Any:
    """Return what a table gives for a name: text, parts of a name, or the table that it refers to."""
    if "name" in node:
        return node["name"]
    if parts := [part for part in (_text(node.get("givenName")), _text(node.get("familyName"))) if part]:
        return " ".join(parts)
    reference = node.get("@id")
    return by_id[reference] if isinstance(reference, str) and reference in by_id else node.get("@value")


def _publisher(piece: Mapping[str, Any], page: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]]) -> str:
    owners = [piece.get(name) for name in ("partOfSeries", "publisher", "sourceOrganization", "isPartOf")]
    owners += [page.get("publisher"), page.get("isPartOf")]
    return next((name for owner in owners for name in _names(owner, by_id)), "")


def _first(piece: Mapping[str, Any], page: Mapping[str, Any], *names: str) -> str:
    return next((text for node in (piece, page) for name in names if (text := _text(node.get(name)))), "")


def _text(value: Any) -> str:
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("@value")
    return value if isinstance(value, str) else str(value) if type(value) in (int, float) else ""


def _language(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("alternateName") or value.get("name") or value.get("@value")
    return value if isinstance(value, str) else ""


def _address(value: Any, names: tuple[str, ...] = ("@id", "url")) -> str:
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        value = next((value[name] for name in names if isinstance(value.get(name), str)), "")
    return value if isinstance(value, str) else ""


def _image(value: Any, by_id: Mapping[str, Mapping[str, Any]]) -> str:
    address = _address(value, ("url", "contentUrl", "@id"))
    if address in by_id:
        address = _address(by_id[address], ("url", "contentUrl"))
    return address


def _number(value: Any) -> int | None:
    text = _text(value).replace(",", "")
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 7 and int(text) > 0 else None


def _is_free(piece: Mapping[str, Any], page: Mapping[str, Any]) -> bool | None:
    parts = piece.get("hasPart") or page.get("hasPart")
    nodes = [piece, page, *(parts if isinstance(parts, list) else [parts])]
    written = [_text_of_truth(node.get("isAccessibleForFree")) for node in nodes[:50] if isinstance(node, dict)]
    if any(word in _FALSE for word in written):
        return False
    return True if any(word in _TRUE for word in written) else None


def _text_of_truth(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return re.split(r"[/#]", _text(value).strip().lower())[-1]
