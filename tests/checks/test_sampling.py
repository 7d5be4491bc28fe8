"""Which issues are rendered for a check."""

from datetime import date, timedelta

from newsletter.checks import representatives, weight
from newsletter.issue import Block, BlockKind, Issue
from tests import make


def issues(count: int) -> list[Issue]:
    start = date(2026, 1, 1)
    return [
        make.issue(make.entry(f"e{n}"), slug=f"issue-{n}", date=start + timedelta(days=n), number=n + 1)
        for n in range(count)
    ]


def test_the_newest_issues_stand_for_all_that_are_alike() -> None:
    assert [issue.slug for issue in representatives(issues(50))] == ["issue-49", "issue-48", "issue-47"]


def test_an_old_issue_of_another_shape_is_among_them() -> None:
    alike = issues(50)
    odd = make.issue(make.entry("odd", author=None), slug="odd", date=date(2025, 1, 1))

    assert [issue.slug for issue in representatives([odd, *alike])][-1] == "odd"


def test_more_words_weigh_more_and_so_do_words_that_encode_longer() -> None:
    def issue(text: str) -> Issue:
        return make.issue(make.entry(blocks=(Block(kind=BlockKind.FRAMING, markdown=text),)))

    assert weight(issue("x" * 1000)) == weight(issue("")) + 1000
    assert weight(issue("é" * 1000)) > weight(issue("x" * 2000))
