"""Convert authors' Markdown to plain text."""

import re
from collections.abc import Iterator
from functools import lru_cache, partial

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from newsletter.rendering.bidi import MARKS, runs_marked, starts_against, unmarked
from newsletter.rendering.markdown_direction import (
    NO_VALUES,
    PARSER,
    change_between_values,
    directions,
    joined_runs,
    mark_around_values,
    parse_markdown,
    runs_one_way,
    words_of,
)
from newsletter.rendering.table_text import table_text


def markdown_to_text(markdown: str, direction: str, values: re.Pattern[str] = NO_VALUES) -> str:
    """Return plain text: a line per paragraph, quotations after ``> ``, each link's address on its own line below.

    Marks keep the order of words that run against the text around them.
    """
    text, _ = markdown_to_text_and_addresses(markdown, direction, values, quotation_follows=False)
    return text


@lru_cache(maxsize=4096)
def markdown_to_text_and_addresses(
    markdown: str, direction: str, values: re.Pattern[str] = NO_VALUES, *, quotation_follows: bool
) -> tuple[str, str]:
    """Return plain text, and the addresses to print below the quotation that follows it.

    Those are the addresses of a last paragraph that ends with a colon: they would separate it from the quotation.
    """
    tokens = parse_markdown(markdown, values)
    if not runs_one_way(markdown, direction):
        tokens = _marked(tokens, direction, values)
    nodes = SyntaxTreeNode(tokens).children
    text, addresses = _sequence(nodes, announcing=quotation_follows)
    mark = mark_around_values(direction)
    return values.sub(rf"{mark}\g<0>{mark}", text) if mark else text, addresses


def _marked(tokens: list[Token], direction: str, values: re.Pattern[str]) -> list[Token]:
    """Return the tokens with marks around the runs that run against their paragraph."""
    directed = tokens.copy()
    for at, own, _, _ in directions(tokens, direction, values):
        inline = tokens[at]
        if inline.type != "inline":
            continue
        written = inline.children or []
        joins = joined_runs(written, own, values)
        children = [
            # Not around a bare address: a mail client that links addresses might take the mark as part of it.
            token.copy(
                content=change_between_values(values, token.content, partial(runs_marked, direction=own, joined=joined))
            )
            if token.type == "text" and before.markup != "autolink"
            else token
            for before, token, joined in zip([inline, *written], written, joins, strict=False)
        ]
        first = next((token.content for token in children if token.content), "")
        if starts_against(words_of(inline), own) and not first.startswith(MARKS[own]):
            children.insert(0, Token(type="text", tag="", nesting=0, content=MARKS[own]))
        directed[at] = inline.copy(children=children)
    return directed


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


_ANNOUNCED = ("blockquote", "bullet_list", "fence", "ordered_list", "table")
_COLON = re.compile(r"[:\uff1a][\s*”’»\u200e\u200f]*$")


def _block(node: SyntaxTreeNode) -> str:
    if node.type == "blockquote":
        inner, _ = _sequence(node.children)
        return "\n".join(f"> {line}" if line else ">" for line in inner.split("\n"))
    if node.type in ("bullet_list", "ordered_list"):
        return "\n".join(_items(node))
    if node.type == "hr":
        return "* * *"
    if node.type == "table":
        return _table(node)
    return "\n".join(f"    {line}" for line in node.content.rstrip("\n").split("\n"))  # code


def _table(node: SyntaxTreeNode) -> str:
    """Return a table as text, with its links' addresses below it."""
    links = [link for link in node.walk() if link.type == "link" and not _is_written_out(link)]
    marks = {id(link): f" [{n}]" for n, link in enumerate(links, 1)}
    written = [row for part in node.children for row in part.children]
    rows = [[_inline(cell.children[0].children[0], marks) for cell in row.children] for row in written]
    head = rows.pop(0) if node.children[0].type == "thead" else []
    alignments = [str(cell.attrs.get("align", "")) for cell in written[0].children]
    addresses = "\n".join(f"[{n}]\n<{link.attrs['href']}>" for n, link in enumerate(links, 1))
    table = table_text(head, rows, alignments)
    return f"{table}\n\n{addresses}" if addresses else table


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
    return link.attrs["href"] in (text, PARSER.normalizeLink(text))


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
