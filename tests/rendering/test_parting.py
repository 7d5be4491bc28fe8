"""Themes that can't make editions because text of an entry is outside its part."""

from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.domain.issue import Section
from newsletter.rendering import load_theme, part_findings
from tests import make
from tests.rendering.samples import CHALK, OFFICE, SIGNAL

NEWSLETTER = make.newsletter()
ISSUE = make.issue(
    sections=(Section(title="In the yard", items=(SIGNAL, CHALK)), Section(title="Beyond", items=(OFFICE,)))
)
LOOP = (
    "{% for section in issue.sections %}<head>{% for entry in section.entries %}<entry>{% endfor %}<foot>{% endfor %}\n"
)
LEAKS = "text of the entry"
CONTENTS = "{% part entry %}{{ entry.title }} {{ entry.url }}{% endpart %}"
WHOLE = '{% include "entry.txt" %}'
HEADING = "{{ section.title }}"


def text(entry: str, *, head: str = "", foot: str = "") -> dict[str, str]:
    """Return a text template that prints this for each entry and around the entries of a section."""
    filled = LOOP.replace("<head>", head).replace("<entry>", entry).replace("<foot>", foot)
    return {"issue.txt": filled + "{{ links.unsubscribe }}\n"}


def markup(entry: str, *, contents: str = "") -> dict[str, str]:
    """Return an HTML template that prints this for each entry, below a list of contents."""
    loops = LOOP.replace("<head>", "").replace("<foot>", "")
    column = "<mj-section><mj-column>" + "".join(loops.replace("<entry>", each) for each in (contents, entry))
    return {"issue.mjml": f"<mjml><mj-body>{column}</mj-column></mj-section></mj-body></mjml>"}


def findings(root: Path, files: dict[str, str]) -> list[tuple[str, str]]:
    folder = root / "templates" / "email" / "default"
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return [
        (finding.place.path.rpartition("/")[2], finding.what)
        for finding in part_findings(ISSUE, load_theme(root, NEWSLETTER))
    ]


@pytest.mark.parametrize(
    "files",
    [
        {},
        text("{% part entry %}" + WHOLE + "{% endpart %}", head="{% part section %}" + HEADING + "{% endpart %}"),
        text(CONTENTS + "{% part entry %}" + WHOLE + "{% endpart %}"),
        markup("{% part entry %}" + '{% include "entry.mjml" %}' + "{% endpart %}"),
    ],
)
def test_a_theme_with_a_part_for_each_entry_has_no_findings(tmp_path: Path, files: dict[str, str]) -> None:
    assert findings(tmp_path, files) == []


@pytest.mark.parametrize(
    ("files", "what"),
    [
        (text(WHOLE), LEAKS),
        (text(WHOLE, head="{% part section %}", foot="{% endpart %}"), LEAKS),
        (text("{% part entry %}{{ entry.title }}{% endpart %} {{ entry.url }}"), LEAKS),
        (text("{% part entry %}{{ entry.title }}{% endpart %} {{ entry.author | upper }}"), LEAKS),
        (text(CONTENTS + WHOLE), LEAKS),
        (text("{% part section.entries[0] %}" + WHOLE + "{% endpart %}"), LEAKS),
        (
            text("{% if loop.first %}{% part entry %}" + WHOLE + "{% endpart %}{% endif %}"),
            "is missing from an edition",
        ),
        (text("{% part entry %}" + WHOLE + "{% endpart %}", head=HEADING), 'the heading "In the yard"'),
        (markup('{% include "entry.mjml" %}'), LEAKS),
        (
            markup(
                '{% include "entry.mjml" %}',
                contents="{% part entry %}<mj-text>{{ entry.title }} {{ entry.url }}</mj-text>{% endpart %}",
            ),
            LEAKS,
        ),
        (
            markup(
                "{% part entry %}<mj-text>{{ entry.title }}</mj-text>{% endpart %}"
                "<mj-image src='{{ entry.image }}' alt='' />"
            ),
            LEAKS,
        ),
    ],
)
def test_text_of_an_entry_in_editions_without_it_is_reported(tmp_path: Path, files: dict[str, str], what: str) -> None:
    ((name, reported),) = findings(tmp_path, files)
    assert name in files
    assert what in reported


def test_an_empty_section_is_not_reported_as_a_fault_of_the_theme(tmp_path: Path) -> None:
    theme = load_theme(tmp_path, NEWSLETTER)
    unfinished = replace(ISSUE, sections=(*ISSUE.sections, Section(title="To come", items=())))
    assert part_findings(unfinished, theme) == ()
