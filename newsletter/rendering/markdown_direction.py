"""Parse authors' Markdown and find the direction of its blocks and of the runs in them. HTML and text share this."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from markdown_it.token import Token

from newsletter.domain.autolinks import VALUES
from newsletter.domain.markdown_parser import authors_markdown
from newsletter.rendering.bidi import APART, LINE, MARKS, PARAGRAPH, Joined, edges, has_letters_against, opposite

PARSER = authors_markdown()
NO_VALUES = re.compile(r"(?!)")


@lru_cache(maxsize=256)  # parsing is the slowest part of a compile; HTML and text need the same result in turn
def parse_markdown(markdown: str, values: re.Pattern[str]) -> list[Token]:
    """Return the tokens of authors' Markdown; an address that contains a match of ``values`` doesn't become a link.

    The text of each cell of a table is a paragraph, as in a list: themes style paragraphs, also in dark mode.
    """
    tokens = PARSER.parse(markdown, {VALUES: values})
    return list(_with_cells(tokens)) if any(token.type == "table_open" for token in tokens) else tokens


def _with_cells(tokens: list[Token]) -> Iterator[Token]:
    """Yield the tokens with a paragraph in each cell, and without heads of tables that are empty."""
    emptied = False
    for at, token in enumerate(tokens):
        if token.type == "thead_open":
            end = next(end for end in range(at, len(tokens)) if tokens[end].type == "thead_close")
            emptied = not any(inner.content for inner in tokens[at:end] if inner.type == "inline")
        if emptied:
            emptied = token.type != "thead_close"
            continue
        if token.type in ("th_close", "td_close"):
            yield Token(type="paragraph_close", tag="p", nesting=-1, level=token.level + 1, block=True)
        if token.type in ("th_open", "td_open"):
            written = str(token.attrs.pop("style", ""))
            if alignment := written.removeprefix("text-align:"):
                token.attrs["align"] = alignment  # mail clients know it, and authors' HTML has no styles
        yield token
        if token.type in ("th_open", "td_open"):
            yield Token(type="paragraph_open", tag="p", nesting=1, level=token.level + 1, block=True)


def runs_one_way(markdown: str, direction: str) -> bool:
    """Return whether nothing in a piece of Markdown can run against ``direction``, as in most issues."""
    return "&" not in markdown and not has_letters_against(markdown, direction)  # "&#1488;" is a letter too


def direction_of_block(markdown: str, direction: str) -> str:
    """Return the direction of most words in a piece of Markdown: ``direction``, the newsletter's, or the opposite."""
    if runs_one_way(markdown, direction):
        return direction
    return direction_of_paragraphs(parse_markdown(markdown, NO_VALUES), direction, NO_VALUES)


_CONTAINERS = ("blockquote", "bullet_list", "ordered_list", "table")


def directions(tokens: list[Token], direction: str, values: re.Pattern[str]) -> Iterator[tuple[int, str, str, bool]]:
    """Yield each block's index, its direction, the direction around it, and whether it is outermost."""
    around = [direction]
    for at, token in enumerate(tokens):
        kind = token.type.removesuffix("_open").removesuffix("_close")
        if token.type == "inline":
            yield at, direction_of_paragraphs([token], around[-1], values), around[-1], len(around) == 1
        elif kind in _CONTAINERS and token.nesting < 0:
            around.pop()
        elif kind in _CONTAINERS:
            end = next(end for end in range(at + 1, len(tokens)) if tokens[end].level == token.level)
            own = direction_of_paragraphs(tokens[at:end], around[-1], values)
            yield at, own, around[-1], len(around) == 1
            around.append(own)


def direction_of_paragraphs(tokens: list[Token], direction: str, values: re.Pattern[str]) -> str:
    """Return the direction of one or more paragraphs. Several need a larger share to run against ``direction``."""
    words = [words_of(token) for token in tokens if token.type == "inline"]
    if not any(has_letters_against(text, direction) for text in words):  # as in most issues: nothing to weigh
        return direction
    texts = [_ADDRESS.sub("", values.sub("", text)) for text in words]
    return opposite(" ".join(texts), direction, PARAGRAPH if len(texts) == 1 else LINE) or direction


_ADDRESS = re.compile(r"(?:https?://|mailto:)\S+", re.IGNORECASE)


def words_of(inline: Token) -> str:
    """Return the visible text of a paragraph, without its links' addresses."""
    return "".join(token.content or " " for token in inline.children or [] if token.type != "html_inline")


def joined_runs(tokens: list[Token], direction: str, values: re.Pattern[str]) -> list[Joined]:
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


def mark_around_values(direction: str) -> str:
    """Return a mark to put around a reader's value in right-to-left text, because most names are Latin, else ""."""
    return MARKS["rtl"] if direction == "rtl" else ""


def change_between_values(values: re.Pattern[str], text: str, change: Callable[[str], str]) -> str:
    """Return a text with ``change`` applied to the pieces between readers' values."""
    done = 0
    pieces: list[str] = []
    for match in values.finditer(text):
        pieces += change(text[done : match.start()]), match[0]
        done = match.end()
    return "".join((*pieces, change(text[done:])))
