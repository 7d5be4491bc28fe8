"""Which issues are rendered for a check."""

from datetime import date, timedelta

import pytest

from newsletter.checks import representatives, share_of_limit, weight
from newsletter.domain.issue import Issue, Passage, PassageKind
from newsletter.rendering import load_theme, render
from tests import make
from tests.rendering.samples import NOWHERE


def issues(count: int) -> list[Issue]:
    start = date(2026, 1, 1)
    return [
        make.issue(make.entry(f"e{n}"), slug=f"issue-{n}", date=start + timedelta(days=n), number=n + 1)
        for n in range(count)
    ]


def test_the_newest_of_similar_issues_are_rendered() -> None:
    assert [issue.slug for issue in representatives(issues(50))] == ["issue-49", "issue-48", "issue-47"]


def test_an_old_issue_of_another_shape_is_rendered() -> None:
    alike = issues(50)
    odd = make.issue(make.entry("odd", author=None), slug="odd", date=date(2025, 1, 1))

    assert [issue.slug for issue in representatives([odd, *alike])][-1] == "odd"


def test_longer_text_and_longer_encodings_weigh_more() -> None:
    def issue(text: str) -> Issue:
        return make.issue(make.entry(passages=(Passage(kind=PassageKind.FRAMING, markdown=text),)))

    assert weight(issue("x" * 1000)) == weight(issue("")) + 1000
    assert weight(issue("é" * 1000)) > weight(issue("x" * 2000))


def test_the_issue_with_the_most_entries_is_rendered() -> None:
    """A theme may take much more for an entry than for its words."""
    alike = issues(50)
    longest = make.issue(*(make.entry(f"l{n}") for n in range(9)), slug="longest", date=date(2025, 1, 1))

    assert [issue.slug for issue in representatives([longest, *alike])][-1] == "longest"


SWELLING = {
    "prose": "Ordinary words that go on and on. " * 60,
    "paragraphs": "a\n\n" * 500,
    "list": "- a\n" * 500,
    "emphasis": "**a** " * 400,
    "quotations in quotations": ">>>>>> a\n\n" * 150,
    "one address, many links": "[a][x] " * 300 + "\n\n[x]: https://example.org/" + "y" * 100,
    "bare addresses": "<https://a.example> " * 200,
    "ampersands": "& " * 1000,
    "ellipses": ". . . a " * 300,
    "Greek": "λόγος " * 300,
}


@pytest.mark.parametrize("words", SWELLING)
def test_the_weight_of_any_markdown_predicts_the_size_of_the_email(words: str) -> None:
    def share(markdown: str) -> float:
        entries = (
            make.entry(f"e{n}", passages=(Passage(kind=PassageKind.QUOTATION, markdown=markdown),)) for n in range(6)
        )
        issue = make.issue(*entries)
        email = render(issue, make.newsletter(), load_theme(NOWHERE, make.newsletter()))
        return share_of_limit(email) / weight(issue)

    assert share(SWELLING[words]) < 1.3 * share("A framing of a usual kind. " * 20)
