"""Tailored issues: rules that cannot hold."""

from dataclasses import replace
from typing import Any

import pytest

from newsletter.checks import digest_findings, tailoring_findings
from newsletter.domain.issue import Section, Tailored
from tests import make

ENTRIES = (make.entry("lens"), make.entry("bench"), make.entry("fugue"))
LINES = {"subject": 4, "tailored": 8, "pinned": 9}
ON = Tailored(always=True)


def found(newsletter: Tailored = ON, **changes: Any) -> list[tuple[str, int | None]]:
    issue = make.issue(*ENTRIES, **({"lines": LINES} | changes))
    return [
        (finding.rule, finding.place.line)
        for finding in tailoring_findings(issue, make.newsletter(tailored=newsletter))
    ]


def test_an_issue_that_is_tailored_well_has_no_findings() -> None:
    assert found() == []
    assert found(tailored=Tailored(always=True, minimum=2, maximum=2), pinned=frozenset({"lens"})) == []


def test_a_minimum_over_the_maximum_is_found_wherever_the_two_are_said() -> None:
    assert found(Tailored(always=True, minimum=3), tailored=Tailored(maximum=2)) == [("tailored-limits", 8)]
    assert found(Tailored(minimum=3), tailored=Tailored(maximum=2)) == []


def test_more_pins_than_the_maximum_are_found() -> None:
    pinned = frozenset({"lens", "bench"})
    assert found(tailored=Tailored(maximum=1), pinned=pinned) == [("tailored-pinned", 9)]
    assert found(tailored=Tailored(maximum=2), pinned=pinned) == []


def test_an_issue_without_topics_cannot_be_tailored() -> None:
    entries = tuple(replace(entry, topics=()) for entry in ENTRIES)
    assert found(sections=(Section(title=None, entries=entries),)) == [("tailored-topics", 8)]


@pytest.mark.parametrize(
    ("subject", "changes", "warned"),
    [
        ("{{ edition.titles[0] }}", {}, False),
        ("{{ edition.titles[1] }}", {}, True),
        ('{{ edition.titles[1] | default("more") }}', {}, False),
        ("{{ edition.titles[1] }}", {"tailored": Tailored(minimum=2)}, False),
        ("{{ edition.titles[1] }}", {"tailored": Tailored(minimum=2, maximum=1)}, True),
        ("{{ edition.titles[1] }}", {"pinned": frozenset({"lens", "fugue"})}, False),
        ("{{ edition.titles[2] }}", {"tailored": Tailored(always=False)}, False),
        ("{{ edition.titles[3] }}", {"tailored": Tailored(always=False)}, True),
        ("{{ edition.count }}", {}, False),
    ],
)
def test_a_title_that_some_edition_has_not_needs_a_default(subject: str, changes: dict[str, Any], warned: bool) -> None:
    assert (("merge-field-default", 4) in found(subject=subject, **changes)) is warned


def test_a_digest_that_nobody_can_have_chosen_is_found() -> None:
    digest = make.issue(*ENTRIES, digest=True, lines=LINES | {"digest": 3})
    (finding,) = digest_findings(digest, make.newsletter())
    assert (finding.rule, finding.place.line) == ("digest-unset", 3)
    assert not list(digest_findings(digest, make.newsletter(weekly_digest=True)))
    assert not list(digest_findings(replace(digest, digest=False), make.newsletter()))
