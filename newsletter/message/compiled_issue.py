"""An issue compiled once, in parts: head, section headings, entries, foot. Editions are joined from parts. No I/O."""

import hashlib
import html
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

from newsletter.domain.addresses import Mailbox
from newsletter.domain.edition import Edition
from newsletter.domain.tracking import Link
from newsletter.message.counted_words import CountedWords
from newsletter.message.edition_slots import EDITION_SLOT, EditionLength, EditionValues
from newsletter.message.link_slots import answer_of
from newsletter.message.mime import Email
from newsletter.message.template import Slot, Template


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePart:
    """A piece of the email that an edition has or leaves out as a whole, ending with ``\\n``.

    ``entries`` are positions of entries and of blocks with topics, which come behind all entries. A part is in an
    edition that has at least one of them; a part without any is in every edition. ``least`` is the number of entries
    that an edition must have for the part to be in it. ``item`` is the index, from 0, of the entry or block in the
    issue whose part it is, or None.
    """

    template: Template
    entries: tuple[int, ...] = ()
    least: int = 0
    item: int | None = None  # always None in sends frozen by earlier versions


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledIssue:
    """An issue as a send freezes it; every edition is made from it without rendering again.

    ``titles`` are the titles of all entries, and ``topical_blocks`` is the number of blocks with topics. Besides a
    reader's values, slots may be ``edition.count``, ``edition.titles[0]`` and so on, or ``edition.numbers[3]``: the
    number, from 1, that the entry at position 3 has in the edition. ``length`` gives ``edition.picks`` and
    ``edition.minutes`` their words. ``links`` are the tracked links.
    """

    issue: str
    newsletter: str
    sender: Mailbox
    reply_to: Mailbox | None
    list_id: str
    subject: Template
    preheader: Template
    html: tuple[IssuePart, ...]
    text: tuple[IssuePart, ...]
    titles: tuple[str, ...]
    help_url: str = ""  # empty in sends frozen by earlier versions
    archive_url: str = ""  # the same
    links: tuple[Link, ...] = ()
    topical_blocks: int = 0
    length: EditionLength | None = None  # sends frozen by earlier versions have none

    @property
    def full(self) -> Edition:
        """Return the edition with all entries and blocks."""
        return tuple(range(len(self.titles) + self.topical_blocks))

    @property
    def answers(self) -> tuple[str, ...]:
        """Return the answers of its poll, in the order of their slots; empty without a poll."""
        return tuple(answer for name in self.email().votes if (answer := answer_of(name)) is not None)

    def email(self, edition: Edition | None = None) -> Email:
        """Return the email of an edition; of the full one by default."""
        chosen = self.full if edition is None else edition
        filler = _EditionFiller(EditionValues(edition=chosen, titles=self.titles, length=self.length))
        return Email(
            issue=self.issue,
            newsletter=self.newsletter,
            sender=self.sender,
            reply_to=self.reply_to,
            list_id=self.list_id,
            help_url=self.help_url,
            archive_url=self.archive_url,
            subject=filler.fill(self.subject, str),
            preheader=filler.fill(self.preheader, str),
            html_parts=filler.parts(self.html, html.escape),
            text_parts=filler.parts(self.text, str),
        )

    def to_json(self) -> str:
        """Return everything as canonical JSON, which a send freezes."""
        return json.dumps(
            {
                "issue": self.issue,
                "newsletter": self.newsletter,
                "sender": [self.sender.address, self.sender.name],
                "reply_to": [self.reply_to.address, self.reply_to.name] if self.reply_to else None,
                "list_id": self.list_id,
                "help_url": self.help_url,
                **({"archive_url": self.archive_url} if self.archive_url else {}),
                "subject": _template_json(self.subject),
                "preheader": _template_json(self.preheader),
                "html": [_part_json(part) for part in self.html],
                "text": [_part_json(part) for part in self.text],
                "titles": self.titles,
                **({"topical_blocks": self.topical_blocks} if self.topical_blocks else {}),
                **({"length": _length_json(self.length)} if self.length else {}),
                "links": [[link.number, link.url, link.entry, link.position, link.topics] for link in self.links],
            },
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the issue that ``to_json`` wrote."""
        raw: dict[str, Any] = json.loads(text)
        for name in ("subject", "preheader"):
            raw[name] = _template(raw[name])
        for name in ("html", "text"):
            raw[name] = tuple(_part(*part) for part in raw[name])
        if "length" in raw:
            raw["length"] = _length(*raw["length"])
        for name in ("sender", "reply_to"):
            raw[name] = Mailbox(address=raw[name][0], name=raw[name][1]) if raw[name] else None
        links = tuple(
            Link(number=number, url=url, entry=entry, position=position, topics=tuple(topics))
            for number, url, entry, position, topics in raw.get("links", ())
        )
        return cls(**raw | {"titles": tuple(raw["titles"]), "links": links})

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the content, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


def _part_json(part: IssuePart) -> list[Any]:
    return [_template_json(part.template), part.entries, part.least, part.item]


def _part(template: list[str | list[str]], entries: list[int], least: int = 0, item: int | None = None) -> IssuePart:
    return IssuePart(template=_template(template), entries=tuple(entries), least=least, item=item)


_Numbers = list[tuple[list[int], int]]


def _length_json(length: EditionLength) -> list[Any]:
    return [length.words, length.picks.to_json(), length.minutes.to_json(), length.lists]


def _length(words: _Numbers, picks: list[Any], minutes: list[Any], lists: _Numbers | None = None) -> EditionLength:
    return EditionLength(
        words=tuple((tuple(positions), number) for positions, number in words),
        picks=CountedWords.from_json(picks),
        minutes=CountedWords.from_json(minutes),
        lists=tuple((tuple(positions), number) for positions, number in lists or ()),
    )


def _template_json(template: Template) -> list[str | list[str]]:
    return [[part.name, part.default] if isinstance(part, Slot) else part for part in template]


def _template(raw: list[str | list[str]]) -> Template:
    return tuple(part if isinstance(part, str) else Slot(*part) for part in raw)


class _EditionFiller:
    """A filler of templates with the values of one edition."""

    def __init__(self, values: EditionValues) -> None:
        self._values = values
        self._chosen, self._entries = frozenset(values.edition), len(values.entries())

    def parts(self, parts: Iterable[IssuePart], escaped: Callable[[str], str]) -> tuple[Template, ...]:
        return tuple(self.fill(part.template, escaped) for part in parts if self._has(part))

    def _has(self, part: IssuePart) -> bool:
        return part.least <= self._entries and (not part.entries or not self._chosen.isdisjoint(part.entries))

    def fill(self, template: Template, escaped: Callable[[str], str]) -> Template:
        """Return the template with the edition's values; slots for entries that it lacks get their default."""
        places = _places(template)
        if not places:
            return template
        pieces = list(template)
        for place, slot in places:
            value = self._values.value(slot.name)
            pieces[place] = slot.default if value is None else escaped(value)
        return tuple(pieces)


@lru_cache(maxsize=1024)
def _places(template: Template) -> tuple[tuple[int, Slot], ...]:
    """Return the slots for the edition's values, each with its index in the template."""
    slots = ((place, part) for place, part in enumerate(template) if isinstance(part, Slot))
    return tuple((place, slot) for place, slot in slots if slot.name.startswith(EDITION_SLOT))
