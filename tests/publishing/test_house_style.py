"""The house style is what most entries write."""

from newsletter.checks.quotations import EllipsisForm
from newsletter.domain.issue import Entry, Passage, PassageKind
from newsletter.publishing.house_style import HouseStyle, house_style


def entry(markdown: str, kind: PassageKind = PassageKind.QUOTATION) -> Entry:
    passage = Passage(kind=kind, markdown=markdown)
    return Entry(slug="a", title="A", url="https://example.org/a", source="S", passages=(passage,))


def test_the_style_is_that_of_most_entries() -> None:
    assert house_style([]) == HouseStyle(ellipsis=EllipsisForm.SPACED, straight_quotes=False)
    texts = ["One … two.", "Three … “four”.", 'Five. . . . "six"']
    assert house_style(map(entry, texts)) == HouseStyle(ellipsis=EllipsisForm.CHARACTER, straight_quotes=False)
    framing = entry('It\'s "so" ... so ...', PassageKind.FRAMING)
    assert house_style([framing]) == HouseStyle(ellipsis=EllipsisForm.SPACED, straight_quotes=True)
