"""`newsletter reports`: printed, as JSON, as CSV files and as a page."""

import csv
import json
import re
from pathlib import Path

from tests.command_line import Run


def test_reports_show_readers_topics_and_issues_over_time(readers: Path, run: Run) -> None:
    assert run("send", "latest", "--yes").status == 0
    printed = run("reports", "--days", "7", "--csv", "tables", "--html", "page.html")
    assert printed.status == 0
    assert re.search(r"2026-11-23 +3\b", printed.stdout)
    assert sorted(path.name for path in (readers / "tables").iterdir()) == [
        "days.csv", "failures.csv", "issues.csv", "sources.csv", "topics.csv",
    ]  # fmt: skip
    rows = list(csv.DictReader((readers / "tables/issues.csv").open(encoding="utf-8-sig")))
    assert [(row["issue"], row["recipients"]) for row in rows] == [("2026-11-23", "3")]
    page = (readers / "page.html").read_text()
    assert "Topics followed, topics printed" in page
    assert "ada@" not in page
    assert json.loads(run("reports", "--json").stdout)["issues"][0]["submitted"] == 3


def test_a_range_that_ends_before_it_begins_is_refused(readers: Path, run: Run) -> None:
    refused = run("reports", "--since", "2026-11-24", "--until", "2026-11-20")
    assert refused.status == 2
    assert "2026-11-24 is after 2026-11-20: give the earlier day first" in refused.stderr
    assert not (readers / "tables").exists()


def test_a_day_that_is_none_is_refused_in_the_programs_own_words(readers: Path, run: Run) -> None:
    for day, words in (
        ("tomorrow", 'write the date as 2026-11-20, not "tomorrow"'),
        ("2026-02-30", "not in the calendar"),
    ):
        refused = run("reports", "--since", day)
        assert refused.status == 2
        assert words in refused.stderr
