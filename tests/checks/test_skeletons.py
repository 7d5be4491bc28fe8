"""Findings about an issue that has more than its weekday's skeleton allows."""

from datetime import date
from typing import Any

from newsletter.checks import skeleton_findings
from newsletter.domain.issue import Section
from newsletter.domain.skeletons import Skeleton, SkeletonSection
from tests import make

MONDAY = Skeleton(sections=(SkeletonSection(title="Long", limit=1),), entries=2, minutes=1)
NEWSLETTER = make.newsletter(skeletons={"monday": MONDAY})


def found(*titles: str, day: int = 23, note: str = "", **changes: object) -> list[str]:
    """Return the findings in an issue of November 2026 with an entry in each of these sections."""
    sections = {
        title: Section(title=title, items=tuple(make.entry(f"{title}-{at}") for at in range(titles.count(title))))
        for title in titles
    }
    values: dict[str, Any] = {"date": date(2026, 11, day), "sections": tuple(sections.values()), "note": note} | changes
    return [finding.what for finding in skeleton_findings(make.issue(**values), NEWSLETTER)]


def test_an_issue_within_its_limits_has_no_findings() -> None:
    assert found("Long", "Brief") == []


def test_an_issue_without_a_skeleton_has_no_limits() -> None:
    assert found(*["Long"] * 9, day=24) == []
    assert found(*["Long"] * 9, digest=True) == []


def test_too_many_entries_and_too_many_minutes_are_reported() -> None:
    assert found("Long", "Long", "Brief", note="word " * 1_000) == [
        "the issue has 3 entries, more than its skeleton's 2",
        '"Long" has 2 entries, more than its 1',
        "the issue takes 5 minutes, more than its skeleton's 1",
    ]
