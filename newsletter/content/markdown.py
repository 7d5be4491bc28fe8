"""Split an entry's Markdown into framing and quotation, join it again, and escape plain text. No I/O.

The Markdown is CommonMark without HTML, as in the rendering.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from newsletter.domain.issue import Passage, PassageKind
from newsletter.domain.markdown_parser import commonmark

_COMMONMARK = commonmark().disable("inline")
_QUOTE_MARK = re.compile(r" {0,3}> ?")
_INDENTING_TAB = re.compile(r"(?:[ \t>*+-]|[0-9]{1,9}[.)])*\t")
_UNDERLINE = re.compile(r" {0,3}=+[ \t]*")


def split_passages(body: str, *, line: int = 1) -> tuple[Passage, ...]:
    """Return a body's passages; the body begins at ``line``. Every block quote at the outermost level is a quotation.

    Link reference definitions (CommonMark §4.7) apply to every block, wherever they are.
    """
    environment: dict[str, Any] = {}
    lines = body.split("\n")
    passages = []
    for kind, start, end in _runs(body, environment):
        markdown = passage_text(kind, lines[start:end])
        if markdown.strip():
            passages.append(Passage(kind=kind, markdown=with_definitions(markdown, environment), line=line + start))
    return tuple(passages)


def passage_lines(body: str) -> tuple[tuple[PassageKind, int, int], ...]:
    """Return the kind of each run of blocks in a body, with its first line, from 0, and the line after its last.

    Block quotes without text are runs too, and link reference definitions belong to none.
    """
    return tuple(_runs(body, {}))


def passage_text(kind: PassageKind, lines: Iterable[str]) -> str:
    """Return the Markdown of a run of blocks: of quotations without their ``>``."""
    return "\n".join(unquoted(lines) if kind is PassageKind.QUOTATION else lines).rstrip()


def _runs(body: str, environment: dict[str, Any]) -> Iterator[tuple[PassageKind, int, int]]:
    pieces = [
        (PassageKind.QUOTATION if token.type == "blockquote_open" else PassageKind.FRAMING, token.map)
        for token in _COMMONMARK.parse(body, environment)
        if token.level == 0 and token.map is not None
    ]
    for kind, run in groupby(pieces, key=lambda piece: piece[0]):
        spans = [span for _, span in run]
        yield kind, spans[0][0], spans[-1][1]


def with_definitions(markdown: str, environment: Mapping[str, Any]) -> str:
    """Return a part of a body with the link reference definitions of the whole body, which a parser left behind."""
    definitions = [
        f'[{label}]: <{reference["href"]}> "{_in_quotes(reference["title"])}"'
        for label, reference in environment.get("references", {}).items()
    ]
    return "\n".join([markdown, "", *definitions]) if definitions else markdown


def join_passages(passages: Iterable[Passage]) -> str:
    """Return the body with these passages; the reverse of ``split``."""
    return "\n\n".join(
        quoted(passage.markdown) if passage.kind is PassageKind.QUOTATION else passage.markdown for passage in passages
    )


def escape_markdown(paragraph: str) -> str:
    """Return Markdown that shows one line of plain text letter for letter.

    Brackets that can't begin a link are not escaped, so that ``[the king]`` and ``. . .`` stay readable.
    """
    text = re.sub(r"([\\`*_<])", r"\\\1", paragraph.strip())
    text = re.sub(r"&(?=#?\w+;)", r"\&", text)
    if re.search(r"\][(\[:]", text):
        text = text.replace("[", r"\[")
    text = re.sub(r"^(>|#{1,6}(?=[ \t]|$)|[-+](?=[ \t-]|$)|~~~|=)", r"\\\1", text)
    return re.sub(r"^([0-9]{1,9})(?=[.)](?:[ \t]|$))", r"\1" + "\\\\", text)


def quoted(markdown: str) -> str:
    """Return Markdown as a block quote."""
    return "\n".join(f"> {line}".rstrip() if not line.strip() else f"> {line}" for line in markdown.split("\n"))


def unquoted(lines: Iterable[str]) -> list[str]:
    """Return the lines of block quotes without their ``>``."""
    bare = []
    for line in lines:
        mark = _QUOTE_MARK.match(line)
        if mark is None:
            # In a lazy continuation line (CommonMark §5.1) "===" is text, but alone it would underline a heading.
            bare.append(re.sub("=", r"\\=", line, count=1) if _UNDERLINE.fullmatch(line) else line)
        elif _INDENTING_TAB.match(line):
            # CommonMark §2.2: a tab reaches to the next tab stop, and the stops move when the mark is removed.
            bare.append(_QUOTE_MARK.sub("", line.expandtabs(4), count=1))
        else:
            bare.append(line[mark.end() :])
    return bare


def _in_quotes(title: str) -> str:
    return title.replace("\\", "\\\\").replace('"', '\\"')
