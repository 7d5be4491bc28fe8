"""Draw a card with Pillow, in the fonts that come with the program: Latin, Greek, Cyrillic, Hebrew and Arabic."""

import io
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from PIL import Image, ImageColor, ImageDraw, ImageFont, features

from newsletter.cards.card import HEIGHT, WIDTH, Card
from newsletter.cards.typesetting import even_lines, first_lines

HEADLINE, TEXT = "headline.ttf", "text.ttf"
_FONTS = Path(__file__).parent / "fonts"
_MARGIN = 84
_BAND = 16  # height of the band at the top
_NAME = (58, 40, 30)  # sizes of the name, the first that fits
_SIZES = (104, 92, 82, 74, 66, 58, 52)  # of a headline
_TEXT_SIZE, _FOOTER_SIZE = 38, 34
_LEADING = 1.14
_MARK, _LARGE_MARK = 60, 240  # sides of the mark in the corner, and of one without words
_FINE = 4  # it is drawn larger, and then scaled down for smooth edges
_COLORS = 64  # in the palette: enough for the edges of letters in three colours, and half the size of more
_MOST_LINES = 5
_LONGEST = 300  # characters of a text: more don't fit, and measuring them takes time


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnCard:
    """A card as PNG. It isn't ``complete`` if words were left out because they can't be drawn here."""

    png: bytes
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """Lines of text in one size, with the distance between their baselines."""

    lines: list[str]
    font: ImageFont.FreeTypeFont
    leading: float

    @property
    def height(self) -> float:
        return self.leading * len(self.lines)


def draw(card: Card) -> DrawnCard:
    """Return a card as a PNG of 1200 × 630 pixels.

    Words in a script that the fonts lack are left out, and those written from right to left too if this machine has no
    FriBidi, which orders them.
    """
    wanted = {"name": card.name, "headline": card.headline, "text": card.text, "footer": card.footer}
    words = {
        part: _drawable(text, TEXT if card.plain or part in ("text", "footer") else HEADLINE)
        for part, text in wanted.items()
    }
    picture = _Picture(card)
    picture.name(words["name"])
    picture.body(words["headline"], words["text"], named=bool(words["name"]))
    picture.footer(words["footer"])
    picture.mark(large=not any(words.values()))
    complete = all(words[part] or not text.strip() for part, text in wanted.items())
    return DrawnCard(png=picture.png(), complete=complete)


class _Picture:
    """A card that is being drawn. ``start`` is the edge where lines begin: the left one, or the right one."""

    def __init__(self, card: Card) -> None:
        self._rtl = card.direction == "rtl"
        self._titles = TEXT if card.plain else HEADLINE
        self._direction = card.direction if _shapes() else None  # without Raqm, Pillow refuses to be told
        colors = card.colors
        self._title, self._muted, self._accent = map(_rgb, (colors.title, colors.muted, colors.accent))
        self._image = Image.new("RGB", (WIDTH, HEIGHT), _rgb(colors.background))
        self._pen = ImageDraw.Draw(self._image)
        self._pen.rectangle((0, 0, WIDTH, _BAND - 1), fill=self._accent)
        self._start = WIDTH - _MARGIN if self._rtl else _MARGIN

    def name(self, text: str) -> None:
        """Write the newsletter's name at the top, and a rule below it."""
        if not text:
            return
        block = self._fitted(text, self._titles, _NAME, most=1, height=HEIGHT)
        self._lines(block, 112, self._title)
        self._pen.rectangle((_MARGIN, 140, WIDTH - _MARGIN, 141), fill=self._title)

    def body(self, headline: str, text: str, *, named: bool) -> None:
        """Write the headline and the text below it, together in the middle of what is left."""
        top, bottom = (160 if named else _BAND + 30), 508
        room = bottom - top
        parts = []
        if headline:
            most = _MOST_LINES if named else 2
            parts.append((self._fitted(headline, self._titles, _SIZES, most=most, height=room), self._title))
        if text:
            left = room - sum(block.height for block, _ in parts) - 24
            parts.append((self._fitted(text, TEXT, (_TEXT_SIZE,), most=4, height=left), self._muted))
        height = sum(block.height for block, _ in parts) + 24 * (len(parts) - 1)
        y = top + (room - height) / 2
        for block, color in parts:
            self._lines(block, y + 0.8 * block.leading, color)
            y += block.height + 24

    def footer(self, text: str) -> None:
        """Write a line at the bottom, beside the mark."""
        if text:
            block = self._fitted(text, TEXT, (_FOOTER_SIZE, 28), most=1, height=HEIGHT, width=_ROOM - 2 * _MARK)
            self._lines(block, HEIGHT - 64, self._muted)

    def mark(self, *, large: bool) -> None:
        """Draw the mark of ``favicon.svg``: in the bottom corner where lines end, or alone in the middle."""
        side = _LARGE_MARK if large else _MARK
        left = (WIDTH - side) // 2 if large else _MARGIN if self._rtl else WIDTH - _MARGIN - side
        top = (HEIGHT + _BAND - side) // 2 if large else HEIGHT - 46 - side
        unit = side * _FINE / 32
        mark = Image.new("L", (side * _FINE, side * _FINE))
        pen = ImageDraw.Draw(mark)
        pen.rounded_rectangle((0, 0, side * _FINE - 1, side * _FINE - 1), 7 * unit, fill=255)
        for bar in ((8, 8, 24, 12), (8, 15, 24, 18), (8, 21, 18, 24)):
            pen.rectangle([round(edge * unit) for edge in bar], fill=0)
        self._image.paste(self._accent, (left, top), mark.resize((side, side), Image.Resampling.LANCZOS))

    def png(self) -> bytes:
        """Return the picture's bytes."""
        file = io.BytesIO()
        self._image.quantize(_COLORS, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        return file.getvalue()

    def _fitted(
        self, text: str, name: str, sizes: tuple[int, ...], *, most: int, height: float, width: float = 0
    ) -> _Block:
        """Return a text in the first size in which it fits, or else its beginning in the last one."""
        width = width or _ROOM
        for size in sizes:
            font = _font(name, size)
            measure = partial(font.getlength, direction=self._direction)
            leading = size * (_LEADING if size > _TEXT_SIZE else 1.4)
            room = min(most, int(height // leading))
            lines = even_lines(text, room, width, measure)
            if lines is not None:
                return _Block(lines=lines, font=font, leading=leading)
        return _Block(lines=first_lines(text, max(1, room), width, measure), font=font, leading=leading)

    def _lines(self, block: _Block, baseline: float, color: tuple[int, int, int]) -> None:
        anchor = "rs" if self._rtl else "ls"
        for number, line in enumerate(block.lines):
            at = (self._start, round(baseline + number * block.leading))
            self._pen.text(at, line, fill=color, font=block.font, anchor=anchor, direction=self._direction)


_ROOM = WIDTH - 2 * _MARGIN


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_FONTS / name, size)


@cache
def _shapes() -> bool:
    """Return whether Pillow can join letters and order words from right to left: its Raqm needs FriBidi."""
    return bool(features.check("raqm"))


def _drawable(text: str, name: str) -> str:
    """Return a line without characters that a font lacks, or "" if a letter is among them or can't be placed."""
    text = unicodedata.normalize("NFC", _shortened(text))
    if not _shapes() and any(unicodedata.bidirectional(character) in ("R", "AL") for character in text):
        return ""
    kept = []
    for character in text:
        kind = unicodedata.category(character)
        if kind in ("Cc", "Cs", "Zl", "Zp"):  # the ends of lines and paragraphs, which Raqm refuses
            kept.append(" ")
        elif ord(character) in _LEFT_OUT:
            continue
        elif kind == "Zs" or _has(name, character):
            kept.append(character)
        elif kind[0] in "LMN":
            return ""
    return _SPACES.sub(" ", "".join(kept)).strip()


def _shortened(text: str) -> str:
    """Return a text that isn't too long, or else its beginning: whole words, unless the last one is very long."""
    if len(text) <= _LONGEST:
        return text
    words, _, cut_word = text[:_LONGEST].rpartition(" ")
    return f"{words if len(cut_word) < _LONGEST / 2 else text[:_LONGEST]}…"


@cache
def _has(name: str, character: str) -> bool:
    """Return whether a font has a character: others are drawn like one that no font has."""
    font = _font(name, 24)
    return bytes(font.getmask(character)) != bytes(font.getmask("\U0010fffe"))


_SPACES = re.compile(r"[ \t\r\n]+")  # not the no-break space
# Marks that follow an emoji, which is left out too; and embeddings (UAX #9 §2.1–2.4), which end with their line.
_LEFT_OUT = {*range(0xFE00, 0xFE10), 0x20E3, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}


def _rgb(color: str) -> tuple[int, int, int]:
    """Return a colour; grey if Pillow can't read it."""
    try:
        red, green, blue, *_ = ImageColor.getrgb(color)
    except ValueError:
        return 68, 68, 68
    return red, green, blue
