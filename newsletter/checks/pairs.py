"""Find brackets and double quotation marks without a partner.

Single marks are ignored because they are also apostrophes. Speech over several paragraphs opens again at each of them
and closes in the last. Whether a mark opens depends on its position and on the marks in use, so “English”, „German“,
”Swedish”, «French» and »Danish« are all accepted, also nested.
"""

import re
from collections.abc import Callable, Iterator

Unpaired = tuple[int, str, bool]  # offset, sign, whether it opens

_CLOSED_BY = {"(": ")", "[": "]", "{": "}", "（": "）", "【": "】", "《": "》", "「": "」", "『": "』"}
_BRACKET = re.compile("[" + re.escape("".join(_CLOSED_BY) + "".join(_CLOSED_BY.values())) + "]")
_NO_PARTNER_WANTED = re.compile(r"(?:^|[\s;,:.—–])(?:\d{1,2}|\w)\)$|[:;]-?\)$")  # "1) first, b) second :-)"
_BEFORE_OPENING = re.compile(r"[\s(\[{/—–\-*_“„«»‘‚>]|\Z")
_PARAGRAPH_END = re.compile(r"\n[ \t]*(?=\n)|\Z")


def unpaired_brackets(text: str) -> Iterator[Unpaired]:
    """Yield brackets without a partner."""
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


def unpaired_marks(text: str) -> Iterator[Unpaired]:
    """Yield double quotation marks without a partner."""
    if any(sign in text for sign in "“”„"):
        yield from _unpaired(text, _CURLY, _curly)
    if "«" in text or "»" in text:
        yield from _unpaired(text, _GUILLEMETS, _guillemets(text))
    if '"' in text:
        yield from _straight(text)


Opens = Callable[[str, int, str], bool]  # text, offset of the mark, innermost open mark or ""

_CURLY = re.compile(r"[“„]|(?<!\w)”|”(?!\w)")  # a mark between two letters is the Hebrew gershayim
_GUILLEMETS = re.compile("[«»]")


def _curly(text: str, offset: int, innermost: str) -> bool:
    if text[offset] == "„":
        return True
    if text[offset] == "“":
        return innermost != "„" or _stands_before_a_word(text, offset)
    return _stands_before_a_word(text, offset)


def _guillemets(text: str) -> Opens:
    first = text.find("«"), text.find("»")
    if first[1] == -1:  # French, with or without a space after it
        return lambda text, offset, _: bool(_BEFORE_OPENING.match(text[max(0, offset - 1) : offset]))
    if first[0] == -1:  # Finnish and Swedish: »so»
        return lambda text, offset, _: _stands_before_a_word(text, offset)
    opening = "«" if first[0] < first[1] else "»"
    return lambda text, offset, _: text[offset] == opening


def _stands_before_a_word(text: str, offset: int) -> bool:
    before, after = text[max(0, offset - 1) : offset], text[offset + 1 : offset + 2]
    return bool(_BEFORE_OPENING.match(before)) and bool(after.strip())


def _unpaired(text: str, signs: re.Pattern[str], opens: Opens) -> Iterator[Unpaired]:
    waiting: list[int] = []
    for start, end in _paragraphs(text):
        reminders = len(waiting)  # marks that only repeat, at a paragraph's start, that speech continues
        head = start
        for match in signs.finditer(text, start, end):
            offset = match.start()
            reminds = reminders > 0 and not text[head:offset].strip("\n\t *_>")
            if reminds:
                reminders, head = reminders - 1, offset + 1
            elif opens(text, offset, text[waiting[-1]] if waiting else ""):
                waiting.append(offset)
            elif waiting:
                waiting.pop()
            elif not _is_ornament(text, offset):
                yield offset, match[0], False
        if waiting and _goes_on(text, end) != text[waiting[-1]]:
            yield from ((offset, text[offset], True) for offset in waiting)
            waiting.clear()


def _straight(text: str) -> Iterator[Unpaired]:
    """Yield straight marks without a partner. They are counted, because opening and closing ones look the same."""
    unclosed: int | None = None
    for start, end in _paragraphs(text):
        marks = [match.start() for match in _STRAIGHT.finditer(text, start, end)]
        if unclosed is None and len(marks) % 2 and _DOUBTFUL.search(text, start, end):
            continue
        for offset in marks[1:] if unclosed is not None else marks:
            unclosed = offset if unclosed is None else None
        if unclosed is not None and _goes_on(text, end) != '"':
            yield unclosed, '"', unclosed in marks and _stands_before_a_word(text, unclosed)
            unclosed = None


_STRAIGHT = re.compile(r"(?<!\w)\"|\"(?!\w)")
# Inches and seconds; gershayim, and a Hebrew prefix before a mark; a mark mentioned as ("); Python's long strings.
_DOUBTFUL = re.compile(r"\d\"|\w\"\w|\(\"\)|\"{3}")


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for gap in _PARAGRAPH_END.finditer(text):
        yield start, gap.start()
        start = gap.end()


def _goes_on(text: str, end: int) -> str:
    """Return the first character of the next paragraph."""
    return text[end : end + 200].lstrip("\n\t *_>")[:1]


def _is_ornament(text: str, offset: int) -> bool:
    """Return whether a mark is the arrow of “Read more »”."""
    return (
        text[offset] == "»"
        and text[max(0, offset - 1) : offset].isspace()
        and text[offset + 1 : offset + 2].strip("\n") == ""
    )
