"""Isolate runs of text against a newsletter's direction, so that they and their neighbours keep their order.

HTML has ``<bdi>`` for this, but Gmail, Yahoo, Outlook and Hey drop it (caniemail.com), and plain text has no markup.
There the marks U+200E and U+200F keep the order: outside a run, so that a number or dot beside it doesn't join it, and
at its ends, so that its punctuation stays with it (UAX #9).
"""

import html
import re
from typing import NamedTuple

from markupsafe import Markup, escape

RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
LEFT_TO_RIGHT = "A-Za-z\u00c0-\u024f\u0370-\u052f\u1e00-\u1fff"
_LETTERS = {"ltr": re.compile(f"[{LEFT_TO_RIGHT}]+"), "rtl": re.compile(f"[{RIGHT_TO_LEFT}]+")}
_RUNS = {
    "ltr": re.compile(f"[{LEFT_TO_RIGHT}](?:[^{RIGHT_TO_LEFT}\n]*[{LEFT_TO_RIGHT}0-9])?"),
    "rtl": re.compile(f"[{RIGHT_TO_LEFT}](?:[^{LEFT_TO_RIGHT}\n]*[{RIGHT_TO_LEFT}])?"),
}
_OTHER = {"ltr": "rtl", "rtl": "ltr"}
MARKS = {"ltr": "\u200e", "rtl": "\u200f"}
_ISOLATES = {"ltr": "\u2066", "rtl": "\u2067"}
_END_OF_ISOLATE = "\u2069"
_ADDED = dict.fromkeys(map(ord, (*MARKS.values(), *_ISOLATES.values(), _END_OF_ISOLATE)))


class Arrows(NamedTuple):
    """Arrows that point where text of a direction goes ``on``, and ``back``."""

    on: str
    back: str


ARROWS = {"ltr": Arrows(on="→", back="←"), "rtl": Arrows(on="←", back="→")}

Joined = tuple[bool, bool]  # whether a piece of a paragraph is joined to the piece before it, and to the one after it
APART: Joined = (False, False)

# The share of a text that must run against the newsletter's direction for the whole text to be set that way. A
# paragraph is in a single language; a title may be mostly names in another.
PARAGRAPH, LINE = 1 / 2, 2 / 3
WORD = 1 / 3  # of a title that begins in the other direction


def opposite(text: str, direction: str, share: float) -> str:
    """Return the other direction if more than ``share`` of a text's words and of its letters run that way, else ""."""
    if direction == "ltr" and text.isascii():
        return ""
    other = _OTHER[direction]
    own, against = (_LETTERS[way].findall(text) for way in (direction, other))
    for count in (len, _letters):
        if not count(against) > share * (count(own) + count(against)):
            return ""
    return other


def has_letters_against(text: str, direction: str) -> bool:
    """Return whether a text has letters that run against ``direction``."""
    return not (direction == "ltr" and text.isascii()) and _LETTERS[_OTHER[direction]].search(text) is not None


def _letters(words: list[str]) -> int:
    return sum(map(len, words))


def starts_against(text: str, direction: str) -> bool:
    """Return whether a text's first letter runs against ``direction``. Many programs set a line by that letter."""
    other, own = (_LETTERS[way].search(text) for way in (_OTHER[direction], direction))
    return other is not None and (own is None or other.start() < own.start())


def direction_of_title(text: str, direction: str) -> str:
    """Return the direction for a title on a line of its own: ``direction`` or the opposite.

    Hebrew and Arabic titles often begin with a Latin name. English titles hardly ever begin with a Hebrew or Arabic
    word, so a title that does is set from right to left, unless that word is the only one in an English title.
    """
    other = opposite(text, direction, LINE)
    if not other and direction == "ltr" and starts_against(text, direction):
        other = opposite(text, direction, WORD)
    return other or direction


def isolated(text: str, direction: str, *, marks: bool = False) -> Markup:
    """Return the text as HTML with each run against ``direction`` in a ``<bdi>`` and, for mail, between ``marks``."""
    if direction == "ltr" and text.isascii():
        return escape(text)
    other = opposite(text, direction, LINE)
    if not other:
        return runs_isolated(text, direction, marks=marks)
    if _LETTERS[direction].search(text):
        return set_apart(runs_isolated(text, other, marks=marks), direction, marks=marks)
    return _run(text, direction, marks=marks)


def marked(text: str, direction: str) -> str:
    """Return plain text with marks around each run against ``direction``."""
    return _plain(isolated(text, direction, marks=True))


def marked_line(text: str, direction: str) -> str:
    """Return plain text as ``marked`` does, for a line of its own: a mark keeps its first letter from reversing it."""
    line = marked(text, direction)
    return MARKS[direction] + line if starts_against(text, direction) and line[0] != MARKS[direction] else line


def runs_marked(text: str, direction: str, *, joined: Joined = APART) -> str:
    """Return a piece of a paragraph as plain text with marks around each run against the paragraph's direction."""
    return _plain(runs_isolated(text, direction, marks=True, joined=joined))


def _plain(markup: str) -> str:
    return html.unescape(_BDI.sub("", markup))


def unmarked(text: str) -> str:
    """Return a text without the marks that ``marked`` adds."""
    return text.translate(_ADDED)


def set_apart(content: str, direction: str, *, marks: bool) -> Markup:
    """Return HTML that runs against ``direction``, isolated. Runs inside it must be isolated already."""
    other = _OTHER[direction]
    isolate, end = (_ISOLATES[other], _END_OF_ISOLATE) if marks else ("", "")
    mark = MARKS[direction] if marks else ""
    return Markup(f'{mark}<bdi dir="{other}">{isolate}{content}{end}</bdi>{mark}')  # noqa: S704  finished HTML


def edges(text: str, direction: str) -> Joined:
    """Return whether a piece of a paragraph begins, and whether it ends, with a run against the direction."""
    runs = list(_RUNS[_OTHER[direction]].finditer(text))
    if not runs:
        return APART
    return not text[: runs[0].start()].strip(), not text[_with_brackets(text, runs[-1]) :].strip()


def runs_isolated(text: str, direction: str, *, marks: bool, joined: Joined = APART) -> Markup:
    """Return a piece of a paragraph as HTML, with each run against the paragraph's direction in a ``<bdi>``.

    A run ``joined`` to a run in the piece before or after it (a link, say) gets none: isolates are ordered from right
    to left, so "The" and "New York Times" would change places.
    """
    parts: list[Markup] = []
    done = 0
    for match in _RUNS[_OTHER[direction]].finditer(text):
        end = _with_brackets(text, match)
        before = joined[0] and not text[: match.start()].strip()
        behind = joined[1] and not text[end:].strip()
        if before or behind:
            mark = MARKS[direction] if marks else ""
            run = Markup("{}{}{}").format("" if before else mark, text[match.start() : end], "" if behind else mark)
        else:
            run = _run(text[match.start() : end], direction, marks=marks)
        parts += escape(text[done : match.start()]), run
        done = end
    return Markup("").join((*parts, escape(text[done:])))


def _run(run: str, direction: str, *, marks: bool) -> Markup:
    if not marks:
        return Markup("<bdi>{}</bdi>").format(run)
    other = _OTHER[direction]
    start, end = ("" if _LETTERS[other].match(sign) else MARKS[other] for sign in (run[0], run[-1]))
    return Markup("{0}<bdi>{1}</bdi>{0}").format(MARKS[direction], f"{start}{run}{end}")


_BDI = re.compile("</?bdi[^>]*>")
_CLOSED_BY = {"(": ")", "[": "]", "{": "}"}


def _with_brackets(text: str, run: re.Match[str]) -> int:
    """Return the end of a run, including brackets after it that close ones inside it: ``Sputnik (PS-1)``."""
    waiting: list[str] = []
    for sign in run[0]:
        if sign in _CLOSED_BY:
            waiting.append(_CLOSED_BY[sign])
        elif waiting and sign == waiting[-1]:
            waiting.pop()
    end = run.end()
    while waiting and text[end : end + 1] == waiting[-1]:
        waiting.pop()
        end += 1
    return end
