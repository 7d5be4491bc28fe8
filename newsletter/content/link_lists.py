"""Read a list of links: Markdown items such as ``- [Title](https://…) Source``, perhaps after some words. No I/O."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from newsletter.content.fields import Fields, one_line
from newsletter.content.frontmatter import Listing, Scalar, Table, Value
from newsletter.content.markdown import with_definitions
from newsletter.domain.blocks import ListedLink
from newsletter.domain.markdown_parser import commonmark

Report = Callable[[str, int, str, str], None]
"""A function that reports a mistake: its rule, its line, what is wrong, and how to fix it."""

_MARKDOWN = commonmark()
_LISTS = ("bullet_list_open", "ordered_list_open")
_RULE = "block-link"
_HINT = "write - [Title](https://…) Source"
_SEPARATOR = re.compile(r"^[-–—:,·•|]+\s+")  # between a title and its source, as editors print it
_KIND = re.compile(r"\[([^][]{1,30})\]:?")  # "[video] [Title](…)"
_IN_BRACKETS = re.compile(r"\(([^()]*)\)|\[([^][]*)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkList:
    """A list of links, and the Markdown that introduces it."""

    text: str = ""
    links: tuple[ListedLink, ...] = ()


def parse_link_list(markdown: str, *, line: int, report: Report) -> LinkList:
    """Return the links in a Markdown list, which begins at ``line``; items that aren't links are reported."""
    environment: dict[str, dict[str, dict[str, str]]] = {}
    tokens = _MARKDOWN.parse(markdown, environment)
    top = [token for token in tokens if token.level == 0 and token.map is not None]
    begins = next((token.map[0] for token in top if token.map and token.type in _LISTS), None)
    for token in top:
        if token.map and begins is not None and token.map[0] > begins and token.type not in _LISTS:
            what, hint = "words after the list of links", "move them before the list, or into a note"
            report(_RULE, line + token.map[0], what, hint)
    words = "\n".join(markdown.split("\n")[:begins]).strip("\n")
    return LinkList(
        text=with_definitions(words, environment) if words.strip() else "",
        links=tuple(
            link
            for item in _items(tokens)
            if (link := _link(item.content, item.tokens, line=line + item.line, report=report))
        ),
    )


def listed_links(fields: Fields, name: str) -> LinkList:
    """Return the links of a field: tables with title, url and source, Markdown links, or one text with a list."""
    value = fields.table.values[name]
    if isinstance(value, Scalar):
        return parse_link_list(fields.lines(name), line=value.line, report=fields.report)
    items = value.items if isinstance(value, Listing) else fields.items(name)
    return LinkList(links=tuple(link for item in items if (link := _listed(item, fields))))


def _listed(item: Value, fields: Fields) -> ListedLink | None:
    if isinstance(item, Scalar):
        tokens = _MARKDOWN.parseInline(item.text)[0].children or []
        return _link(item.text, tokens, line=item.line, report=fields.report)
    if not isinstance(item, Table):
        hint = 'write - title: … and below it, indented, url: …; or "[Title](https://…) Source" in quotes'
        fields.report("field-type", item.line, "a listed link is a table with title, url and source", hint)
        return None
    table = Fields(item, path=fields.path, findings=fields.findings)
    table.report_unknown(("title", "url", "source", "kind"), "a listed link")
    title, url = table.text("title"), table.text("url")
    for name, text, example in (("title", title, "the title of the page"), ("url", url, "https://…")):
        if not text:
            table.report(_RULE, table.line(name), f"no {name}", f"add a line {name}: {example}")
    if not (title and url):
        return None
    return ListedLink(title=title, url=url, source=table.text("source"), kind=table.text("kind"), line=item.line)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """An item of a Markdown list: its text as written and as tokens; ``line`` counts from 0."""

    content: str
    tokens: Sequence[Token]
    line: int


def _items(tokens: Iterable[Token]) -> Iterable[_Item]:
    """Yield the items of all lists; lists and paragraphs inside an item make it one without tokens."""
    line, inside = 0, list[Token]()
    for token in tokens:
        if token.type == "list_item_open" and token.level == 1:
            line, inside = token.map[0] if token.map else 0, []
        elif token.type in ("inline", "fence", "code_block"):
            inside.append(token)
        elif token.type == "list_item_close" and token.level == 1:
            content = "\n".join(other.content for other in inside)
            yield _Item(content=content, tokens=(inside[0].children or []) if len(inside) == 1 else [], line=line)


def _link(written: str, tokens: Sequence[Token], *, line: int, report: Report) -> ListedLink | None:
    """Return the link that an item consists of; anything else is reported.

    Text after the link is its source, and a word in brackets before it is its kind.
    """
    opens = [at for at, token in enumerate(tokens) if token.type == "link_open"]
    closes = [at for at, token in enumerate(tokens) if token.type == "link_close"]
    shown = f'"{one_line(written)[:40]}"' if written.strip() else "an empty item"
    before = _text(tokens[: opens[0]]) if opens else ""
    kind = _KIND.fullmatch(before)
    if len(opens) != 1 or (before and not kind):
        what = f"{shown} {'has two links' if len(opens) > 1 else 'does not begin with a link'}"
        report(_RULE, line, what, _HINT)
        return None
    title = _text(tokens[opens[0] + 1 : closes[0]])
    if not title or tokens[opens[0]].info == "auto":
        report(_RULE, line, f"{shown} has no title", _HINT)
        return None
    source = _SEPARATOR.sub("", _text(tokens[closes[0] + 1 :]))
    if bracketed := _IN_BRACKETS.fullmatch(source):
        source = bracketed[1] or bracketed[2] or ""
    url = str(tokens[opens[0]].attrs["href"])
    return ListedLink(title=title, url=url, source=source, kind=kind[1].strip() if kind else "", line=line)


def _text(tokens: Iterable[Token]) -> str:
    """Return the text of inline tokens without their emphasis."""
    return one_line("".join(" " if token.type in ("softbreak", "hardbreak") else token.content for token in tokens))
