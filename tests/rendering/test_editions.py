"""An edition is a join of parts: the same bytes as an issue that never had the other entries."""

import re
from dataclasses import replace
from email import policy
from email.parser import BytesParser
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.domain.issue import Issue, Section
from newsletter.errors import FindingsError
from newsletter.message.compiled_issue import CompiledIssue
from newsletter.message.mime import Wire
from newsletter.message.template import Slot, fill_html, fill_text
from newsletter.rendering import PageText, Theme, compile_issue, load_theme
from tests import make
from tests.message_checklist import complaints
from tests.rendering.samples import CHALK, NOWHERE, OFFICE, SIGNAL, passages

NEWSLETTER = make.newsletter()
THEME = load_theme(NOWHERE, NEWSLETTER)
ISSUE = make.issue(
    sections=(
        Section(title="First", items=(SIGNAL, CHALK)),
        Section(title=None, items=(replace(OFFICE, slug="office-2"),)),
        Section(title="Last", items=(OFFICE,)),
    ),
    subject='{{ edition.titles[0] | default("Nothing") }}, {{ edition.count }} in all',
    preheader='and {{ edition.titles[1] | default("no more") }}',
)
COMPILED = compile_issue(ISSUE, NEWSLETTER, THEME)


@st.composite
def shapes(draw: st.DrawFn) -> tuple[Issue, tuple[int, ...]]:
    """Draw an issue of 1 to 40 entries in 0 to 15 sections with 0 to 5 merge fields, and an edition of it."""
    entries = draw(st.integers(1, 40))
    sections = draw(st.integers(0, 15))
    ends = sorted(draw(st.lists(st.integers(0, entries), min_size=sections, max_size=sections)))
    titled = draw(st.lists(st.booleans(), min_size=sections + 1, max_size=sections + 1))
    fields = draw(st.lists(st.sampled_from(MERGE_FIELDS), max_size=5))
    each = tuple(replace(OFFICE, slug=f"e-{at}", passages=passages(f"Words of pick ({at})")) for at in range(entries))
    issue = make.issue(
        sections=tuple(
            Section(title=f"Section ({at})" if titled[at] else None, items=each[start:end])
            for at, (start, end) in enumerate(pairwise((0, *ends, entries)))
            if end < entries or start < end
        ),
        note="\n\n".join(fields),
        preheader=" ".join(fields[:2]),
    )
    chosen = draw(st.sets(st.integers(0, entries - 1), min_size=1))
    return issue, tuple(sorted(chosen))


MERGE_FIELDS = (
    '{{ subscriber.first_name | default("reader") }}',
    "{{ subscriber.last_name }}",
    '{{ subscriber.name | default("you") }}',
    "{{ subscriber.email }}",
    "{{ edition.count }}",
    '{{ edition.titles[1] | default("no more") }}',
)


@settings(max_examples=60)
@given(shapes())
def test_an_issue_of_any_shape_is_rendered_in_every_edition(shape: tuple[Issue, tuple[int, ...]]) -> None:
    issue, edition = shape
    compiled = compile_issue(issue, NEWSLETTER, THEME)
    for chosen in (compiled.full, edition):
        email = compiled.email(chosen)
        for template in (email.html, email.text):
            words = "".join(part for part in template if isinstance(part, str))
            assert re.findall(r"Section \(\d+\)", words) == [
                section.title for section in issue.sections if section.title and printed(section, chosen)
            ]
            assert re.findall(r"Words of pick \((\d+)\)", words) == [str(at) for at in chosen]
            named = {part.name for part in template if isinstance(part, Slot)}
            assert set(re.findall(r"subscriber\.\w+", issue.note)) <= named
            assert "links.unsubscribe" in named


def printed(section: Section, edition: tuple[int, ...]) -> bool:
    return not section.entries or any(entry.slug == f"e-{at}" for entry in section.entries for at in edition)


def alone(edition: tuple[int, ...], theme: Theme = THEME) -> CompiledIssue:
    """Compile the issue with only these entries."""
    positions = iter(range(len(ISSUE.entries)))
    sections = []
    for section in ISSUE.sections:
        entries = tuple(entry for entry in section.entries if next(positions) in edition)
        if entries:
            sections.append(replace(section, items=entries))
    return compile_issue(replace(ISSUE, sections=tuple(sections)), theme.newsletter, theme)


HOSTILE = (
    "",
    "=",
    ".",
    "..\r\n.",
    "a\nb",
    "x" * 10_000,
    "\U0001f600" * 300,
    "<b>&",
    "{{ edition.count }}",
    "=?utf-8?q?x?=",
)


@given(
    st.sets(st.integers(0, 3), min_size=1).map(lambda chosen: tuple(sorted(chosen))),
    st.sampled_from(HOSTILE) | st.text(st.characters(codec="utf-8")),
)
def test_an_edition_has_the_same_bytes_as_an_issue_of_only_its_entries(
    edition: tuple[int, ...], first_name: str
) -> None:
    recipient = make.recipient(first_name=first_name)
    joined = Wire(COMPILED.email(edition), make.WHEN).message(recipient)
    assert joined == Wire(alone(edition).email(), make.WHEN).message(recipient)
    assert [
        complaint for complaint in complaints(joined) if complaint != "a {{ is left"
    ] == []  # a sample has one on purpose


@pytest.mark.parametrize(
    ("language", "one", "two"), [("en", "1 pick", "2 picks"), ("de", "1 Empfehlung", "2 Empfehlungen")]
)
def test_a_subject_has_the_number_of_picks_in_words(language: str, one: str, two: str) -> None:
    newsletter = make.newsletter(language=language)
    text = "For you: {{ edition.picks }}"
    issue = make.issue(SIGNAL, CHALK, subject=text, preheader=text, note=text)
    theme = load_theme(NOWHERE, newsletter)
    compiled = compile_issue(issue, newsletter, theme)
    for edition, words in (((0,), one), ((0, 1), two)):
        message = Wire(compiled.email(edition), make.WHEN).message(make.recipient())
        parsed = BytesParser(policy=policy.default).parsebytes(message)
        assert parsed["Subject"] == f"For you: {words}"
        body = parsed.get_body(("plain",))
        assert body is not None
        assert f"For you: {words}" in body.get_content()
    assert PageText(newsletter, theme).line(issue.subject, issue) == f"For you: {two}"
    assert f"For you: <bdi>{two}</bdi>" in PageText(newsletter, theme).note(issue)


def test_sections_without_entries_are_left_out() -> None:
    text = fill_text(COMPILED.email((0, 2)).text, {})
    assert "First\n=====" in text
    assert "Last" not in text


def test_subject_and_preheader_name_only_entries_of_the_edition() -> None:
    email = COMPILED.email((1, 3))
    assert fill_text(email.subject, {}) == f"{CHALK.title}, 2 in all"
    assert fill_text(email.preheader, {}) == f"and {OFFICE.title}"
    assert fill_text(COMPILED.email((2,)).preheader, {}) == "and no more"


def test_a_frozen_issue_is_read_back_unchanged() -> None:
    again = CompiledIssue.from_json(COMPILED.to_json())
    assert again == COMPILED
    assert again.digest == COMPILED.digest


def test_entries_numbered_by_a_theme_are_numbered_by_edition(tmp_path: Path) -> None:
    folder = tmp_path / "templates" / "email" / "numbered"
    folder.mkdir(parents=True)
    (folder / "entry.txt").write_text("{{ entry.number }}. {{ entry.title }}\n", encoding="utf-8")
    newsletter = make.newsletter(theme=replace(NEWSLETTER.theme, name="numbered"))
    compiled = compile_issue(ISSUE, newsletter, load_theme(tmp_path, newsletter))
    assert f"2. {OFFICE.title}\n" in fill_text(compiled.email((1, 3)).text, {})
    assert f"4. {OFFICE.title}\n" in fill_text(compiled.email().text, {})


def test_an_edition_with_numbers_has_the_same_bytes_as_an_issue_of_only_its_entries(tmp_path: Path) -> None:
    folder = tmp_path / "templates" / "email" / "numbered"
    folder.mkdir(parents=True)
    text = "{{ entry.number }}. {{ entry.title }}\n<{{ entry.url }}>\n"
    page = '<mj-text><h2>{{ entry.number }}. <a href="{{ entry.url }}">{{ entry.title }}</a></h2></mj-text>\n'
    (folder / "entry.txt").write_text(text, encoding="utf-8")
    (folder / "entry.mjml").write_text(page, encoding="utf-8")
    newsletter = make.newsletter(theme=replace(NEWSLETTER.theme, name="numbered"))
    theme = load_theme(tmp_path, newsletter)
    compiled, recipient = compile_issue(ISSUE, newsletter, theme), make.recipient()
    for size in (1, 2, 3, 4):
        for edition in combinations(compiled.full, size):
            joined = Wire(compiled.email(edition), make.WHEN).message(recipient)
            assert joined == Wire(alone(edition, theme).email(), make.WHEN).message(recipient)


def test_a_title_with_markup_is_escaped() -> None:
    issue = replace(ISSUE, sections=(Section(title=None, items=(replace(CHALK, title="<b> & Co."),)),))
    compiled = compile_issue(issue, NEWSLETTER, THEME)
    assert "<title>&lt;b&gt; &amp; Co., 1 in all</title>" in fill_html(compiled.email().html, {})
    assert fill_text(compiled.email().subject, {}) == "<b> & Co., 1 in all"


def test_a_part_inside_another_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "templates" / "email" / "nested"
    folder.mkdir(parents=True)
    (folder / "entry.txt").write_text("{% part section %}{{ entry.title }}{% endpart %}\n", encoding="utf-8")
    newsletter = make.newsletter(theme=replace(NEWSLETTER.theme, name="nested"))
    with pytest.raises(FindingsError, match="inside another"):
        compile_issue(ISSUE, newsletter, load_theme(tmp_path, newsletter))
