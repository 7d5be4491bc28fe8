"""Findings about polls."""

import pytest

from newsletter.checks import poll_findings
from newsletter.domain.blocks import Block, BlockKind
from newsletter.domain.issue import Section, TailoringFields
from newsletter.domain.tracking import TrackingLevel, TrackingSettings
from tests import make

COUNTING = make.newsletter(counting=TrackingSettings(clicks=TrackingLevel.AGGREGATE))


def vote(answer: str, words: str = "") -> str:
    return f'[{words or answer}]({{{{ links.vote("{answer}") }}}})'


def rules(note: str) -> list[str]:
    return [finding.rule for finding in poll_findings(make.issue(note=note), COUNTING)]


@pytest.mark.parametrize(
    "note",
    [
        "No poll, [a link]({{ links.archive }}).",
        f"{vote('yes')} {vote('no')}",
        f"{vote('yes', 'Yes, I **do**!')} {vote('no', 'No 👎')}\n\n{vote('yes', 'yes I do')}",
        f"{vote('👍')} {vote('👎')} {vote('כן')} {vote('c', 'C++')} {vote('10')} {vote('1')}",
        'Text {{ links.vote("yes") }}',
    ],
)
def test_a_sound_poll_has_no_findings(note: str) -> None:
    assert rules(note) == []


@pytest.mark.parametrize(
    ("note", "rule", "what"),
    [
        (vote("yes"), "poll-single", 'only the answer "yes"'),
        (f"{vote('yes')} {vote('yes')}", "poll-single", 'only the answer "yes"'),
        (f"{vote('Yes')} {vote('yes!')} {vote('no')}", "poll-alike", '"Yes" and "yes!" are almost the same'),
        (
            f"{vote('yes', 'Sure')} {vote('yes', 'Never')} {vote('perhaps')}",
            "poll-alike",
            'the links "Sure" and "Never" both vote for "yes"',
        ),
        (f"{vote('yes', 'No')} {vote('no', 'Nope')}", "poll-alike", 'the link "No" votes for "yes" and not for "no"'),
    ],
)
def test_a_mistake_is_reported_once(note: str, rule: str, what: str) -> None:
    (finding,) = poll_findings(make.issue(note=f"First.\n\n{note}", lines={"note": 8}), COUNTING)
    assert (finding.rule, what in finding.what) == (rule, True)
    assert str(finding.place) == "issues/2026-11-23.md:10"


def test_a_poll_needs_counting() -> None:
    issue = make.issue(note=f"{vote('yes')} {vote('no')}")
    (finding,) = poll_findings(issue, make.newsletter())
    assert (finding.rule, finding.severity) == ("poll-uncounted", "error")


def test_an_issue_asks_one_question() -> None:
    note, again = f"{vote('yes')} {vote('no')}", f"{vote('no', 'NO')} {vote('yes')}"
    other = Block(kind=BlockKind.NOTE, text=f"{vote('cats')} {vote('dogs')}", path="issues/blocks/pets.md")
    for text, expected in ((other.text, ["poll-second"]), (again, [])):
        block = Block(kind=BlockKind.NOTE, text=text, path="issues/blocks/pets.md")
        issue = make.issue(note=note, sections=(Section(title=None, items=(block, make.entry())),))
        assert [finding.rule for finding in poll_findings(issue, COUNTING)] == expected


@pytest.mark.parametrize(
    ("title", "topics", "tailored", "reported"),
    [
        ("Seas", (), True, True),
        ("Seas", (), False, False),
        (None, (), True, False),
        (None, ("asia",), True, True),
    ],
)
def test_a_poll_that_some_editions_lack_is_reported(
    title: str | None, topics: tuple[str, ...], tailored: bool, reported: bool
) -> None:
    note = make.block(text=f"{vote('yes')} {vote('no')}", topics=topics)
    fields = TailoringFields(always=tailored)
    issue = make.issue(sections=(Section(title=title, items=(make.entry(), note)),), tailored=fields)
    assert [finding.rule for finding in poll_findings(issue, COUNTING)] == ["poll-tailored"] * reported
