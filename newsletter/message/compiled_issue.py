"""An issue compiled once, in parts: head, section headings, entries, foot. An edition is a join of parts. No I/O."""

import hashlib
import html
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Self

from newsletter.domain.edition import Edition
from newsletter.domain.issue import Mailbox
from newsletter.domain.tracking import Link
from newsletter.message.mime import Email, Slot, Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of the email that is there or not as a whole, ending with ``\\n``.

    ``entries`` are positions of which at least one must be in the edition: an entry's own, or those of a section. A
    part without any is in every edition.
    """

    template: Template
    entries: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledIssue:
    """An issue as a send freezes it: every edition is made of it without rendering anything again.

    ``titles`` are those of all entries. Beside a reader's values a slot may be ``edition.count``, ``edition.titles[0]``
    and so on, or ``edition.numbers[3]``: where the entry at position 3 stands in the edition, from 1. ``links`` are
    those that are counted.
    """

    issue: str
    newsletter: str
    sender: Mailbox
    reply_to: Mailbox | None
    list_id: str
    subject: Template
    preheader: Template
    html: tuple[Part, ...]
    text: tuple[Part, ...]
    titles: tuple[str, ...]
    help_url: str = ""  # sends that began with an earlier version have none
    archive_url: str = ""  # nor this
    links: tuple[Link, ...] = ()

    @property
    def full(self) -> Edition:
        """All entries."""
        return tuple(range(len(self.titles)))

    def email(self, edition: Edition | None = None) -> Email:
        """The email of an edition, of the full one where none is named."""
        own = _Own(self.full if edition is None else edition, self.titles)
        return Email(
            issue=self.issue,
            newsletter=self.newsletter,
            sender=self.sender,
            reply_to=self.reply_to,
            list_id=self.list_id,
            help_url=self.help_url,
            archive_url=self.archive_url,
            subject=own.settled(self.subject, str),
            preheader=own.settled(self.preheader, str),
            html_parts=own.parts(self.html, html.escape),
            text_parts=own.parts(self.text, str),
        )

    def to_json(self) -> str:
        """Everything, as canonical JSON: what a send freezes."""
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
                "html": [[_template_json(part.template), part.entries] for part in self.html],
                "text": [[_template_json(part.template), part.entries] for part in self.text],
                "titles": self.titles,
                "links": [[one.number, one.url, one.entry, one.position, one.topics] for one in self.links],
            },
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The issue that ``to_json`` wrote."""
        raw: dict[str, Any] = json.loads(text)
        for name in ("subject", "preheader"):
            raw[name] = _template(raw[name])
        for name in ("html", "text"):
            raw[name] = tuple(Part(template=_template(template), entries=tuple(at)) for template, at in raw[name])
        for name in ("sender", "reply_to"):
            raw[name] = Mailbox(address=raw[name][0], name=raw[name][1]) if raw[name] else None
        links = tuple(
            Link(number=number, url=url, entry=entry, position=position, topics=tuple(topics))
            for number, url, entry, position, topics in raw.get("links", ())
        )
        return cls(**raw | {"titles": tuple(raw["titles"]), "links": links})

    @property
    def digest(self) -> str:
        """SHA-256 of the content, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


def _template_json(template: Template) -> list[str | list[str]]:
    return [[part.name, part.default] if isinstance(part, Slot) else part for part in template]


def _template(raw: list[str | list[str]]) -> Template:
    return tuple(part if isinstance(part, str) else Slot(*part) for part in raw)


class _Own:
    """What an edition has of an issue."""

    def __init__(self, edition: Edition, titles: Sequence[str]) -> None:
        self._chosen = frozenset(edition)
        self._edition, self._titles = edition, titles

    def parts(self, parts: Iterable[Part], escaped: Callable[[str], str]) -> tuple[Template, ...]:
        apart = self._chosen.isdisjoint
        return tuple(
            self.settled(part.template, escaped) for part in parts if not part.entries or not apart(part.entries)
        )

    def settled(self, template: Template, escaped: Callable[[str], str]) -> Template:
        """The template with the edition's values in; those of an entry that it does not have fall back."""
        places = _places(template)
        if not places:
            return template
        settled = list(template)
        for place, slot in places:
            value = self._value(slot.name)
            settled[place] = slot.default if value is None else escaped(value)
        return tuple(settled)

    def _value(self, name: str) -> str | None:
        kind, at = _kind(name)
        if kind == "count":
            return str(len(self._edition))
        if kind == "titles":
            return self._titles[self._edition[at]] if at < len(self._edition) else None
        return str(self._edition.index(at) + 1) if kind == "numbers" and at in self._chosen else None


@lru_cache(maxsize=1024)
def _places(template: Template) -> tuple[tuple[int, Slot], ...]:
    """Where the edition's values stand."""
    slots = ((place, part) for place, part in enumerate(template) if isinstance(part, Slot))
    return tuple((place, slot) for place, slot in slots if slot.name.startswith(EDITION))


@cache
def _kind(name: str) -> tuple[str, int]:
    kind, _, at = name.removeprefix(EDITION).rstrip("]").partition("[")
    return kind, int(at or 0)


EDITION = "edition."
