"""Runs of text against a newsletter's direction, set apart so that they and their neighbours keep their order.

HTML has ``<bdi>`` for it, which Gmail, Yahoo, Outlook and Hey drop (caniemail.com), and plain text has no markup. There
the marks U+200E and U+200F hold the order: outside a run, so that a number or a dot beside it does not join it, and at
its ends, so that its punctuation stays with it (UAX #9).
"""

import html
import re

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

Joined = tuple[bool, bool]  # to what stands before a piece of a paragraph, and to what stands behind it
APART: Joined = (False, False)

# How much of a text has to run against the newsletter before all of it is taken to. A paragraph is sentences of one
# language; a title in one language may well be mostly names in another.
PARAGRAPH, LINE = 1 / 2, 2 / 3
WORD = 1 / 3  # of a title that begins in the other direction


def opposite(text: str, direction: str, share: float) -> str:
    """Return the other direction if more than this share of a text, in words and in letters, runs that way, else ""."""
    if direction == "ltr" and text.isascii():
        return ""
    other = _OTHER[direction]
    own, against = (_LETTERS[each].findall(text) for each in (direction, other))
    for count in (len, _letters):
        if not count(against) > share * (count(own) + count(against)):
            return ""
    return other


def _letters(words: list[str]) -> int:
    return sum(map(len, words))


def starts_against(text: str, direction: str) -> bool:
    """Whether the first letter of a text runs against ``direction``: many programs set a plain line by it."""
    other, own = (_LETTERS[each].search(text) for each in (_OTHER[direction], direction))
    return other is not None and (own is None or other.start() < own.start())


def direction_of_title(text: str, direction: str) -> str:
    """Return the direction to set a title in, a line of its own: the newsletter's, or the other one.

    Titles in Hebrew and Arabic often begin with a Latin name. English ones hardly ever begin with a Hebrew or Arabic
    word, so one that does runs from right to left, unless it's a single word of a title that is otherwise English.
    """
    other = opposite(text, direction, LINE)
    if not other and direction == "ltr" and starts_against(text, direction):
        other = opposite(text, direction, WORD)
    return other or direction


def isolated(text: str, direction: str, *, marks: bool = False) -> Markup:
    """Return the text as HTML, with each run against ``direction`` in a ``<bdi>``; with ``marks`` too, for mail."""
    if direction == "ltr" and text.isascii():
        return escape(text)
    other = opposite(text, direction, LINE)
    if not other:
        return runs_isolated(text, direction, marks=marks)
    if _LETTERS[direction].search(text):
        return set_apart(runs_isolated(text, other, marks=marks), direction, marks=marks)
    return _run(text, direction, marks=marks)


def marked(text: str, direction: str) -> str:
    """Return the text for plain text, with marks around each run against ``direction``."""
    return _plain(isolated(text, direction, marks=True))


def marked_line(text: str, direction: str) -> str:
    """Return a line of its own for plain text, as ``marked`` does, whose first letter doesn't turn it round."""
    line = marked(text, direction)
    return MARKS[direction] + line if starts_against(text, direction) and line[0] != MARKS[direction] else line


def runs_marked(text: str, direction: str, *, joined: Joined = APART) -> str:
    """Return a piece of a paragraph for plain text, with marks around each run against the paragraph's direction."""
    return _plain(runs_isolated(text, direction, marks=True, joined=joined))


def _plain(markup: str) -> str:
    return html.unescape(_BDI.sub("", markup))


def unmarked(text: str) -> str:
    """Return a text without any mark that ``marked`` puts in."""
    return text.translate(_ADDED)


def set_apart(content: str, direction: str, *, marks: bool) -> Markup:
    """Return HTML that runs against ``direction`` as it stands in a line; runs against its own are isolated already."""
    other = _OTHER[direction]
    isolate, end = (_ISOLATES[other], _END_OF_ISOLATE) if marks else ("", "")
    mark = MARKS[direction] if marks else ""
    return Markup(f'{mark}<bdi dir="{other}">{isolate}{content}{end}</bdi>{mark}')  # noqa: S704  finished HTML


def edges(text: str, direction: str) -> Joined:
    """Return whether a piece of a paragraph begins and ends with a run against the paragraph's direction."""
    runs = list(_RUNS[_OTHER[direction]].finditer(text))
    if not runs:
        return APART
    return not text[: runs[0].start()].strip(), not text[_with_brackets(text, runs[-1]) :].strip()


def runs_isolated(text: str, direction: str, *, marks: bool, joined: Joined = APART) -> Markup:
    """Return a piece of a paragraph as HTML, with each run against the paragraph's direction in a ``<bdi>``.

    A run that is ``joined`` to one of the piece before or behind, in a link say, has none: each isolate takes its place
    from right to left, and "The" and "New York Times" would change theirs.
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
    """Where a run ends, brackets behind it included that were opened in it: ``Sputnik (PS-1)`` is one thing."""
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
