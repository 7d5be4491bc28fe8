"""Runs of text against a newsletter's direction, in a ``<bdi>`` so that their punctuation stays with them."""

import re

from markupsafe import Markup, escape

RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
LEFT_TO_RIGHT = "A-Za-z\u00c0-\u024f\u0370-\u052f\u1e00-\u1fff"
_RTL = re.compile(f"[{RIGHT_TO_LEFT}]")
_LTR = re.compile(f"[{LEFT_TO_RIGHT}]")
_RTL_RUN = re.compile(f"[{RIGHT_TO_LEFT}](?:[^{LEFT_TO_RIGHT}\n]*[{RIGHT_TO_LEFT}])?")
_LTR_RUN = re.compile(f"[{LEFT_TO_RIGHT}](?:[^{RIGHT_TO_LEFT}\n]*[{LEFT_TO_RIGHT}0-9])?")


def opposite(text: str, direction: str) -> str:
    """The direction of a text all of whose letters run against ``direction``; empty for any other text."""
    own, other = (_RTL, _LTR) if direction == "rtl" else (_LTR, _RTL)
    if other.search(text) is None or own.search(text) is not None:
        return ""
    return "ltr" if direction == "rtl" else "rtl"


def isolated(text: str, direction: str) -> Markup:
    """The text as HTML, with each run against ``direction`` in a ``<bdi>``; wholly in one where all of it is."""
    if direction == "ltr" and text.isascii():
        return escape(text)
    if opposite(text, direction):
        return Markup("<bdi>{}</bdi>").format(text)
    run = _LTR_RUN if direction == "rtl" else _RTL_RUN
    parts: list[Markup] = []
    done = 0
    for match in run.finditer(text):
        end = _with_brackets(text, match)
        parts.extend((escape(text[done : match.start()]), Markup("<bdi>{}</bdi>").format(text[match.start() : end])))
        done = end
    return Markup("").join((*parts, escape(text[done:])))


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
