"""Issues and their entries."""

from newsletter.domain.issue import Section
from tests import make


def test_the_entries_of_an_issue_keep_the_order_of_its_sections() -> None:
    first, second, third = (make.entry(slug) for slug in ("one", "two", "three"))
    issue = make.issue(
        sections=(Section(title="A", items=(third,)), Section(title=None, items=(first, second))),
    )
    assert [entry.slug for entry in issue.entries] == ["three", "one", "two"]
