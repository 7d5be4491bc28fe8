"""Tailored issues: rules that cannot hold."""

from dataclasses import replace
from typing import Any

import pytest

from newsletter.checks import digest_findings, tailoring_findings
from newsletter.domain.issue import Section, TailoringFields
from tests import make

ENTRIES = (make.entry("lens"), make.entry("bench"), make.entry("fugue"))
LINES = {"subject": 4, "tailored": 8, "pinned": 9}
ON = TailoringFields(always=True)


def findings(newsletter: TailoringFields = ON, **changes: Any) -> list[tuple[str, int | None]]:
    issue = make.issue(*ENTRIES, **({"lines": LINES} | changes))
    return [
        (finding.rule, finding.place.line)
        for finding in tailoring_findings(issue, make.newsletter(tailored=newsletter))
    ]


def test_a_correctly_tailored_issue_has_no_findings() -> None:
    assert findings() == []
    assert findings(tailored=TailoringFields(always=True, minimum=2, maximum=2), pinned=frozenset({"lens"})) == []


def test_a_minimum_above_the_maximum_is_reported_wherever_the_two_are_set() -> None:
    assert findings(TailoringFields(always=True, minimum=3), tailored=TailoringFields(maximum=2)) == [
        ("tailored-limits", 8)
    ]
    assert findings(TailoringFields(minimum=3), tailored=TailoringFields(maximum=2)) == []


def test_more_pins_than_the_maximum_are_reported() -> None:
    pinned = frozenset({"lens", "bench"})
    assert findings(tailored=TailoringFields(maximum=1), pinned=pinned) == [("tailored-pinned", 9)]
    assert findings(tailored=TailoringFields(maximum=2), pinned=pinned) == []


def test_tailoring_an_issue_without_topics_is_reported() -> None:
    entries = tuple(replace(entry, topics=()) for entry in ENTRIES)
    assert findings(sections=(Section(title=None, items=entries),)) == [("tailored-topics", 8)]


@pytest.mark.parametrize(
    ("subject", "changes", "warned"),
    [
        ("{{ edition.titles[0] }}", {}, False),
        ("{{ edition.titles[1] }}", {}, True),
        ('{{ edition.titles[1] | default("more") }}', {}, False),
        ("{{ edition.titles[1] }}", {"tailored": TailoringFields(minimum=2)}, False),
        ("{{ edition.titles[1] }}", {"tailored": TailoringFields(minimum=2, maximum=1)}, True),
        ("{{ edition.titles[1] }}", {"pinned": frozenset({"lens", "fugue"})}, False),
        ("{{ edition.titles[2] }}", {"tailored": TailoringFields(always=False)}, False),
        ("{{ edition.titles[3] }}", {"tailored": TailoringFields(always=False)}, True),
        ("{{ edition.count }}", {}, False),
    ],
)
def test_a_title_that_some_editions_lack_needs_a_default(subject: str, changes: dict[str, Any], warned: bool) -> None:
    assert (("merge-field-default", 4) in findings(subject=subject, **changes)) is warned


def test_a_digest_that_readers_cannot_choose_is_reported() -> None:
    digest = make.issue(*ENTRIES, digest=True, lines=LINES | {"digest": 3})
    (finding,) = digest_findings(digest, make.newsletter())
    assert (finding.rule, finding.place.line) == ("digest-unset", 3)
    assert not list(digest_findings(digest, make.newsletter(weekly_digest=True)))
    assert not list(digest_findings(replace(digest, digest=False), make.newsletter()))
