"""Which issue `today`, `next` and `latest` mean."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.issue import Issue
from newsletter.domain.issue_names import NAMES, NoSuchDayError, SeveralIssuesError, UnknownIssueError, issue_named
from newsletter.errors import UsageError

TODAY = date(2026, 11, 28)  # a Saturday


def issue(day: int, slug: str = "", *, digest: bool = False) -> Issue:
    """Return an issue dated this number of days from today."""
    dated = TODAY + timedelta(days=day)
    return Issue(slug=slug or str(dated), date=dated, subject="A subject", digest=digest)


def named(name: str, *issues: Issue, begun: tuple[str, ...] = ()) -> str:
    in_order = sorted(issues, key=lambda issue: (issue.date, issue.slug))
    return issue_named(name, in_order, today=TODAY, begun=begun).slug


def test_issues_prepared_ahead_are_not_today_or_next_before_their_turn() -> None:
    saturday, sunday, monday = issue(0), issue(1), issue(2)
    assert named("today", saturday, sunday, monday) == saturday.slug
    assert named("next", saturday, sunday, monday) == saturday.slug
    assert named("next", saturday, sunday, monday, begun=(saturday.slug,)) == sunday.slug
    assert named("latest", saturday, sunday, monday) == monday.slug


def test_today_without_an_issue_is_an_error_that_names_the_next() -> None:
    with pytest.raises(NoSuchDayError, match=r"dated today, Saturday 28 November 2026: the next one is 2026-11-30"):
        named("today", issue(-1), issue(2))
    with pytest.raises(NoSuchDayError, match="no unsent issue is dated"):
        named("next", issue(-1), issue(0), begun=("2026-11-28",))


def test_today_is_the_only_unsent_issue_of_the_day() -> None:
    morning, evening = issue(0, "morning"), issue(0, "evening")
    with pytest.raises(SeveralIssuesError, match="evening and morning: name one of them"):
        named("today", morning, evening)
    with pytest.raises(SeveralIssuesError, match="evening and morning"):
        named("next", morning, evening)
    assert named("today", morning, evening, begun=("evening",)) == "morning"
    assert named("today", morning, begun=("morning",)) == "morning"


def test_a_name_never_means_a_digest() -> None:
    for name in ("today", "next"):
        with pytest.raises(NoSuchDayError):
            named(name, issue(0, "digest-1", digest=True))
    assert named("latest", issue(-3), issue(0, "digest-1", digest=True)) == str(TODAY - timedelta(days=3))


def test_a_misspelt_name_gets_a_suggestion() -> None:
    for wrong, right in (("latets", "latest"), ("todya", "today"), ("nxt", "next"), ("2026-11-82", "2026-11-28")):
        with pytest.raises(UnknownIssueError, match=f'did you mean "{right}"'):
            named(wrong, issue(0))


@given(
    st.lists(st.tuples(st.integers(-5, 5), st.booleans(), st.booleans()), max_size=8),
    st.sampled_from(NAMES),
)
def test_a_name_is_resolved_correctly_or_refused(drawn: list[tuple[int, bool, bool]], name: str) -> None:
    issues = [issue(day, f"issue-{at}", digest=digest) for at, (day, digest, _) in enumerate(drawn)]
    begun = {each.slug for each, (_, _, sent) in zip(issues, drawn, strict=True) if sent}
    daily = [each for each in issues if not each.digest]
    try:
        slug = named(name, *issues, begun=tuple(begun))
    except UsageError:
        unsent = [each.date for each in daily if each.slug not in begun and each.date >= TODAY]
        if name == "latest":
            assert not issues
        elif name == "today":
            assert unsent.count(TODAY) > 1 or all(each.date != TODAY for each in daily)
        else:
            assert not unsent or unsent.count(min(unsent)) > 1
        return
    (meant,) = (each for each in issues if each.slug == slug)
    if name == "today":
        assert meant.date == TODAY
    elif name == "next":
        assert meant.slug not in begun
        assert not [each for each in daily if TODAY <= each.date < meant.date and each.slug not in begun]
    else:
        assert meant.date == max(each.date for each in daily or issues)
