"""Findings about embargoes and best-before dates."""

from datetime import date, datetime
from typing import Any

import pytest

from newsletter.checks import timing_findings
from tests import make


def reported(**timing: Any) -> list[tuple[str, int | None, str]]:
    """Return the findings in an issue of 23 November 2026 with an entry with this timing."""
    issue = make.issue(make.entry(**timing), date=date(2026, 11, 23), lines={"entries.night-train": 7})
    return [(finding.rule, finding.place.line, finding.what) for finding in timing_findings(issue)]


@pytest.mark.parametrize(
    "timing",
    [
        {},
        {"not_before": datetime.fromisoformat("2026-11-23 06:30")},
        {"not_before": datetime.fromisoformat("2026-11-22")},
        {"best_before": date(2026, 11, 23)},
        {"reserve": True},
    ],
)
def test_an_entry_in_time_has_no_findings(timing: dict[str, object]) -> None:
    assert reported(**timing) == []


def test_an_entry_under_an_embargo_is_an_error_where_the_issue_names_it() -> None:
    what = "night-train may not run before Tuesday 24 November 2026, and the issue is dated Monday 23 November 2026"
    assert reported(not_before=datetime.fromisoformat("2026-11-24")) == [("entry-embargoed", 7, what)]


def test_an_entry_past_its_best_is_reported() -> None:
    what = "night-train was best before Sunday 22 November 2026, and the issue is dated Monday 23 November 2026"
    assert reported(best_before=date(2026, 11, 22), reserve=True) == [("entry-best-before", 7, what)]
