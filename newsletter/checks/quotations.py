"""Quotations: brackets and marks that have no partner, ellipses that differ."""

import re
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache

from newsletter.checks.places import below
from newsletter.checks.rules import found
from newsletter.errors import Finding, Place
from newsletter.issue import Block

_CLOSED_BY = {"(": ")", "[": "]", "{": "}", "（": "）", "【": "】", "《": "》", "「": "」", "『": "』"}
_BRACKET = re.compile("[" + re.escape("".join(_CLOSED_BY) + "".join(_CLOSED_BY.values())) + "]")
_NO_PARTNER_WANTED = re.compile(r"(?:^|[\s;,:.—–])(?:\d{1,2}|\w)\)$|[:;]-?\)$")  # "1) first, b) second :-)"
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")  # CommonMark 0.31 §2.4
_CODE = re.compile(r"(?<!`)(`+)(?!`)[^`]+\1(?!`)")
_LINK_TARGET = re.compile(r"(?<=\])\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*\)|<https?://[^>\s]*>")


class EllipsisForm(Enum):
    """The ways to write an ellipsis, each by its example."""

    SPACED = ". . ."
    DOTS = "..."
    CHARACTER = "…"


_DOTS = re.compile(r"[.…](?:[ \u00a0\u2009\u202f]?[.…])*")


def quotation_findings(block: Block, place: Place) -> Iterator[Finding]:
    """What is wrong inside one quotation, which begins at ``place``."""
    text = _bare(block.markdown)

    def here(offset: int) -> Place:
        return below(place, text.count("\n", 0, offset))

    said: set[tuple[int | None, str, bool]] = set()
    for offset, sign, opened in unpaired(text):
        place_of_sign = here(offset)
        if (place_of_sign.line, sign, opened) not in said:  # one of a kind a line is enough
            said.add((place_of_sign.line, sign, opened))
            what = f"{sign} in the quotation {'is never closed' if opened else 'closes nothing'}"
            yield found("quotation-unbalanced", place_of_sign, f"{what}, {_near(text, offset)}")
    runs = ellipses(block.markdown)
    for offset, run, form in runs:
        if form is None:
            what = f'"{run}", {_near(text, offset)}, is neither a full stop nor an ellipsis'
            yield found("ellipsis-broken", here(offset), what)
    forms = [(form, offset) for offset, _, form in runs if form is not None]
    other = next(((form, offset) for form, offset in forms if form is not forms[0][0]), None)
    if other is not None:
        what = f'ellipses in this quotation are written "{other[0].value}" and "{forms[0][0].value}"'
        yield found("ellipsis-mixed", here(other[1]), what)


@lru_cache(maxsize=4096)  # asked for by the entry and by its issues
def ellipses(markdown: str) -> tuple[tuple[int, str, EllipsisForm | None], ...]:
    """Every run of dots in a text: where it is, how it is written, and in which form, None where it has none."""
    text = _bare(markdown)
    return tuple(
        (match.start(), match[0], _form(match[0]))
        for match in _DOTS.finditer(text)
        if match[0] != "." and not _is_path(text, match)
    )


def _form(run: str) -> EllipsisForm | None:
    dots = run.count(".")
    if "…" in run:
        return EllipsisForm.CHARACTER
    if not 3 <= dots <= 4:
        return None
    if "..." in run:
        return EllipsisForm.DOTS
    return None if ".." in run else EllipsisForm.SPACED


def _is_path(text: str, match: re.Match[str]) -> bool:
    """Whether two dots belong to ``../path``, ``1..10`` or ``no. .5``."""
    after = text[match.end() : match.end() + 1]
    return match[0].count(".") == 2 and (after == "/" or after.isalnum())


def unpaired(text: str) -> list[tuple[int, str, bool]]:
    """Brackets and double quotation marks without a partner: (offset, sign, whether it is one that opens).

    Single marks are left alone, being apostrophes too. Speech that goes on opens anew at each paragraph and closes at
    the last. Which mark opens is told from those in use, so “English”, „German“, ”Swedish”, «French» and »Danish« are
    all well.
    """
    return sorted(
        [
            *_unpaired_brackets(text),
            *(sign for opens, closes in _marks(text) for sign in _unpaired(text, opens, closes)),
        ]
    )


def _unpaired_brackets(text: str) -> Iterator[tuple[int, str, bool]]:
    waiting: dict[str, list[int]] = {close: [] for close in _CLOSED_BY.values()}
    for match in _BRACKET.finditer(text):
        offset, sign = match.start(), match[0]
        if sign in _CLOSED_BY:
            waiting[_CLOSED_BY[sign]].append(offset)
        elif waiting[sign]:
            waiting[sign].pop()
        elif not _NO_PARTNER_WANTED.search(text[max(0, offset - 3) : offset + 1]):
            yield offset, sign, False
    for offsets in waiting.values():
        for offset in offsets:
            yield offset, text[offset], True


def _unpaired(text: str, opens: str, closes: str) -> Iterator[tuple[int, str, bool]]:
    unclosed: int | None = None
    for start, end in _paragraphs(text):
        signs = list(_signs(opens, closes).finditer(text, start, end))
        for match in signs[1:] if unclosed is not None else signs:  # speech goes on: its first mark only reminds
            offset, sign = match.start(), match[0]
            if sign == opens and (unclosed is None or opens != closes):
                if unclosed is not None:
                    yield unclosed, opens, True
                unclosed = offset
            elif unclosed is not None:
                unclosed = None
            elif not _is_inch(text, offset):
                yield offset, closes, False
        if unclosed is not None and not text[end : end + 200].lstrip("\n*_ ").startswith(opens):
            if not _is_inch(text, unclosed):
                yield unclosed, opens, True
            unclosed = None


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for gap in re.finditer(r"\n[ \t]*(?=\n)|\Z", text):
        yield start, gap.start()
        start = gap.end()


def _marks(text: str) -> Iterator[tuple[str, str]]:
    """The pairs of quotation marks that a text uses."""
    if "„" in text:
        yield "„", "“" if "“" in text else "”"
    elif "“" in text:
        yield "“", "”"
    elif "”" in text:
        yield "”", "”"
    if "«" in text or "»" in text:
        yield ("«", "»") if 0 <= text.find("«") < text.find("»") or "»" not in text else ("»", "«")
    if '"' in text:
        yield '"', '"'


def _signs(opens: str, closes: str) -> re.Pattern[str]:
    # A straight mark between two letters is the Hebrew gershayim.
    return re.compile(r"(?<!\w)\"|\"(?!\w)" if opens == '"' else f"[{opens}{closes}]")


def _is_inch(text: str, offset: int) -> bool:
    return text[offset] == '"' and text[:offset][-1:].isdigit()


def _bare(markdown: str) -> str:
    """The text with link targets, code and the backslashes of escapes blanked out, every other sign where it was."""
    text = _CODE.sub(_blanked, markdown) if "`" in markdown else markdown
    text = _LINK_TARGET.sub(_blanked, text) if "](" in text or "<http" in text else text
    return _ESCAPED.sub(r" \1", text) if "\\" in text else text


def _blanked(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def _near(text: str, offset: int) -> str:
    line = text[text.rfind("\n", 0, offset) + 1 :].partition("\n")[0]
    start = offset - (text.rfind("\n", 0, offset) + 1)
    excerpt = " ".join(line[max(0, start - 16) : start + 24].split())
    return f"near “{excerpt}”"
