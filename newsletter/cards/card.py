"""A card and its digest. No I/O."""

import hashlib
import json
import unicodedata
from dataclasses import asdict, dataclass
from functools import lru_cache

WIDTH, HEIGHT = 1200, 630  # pixels: 1.91:1, which all sites show uncropped (https://ogp.me)
_SCRIPTS = ("LATIN ", "GREEK ", "CYRILLIC ", "HEBREW ", "ARABIC ")
_DRAWING = 1  # raise it when cards are drawn differently, so that they get new URLs


@dataclass(frozen=True, slots=True, kw_only=True)
class CardColors:
    """The colours of a card, as a theme writes them."""

    background: str
    title: str
    muted: str
    accent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The picture that other sites show beside a link to a page.

    An issue's has the newsletter's ``name`` at the top, its subject as the ``headline`` and its date as the ``footer``.
    The newsletter's own has its name as the headline and its description as the ``text``.
    A ``plain`` card has no letters with fine strokes, which don't suit a theme whose titles are sans-serif.
    """

    headline: str
    colors: CardColors
    name: str = ""
    text: str = ""
    footer: str = ""
    direction: str = "ltr"
    plain: bool = False

    @property
    def digest(self) -> str:
        """Return 16 hexadecimal digits that change with anything that the card shows."""
        return _digest(self)

    @property
    def lettered(self) -> bool:
        """Return whether the headline is in scripts that the fonts have; another headline is left out."""
        return all(unicodedata.name(letter, "").startswith(_SCRIPTS) for letter in self.headline if letter.isalpha())


@lru_cache(maxsize=1000)
def _digest(card: Card) -> str:
    content = json.dumps([_DRAWING, asdict(card)], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]
