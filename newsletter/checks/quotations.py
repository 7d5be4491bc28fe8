"""Checks of quotations: unbalanced brackets and quotation marks, inconsistent ellipses."""

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache

from newsletter.checks.pairs import Unpaired, unpaired_brackets, unpaired_marks
from newsletter.checks.places import below
from newsletter.checks.rules import make_finding
from newsletter.checks.visible import visible_prose
from newsletter.errors import Finding, Place


class EllipsisForm(Enum):
    """A way to write an ellipsis. Each value is an example."""

    SPACED = ". . ."  # as American books print it
    DOTS = "..."  # typed on a keyboard
    CHARACTER = "…"  # U+2026, which many editors insert


_DOTS = re.compile(r"[.…](?:[ \u00a0\u2009\u202f]?[.…])*")


def quotation_findings(markdown: str, place: Place) -> Iterator[Finding]:
    """Yield the findings of a quotation that begins at ``place``."""
    text = visible_prose(markdown)

    yield from _unpaired([*unpaired_brackets(text), *unpaired_marks(text)], text, place, "quotation")

    def here(offset: int) -> Place:
        return below(place, text.count("\n", 0, offset))

    runs = ellipses(markdown)
    for offset, run, form in runs:
        if form is None:
            what = f'"{run}", {_near(text, offset)}, is neither a full stop nor an ellipsis'
            yield make_finding("ellipsis-broken", here(offset), what)
    forms = [(form, offset) for offset, _, form in runs if form is not None]
    other = next(((form, offset) for form, offset in forms if form is not forms[0][0]), None)
    if other is not None:
        what = f'ellipses in this quotation are written "{other[0].value}" and "{forms[0][0].value}"'
        yield make_finding("ellipsis-mixed", here(other[1]), what)


@lru_cache(maxsize=4096)  # the entry's check and its issues' checks both call it
def ellipses(markdown: str) -> tuple[tuple[int, str, EllipsisForm | None], ...]:
    """Return every run of dots in a text: its offset, the run itself, and its form (None if it isn't an ellipsis)."""
    text = visible_prose(markdown)
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
    """Return whether two dots belong to ``../path``, ``1..10`` or ``no. .5``."""
    after = text[match.end() : match.end() + 1]
    return match[0].count(".") == 2 and (after == "/" or after.isalnum())


def mark_findings(markdown: str, place: Place, where: str) -> Iterator[Finding]:
    """Yield unbalanced quotation marks in the editor's own words: the framing or the note."""
    text = visible_prose(markdown)
    yield from _unpaired(unpaired_marks(text), text, place, where)


def _unpaired(signs: Iterable[Unpaired], text: str, place: Place, where: str) -> Iterator[Finding]:
    reported: set[tuple[int, str, bool]] = set()
    line = done = 0
    for offset, sign, opens in sorted(signs):
        line, done = line + text.count("\n", done, offset), offset
        if (line, sign, opens) not in reported:  # report a kind once per line
            reported.add((line, sign, opens))
            what = f"{sign} in the {where} {'is never closed' if opens else 'closes nothing'}"
            yield make_finding("quotation-unbalanced", below(place, line), f"{what}, {_near(text, offset)}")


def _near(text: str, offset: int) -> str:
    line = text[text.rfind("\n", 0, offset) + 1 :].partition("\n")[0]
    start = offset - (text.rfind("\n", 0, offset) + 1)
    excerpt = " ".join(line[max(0, start - 16) : start + 24].split())
    return f"near “{excerpt}”"
