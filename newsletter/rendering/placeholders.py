"""Replace text that must not pass through the compilers with placeholders, and put it back afterwards.

A placeholder is letters and digits with a random nonce, new in each build, so that no author can type it. Its length
doesn't depend on the text that it stands for, and none is left in the result.
"""

import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from markupsafe import Markup

from newsletter.message.link_slots import LINKS
from newsletter.message.merge_fields import merge_field
from newsletter.message.template import Slot, Template
from newsletter.rendering.theme_faults import ThemeFault

_LOST = "a theme's filter or tag changed a placeholder for an author's text or a reader's value"
_LOST_HINT = "print it as it is: {{ entry.title }}, {{ subscriber.first_name }}, {{ links.unsubscribe }}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartMark:
    """A marker for a part and the editions that include it: those with one of its ``positions``, or all if it has none.

    ``least`` is the number of entries that such an edition must have, and ``item`` the index of the part's entry or
    block in the issue. A ``row`` of plain text has no empty line between it and the next row.
    """

    positions: tuple[int, ...] = ()
    least: int = 0
    item: int | None = None
    row: bool = False

    def is_within(self, around: "PartMark") -> bool:
        """Return whether every edition that has this part also has ``around``."""
        known = not around.positions or (self.positions and set(self.positions) <= set(around.positions))
        return bool(known) and self.least >= around.least


EVERYWHERE = PartMark()


class Placeholders:
    """A build's placeholders: ``block`` for finished HTML, ``slot`` for a reader's value.

    ``pattern`` matches all of them, ``values`` only those of readers' values in text.
    """

    def __init__(self) -> None:
        self.nonce = f"k{secrets.token_hex(8)}"
        self._blocks: list[str] = []
        self._slots: list[Slot] = []
        self._parts: list[PartMark] = []
        self.pattern = re.compile(rf"{self.nonce}([bsloc])(\d{{5}})z")
        # A link in prose begins like a URL, so that Markdown takes it for one.
        self._link = f"https://{self.nonce}l"
        self.values = re.compile(rf"{self.nonce}s\d{{5}}z")

    def block(self, html: str) -> Markup:
        """Return a placeholder for sanitised HTML."""
        self._blocks.append(html)
        return Markup(f"{self.nonce}b{len(self._blocks) - 1:05d}z")  # noqa: S704

    def slot(self, slot: Slot) -> Markup:
        """Return the placeholder for a reader's value, always the same for a slot."""
        return Markup(f"{self.nonce}s{self._number(slot):05d}z")  # noqa: S704

    def _number(self, slot: Slot) -> int:
        if slot not in self._slots:
            self._slots.append(slot)
        return self._slots.index(slot)

    def in_template(self, template: Template, escape: Callable[[str], str]) -> str:
        """Return a template as text with placeholders in its slots; ``escape`` makes its constants safe there."""
        return escape("").join(self.slot(part) if isinstance(part, Slot) else escape(part) for part in template)

    def in_prose(self, template: Template) -> str:
        """Return a template of Markdown as text with placeholders in its slots; a link's is a URL."""
        return "".join(part if isinstance(part, str) else self._in_prose(part) for part in template)

    def _in_prose(self, slot: Slot) -> str:
        return f"{self._link}{self._number(slot):05d}z" if slot.name.startswith(LINKS) else self.slot(slot)

    def from_prose(self, finished: str) -> str:
        """Return prose, as HTML or text, with placeholders of links that don't begin like a URL any more."""
        return finished.replace(self._link, self._link.removeprefix("https://"))

    def filled(self, document: str, value: Callable[[Slot], str]) -> str:
        """Return the document with a value for each slot."""
        document = self.from_prose(document)
        return self.pattern.sub(lambda match: value(self._slots[int(match[2])]) if match[1] in "sl" else "", document)

    def part(self, mark: PartMark) -> tuple[str, str]:
        """Return placeholders for the start and end of a part."""
        self._parts.append(mark)
        number = f"{len(self._parts) - 1:05d}z"
        return f"{self.nonce}o{number}", f"{self.nonce}c{number}"

    def parts(self, document: str) -> Iterator[tuple[str, PartMark]]:
        """Yield the document's pieces, split where parts start and end; a piece inside several is of the innermost.

        Raise ThemeFault if a part is inside another that may be left out without it.
        """
        done, inside = 0, [EVERYWHERE]
        for match in self.pattern.finditer(document):
            kind, number = match[1], int(match[2])
            if kind not in "oc":
                continue
            yield document[done : match.start()], inside[-1]
            done = match.end()
            if kind == "c":
                inside.pop()
                continue
            if not self._parts[number].is_within(inside[-1]):
                raise ThemeFault(
                    "a {% part %} is inside another that is left out without it", "end the first with {% endpart %}"
                )
            inside.append(self._parts[number])
        yield document[done:], EVERYWHERE

    def counts(self, document: str) -> Counter[str]:
        """Return how often each placeholder occurs in a document. Raise ThemeFault if one was changed."""
        counts = Counter(match[0] for match in self.pattern.finditer(document))
        if document.lower().count(self.nonce) != counts.total():
            raise ThemeFault(_LOST, _LOST_HINT)
        return counts

    def insert_blocks(self, document: str) -> str:
        """Return the document with its blocks inserted; the placeholders of slots stay."""
        return self.pattern.sub(lambda m: self._blocks[int(m[2])] if m[1] == "b" else m[0], document)

    def as_merge_fields(self, document: str) -> str:
        """Return the document with its blocks inserted, slots as merge fields, and no placeholders of parts."""
        return self.filled(self.insert_blocks(document), lambda slot: merge_field(Slot(slot.name)))

    def template(self, document: str) -> Template:
        """Return the document split at its slots, without the placeholders of its parts.

        Raise ThemeFault if a placeholder was changed.
        """
        parts: list[str | Slot] = []
        done = 0
        matches = list(self.pattern.finditer(document))
        for match in matches:
            parts.append(document[done : match.start()])
            if match[1] in "sl":
                parts.append(self._slots[int(match[2])])
            done = match.end()
        if document.count(self.nonce) != len(matches):
            raise ThemeFault(_LOST, _LOST_HINT)
        return tuple(part for part in (*parts, document[done:]) if part != "")

    def width(self, text: str) -> int:
        """Return the length of a text, counting a reader's value as its default or as ten characters."""
        return len(self.pattern.sub(lambda match: "x" * (len(self._slots[int(match[2])].default) or 10), text))


def require_same_placeholders(before: Counter[str], after: Counter[str]) -> None:
    """Raise ThemeFault unless every placeholder occurs as often as before."""
    if before != after:
        raise ThemeFault(_LOST, _LOST_HINT)
