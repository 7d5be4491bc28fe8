"""Checks for characters and words that belong in no text: invisible, mangled, or left-over placeholders."""

import re
import unicodedata
from collections.abc import Iterator

from newsletter.checks.places import below
from newsletter.checks.rules import make_finding
from newsletter.errors import Finding, Place

# C0 without tab and line ends, DEL, C1; line and paragraph separators; noncharacters; U+FFFC stands for a lost object.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufdd0-\ufdef\ufffc\ufffe\uffff]")
_BIDI = re.compile(r"[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_FORCING = re.compile(r"[\u202a-\u202e]")  # UAX #9 discourages embeddings and overrides; isolates replaced them
_ISOLATE = re.compile(r"[\u2066-\u2068][^\u2066-\u2069\n]*\u2069")
_DEEPEST = 8  # isolates within isolates; UAX #9 allows 125, nobody writes three
_MANGLED = re.compile(
    r"\ufffd"
    r"|â€.?"  # UTF-8 quotation marks and dashes, read as Windows-1252
    r"|Ã[\x80-\xbf]|Â[\xa0-\xbf]"  # UTF-8 letters, read as Latin-1
    r"|=\?[\w-]+\?[QqBb]\?[^?\s]*\?=",  # RFC 2047 §2
)
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,6}|#[xX][0-9a-fA-F]{2,6});")
_PLACEHOLDER = re.compile(
    r"\b(?:TODO|FIXME|TKTK|TK)\b(?! Maxx)|\b[Ll]orem ipsum\b"
    r"|(?<!Bowl )\bXXX\b(?! Olympi)"  # also the Roman thirty
    r"|(?<!p\. )\bxxx\b(?=[ \t]+\w)"  # at the end of a line they are kisses
    r"|\b(?:TBD|tbd)\b"
)

# Zero-width characters, reported only beside these scripts. Arabic, Indic and South-East Asian scripts and emoji
# need them.
_LATIN = r"\s!-~\u00a0-\u00ac\u00ae-\u024f\u0370-\u052f\u05d0-\u05ea\u1e00-\u1fff\u2010-\u2027\u2030-\u205e\u20ac"
_INVISIBLE = re.compile(rf"(?<![^{_LATIN}])[\u00ad\u200b-\u200d\u2060-\u2064\ufeff]+(?![^{_LATIN}])")
_SOFT_HYPHEN = re.compile(r"(?<=[^\W\d_])\u00ad(?=[^\W\d_])")
_SOFTLY_HYPHENED = re.compile(r"(?<![^\W\d_])[^\W\d_]+(?:\u00ad[^\W\d_]+)+")
_LONG_WORD = 10  # letters; editors type soft hyphens in long words, pasted columns have them in short ones too
_NO_BREAK = re.compile(
    r"(?<=\S)[\u00a0\u202f]+(?: |$)|(?<=\S) [\u00a0\u202f]+"
    # Between two lower-case words, but not before the last word of a line, where it often prevents a widow.
    r"|(?<![^\W_])(?:[^\W\d_]{4,}|and|are|for|is|of|the|was)[\u00a0\u202f](?P<next>[^\W\d_]{2,})(?![^\W\d_]|\W*$)"
)

# The expressions above are slow, and nearly all text has none of these characters.
_SUSPECT = re.compile(
    f"[{_CONTROL.pattern[1:-1]}{_BIDI.pattern[1:-1]}\ufffd\u00a0\u00ad\u200b-\u200d\u202f\u2060-\u2064\ufeff]"
)
_SUSPICIOUS = ("â€", "Ã", "Â", "=?", "&", "TODO", "FIXME", "TK", "orem ipsum", "XXX", "xxx", "TBD", "tbd")


def text_findings(text: str, place: Place, *, plain: bool = False) -> Iterator[Finding]:
    """Yield findings about the characters of a text that begins at ``place``, one per line and rule.

    ``plain`` text, such as a title, has no HTML entities, so an entity there is a copying mistake.
    """
    if not _SUSPECT.search(text) and not any(sign in text for sign in _SUSPICIOUS):
        return
    for number, line in enumerate(text.split("\n")):
        here = below(place, number)
        if match := _CONTROL.search(line):
            yield make_finding("control-character", here, f"{_named(match[0])} {_around(line, match)}")
        yield from _directions(line, here)
        if match := _INVISIBLE.search(_SOFTLY_HYPHENED.sub(_without_meant_hyphens, line)):
            yield make_finding("character-invisible", here, f"{_named(match[0][0])} {_around(line, match)}")
        if match := next(filter(_is_needless, _NO_BREAK.finditer(line)), None):
            yield make_finding(
                "space-no-break",
                here,
                f'a no-break space in "{" ".join(match[0].split())}"'
                if match["next"]
                else f"a no-break space beside another space or at the end of the line, {_around(line, match)}",
            )
        match = _MANGLED.search(line) or (_ENTITY.search(line) if plain else None)
        if match:
            yield make_finding("text-mangled", here, f'"{_visible(match[0])}" would be printed as it stands')
        if match := _PLACEHOLDER.search(line):
            yield make_finding("placeholder-left", here, f'the placeholder "{match[0]}" is still there')


def _without_meant_hyphens(word: re.Match[str]) -> str:
    return _SOFT_HYPHEN.sub("-", word[0]) if len(word[0].replace("\u00ad", "")) >= _LONG_WORD else word[0]


def _is_needless(match: re.Match[str]) -> bool:
    """Return whether a no-break space serves no purpose. Names, numbers and French punctuation need theirs."""
    return match["next"] is None or (match[0][0].islower() and match["next"].islower())


def _directions(line: str, here: Place) -> Iterator[Finding]:
    mark = _BIDI.search(line)
    if mark is None:
        return
    rest = line
    for _ in range(_DEEPEST):
        rest = _ISOLATE.sub(lambda isolate: isolate[0][1:-1], rest)
    if match := _FORCING.search(rest) or re.search(r"[\u2066-\u2069]", rest):
        yield make_finding("bidi-control", here, f"{_named(match[0])} {_around(rest, match)}")
    elif not any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in _BIDI.sub("", line)):
        yield make_finding("bidi-mark", here, f"{_named(mark[0])} {_around(line, mark)}")


def _named(character: str) -> str:
    name = unicodedata.name(character, "").lower()
    return f"U+{ord(character):04X}" + (f" ({name})" if name else " (control character)")


def _around(line: str, match: re.Match[str]) -> str:
    before, after = _visible(line[: match.start()])[-12:], _visible(line[match.end() :])[:12]
    return f'before "{after.strip()}"' if after.strip() else f'after "{before.strip()}"' if before.strip() else "alone"


def _visible(text: str) -> str:
    """Return the text without control characters and direction marks."""
    return _BIDI.sub("", _CONTROL.sub("", text))
