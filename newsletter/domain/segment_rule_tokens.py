"""Split the text of a rule that selects readers into words, values and signs. No I/O."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.errors import NewsletterError

LONGEST = 4_000  # characters of a rule; SQLite has limits for long conditions
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<text>"[^"]*"|'[^']*')
    |(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}\b)
    |(?P<number>[0-9]+\b)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)?)
    |(?P<sign><=|>=|!=|==|<>|&&|\|\||[<>=(),!])""",
    re.VERBOSE | re.ASCII,
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_HINT = "docs/settings.md shows how to write rules"
_INSTEAD = {
    "==": "write = once",
    "<>": "write !=",
    "&&": "write and",
    "||": "write or",
    "!": "write not, or !=",
    "“": 'write straight quotation marks: "…"',
    '"': "add another one",
}
_INSTEAD |= dict.fromkeys("”„‟‘’‚«»", _INSTEAD["“"]) | {"'": _INSTEAD['"']}


class RuleSyntaxError(NewsletterError):
    """A mistake in a rule that selects readers, at a ``line`` and a ``column`` of its text, counted from 1."""

    code = "segment-rule"

    def __init__(self, text: str, start: int, what: str, *, hint: str) -> None:
        before = text[:start]
        self.line = before.count("\n") + 1
        self.column = start - before.rfind("\n")
        place = f"line {self.line}, column {self.column}" if "\n" in text.strip() else f"column {self.column}"
        super().__init__(f"{place}: {what}", hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A piece of a rule: a ``text`` in quotes, a date, a number, a name, a sign, or the end."""

    kind: str
    text: str
    start: int

    @property
    def lower(self) -> str:
        """Return a word in lower case; words are the same in capitals."""
        return self.text.lower()

    @property
    def value(self) -> str:
        """Return a text without its quotation marks."""
        return self.text[1:-1] if self.kind == "text" else self.text

    @property
    def shown(self) -> str:
        """Return the token for a message, shortened and in quotes."""
        if self.kind == "end":
            return "the end"
        value = self.value
        return f'"{value[:40]}…"' if len(value) > 40 else f'"{value}"'


def tokens_of(text: str) -> Iterator[Token]:
    """Yield the tokens of a rule, then "end" forever. Raise RuleSyntaxError for a character that isn't allowed."""
    if len(text) > LONGEST:
        what = f"the rule has {len(text):,} characters, more than {LONGEST:,}"
        raise RuleSyntaxError(text, 0, what, hint="split it into several segments, which an issue can name together")
    if control := _CONTROL.search(text):
        code = f"U+{ord(control[0]):04X}"
        raise RuleSyntaxError(text, control.start(), f"the control character {code}", hint="remove it")
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        piece = match[0] if match else text[at]
        if match is None or piece in _INSTEAD:
            raise RuleSyntaxError(text, at, _refused(piece), hint=_INSTEAD.get(piece, _HINT))
        if match.lastgroup != "space":
            yield Token(kind=str(match.lastgroup), text=piece, start=at)
        at = match.end()
    while True:
        yield Token(kind="end", text="", start=len(text))


def _refused(piece: str) -> str:
    if piece in "\"'":
        return "unclosed quotation mark"
    shown = f'"{piece}"' if piece.isprintable() else f"the character U+{ord(piece):04X}"
    return f"{shown} isn't allowed in a rule"
