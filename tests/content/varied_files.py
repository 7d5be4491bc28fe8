"""Strategies for the many ways in which an editor may have written a file, in parts whose bytes a test can compare."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from newsletter.content.fields import one_line

AWKWARD = (
    "2026",
    "true",
    "null",
    "~",
    "no",
    "1e3",
    "0x1F",
    ".5",
    "2026-11-23",
    "a: b",
    "a #b",
    "#a",
    "- a",
    "-",
    "?",
    "? a",
    "a:",
    ":a",
    "[a, b]",
    "{a: b}",
    "{{ subject }}",
    '"a" and b',
    "'a' and b",
    "it's",
    "a \\ b",
    "a\\",
    "@a",
    "`a`",
    "%a",
    "&a",
    "*a*",
    "!a",
    "|",
    ">",
    "> a",
    "---",
    "--- a",
    "...",
    "a, b",
    "a,b",
    "a]",
    "}",
    "=",
    "<<",
    "http://a.example/x?y=z#w",
    "\u200fعربي ‏",
    "日本語、全角",
    "👩‍👩‍👧 family",
    "a\u00a0b",
    "a\u2028b",
    "a\x85b",
    "\ufeffa",
    "a\u200db",
    "a\x07b",
    "\U0010ffff",
    "\ufffe",
    "é",
)
_SIGNS = st.sampled_from(list("abc xyz:#-'\",[]{}&*!|>%@`\\?~=.0é日א👍\u2028\u00a0\ufeff\x85\t"))
words = st.one_of(st.sampled_from(AWKWARD), st.text(_SIGNS, min_size=1, max_size=12), st.text(min_size=1, max_size=8))
lines = words.map(lambda text: one_line(text.replace("\r", "\n")))
full_lines = lines.filter(bool)
_PLAIN = st.from_regex(re.compile(r"[A-Za-z][a-z]{0,6}( [a-z]{1,6}){0,3}", re.ASCII), fullmatch=True)
_COMMENT = st.sampled_from(("", "", "", "", "  # a comment", " #: it's"))
_GAP = st.sampled_from(("", "", "", "", "", "# above\n", "\n", "# one\n\n# two\n", "#\n", "   \n"))
LINE_ENDS = st.sampled_from(("\n", "\n", "\r\n", "\r"))


def quoted(text: str) -> str:
    """Return text in double quotes, with escapes for everything unusual."""
    signs = (sign if (sign.isalnum() and sign.isascii()) or sign in " .,:" else f"\\U{ord(sign):08X}" for sign in text)
    return '"' + "".join(signs) + '"'


@dataclass(frozen=True)
class Part:
    """A field of a file: its lines, and the gap of comments and blank lines above it."""

    name: str
    gap: str
    text: str


@dataclass(frozen=True)
class VariedFile:
    """A file in parts. ``text`` is what is on disk."""

    parts: tuple[Part, ...]
    body: str
    line_end: str = "\n"
    mark: str = ""
    opening: str = "---\n"
    closing: str = "---\n"

    @property
    def text(self) -> str:
        front = "".join(part.gap + part.text for part in self.parts)
        return self.mark + self.on_disk(self.opening + front + self.closing + self.body)

    def on_disk(self, text: str) -> str:
        """Return text with the file's line ends."""
        return text.replace("\n", self.line_end)

    def around(self, name: str) -> tuple[str, str]:
        """Return what is before and behind a field, on disk."""
        at = next(number for number, part in enumerate(self.parts) if part.name == name)
        before = "".join(part.gap + part.text for part in self.parts[:at]) + self.parts[at].gap
        after = "".join(part.gap + part.text for part in self.parts[at + 1 :]) + self.closing + self.body
        return self.mark + self.on_disk(self.opening + before), self.on_disk(after)


@st.composite
def scalar_fields(draw: st.DrawFn, name: str, value: str | None = None) -> str:
    """Return a field with one line of text, in any style."""
    text = draw(_PLAIN) if value is None else value
    comment = draw(_COMMENT)
    style = draw(st.integers(0, 8 if value is None else 1))
    first, _, rest = text.partition(" ")
    match style:
        case 0:
            return f"{name}: {text}{comment}\n"
        case 1:
            return f"{name}:   {text}{comment}\n"
        case 2:
            return f"{name}: '{text}'{comment}\n"
        case 3:
            return f'{name}: "{text}"{comment}\n'
        case 4:
            return f"{name}: >-{comment}\n   {first}\n   {rest or 'more'}\n"
        case 5:
            return f"{name}: |{comment}\n  {text}\n\n"
        case 6:
            return f"{name}:{comment}\n  {text}\n"
        case 7:
            return f'{name}: "{first}\n  {rest}"{comment}\n'
        case _:
            return f"{name}: {first}\n  {rest or 'more'}{comment}\n"


@st.composite
def word_lists(draw: st.DrawFn, name: str) -> str:
    """Return a field with a list of words, in any style."""
    items = draw(st.lists(st.one_of(_PLAIN, full_lines.map(quoted)), max_size=4))
    comments = [draw(_COMMENT) for _ in range(len(items) + 1)]
    match draw(st.integers(0, 4)):
        case 0 if items:
            indent = draw(st.sampled_from(("", "  ", "    ")))
            gaps = [draw(st.sampled_from(("", "", f"{indent}# above\n", "\n"))) for _ in items]
            written = zip(items, comments, gaps, strict=False)
            return f"{name}:{comments[-1]}\n" + "".join(f"{gap}{indent}- {item}{why}\n" for item, why, gap in written)
        case 1 if items:
            inner = "".join(f"  {item},{why}\n" for item, why in zip(items, comments, strict=False))
            return f"{name}: [{comments[-1]}\n{inner}]\n"
        case 2 if items:
            return f"{name}: [ {', '.join(items)}, ]{comments[-1]}\n"
        case 3 if not items:
            return f"{name}:{comments[-1]}\n"
        case _:
            return f"{name}: [{', '.join(items)}]{comments[-1]}\n"


def _field(name: str) -> st.SearchStrategy[str]:
    comment = _COMMENT
    if name in ("topics", "segments", "pinned"):
        return word_lists(name)
    if name == "date":
        return comment.map(lambda why: f"date: 2026-11-17{why}\n")
    if name in ("minutes", "number"):
        return comment.map(lambda why: f"{name}: 7{why}\n")
    if name in ("paywall", "tailored", "digest"):
        return comment.map(lambda why: f"{name}: true{why}\n")
    if name == "kind":
        return st.just("kind: video\n")
    if name == "language":
        return st.just("language: pt-BR\n")
    return st.one_of(scalar_fields(name), st.just(f"{name}:\n"))


@st.composite
def varied_files(draw: st.DrawFn, names: Sequence[str], body: st.SearchStrategy[str]) -> VariedFile:
    """Return a file with some of these fields, in any style and mostly in this order."""
    chosen = [name for name in names if draw(st.booleans())]
    if draw(st.integers(0, 3)) == 0:
        chosen = draw(st.permutations(chosen))
    parts = tuple(Part(name=name, gap=draw(_GAP), text=draw(_field(name))) for name in chosen)
    closing = draw(st.sampled_from(("---\n", "---\n", "---  \n", "# the end\n---\n", "\n---\n")))
    text = draw(body)
    return VariedFile(
        parts=parts,
        body=text if draw(st.booleans()) else text.rstrip("\n"),
        line_end=draw(LINE_ENDS),
        mark=draw(st.sampled_from(("", "", "\ufeff"))),
        opening=draw(st.sampled_from(("---\n", "--- \n"))),
        closing=closing,
    )


_BODY_LINES = st.one_of(
    st.sampled_from(
        (
            "",
            "",
            "",
            "Words of hers:",
            "> Quoted.",
            ">Quoted without a space.",
            ">",
            ">\tA tab.",
            "> - item",
            "- item",
            "1. one",
            "lazy",
            "    code",
            "```",
            "> ```",
            "===",
            "# heading",
            "[1]: https://example.org/x",
            "> [2]: https://example.org/y",
            "[1] and [2]",
            "| a | b |",
            "trailing  ",
            "***",
            "日本語 👍",
        )
    ),
    st.text(st.sampled_from(list("ab >-*#`[]()=\t1.|~_\\")), max_size=8),
)
bodies = st.lists(_BODY_LINES, max_size=10).map(lambda parts: "".join(f"{part}\n" for part in parts))
markdown = st.lists(_BODY_LINES, min_size=1, max_size=5).map("\n".join)
