"""Authors' Markdown as safe HTML and as plain text.

CommonMark without raw HTML, then an allow-list. A quotation stays as the author of the piece wrote it: no typographer,
and a bracketed insertion never becomes a link, for only an absolute https, http or mailto address does.
"""

import re
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from newsletter.rendering.bidi import isolated, opposite

_TAGS = {"a", "bdi", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "strong", "ul"}
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes={"a": {"href"}, "ol": {"start"}, "p": {"dir"}},
    url_schemes={"https", "http", "mailto"},
    link_rel=None,
)
_ABSOLUTE = re.compile(r"(?:https?://|mailto:)[^\s/]", re.IGNORECASE)
_SPACED_ELLIPSIS = re.compile(r"\.(?: \.){2,3}")  # no address has a space, so none is in an attribute
_NONE = re.compile(r"(?!)")


@lru_cache(maxsize=4096)
def html_of(markdown: str, direction: str, values: re.Pattern[str] = _NONE) -> str:
    """Sanitised HTML for a newsletter whose text runs in ``direction`` (``ltr`` or ``rtl``).

    What matches ``values`` stands for a reader's value of unknown direction: it is set apart, and decides nothing.
    """
    html: str = _PARSER.renderer.render(_directed(_parsed(markdown), direction, values), _PARSER.options, {})
    clean = _SPACED_ELLIPSIS.sub(r'<span style="white-space: nowrap">\g<0></span>', _CLEANER.clean(html).strip())
    return values.sub(r"<bdi>\g<0></bdi>", clean)


@lru_cache(maxsize=4096)
def text_of(markdown: str) -> str:
    """Plain text: a paragraph a line, quotations behind ``> ``, each link's address alone on a line below."""
    return "\n\n".join(_block(node) for node in SyntaxTreeNode(_parsed(markdown)).children)


@lru_cache(maxsize=64)  # parsing is the dearest part of a compile, and both media follow each other closely
def _parsed(markdown: str) -> list[Token]:
    return _PARSER.parse(markdown)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False})
    # No headings (they would break the email's outline), no images (their size is unknown), no code by indentation.
    parser.disable(["heading", "lheading", "image", "code"])
    parser.validateLink = lambda url: bool(_ABSOLUTE.match(url))  # type: ignore[method-assign] # the documented hook
    return parser


def _directed(tokens: list[Token], direction: str, values: re.Pattern[str]) -> list[Token]:
    """The tokens with paragraphs marked that run against ``direction``, and such runs within the others isolated."""
    directed = tokens.copy()
    for at, inline in enumerate(tokens):
        if inline.type != "inline":
            continue
        against = opposite(values.sub("", inline.content), direction)
        if against and tokens[at - 1].type == "paragraph_open":
            directed[at - 1] = tokens[at - 1].copy(attrs={"dir": against})
        elif not against:
            directed[at] = inline.copy(children=[_isolated(token, direction) for token in inline.children or []])
    return directed


def _isolated(token: Token, direction: str) -> Token:
    if token.type == "text" and (markup := isolated(token.content, direction)) != token.content:
        return Token(type="html_inline", tag="", nesting=0, content=markup)
    return token


_PARSER = _parser()


# Plain text ----------------------------------------------------------------------------------------------------------


def _block(node: SyntaxTreeNode) -> str:
    if node.type == "paragraph":
        return _paragraph(node)
    if node.type == "blockquote":
        inner = "\n\n".join(_block(child) for child in node.children)
        return "\n".join(f"> {line}" if line else ">" for line in inner.split("\n"))
    if node.type in ("bullet_list", "ordered_list"):
        return "\n".join(_items(node))
    if node.type == "hr":
        return "* * *"
    return "\n".join(f"    {line}" for line in node.content.rstrip("\n").split("\n"))  # code


def _items(node: SyntaxTreeNode) -> list[str]:
    first = int(node.attrs.get("start", 1))
    marks = (f"{first + n}." if node.type == "ordered_list" else "*" for n in range(len(node.children)))
    return [
        f"{mark} " + "\n".join(_block(child) for child in item.children)
        for mark, item in zip(marks, node.children, strict=True)
    ]


def _paragraph(node: SyntaxTreeNode) -> str:
    inline = node.children[0]
    links = [link for link in inline.walk() if link.type == "link" and link.attrs["href"] != _written(link)]
    marks = {id(link): f" [{n}]" for n, link in enumerate(links, 1)} if len(links) > 1 else {}
    addresses = [
        f"[{n}]\n<{link.attrs['href']}>" if marks else f"<{link.attrs['href']}>" for n, link in enumerate(links, 1)
    ]
    return "\n".join((_inline(inline, marks), *addresses))


def _written(node: SyntaxTreeNode) -> str:
    return "".join(child.content for child in node.walk() if child.type == "text")


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
