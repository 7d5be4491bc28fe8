"""Tailored issues: rules that cannot hold, and themes of which no edition can be made."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from newsletter.checks import part_findings, tailoring_findings
from newsletter.errors import Place
from newsletter.issue import Section, Tailored
from newsletter.rendering import compile_issue, load_theme
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


HTML, TEXT = Place(path="issue.mjml"), Place(path="issue.txt")
EACH = (
    "{% for section in issue.sections %}<section>{% for entry in section.entries %}<entry>{% endfor %}<end>"
    "{% endfor %}\n"
)
WHOLE = '{% include "entry.txt" %}'


def listing(entry: str, *, section: str = "", end: str = "") -> str:
    """A template of the text part with this for each entry and around the entries of a section."""
    return EACH.replace("<section>", section).replace("<entry>", entry).replace("<end>", end)


@pytest.mark.parametrize(
    ("template", "places"),
    [
        (None, []),
        (listing("{% part entry %}" + WHOLE + "{% endpart %}"), []),
        (listing(WHOLE), [TEXT]),
        (listing(WHOLE, section="{% part section %}", end="{% endpart %}"), [TEXT]),
        (listing("{% part entry %}{{ entry.title }}{% endpart %} {{ entry.url }}"), [TEXT]),
    ],
)
def test_a_theme_without_a_part_for_each_entry_is_found(
    tmp_path: Path, template: str | None, places: list[Place]
) -> None:
    if template is not None:
        folder = tmp_path / "templates" / "email" / "default"
        folder.mkdir(parents=True)
        (folder / "issue.txt").write_text(template + "{{ links.unsubscribe }}\n", encoding="utf-8")
    newsletter, issue = make.newsletter(), make.issue(*ENTRIES)
    compiled = compile_issue(issue, newsletter, load_theme(tmp_path, newsletter))
    assert [finding.place for finding in part_findings(issue, compiled, HTML, TEXT)] == places
