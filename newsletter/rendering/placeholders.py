"""Tokens that stand for what must not pass through the compilers, and the joins that put it in afterwards.

A token is letters and digits with a random nonce, new in each build, so that nothing an author types can be one. Its
length does not depend on what it stands for, and nothing of it is left in the result.
"""

import re
import secrets
from collections import Counter
from collections.abc import Iterator

from markupsafe import Markup

from newsletter.errors import ThemeError
from newsletter.message.mime import Slot, Template

_LOST = "a theme's filter or tag changed a placeholder for an author's text or a reader's value"
_LOST_HINT = "print it as it is: {{ entry.title }}, {{ subscriber.first_name }}, {{ links.unsubscribe }}"


class Stitches:
    """The tokens of one build: ``block`` for finished HTML, ``slot`` for a reader's value."""

    def __init__(self) -> None:
        self.nonce = f"k{secrets.token_hex(8)}"
        self._blocks: list[str] = []
        self._slots: list[Slot] = []
        self._parts: list[tuple[int, ...]] = []
        self.pattern = re.compile(rf"{self.nonce}([bsoc])(\d{{5}})z")

    def block(self, html: str) -> Markup:
        """A token in place of sanitised HTML."""
        self._blocks.append(html)
        return Markup(f"{self.nonce}b{len(self._blocks) - 1:05d}z")  # noqa: S704

    def slot(self, slot: Slot) -> Markup:
        """A token in place of a reader's value; the same for the same slot."""
        if slot not in self._slots:
            self._slots.append(slot)
        return Markup(f"{self.nonce}s{self._slots.index(slot):05d}z")  # noqa: S704

    def part(self, entries: tuple[int, ...]) -> tuple[str, str]:
        """Tokens for the start and the end of a stretch that belongs to these entries."""
        self._parts.append(entries)
        number = f"{len(self._parts) - 1:05d}z"
        return f"{self.nonce}o{number}", f"{self.nonce}c{number}"

    def stretches(self, document: str) -> Iterator[tuple[str, tuple[int, ...]]]:
        """The document cut at the ends of its parts: each stretch and the entries that it belongs to.

        Raises ThemeError where one part begins inside another.
        """
        done, inside = 0, False
        for match in self.pattern.finditer(document):
            kind, number = match[1], int(match[2])
            if kind not in "oc":
                continue
            if (kind == "o") is inside:
                raise ThemeError("a {% part %} inside another", hint="close the one before: {% endpart %}")
            yield document[done : match.start()], self._parts[number] if inside else ()
            done, inside = match.end(), not inside
        yield document[done:], ()

    def tokens(self, document: str) -> Counter[str]:
        """How often each token stands in a document. Raises ThemeError where one is mutilated."""
        found = Counter(match[0] for match in self.pattern.finditer(document))
        if document.lower().count(self.nonce) != found.total():
            raise ThemeError(_LOST, hint=_LOST_HINT)
        return found

    def splice(self, document: str) -> str:
        """The document with its blocks in; slots stay."""
        return self.pattern.sub(lambda m: self._blocks[int(m[2])] if m[1] == "b" else m[0], document)

    def readable(self, document: str) -> str:
        """Return the document with its blocks in, slots as their names, and nothing where parts begin and end."""
        return self.pattern.sub(
            lambda match: f"{{{{ {self._slots[int(match[2])].name} }}}}" if match[1] == "s" else "",
            self.splice(document),
        )

    def split(self, document: str) -> Template:
        """Return the document cut at its slots, without the tokens of its parts.

        Raises ThemeError where a token is mutilated.
        """
        self.tokens(document)
        parts: list[str | Slot] = []
        done = 0
        for match in self.pattern.finditer(document):
            parts.append(document[done : match.start()])
            if match[1] == "s":
                parts.append(self._slots[int(match[2])])
            done = match.end()
        return tuple(part for part in (*parts, document[done:]) if part != "")

    def width(self, text: str) -> int:
        """Characters of a text, where a reader's value counts as its default or as ten."""
        return len(self.pattern.sub(lambda match: "x" * (len(self._slots[int(match[2])].default) or 10), text))


def require_same(before: Counter[str], after: Counter[str]) -> None:
    """Raises ThemeError unless every token that went in came out as often."""
    if before != after:
        raise ThemeError(_LOST, hint=_LOST_HINT)
