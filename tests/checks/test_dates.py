"""Dates that an editor got wrong, missed, or wrote too far ahead."""

from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from newsletter.checks import Calendar, date_findings
from newsletter.domain.issue import Issue
from newsletter.errors import Place
from tests import make

TODAY = date(2026, 11, 28)


def issue(day: date, *, slug: str = "", number: int | None = None) -> Issue:
    slug = slug or str(day)
    return make.issue(slug=slug, date=day, number=number, path=f"issues/{slug}.md", lines={"date": 2})


def rules(issues: Sequence[Issue], *, sent: frozenset[str] | None = frozenset(), today: date = TODAY) -> dict[str, str]:
    """Return the rule that each issue breaks, by slug."""
    findings = date_findings(issues, Calendar(today=today, sent=sent))
    return {finding.place.path.removeprefix("issues/").removesuffix(".md"): finding.rule for finding in findings}


def test_a_date_that_differs_from_the_file_name_is_reported_at_the_date() -> None:
    moved = issue(date(2026, 12, 1), slug="2026-11-30")
    (finding,) = date_findings([moved], None)
    assert (finding.rule, finding.place) == ("issue-date-name", Place(path="issues/2026-11-30.md", line=2))
    assert finding.what == "the file's name has the date 2026-11-30, but the issue is dated 2026-12-01"
    for slug in ("2026-12-01", "digest-2026-12-01", "2026-12-01-evening", "spring", "2026-13-40"):
        assert not rules([issue(date(2026, 12, 1), slug=slug)])


def test_a_sent_issue_has_no_date_findings() -> None:
    moved = issue(date(2020, 1, 1), slug="2026-11-30")
    assert not rules([moved], sent=frozenset({"2026-11-30"}))


def test_a_wrong_year_is_reported_in_the_future_and_the_past() -> None:
    assert rules([issue(date(2027, 11, 30))]) == {"2027-11-30": "issue-date-year"}
    assert rules([issue(date(2062, 11, 30))]) == {"2062-11-30": "issue-date-year"}
    last_year, now = issue(date(2025, 11, 30), number=8), issue(date(2026, 11, 27), number=7)
    assert rules([last_year, now], sent=frozenset({"2026-11-27"})) == {"2025-11-30": "issue-date-year"}
    january = date(2027, 1, 3)
    old_year = issue(date(2026, 1, 4), number=367)
    neighbours = [issue(date(2026, 1, 3), number=3), old_year, issue(date(2026, 1, 5), number=5)]
    assert rules(neighbours, sent=frozenset({"2026-01-03", "2026-01-05"}), today=january)["2026-01-04"] == (
        "issue-date-year"
    )


def test_an_archive_of_last_year_has_no_findings() -> None:
    archive = [issue(date(2025, 11, 1) + timedelta(days=day), number=day + 1) for day in range(30)]
    assert not rules(archive)
    assert not rules(archive, sent=None)
    assert not rules([*archive, issue(date(2026, 11, 27))], sent=frozenset({"2026-11-27"}))


def test_a_missed_issue_is_reported_unless_it_may_have_been_sent() -> None:
    before, missed = issue(date(2026, 11, 20)), issue(date(2026, 11, 25))
    assert rules([before, missed], sent=frozenset({"2026-11-20"})) == {"2026-11-25": "issue-date-past"}
    assert not rules([before, missed], sent=None)
    assert not rules([before, missed], sent=frozenset({"2026-11-20", "2026-11-25"}))
    assert rules([issue(date(2026, 11, 27))]) == {"2026-11-27": "issue-date-past"}


def test_missed_issues_since_the_first_sent_one_are_one_finding() -> None:
    imported = [issue(date(2026, 8, 20) + timedelta(days=day)) for day in range(100)]  # until 27 November
    sent = frozenset({"2026-11-26"})
    findings = list(date_findings(imported, Calendar(today=TODAY, sent=sent)))
    assert [(finding.rule, finding.place.path) for finding in findings] == [
        ("issue-date-past", "issues/2026-11-27.md"),
        ("issue-date-past", "issues/2026-11-25.md"),
    ]
    assert findings[1].what.endswith("and has not been sent, nor have 10 earlier issues")
    assert rules(imported, sent=frozenset()) == {"2026-11-27": "issue-date-past"}
    assert not rules(imported[:80], sent=sent)


def test_an_issue_far_in_the_future_is_reported() -> None:
    assert rules([issue(date(2027, 3, 1))]) == {"2027-03-01": "issue-date-ahead"}
    assert not rules([issue(TODAY), issue(date(2027, 1, 20))])


@given(st.lists(st.dates(), max_size=6), st.dates(), st.booleans())
def test_any_dates_can_be_checked(days: list[date], today: date, known: bool) -> None:
    issues = [issue(day) for day in sorted(set(days))]
    findings = date_findings(issues, Calendar(today=today, sent=frozenset() if known else None))
    assert {finding.place.path for finding in findings} <= {issue.path for issue in issues}
