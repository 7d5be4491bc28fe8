"""Blank out the parts of Markdown that aren't prose: code, link targets, bare addresses, escaping backslashes."""

import re
from functools import lru_cache

from newsletter.domain.autolinks import bare_addresses

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")  # CommonMark 0.31 §2.4
_FENCED = re.compile(
    r"^ {0,3}(?P<fence>`{3,}(?![^\n]*`)|~{3,})[^\n]*(?:\n(?! {0,3}(?P=fence)[`~]*[ \t]*$)[^\n]*)*(?:\n[^\n]*)?",
    re.MULTILINE,
)
_TICKS = re.compile(r"(?<!\\)`+|(?<=\\)`(?P<ticks>`*)")  # the first of them may be escaped
_BLANK_LINE = re.compile(r"(\n[ \t]*(?=\n))")
_LINK_TARGET = re.compile(r"(?<=\])\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*\)|<https?://[^>\s]*>")


@lru_cache(maxsize=4096)  # several rules read the same blocks
def visible_prose(markdown: str) -> str:
    """Return the text with everything but prose replaced by spaces, so that offsets stay the same."""
    text = without_code(markdown)
    text = _LINK_TARGET.sub(_blanked, text) if "](" in text or "<http" in text else text
    if "://" in text:
        for start, end in bare_addresses(text):
            text = text[:start] + " " * (end - start) + text[end:]
    return _ESCAPED.sub(r" \1", text) if "\\" in text else text


def without_code(markdown: str) -> str:
    """Return the text with code blocks and code spans blanked out (CommonMark 0.31 §4.5 and §6.1)."""
    if "`" not in markdown and "~~~" not in markdown:
        return markdown
    text = _FENCED.sub(_blanked, markdown)
    return "".join(_without_spans(paragraph) for paragraph in _BLANK_LINE.split(text))


def _without_spans(paragraph: str) -> str:
    """Return a paragraph without code spans. A span ends at the next run with the same number of backticks."""
    runs = list(_TICKS.finditer(paragraph))
    following: dict[int, list[int]] = {}
    for run in reversed(runs):
        following.setdefault(len(run[0]), []).append(run.end())
    pieces: list[str] = []
    done = 0
    for run in runs:
        start = run.start("ticks") if run["ticks"] is not None else run.start()
        length = run.end() - start
        if start < done or not length:
            continue
        ends = following.get(length, [])
        while ends and ends[-1] <= run.end():
            ends.pop()
        if ends:
            pieces += paragraph[done:start], _blank(paragraph[start : ends[-1]])
            done = ends[-1]
    return "".join((*pieces, paragraph[done:]))


def _blanked(match: re.Match[str]) -> str:
    return _blank(match[0])


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
