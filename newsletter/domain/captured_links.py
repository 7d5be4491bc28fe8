"""Links that editors captured while reading, and what their pages say about themselves. No I/O."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

TEXTS_KEPT = datetime.timedelta(days=30)  # after it was fetched; then a captured piece's text is deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFacts:
    """What is known about a piece; empty or None where nothing is.

    ``origins`` says for a field's name where its value is from, in words. ``minutes`` is the time it takes to read,
    and ``kind`` what it is (``video``).
    ``text`` is the piece in Markdown paragraphs, to quote from.
    """

    canonical_url: str = ""
    title: str = ""
    source: str = ""
    author: str = ""
    date: datetime.date | None = None
    language: str = ""
    minutes: int | None = None
    image: str = ""
    kind: str = ""
    paywall: bool = False
    text: str = ""
    origins: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedLink:
    """A captured link: its address, its facts and the editors' decision about it.

    ``selection`` is the text that the editor had selected, in Markdown. ``fetched_at`` is None until its page was
    fetched, or could not be, as ``problem`` says. ``entry`` is the slug of the entry made of it.
    """

    id: int
    url: str
    selection: str
    facts: LinkFacts
    captured_at: datetime.datetime
    captured_by: str
    fetched_at: datetime.datetime | None = None
    problem: str = ""
    put_off_until: datetime.date | None = None
    dropped_at: datetime.datetime | None = None
    entry: str = ""

    @property
    def title(self) -> str:
        """Return the title, or the address without its scheme if there is none."""
        return self.facts.title or self.url.partition("://")[2].rstrip("/") or self.url

    def is_waiting(self, day: datetime.date) -> bool:
        """Return whether nobody has dropped it, used it or put it off beyond ``day``."""
        return self.dropped_at is None and not self.entry and (self.put_off_until is None or self.put_off_until <= day)
