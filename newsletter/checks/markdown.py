"""Checks of authors' Markdown: misleading links, and syntax that would be printed as typed.

It is parsed as for rendering: CommonMark without HTML, headings, images or indented code, and links to absolute
addresses only. Anything else that looks like Markdown is printed as typed.
"""

import re
from collections.abc import Iterator
from itertools import pairwise, takewhile

from markdown_it.token import Token

from newsletter.checks.links import address_findings, detour_reason, disguise
from newsletter.checks.places import below
from newsletter.checks.rules import make_finding
from newsletter.domain.markdown_parser import authors_markdown
from newsletter.domain.web_addresses import split_address
from newsletter.errors import Finding, Place
from newsletter.message.merge_fields import MergeField, without_merge_fields

MOST_COLUMNS = 4

# Parsing takes 0.1 ms. Most text has no syntax that is checked here, or only plain links, and isn't parsed.
_WORTH_PARSING = ("](", "][", "]:", "<", "**", "__", "#", "==", "~~", "[^", "[[", "|", "://", "www.")
_PLAIN_LINK = re.compile(
    r"(?<!!)\[[^\[\]().`*_<>!/]+\]\((?P<url>https://[a-zA-Z0-9](?:[a-zA-Z0-9-]|\.(?!\.))*(?:/[\w./~%?=&;,+-]*)?)\)"
)
_UNFINISHED = re.compile(
    r"\]\((?P<target>[^\s()]*[/.:#][^\s()]*)|\]\[\w|\*\*|(?<!\w)__(?=\w)|(?<=\w)__(?!\w)|</?[a-zA-Z][^<>]*>|<!--|^#{1,6}(?=\s)|^==+$"
    r"|~~(?=\w)|(?<=\w)~~|\[\^[\w-]+\]|\[\[[^\[\]]+\]\]"  # struck out, footnote, a wiki's link
    r"|(?<![\w@./-])(?P<bare>www\.(?:[\w-]+\.)+[^\W\d_]{2,24}(?![\w-])(?:/[^\s<>\"“”]*)?)"
    r"|(?<!\w)(?P<local>https?://(?:localhost|\d{1,3}(?:\.\d{1,3}){3})(?![\w.-])(?:[:/][^\s<>\"“”]*)?)"
)
_BELOW_HEAD = re.compile(r"(?=[^|]*\|)(?=[^-]*-)\|?(?:\s*:?-+:?\s*\|)*\s*(?::?-+:?)?")
_IN_TARGET = re.compile(r"\]\([^)\s]*\Z")
_PARSER = authors_markdown().disable("text_join")  # keeps escaped characters in tokens of their own


def markdown_findings(markdown: str, place: Place, *, quotation: bool = False) -> Iterator[Finding]:
    """Yield misleading links and unfinished syntax in Markdown that begins at ``place``.

    A bare address in a ``quotation`` is its author's: http:// and detours aren't reported there.
    """
    if not any(sign in markdown for sign in _WORTH_PARSING):
        return
    rest = _PLAIN_LINK.sub("", markdown)
    if not any(sign in rest for sign in _WORTH_PARSING) and not any(
        (parts := split_address(link["url"])) and detour_reason(parts) for link in _PLAIN_LINK.finditer(markdown)
    ):
        return
    tokens = _PARSER.parse(_with_targets(markdown))
    for at, token in enumerate(tokens):
        if token.type == "tr_open" and tokens[at - 1].type == "thead_open":
            yield from _wide_table(tokens[at:], below(place, token.map[0] if token.map else 0))
        if token.type == "inline" and token.children:
            line = token.map[0] if token.map else 0
            yield from _table(token.content, below(place, line))
            yield from _inline(token.children, place, line, quotation=quotation)


def _with_targets(markdown: str) -> str:
    """Return Markdown with an address for each merge field that stands for one, so that it is parsed as a link."""

    def replacement(field: MergeField) -> str:
        if field.link:
            return "mailto:link"
        if _IN_TARGET.search(markdown, 0, field.start):  # reported as a merge field in an address
            return "field"
        return markdown[field.start : field.end]

    return without_merge_fields(markdown, replacement)


def _wide_table(tokens: list[Token], place: Place) -> Iterator[Finding]:
    """Yield a finding if a table, whose first row the tokens begin with, has many columns."""
    row = takewhile(lambda token: token.type != "tr_close", tokens)
    columns = sum(token.type == "th_open" for token in row)
    if columns > MOST_COLUMNS:
        yield make_finding("table-wide", place, f"a table has {columns} columns, more than {MOST_COLUMNS}")


def _table(paragraph: str, place: Place) -> Iterator[Finding]:
    """Yield what looks like a table and isn't one: by the line below its head, or by two rows between vertical bars."""
    lines = [line.strip() for line in paragraph.split("\n")] if "|" in paragraph else []
    ruled = [at for at, line in enumerate(lines) if (at or "---" in line) and _BELOW_HEAD.fullmatch(line)]
    rows = [at for at, both in enumerate(pairwise(lines)) if all(map(_is_row, both))]
    for at in (ruled or rows)[:1]:
        what = f'the table at "{lines[at]}" would be printed as it stands'
        hint = "put a line such as |---|---| below the first row, with as many columns as the row has"
        yield make_finding("markdown-left", below(place, at), what, hint)


def _is_row(line: str) -> bool:
    return line.startswith("|") and line.endswith("|") and bool(line.strip("| \t"))


def _inline(tokens: list[Token], place: Place, line: int, *, quotation: bool) -> Iterator[Finding]:
    target: str | None = None
    words: list[str] = []
    before, start = "", place
    for token in tokens:
        here = below(place, line)
        if token.type in ("softbreak", "hardbreak"):
            line += 1
            words.append(" ")
        elif token.type == "link_open":
            target, words, start = str(token.attrGet("href") or ""), [], here
            if before.endswith("!"):
                hint = "use the field `image` of an entry, which has one, or an image block"
                yield make_finding("markdown-left", here, "an image in text becomes a link after a !", hint)
        elif token.type == "link_close" and target is not None:
            quoted = quotation and token.markup == "autolink"
            problems = _link("".join(words), target, start)
            yield from (problem for problem in problems if not (quoted and problem.rule in _MINOR))
            target = None
        elif token.type in ("text", "text_special", "code_inline"):
            words.append(token.content)
            if token.type == "text":
                yield from _unfinished(token.content, here, printed_only=quotation or target is not None)
        before = token.content


_MINOR = ("url-http", "url-detour")  # such a link isn't misleading


def _link(text: str, target: str, place: Place) -> Iterator[Finding]:
    if target.lower().startswith("mailto:"):
        return
    problems = list(address_findings(target, place, "the link"))
    yield from problems
    if any(problem.rule not in _MINOR for problem in problems):
        return
    if not text.strip():
        yield make_finding("markdown-left", place, f'the link to "{target}" has no text', "put words between [ and ]")
    elif (misled := disguise(text, target)) is not None:
        named, goes_to, whole = misled
        what = f'the link\'s text "{text.strip()}" names {named}, but it goes to {goes_to}'
        yield make_finding("link-disguised" if whole else "link-host", place, what)


def _unfinished(text: str, place: Place, *, printed_only: bool) -> Iterator[Finding]:
    """Yield unfinished Markdown. A bracketed insertion before a word in parentheses is not Markdown.

    With ``printed_only``, in a quotation or a link's text, addresses needn't become links.
    """
    signs: set[str] = set()  # each kind is reported once: a tag and its end are a single mistake
    for left in _UNFINISHED.finditer(without_merge_fields(text)):
        if left["bare"] or left["local"]:
            if not printed_only:
                yield from _unlinked(left, place)
            continue
        sign = left[0][: 1 if left[0].startswith("<") else 2]
        if sign in signs:
            continue
        signs.add(sign)
        problems = list(address_findings(left["target"], place, "the link")) if left["target"] else []
        if problems:
            yield from problems
        else:
            hint = next((hint for start, hint in _HINTS.items() if left[0].startswith(start)), "")
            yield make_finding("markdown-left", place, f'"{left[0]}" would be printed as it stands', hint)


def _unlinked(left: re.Match[str], place: Place) -> Iterator[Finding]:
    if left["local"]:
        yield from address_findings(left["local"].rstrip(".,;:!?)"), place, "the address")
        return
    url = left["bare"].rstrip(".,;:!?)")
    yield make_finding("markdown-left", place, f'"{url}" does not become a link', f"write https://{url}, or delete it")


_NO_HEADINGS = "remove it: entries and notes have no headings; an issue can have sections"
_HINTS = {
    "#": _NO_HEADINGS,
    "=": _NO_HEADINGS,
    "~~": "delete the words, or say what was corrected",
    "[^": "put the note into the text",
    "[[": "write it as [words](https://…)",
}
