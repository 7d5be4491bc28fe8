"""Turn bare web addresses in Markdown into links, as on GitHub. Rendering and checks share this rule.

An address begins with https:// or http:// and ends before a space, a quotation mark, a dash or an angle bracket;
punctuation and closing brackets that belong to the sentence stay outside. No I/O.
"""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.rules_inline import StateInline

VALUES = "values"  # key in the parser's environment: a pattern that matches placeholders for readers' values
_SCHEME = re.compile(r"(?<![^\W_])https?$", re.IGNORECASE)
_NEVER = (
    r"\s\x00-\x1f\x7f-\x9f<>\"`{}|^«»‹›„‚…\u00ad\u200b-\u200f\u2010-\u2015\u2018-\u201f\u2028-\u202e"
    r"\u2060-\u2069\u3000-\u303f\ufeff\uff00-\uff0f\ufffc-\uffff"
)
_REST = re.compile(
    r"://(?![^\s/?#]*@)"  # no user name: https://example.org@example.net goes to the second host
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_](?:[\w-]{0,61}[^\W_])(?::\d{1,5})?(?![\w@-])"
    rf"(?:[/?#][^{_NEVER}]*)?"
)
_ENDING = "?!.,:;*_~'\\"
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,6});")
_CLOSED_BY = {"(": ")", "[": "]"}
_ABSOLUTE = re.compile(r"(?:https?://|mailto:)[^\s/]", re.IGNORECASE)
_ANYWHERE = re.compile(r"(?<![^\W_])https?(?=://)", re.IGNORECASE)


def may_be_link(url: str) -> bool:
    """Return whether a link's target works in an email: an absolute https, http or mailto URL."""
    return bool(_ABSOLUTE.match(url))


def with_autolinks(parser: MarkdownIt) -> MarkdownIt:
    """Add a rule to the parser that links bare addresses outside code and links, and return the parser."""
    parser.inline.ruler.before("newline", "autolinks", _autolink)
    return parser


def bare_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each bare address in a text that contains no code or links."""
    for scheme in _ANYWHERE.finditer(text):
        if rest := _address(text, scheme.end(), len(text)):
            yield scheme.start(), scheme.end() + len(rest)


def _address(text: str, colon: int, end: int) -> str:
    """Return the rest of a bare address from its colon on; empty if no address begins there."""
    match = _REST.match(text, colon, end)
    address = match[0] if match else ""
    if (target := address.find("](")) >= 0:  # a link in Markdown follows without a space
        address = address[: max(0, address.rfind("[", 0, target))]
    unopened = {close: address.count(close) - address.count(opened) for opened, close in _CLOSED_BY.items()}
    length = len(address)
    while length:
        last = address[length - 1]
        entity = address.rfind("&", max(0, length - 10), length) if last == ";" else -1
        if entity >= 0 and _ENTITY.fullmatch(address, entity, length):
            length = entity
        elif last in _ENDING:
            length -= 1
        elif unopened.get(last, 0) > 0:
            unopened[last] -= 1
            length -= 1
        else:
            break
    return address[:length]


def _autolink(state: StateInline, silent: bool) -> bool:
    # Like markdown-it's own rule `linkify`: the scheme has already been read as text when the parser meets its colon.
    if silent or state.linkLevel > 0 or not state.src.startswith("://", state.pos):
        return False
    before = state.pending[-8:]
    scheme = _SCHEME.search(before)
    if scheme is None or before[: scheme.start()].endswith("]("):  # an unfinished link
        return False
    rest = _address(state.src, state.pos, state.posMax)
    written = unescapeAll(scheme[0] + rest)
    values = state.env.get(VALUES)
    if not rest or (values is not None and values.search(written)):
        return False
    href = state.md.normalizeLink(written)
    if not state.md.validateLink(href):
        return False
    state.pending = state.pending[: -len(scheme[0])]
    opened = state.push("link_open", "a", 1)
    opened.attrs = {"href": href}
    state.push("text", "", 0).content = written
    closed = state.push("link_close", "a", -1)
    opened.markup = closed.markup = "autolink"
    opened.info = closed.info = "auto"
    state.pos += len(rest)
    return True
