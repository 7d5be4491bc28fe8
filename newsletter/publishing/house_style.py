"""How a newsletter writes ellipses and quotation marks: as most of its entries do."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.checks.quotations import EllipsisForm, ellipses
from newsletter.domain.issue import Entry, PassageKind


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseStyle:
    """The way to write an ellipsis, and whether quotation marks are straight (``"``) rather than curly (``“``)."""

    ellipsis: EllipsisForm = EllipsisForm.SPACED
    straight_quotes: bool = False


def house_style(entries: Iterable[Entry]) -> HouseStyle:
    """Return the style of most quotations and most texts; quotation marks are straight only if most of them are."""
    forms: Counter[EllipsisForm] = Counter()
    straight = curly = 0
    for entry in entries:
        for passage in entry.passages:
            text = passage.markdown
            straight += text.count('"') + text.count("'")
            curly += sum(map(text.count, "“”‘’„«»"))
            if passage.kind is PassageKind.QUOTATION:
                forms.update(form for _, _, form in ellipses(text) if form is not None)
    most = max(EllipsisForm, key=lambda form: forms[form])  # the first one if there are none
    return HouseStyle(ellipsis=most, straight_quotes=straight > curly)
