"""How often sources and authors appear in 30 days."""

from datetime import date, timedelta

from newsletter.domain.balance import Appearances, balance_of
from newsletter.domain.issue import Issue
from tests import make

DAY = date(2026, 11, 30)


def issue(days_before: int, *sources: str, author: str | None = None, digest: bool = False) -> Issue:
    """Return an issue with an entry from each source."""
    entries = (make.entry(f"e-{at}", source=source, author=author) for at, source in enumerate(sources))
    return make.issue(*entries, slug=f"i-{days_before}", date=DAY - timedelta(days=days_before), digest=digest)


def test_an_issue_without_entries_has_no_balance() -> None:
    empty = make.issue(sections=(), date=DAY)
    balance = balance_of(empty, [issue(1, "The Review")])
    assert (balance.sources, balance.authors, balance.entries) == ((), (), 1)


def test_sources_and_authors_are_counted_in_the_30_days_before() -> None:
    draft = issue(0, "The Review", "the review", "Harbour Notes", author="Ada Writer")
    others = [
        issue(1, "THE REVIEW", "Elsewhere", author="Ben Reader"),
        issue(30, "The Review", author="ada writer"),
        issue(31, "The Review"),
        issue(-1, "The Review"),
        issue(2, "The Review", digest=True),
    ]
    balance = balance_of(draft, [*others, draft])
    assert balance.sources == (
        Appearances(name="The Review", here=2, earlier=2),
        Appearances(name="Harbour Notes", here=1, earlier=0),
    )
    assert balance.authors == (Appearances(name="Ada Writer", here=3, earlier=1),)
    assert balance.entries == 3
