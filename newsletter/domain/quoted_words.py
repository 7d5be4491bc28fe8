"""The words of a quotation and of the page that it quotes, in a form to compare. No I/O.

Punctuation, case, quotation marks, emphasis and line breaks don't count: an editor may change them. In a quotation, an
ellipsis stands for a cut, and square brackets for the editor's own words: ``[the king]``, ``[T]he``, ``[sic]``.
"""

import re
import unicodedata
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from newsletter.domain.markdown_parser import commonmark

LONGEST_INSERTION = 8
"""The most words of the page that a bracket may stand for."""

# Scripts without spaces between words; each character counts as a word.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+(?:['’ʼ‘][^\W_{_UNSPACED}]+)*"
_WORDS = re.compile(_WORD)
_ELLIPSIS = r"[\[(［（]?\s*(?:…+|\.(?:[ \u00a0\u2009\u202f]?\.){2,})+\s*[\])］）]?"
_QUOTED = re.compile(
    rf"(?P<cut>{_ELLIPSIS})"
    r"|(?P<altered>[^\W_]+(?:[\[［][^\W_]{1,12}[\]］][^\W_]*)+|[\[［][^\W_]{1,12}[\]］][^\W_]+)"
    rf"|(?P<inserted>[\[［][^\]］]*[\]］])|(?P<word>{_WORD})"
)
_BRACKETED = re.compile(r"[\[［][^\]］]*[\]］]")
_APOSTROPHES = re.compile("['’ʼ‘]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


@dataclass(frozen=True, slots=True)
class ComparedWord:
    """A word with its place in its text. ``key`` is compared.

    In a quotation, a word that brackets alter has a ``pattern``, and brackets of their own are a word without a key,
    which stands for any few words.
    """

    key: str
    start: int
    end: int
    pattern: re.Pattern[str] | None = None

    @property
    def is_insertion(self) -> bool:
        """Whether it is the editor's, and stands for any few words of the page, or none."""
        return not self.key and self.pattern is None

    def matches(self, key: str) -> bool:
        """Return whether it is the word of the page with this key."""
        return self.pattern.fullmatch(key) is not None if self.pattern else self.key == key


@dataclass(frozen=True, slots=True)
class ComparedText:
    """A text, with its words."""

    text: str
    words: tuple[ComparedWord, ...]

    def excerpt(self, first: int, last: int) -> str:
        """Return the text from one word to before another, on one line."""
        if first >= last:
            return ""
        return " ".join(self.text[self.words[first].start : self.words[last - 1].end].split())


class PageWords:
    """The words of a page's text: their keys, and their places, which are only looked for when they are needed."""

    def __init__(self, text: str) -> None:
        self._text = _clean(text)
        keys: dict[str, str] = {}  # a page repeats most of its words
        self.keys = [keys.get(word) or keys.setdefault(word, _key(word)) for word in _WORDS.findall(self._text)]

    @cached_property
    def _places(self) -> "tuple[array[int], array[int]]":
        starts, ends = array("q"), array("q")
        for match in _WORDS.finditer(self._text):
            starts.append(match.start())
            ends.append(match.end())
        return starts, ends

    def excerpt(self, first: int, last: int) -> str:
        """Return the text from one word to before another, on one line."""
        if first >= last:
            return ""
        starts, ends = self._places
        return " ".join(self._text[starts[first] : ends[last - 1]].split())


def quoted_fragments(markdown: str) -> tuple[ComparedText, ...]:
    """Return the parts of a quotation that the page should have word for word.

    Ellipses and paragraphs divide it; insertions at the ends of a part are left out.
    """
    return tuple(fragment for paragraph in _paragraphs(markdown) for fragment in _fragments(_clean(paragraph)))


def _paragraphs(markdown: str) -> Iterator[str]:
    """Yield the plain text of each paragraph, heading, item and cell."""
    for block in commonmark().enable("table").parse(markdown):
        if block.type == "inline":
            parts = ("\n" if token.type.endswith("break") else token.content for token in block.children or ())
            yield "".join(parts)
        elif block.type in ("fence", "code_block"):
            yield block.content


def _fragments(paragraph: str) -> Iterator[ComparedText]:
    words: list[ComparedWord] = []
    for match in _QUOTED.finditer(paragraph):
        if match["cut"]:
            yield from _fragment(paragraph, words)
            words = []
        else:
            words.append(_quoted_word(match))
    yield from _fragment(paragraph, words)


def _quoted_word(match: re.Match[str]) -> ComparedWord:
    if match["word"]:
        return ComparedWord(_key(match[0]), match.start(), match.end())
    if match["altered"] is None:
        return ComparedWord("", match.start(), match.end())
    outside = [re.escape(_key(part)) for part in _BRACKETED.split(match[0])]
    return ComparedWord("", match.start(), match.end(), re.compile(r"\w{0,12}".join(outside)))


def _fragment(paragraph: str, words: list[ComparedWord]) -> Iterator[ComparedText]:
    while words and words[0].is_insertion:
        words.pop(0)
    while words and words[-1].is_insertion:
        words.pop()
    if words:
        yield ComparedText(paragraph, tuple(words))


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text))


def _key(word: str) -> str:
    plain = _APOSTROPHES.sub("", word)
    return plain.casefold() if plain.isascii() else unicodedata.normalize("NFKC", plain).casefold()
