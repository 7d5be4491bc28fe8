"""Convert authors' Markdown to safe HTML.

Markdown is parsed as CommonMark without raw HTML, and its HTML is filtered by an allow-list. Quotations stay as their
author wrote them: there is no typographer, and a bracketed insertion never becomes a link, because only absolute https,
http and mailto addresses do. A bare web address becomes a link even in quotations: most mail clients would link it
anyway, and no word changes.
"""

import re
from functools import lru_cache, partial

import nh3
from markdown_it.token import Token

from newsletter.rendering.bidi import Joined, runs_isolated, set_apart
from newsletter.rendering.markdown_direction import (
    NO_VALUES,
    PARSER,
    change_between_values,
    direction_of_paragraphs,
    directions,
    joined_runs,
    mark_around_values,
    parse_markdown,
    runs_one_way,
    words_of,
)

_TAGS = {"a", "bdi", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "strong", "ul"}
_TABLE_TAGS = {"table", "tbody", "td", "th", "thead", "tr"}
_CLEANER = nh3.Cleaner(
    tags=_TAGS | _TABLE_TAGS,
    attributes={
        "a": {"href"},
        "bdi": {"dir"},
        "blockquote": {"dir"},
        "ol": {"dir", "start"},
        "p": {"dir"},
        "table": {"cellpadding", "cellspacing", "dir"},
        "td": {"align"},
        "th": {"align", "scope"},
        "ul": {"dir"},
    },
    allowed_classes={"table": {"grid"}, "td": {"short"}, "th": {"short"}},
    url_schemes={"https", "http", "mailto"},
    link_rel=None,
)
_SPACED_ELLIPSIS = re.compile(r"\.(?: \.){2,3}")  # can't match in an attribute: addresses have no spaces


@lru_cache(maxsize=4096)
def markdown_to_html(markdown: str, direction: str, values: re.Pattern[str] = NO_VALUES, *, marks: bool = False) -> str:
    """Return sanitised HTML for a newsletter whose text runs in ``direction`` (``ltr`` or ``rtl``).

    Matches of ``values`` stand for readers' values, whose direction is unknown: they are isolated and don't influence
    the direction of the text. ``marks`` keep the order of words in mail clients that drop ``<bdi>``.
    """
    tokens = parse_markdown(markdown, values)
    if not runs_one_way(markdown, direction) or any(token.type == "table_open" for token in tokens):
        tokens = _directed(tokens, direction, values, marks=marks)
    html: str = PARSER.renderer.render(tokens, PARSER.options, {})
    clean = with_whole_ellipses(_CLEANER.clean(html).strip())
    mark = mark_around_values(direction) if marks else ""
    return values.sub(rf"{mark}<bdi>\g<0></bdi>{mark}", clean)


def with_whole_ellipses(html: str) -> str:
    """Return HTML whose ellipses with spaces (``. . .``) don't break over two lines."""
    return _SPACED_ELLIPSIS.sub(r'<span style="white-space: nowrap">\g<0></span>', html)


def _directed(tokens: list[Token], direction: str, values: re.Pattern[str], *, marks: bool) -> list[Token]:
    """Return the tokens with a ``dir`` on blocks that run against their surroundings, and with such runs isolated.

    If most of the text runs against the newsletter, each outermost block gets a ``dir``: it may be in a quotation that
    has one.
    """
    directed = tokens.copy()
    every = direction_of_paragraphs(tokens, direction, values) != direction
    for at, own, around, outermost in directions(tokens, direction, values):
        token = tokens[at]
        if token.type == "table_open":
            _lay_out(directed, at, own, direction)
            token = directed[at]
        against = own != around or (every and outermost)
        if token.type != "inline":
            if against:
                directed[at] = token.copy(attrs={**token.attrs, "dir": own})
            continue
        written = token.children or []
        joins = joined_runs(written, own, values)
        children = [
            _isolated(child, own, values, marks=marks, joined=joined)
            for child, joined in zip(written, joins, strict=True)
        ]
        if against and tokens[at - 1].hidden:  # in a list without empty lines there is no <p>
            start, end = set_apart("|", around, marks=marks).split("|")
            children = [_html(start), *children, _html(end)]
        elif against:
            directed[at - 1] = tokens[at - 1].copy(attrs={"dir": own})
        directed[at] = token.copy(children=children)
    return directed


def _lay_out(tokens: list[Token], start: int, own: str, direction: str) -> None:
    """Change the tokens of a table so that its cells are aligned, also where a mail client drops CSS.

    Cells inherit their alignment from the text around the table, which may run in the other ``direction``; heads are
    centred unless they say otherwise.
    """
    tokens[start] = tokens[start].copy(attrs={"class": "grid", "cellpadding": "4", "cellspacing": "0"})
    usual = {"align": "right" if own == "rtl" else "left"}
    for at in range(start + 1, len(tokens)):
        token = tokens[at]
        if token.type == "table_close":
            return
        if token.type not in ("td_open", "th_open"):
            continue
        attributes = {"scope": "col"} | usual if token.type == "th_open" else usual if own != direction else {}
        if _SHORT.fullmatch(words_of(tokens[at + 2])):
            attributes = attributes | {"class": "short"}
        tokens[at] = token.copy(attrs=attributes | token.attrs)


_SHORT = re.compile(r"\S{1,8}")  # four of them fit beside each other on a phone, so they needn't be broken


def _isolated(token: Token, direction: str, values: re.Pattern[str], *, marks: bool, joined: Joined) -> Token:
    if token.type != "text":
        return token
    markup = change_between_values(
        values, token.content, partial(runs_isolated, direction=direction, marks=marks, joined=joined)
    )
    return _html(markup) if markup != token.content else token


def _html(content: str) -> Token:
    return Token(type="html_inline", tag="", nesting=0, content=content)
