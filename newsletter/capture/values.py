"""Values of capture: what a page says about itself, and links that it may repeat."""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from newsletter.errors import Place

FIELDS = ("title", "author", "source", "date", "language", "canonical_url", "image", "paywall", "minutes", "kind")
"""The names of the values that may be read from a page, in the order in which editors see them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedValue:
    """A value as text, and where it comes from in an editor's words: ``JSON-LD``, ``OpenGraph``, ``page title`` …

    A date is ``2026-11-23``, ``paywall`` is ``yes`` or ``no``, ``minutes`` is a number. Text is one line without
    control characters, and an address is http or https.
    """

    value: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """What a page says about itself. ``values`` has only what was found; its keys are ``FIELDS``.

    ``text`` is the piece in Markdown paragraphs, empty if none was found. ``notes`` say in words what was left out.
    """

    values: Mapping[str, CapturedValue] = field(default_factory=dict)
    text: str = ""
    notes: tuple[str, ...] = ()

    def value(self, name: str) -> str:
        """Return a value as text, or "" if there is none."""
        return self.values[name].value if name in self.values else ""

    def origin(self, name: str) -> str:
        """Return where a value comes from, or "" if there is none."""
        return self.values[name].origin if name in self.values else ""

    @property
    def date(self) -> datetime.date | None:
        """Return the day on which the piece was published."""
        return datetime.date.fromisoformat(self.value("date")) if "date" in self.values else None

    @property
    def minutes(self) -> int | None:
        """Return the minutes that it takes."""
        return int(self.value("minutes")) if "minutes" in self.values else None

    @property
    def paywall(self) -> bool:
        """Return whether readers have to pay or sign up."""
        return self.value("paywall") == "yes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """A captured link.

    ``url`` is the one to link to, cleaned, and ``requested_url`` the one that was pasted. ``facts`` are never empty:
    there is always a title and a source. ``problem`` says in words why the page could not be read, and is empty if it
    was.
    """

    url: str
    requested_url: str
    facts: PageFacts
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Something that a link may repeat: an entry or a captured link.

    ``issue`` is the slug of the latest issue that it is in, empty if it is in none, and ``date`` that issue's date; for
    a waiting one, ``date`` is the day since when it waits, if known. ``place`` is its file, if it has one.
    """

    url: str
    title: str
    name: str = ""
    date: datetime.date | None = None
    issue: str = ""
    place: Place | None = None

    def when(self, today: datetime.date) -> str:
        """Return in words when it ran, or since when it waits: ``already ran on 2026-11-23 in 2026-11-23``."""
        if self.issue and self.date:
            return f"{'already ran on' if self.date < today else 'is planned for'} {self.date} in {self.issue}"
        if self.issue:
            return f"is in {self.issue}"
        return f"waits since {self.date}" if self.date else "is in no issue yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """A candidate that a link repeats, and whether by its ``address`` or only by a similar title."""

    candidate: Candidate
    same_address: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """Candidates that a link repeats: those that ran in an issue, the latest first, and those that wait for one."""

    ran: tuple[Duplicate, ...] = ()
    waiting: tuple[Duplicate, ...] = ()

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self.ran or self.waiting)

    def __iter__(self) -> Iterator[Duplicate]:
        """Yield all of them."""
        yield from self.ran
        yield from self.waiting
