"""Editions of issues with blocks: what each has, and that it has the bytes of an issue with nothing else."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.domain.blocks import Block, BlockKind, ListedLink
from newsletter.domain.issue import Entry, Issue, Item, Section
from newsletter.domain.picks import picks_of
from newsletter.message.compiled_issue import CompiledIssue
from newsletter.message.mime import Wire
from newsletter.message.template import fill_text
from newsletter.rendering import compile_issue, load_theme
from newsletter.rendering.items import CONTENTS_FROM
from tests import make
from tests.rendering.samples import BLOCKS, NOWHERE, OFFICE, passages

NEWSLETTER = make.newsletter()
THEME = load_theme(NOWHERE, NEWSLETTER)
KINDS = {block.kind: block for block in BLOCKS}
GOES_WITH_ITS_SECTION = (BlockKind.NOTE, BlockKind.QUOTE, BlockKind.IMAGE)

Edition = tuple[int, ...]


def entry(number: int) -> Entry:
    return replace(OFFICE, slug=f"e-{number}", title=f"Title {number}", passages=passages(f"(item {number})"))


def block(kind: BlockKind, number: int, topics: tuple[str, ...]) -> Block:
    return replace(KINDS[kind], text=f"(item {number})", topics=topics)


@st.composite
def issues(draw: st.DrawFn) -> tuple[Issue, Edition]:
    """Draw an issue of 1 to 9 entries and up to 9 blocks in up to 4 sections, and an edition of it."""
    kinds = draw(st.lists(st.sampled_from([None, *BlockKind]), min_size=1, max_size=18))
    kinds[draw(st.integers(0, len(kinds) - 1))] = None
    topical = [draw(st.sampled_from([(), ("NATO",)])) for _ in kinds]
    items = [
        entry(number) if kind is None else block(kind, number, topics)
        for number, (kind, topics) in enumerate(zip(kinds, topical, strict=True))
    ]
    ends = sorted(draw(st.lists(st.integers(0, len(items)), max_size=3)))
    titles = [draw(st.sampled_from([None, f"Heading {at}"])) for at in range(len(ends) + 1)]
    sections = tuple(
        Section(title=title, items=tuple(items[start:end]))
        for title, start, end in zip(titles, (0, *ends), (*ends, len(items)), strict=True)
        if start < end
    )
    issue = make.issue(sections=sections)
    entries = draw(st.sets(st.integers(0, len(issue.entries) - 1), min_size=1))
    blocks = draw(st.sets(st.sampled_from(range(len(issue.topical_blocks))))) if issue.topical_blocks else set()
    return issue, tuple(sorted(entries | {len(issue.entries) + at for at in blocks}))


def only(issue: Issue, edition: Edition) -> Issue:
    """Return an issue of only what an edition has, by the rules in docs/file-formats.md."""
    chosen = [item for at, item in enumerate((*issue.entries, *issue.topical_blocks)) if at in edition]

    def is_chosen(item: Item) -> bool:
        return any(item is other for other in chosen)

    def is_in(item: Item, section: Section) -> bool:
        if isinstance(item, Entry) or item.topics:
            return is_chosen(item)
        with_it = [other for other in section.items if isinstance(other, Entry) or other.topics]
        alone = section.title is None or item.kind not in GOES_WITH_ITS_SECTION or not with_it
        return alone or any(map(is_chosen, with_it))

    sections = (
        replace(section, items=tuple(item for item in section.items if is_in(item, section)))
        for section in issue.sections
    )
    return replace(issue, sections=tuple(section for section in sections if section.items))


def words(compiled: CompiledIssue, edition: Edition | None = None) -> str:
    return fill_text(compiled.email(edition).text, {})


@settings(max_examples=40)
@given(issues())
def test_an_edition_has_the_same_bytes_as_an_issue_of_only_its_entries_and_blocks(drawn: tuple[Issue, Edition]) -> None:
    issue, edition = drawn
    left = only(issue, edition)
    compiled = CompiledIssue.from_json(compile_issue(issue, NEWSLETTER, THEME).to_json())
    joined = Wire(compiled.email(edition), make.WHEN).message(make.recipient())
    assert joined == Wire(compile_issue(left, NEWSLETTER, THEME).email(), make.WHEN).message(make.recipient())

    text = words(compiled, edition)
    expected = [
        item.passages[0].markdown if isinstance(item, Entry) else item.text for s in left.sections for item in s.items
    ]
    assert re.findall(r"\(item \d+\)", text) == expected
    numbers = [f"{at}. {each.title}" for at, each in enumerate(left.entries, 1)]
    assert re.findall(r"\d+\. Title \d+", text) == (numbers if len(numbers) >= CONTENTS_FROM else [])
    picks = len(picks_of(left))
    assert f"{picks} pick{'s' * (picks != 1)}, 1 minute" in text


def test_the_minutes_of_an_edition_are_those_of_its_own_words() -> None:
    entries = [replace(entry(number), passages=passages("word " * 460)) for number in range(3)]
    compiled = compile_issue(make.issue(*entries), NEWSLETTER, THEME)
    assert "3 picks, 6 minutes" in words(compiled)
    assert "2 picks, 4 minutes" in words(compiled, (0, 2))
    assert "1 pick, 2 minutes" in words(compiled, (1,))


@pytest.mark.parametrize("language", ["de", "he", "ar", "pl"])
def test_numbers_of_picks_and_minutes_have_their_own_plurals(language: str) -> None:
    newsletter = make.newsletter(language=language)
    compiled = compile_issue(make.issue(*map(entry, range(12))), newsletter, load_theme(NOWHERE, newsletter))
    lines = {words(compiled, tuple(range(size))).splitlines()[1] for size in range(1, 13)}
    forms = {re.sub(r"\d+", "", line.rpartition("·")[2]) for line in lines}
    assert len(forms) == {"de": 2, "he": 3, "ar": 4, "pl": 2}[language]


def test_an_issue_of_blocks_alone_has_no_contents_and_only_listed_picks() -> None:
    listed = ListedLink(title="A kettle", url="https://example.org/kettle")
    links = Block(kind=BlockKind.LINKS, links=(listed,))
    text = words(compile_issue(make.issue(links), NEWSLETTER, THEME))
    assert "1 pick, 1 minute" in text
    assert "pick" not in words(compile_issue(make.issue(Block(kind=BlockKind.NOTE, text="Hello.")), NEWSLETTER, THEME))
    assert "In this issue" not in text
    assert "A kettle\n<https://example.org/kettle>" in text
