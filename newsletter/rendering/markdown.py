"""Convert authors' Markdown to safe HTML and to plain text.

Markdown is parsed as CommonMark without raw HTML, and its HTML is filtered by an allow-list. Quotations stay as their
author wrote them: there is no typographer, and a bracketed insertion never becomes a link, because only absolute https,
http and mailto addresses do. A bare web address becomes a link even in quotations: most mail clients would link it
anyway, and no word changes.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache, partial

import nh3
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from newsletter.domain.autolinks import VALUES
from newsletter.domain.markdown_parser import authors_markdown
from newsletter.rendering.bidi import (
    APART,
    LINE,
    MARKS,
    PARAGRAPH,
    Joined,
    edges,
    opposite,
    runs_isolated,
    runs_marked,
    set_apart,
    starts_against,
    unmarked,
)

_TAGS = {"a", "bdi", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "strong", "ul"}
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes={
        "a": {"href"},
        "bdi": {"dir"},
        "blockquote": {"dir"},
        "ol": {"dir", "start"},
        "p": {"dir"},
        "ul": {"dir"},
    },
    url_schemes={"https", "http", "mailto"},
    link_rel=None,
)
_SPACED_ELLIPSIS = re.compile(r"\.(?: \.){2,3}")  # can't match in an attribute: addresses have no spaces
_NONE = re.compile(r"(?!)")


@lru_cache(maxsize=4096)
def html_of(markdown: str, direction: str, values: re.Pattern[str] = _NONE, *, marks: bool = False) -> str:
    """Return sanitised HTML for a newsletter whose text runs in ``direction`` (``ltr`` or ``rtl``).

    Matches of ``values`` stand for readers' values, whose direction is unknown: they are isolated and don't influence
    the direction of the text. ``marks`` keep the order of words in mail clients that drop ``<bdi>``.
    """
    tokens = _directed(_parsed(markdown, values), direction, values, marks=marks)
    html: str = _PARSER.renderer.render(tokens, _PARSER.options, {})
    clean = _SPACED_ELLIPSIS.sub(r'<span style="white-space: nowrap">\g<0></span>', _CLEANER.clean(html).strip())
    mark = _around_values(direction) if marks else ""
    return values.sub(rf"{mark}<bdi>\g<0></bdi>{mark}", clean)


def text_of(markdown: str, direction: str, values: re.Pattern[str] = _NONE) -> str:
    """Return plain text: a line per paragraph, quotations after ``> ``, each link's address on its own line below.

    Marks keep the order of words that run against the text around them.
    """
    text, _ = text_and_addresses(markdown, direction, values, quotation_follows=False)
    return text


@lru_cache(maxsize=4096)
def text_and_addresses(
    markdown: str, direction: str, values: re.Pattern[str] = _NONE, *, quotation_follows: bool
) -> tuple[str, str]:
    """Return plain text, and the addresses to print below the quotation that follows it.

    Those are the addresses of a last paragraph that ends with a colon: they would separate it from the quotation.
    """
    nodes = SyntaxTreeNode(_marked(_parsed(markdown, values), direction, values)).children
    text, addresses = _sequence(nodes, announcing=quotation_follows)
    mark = _around_values(direction)
    return values.sub(rf"{mark}\g<0>{mark}", text) if mark else text, addresses


def _around_values(direction: str) -> str:
    """Return a mark to put around a reader's value in right-to-left text, because most names are Latin, else ""."""
    return MARKS["rtl"] if direction == "rtl" else ""


@lru_cache(maxsize=64)  # parsing is the slowest part of a compile; HTML and text need the same result in turn
def _parsed(markdown: str, values: re.Pattern[str]) -> list[Token]:
    return _PARSER.parse(markdown, {VALUES: values})


def direction_of_block(markdown: str, direction: str) -> str:
    """Return the direction of most words in a piece of Markdown: ``direction``, the newsletter's, or the opposite."""
    return _direction_of(_parsed(markdown, _NONE), direction, _NONE)


def _directed(tokens: list[Token], direction: str, values: re.Pattern[str], *, marks: bool) -> list[Token]:
    """Return the tokens with a ``dir`` on blocks that run against their surroundings, and with such runs isolated.

    If most of the text runs against the newsletter, each outermost block gets a ``dir``: it may be in a quotation that
    has one.
    """
    directed = tokens.copy()
    every = _direction_of(tokens, direction, values) != direction
    for at, own, around, outermost in _directions(tokens, direction, values):
        token = tokens[at]
        against = own != around or (every and outermost)
        if token.type != "inline":
            if against:
                directed[at] = token.copy(attrs={**token.attrs, "dir": own})
            continue
        written = token.children or []
        joins = _joins(written, own, values)
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


def _marked(tokens: list[Token], direction: str, values: re.Pattern[str]) -> list[Token]:
    """Return the tokens with marks around the runs that run against their paragraph."""
    directed = tokens.copy()
    for at, own, _, _ in _directions(tokens, direction, values):
        inline = tokens[at]
        if inline.type != "inline":
            continue
        written = inline.children or []
        joins = _joins(written, own, values)
        children = [
            # Not around a bare address: a mail client that links addresses might take the mark as part of it.
            token.copy(content=_between(values, token.content, partial(runs_marked, direction=own, joined=joined)))
            if token.type == "text" and before.markup != "autolink"
            else token
            for before, token, joined in zip([inline, *written], written, joins, strict=False)
        ]
        first = next((token.content for token in children if token.content), "")
        if starts_against(_words(inline), own) and not first.startswith(MARKS[own]):
            children.insert(0, Token(type="text", tag="", nesting=0, content=MARKS[own]))
        directed[at] = inline.copy(children=children)
    return directed


_CONTAINERS = ("blockquote", "bullet_list", "ordered_list")


def _directions(tokens: list[Token], direction: str, values: re.Pattern[str]) -> Iterator[tuple[int, str, str, bool]]:
    """Yield each block's index, its direction, the direction around it, and whether it is outermost."""
    around = [direction]
    for at, token in enumerate(tokens):
        kind = token.type.removesuffix("_open").removesuffix("_close")
        if token.type == "inline":
            yield at, _direction_of([token], around[-1], values), around[-1], len(around) == 1
        elif kind in _CONTAINERS and token.nesting < 0:
            around.pop()
        elif kind in _CONTAINERS:
            end = next(end for end in range(at + 1, len(tokens)) if tokens[end].level == token.level)
            own = _direction_of(tokens[at:end], around[-1], values)
            yield at, own, around[-1], len(around) == 1
            around.append(own)


def _direction_of(tokens: list[Token], direction: str, values: re.Pattern[str]) -> str:
    """Return the direction of one or more paragraphs. Several need a larger share to run against ``direction``."""
    texts = [_ADDRESS.sub("", values.sub("", _words(token))) for token in tokens if token.type == "inline"]
    return opposite(" ".join(texts), direction, PARAGRAPH if len(texts) == 1 else LINE) or direction


_ADDRESS = re.compile(r"(?:https?://|mailto:)\S+", re.IGNORECASE)


def _words(inline: Token) -> str:
    """Return the visible text of a paragraph, without its links' addresses."""
    return "".join(token.content or " " for token in inline.children or [] if token.type != "html_inline")


def _joins(tokens: list[Token], direction: str, values: re.Pattern[str]) -> list[Joined]:
    """Return for each token whether a run against the direction continues from the text before it and into the next.

    A run continues across the start and end of links and emphasis, and across a line break in the file.
    """
    joins = [APART] * len(tokens)
    earlier: tuple[int, Joined] | None = None
    for at, token in enumerate(tokens):
        if token.nesting or token.type == "softbreak" or (token.type == "text" and not token.content):
            continue
        bare = tokens[at - 1].markup == "autolink" if at else False
        if token.type != "text" or bare or values.search(token.content):
            earlier = None
            continue
        ends = edges(token.content, direction)
        if earlier and earlier[1][1] and ends[0]:
            joins[earlier[0]] = (joins[earlier[0]][0], True)
            joins[at] = (True, False)
        if token.content.strip():
            earlier = at, ends
    return joins


def _isolated(token: Token, direction: str, values: re.Pattern[str], *, marks: bool, joined: Joined) -> Token:
    if token.type != "text":
        return token
    markup = _between(values, token.content, partial(runs_isolated, direction=direction, marks=marks, joined=joined))
    return _html(markup) if markup != token.content else token


def _between(values: re.Pattern[str], text: str, change: Callable[[str], str]) -> str:
    """Return a text with ``change`` applied to the pieces between readers' values."""
    done = 0
    pieces: list[str] = []
    for match in values.finditer(text):
        pieces += change(text[done : match.start()]), match[0]
        done = match.end()
    return "".join((*pieces, change(text[done:])))


def _html(content: str) -> Token:
    return Token(type="html_inline", tag="", nesting=0, content=content)


_PARSER = authors_markdown()


# Plain text ----------------------------------------------------------------------------------------------------------


def _sequence(nodes: list[SyntaxTreeNode], gap: str = "\n\n", *, announcing: bool = False) -> tuple[str, str]:
    """Return blocks as text, and the addresses of the last paragraph if it announces a quotation that follows."""
    pieces: list[str] = []
    waiting = ""
    for at, node in enumerate(nodes):
        announced = nodes[at + 1].type in _ANNOUNCED if at + 1 < len(nodes) else announcing
        if node.type == "paragraph":
            text, addresses = _paragraph(node, announced=announced)
        else:
            text, addresses = _block(node), ""
        pieces += [text, waiting] if waiting else [text]
        waiting = addresses
    return gap.join(pieces), waiting


_ANNOUNCED = ("blockquote", "bullet_list", "fence", "ordered_list")
_COLON = re.compile(r"[:\uff1a][\s*”’»\u200e\u200f]*$")


def _block(node: SyntaxTreeNode) -> str:
    if node.type == "blockquote":
        inner, _ = _sequence(node.children)
        return "\n".join(f"> {line}" if line else ">" for line in inner.split("\n"))
    if node.type in ("bullet_list", "ordered_list"):
        return "\n".join(_items(node))
    if node.type == "hr":
        return "* * *"
    return "\n".join(f"    {line}" for line in node.content.rstrip("\n").split("\n"))  # code


def _items(node: SyntaxTreeNode) -> Iterator[str]:
    number = int(node.attrs.get("start", 1))
    for item in node.children:
        mark = f"{number}. " if node.type == "ordered_list" else "* "
        tight = all(child.hidden for child in item.children if child.type == "paragraph")
        text, _ = _sequence(item.children, "\n" if tight else "\n\n")
        first, *rest = text.split("\n")
        yield "\n".join((f"{mark}{first}", *(_indented(line, len(mark)) for line in rest)))
        number += 1


def _indented(line: str, width: int) -> str:
    """Return a later line of a list item, indented with no-break spaces: lines after a plain space aren't wrapped."""
    return line and (" " if line.startswith(" ") else "\u00a0") * width + line


def _paragraph(node: SyntaxTreeNode, *, announced: bool) -> tuple[str, str]:
    """Return a paragraph with its addresses below it, or separately if it ends with a colon before a quotation."""
    inline = node.children[0]
    links = [link for link in inline.walk() if link.type == "link" and not _is_written_out(link)]
    apart = announced and links and _COLON.search(_inline(inline, {}))
    marks = {id(link): f" [{n}]" for n, link in enumerate(links, 1)} if len(links) > 1 or apart else {}
    addresses = "\n".join(
        f"[{n}]\n<{link.attrs['href']}>" if marks else f"<{link.attrs['href']}>" for n, link in enumerate(links, 1)
    )
    text = _inline(inline, marks)
    return (text, addresses) if apart else ("\n".join((text, addresses)) if addresses else text, "")


def _is_written_out(link: SyntaxTreeNode) -> bool:
    """Return whether a link's text is its address, with non-ASCII letters encoded or not."""
    text = unmarked("".join(child.content for child in link.walk() if child.type == "text"))
    return link.attrs["href"] in (text, _PARSER.normalizeLink(text))


def _inline(node: SyntaxTreeNode, marks: dict[int, str]) -> str:
    if node.type in ("text", "code_inline"):
        return node.content
    if node.type == "softbreak":
        return " "
    if node.type == "hardbreak":
        return "\n"
    inner = "".join(_inline(child, marks) for child in node.children)
    if node.type in ("em", "strong"):
        return f"*{inner}*"
    return inner + marks.get(id(node), "")
