"""Changes in words: a sentence for every difference between two issues, and none for equal ones."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.domain.addresses import Mailbox
from newsletter.domain.blocks import Block, BlockKind, ListedLink
from newsletter.domain.issue import Entry, Issue, Item, Passage, PassageKind, Section, TailoringFields
from newsletter.domain.publication import Newsletter, ThemeSettings
from newsletter.domain.reviews import Outline
from newsletter.domain.segment import EVERYONE, Segment
from newsletter.domain.topics import Topic, Topics
from newsletter.domain.tracking import TrackingLevel, TrackingSettings
from newsletter.reviewing import changes_in_words, moved_members, ordinal, outline_of
from newsletter.reviewing.outlines import BLOCK_FIELDS, ENTRY_FIELDS, ISSUE_FIELDS, item_keys
from tests import make

NEWSLETTER = make.newsletter()
words = st.sampled_from(["", "Rain", "Rain and snow", "Snow and rain", "A longer text of seven words, perhaps"])
maybe = st.none() | words.filter(bool)
slugs = st.sampled_from(["night-train", "gloves", "kettle", "river", "lamp"])
passages = st.lists(st.builds(Passage, kind=st.sampled_from(PassageKind), markdown=words.filter(bool)), max_size=3).map(
    tuple
)
topics = st.lists(st.sampled_from(["Asia", "NATO", "Afghanistan"]), max_size=3, unique=True).map(tuple)
entries = st.builds(
    Entry,
    slug=slugs,
    title=st.sampled_from(["About trains", "About gloves"]),
    url=st.sampled_from(["https://example.org/a", "https://example.org/b"]),
    source=words,
    author=maybe,
    date=st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 3)),
    topics=topics,
    image=maybe,
    label=words,
    minutes=st.none() | st.integers(1, 3),
    paywall=st.booleans(),
    not_before=st.none() | st.just(datetime(2026, 11, 23, 6, tzinfo=UTC)),
    passages=passages,
)
links = st.lists(
    st.builds(ListedLink, title=words, url=st.sampled_from(["https://example.org/1", "https://example.org/2"])),
    max_size=3,
).map(tuple)
blocks = st.builds(
    Block,
    kind=st.sampled_from(BlockKind),
    slug=st.sampled_from(["", "tea"]),
    title=words,
    text=words,
    links=links,
    topics=topics,
    who=words,
)
sections = st.builds(Section, title=maybe, items=st.lists(entries | blocks, max_size=4).map(tuple))
issues = st.builds(
    Issue,
    slug=st.just("2026-11-23"),
    date=st.dates(date(2026, 11, 23), date(2026, 11, 24)),
    subject=words,
    preheader=words,
    number=st.none() | st.integers(1, 2),
    sections=st.lists(sections, min_size=1, max_size=3).map(tuple),
    note=words,
    tailored=st.builds(TailoringFields, always=st.none() | st.booleans(), minimum=st.none() | st.integers(0, 2)),
    pinned=st.frozensets(slugs, max_size=2),
    digest=st.booleans(),
)


def outline(issue: Issue, newsletter: Newsletter = NEWSLETTER, *segments: Segment) -> Outline:
    written: Outline = json.loads(json.dumps(outline_of(issue, newsletter, segments or (EVERYONE,))))
    return written  # as the database has it


def changes(before: Issue, after: Issue) -> tuple[str, ...]:
    return changes_in_words(outline(before), outline(after))


@given(issues)
@settings(max_examples=40)
def test_equal_issues_have_no_changes(issue: Issue) -> None:
    assert changes(issue, replace(issue, lines={"subject": 9}, path="issues/other.md")) == ()


@given(issues, issues)
@settings(max_examples=60)
def test_every_difference_is_said(before: Issue, after: Issue) -> None:
    """Compare the values themselves, and look for a sentence that names what differs."""
    sentences = changes(before, after)
    assert bool(sentences) == (outline(before) != outline(after))
    assert len(sentences) == len(set(sentences)) or before.sections != after.sections
    for field, name in ISSUE_FIELDS.items():
        is_said = any(sentence.startswith(name) for sentence in sentences)
        assert is_said == ((getattr(before, field) or "") != (getattr(after, field) or ""))
    assert any(sentence.startswith(("note ", "note:")) for sentence in sentences) >= (before.note != after.note)
    own, now = (dict(zip(item_keys(issue), issue.items, strict=True)) for issue in (before, after))
    for key in own.keys() & now.keys():
        if key.startswith("entry"):
            check_item(own[key], now[key], sentences)
    for key in now.keys() - own.keys():
        assert not key.startswith("entry") or any("added" in sentence for sentence in sentences)
    for key in own.keys() - now.keys():
        assert not key.startswith("entry") or any("removed" in sentence for sentence in sentences)


def check_item(own: Item, now: Item, sentences: tuple[str, ...]) -> None:
    said = [sentence for sentence in sentences if sentence.startswith(f"“{now.title}”: ")]
    for field, name in (ENTRY_FIELDS if isinstance(now, Entry) else BLOCK_FIELDS).items():
        if (getattr(own, field) or "") != (getattr(now, field) or ""):
            assert any(f": {name}" in sentence for sentence in said), name
    if isinstance(own, Entry) and isinstance(now, Entry) and own.passages != now.passages:
        assert any("framing" in text or "quotation" in text or "texts" in text for text in said)
    if own.topics != now.topics:
        assert any("topic" in sentence for sentence in said)


@given(st.lists(st.integers(0, 6).map(str), unique=True), st.lists(st.integers(0, 6).map(str), unique=True))
def test_only_moved_members_are_named(before: list[str], after: list[str]) -> None:
    moved = moved_members(before, after)
    assert [member for member in before if member in after and member not in moved] == [
        member for member in after if member in before and member not in moved
    ]
    assert bool(moved) == ([m for m in before if m in after] != [m for m in after if m in before])


def test_one_moved_entry_is_one_sentence() -> None:
    first, second, third = (make.entry(slug) for slug in ("gloves", "river", "night-train"))
    quotation = Passage(kind=PassageKind.QUOTATION, markdown="[The] words.")
    shorter = replace(first, passages=(first.passages[0], quotation))
    before = make.issue(first, second, third)
    after = replace(make.issue(third, shorter, second), subject="Rain")
    assert changes(before, after) == (
        "subject changed from “Night trains and other quiet things” to “Rain”",
        "“About night-train” moved from 3rd to 1st",
        "“About gloves”: quotation shortened from 8 to 2 words",
    )


def test_sections_are_renamed_moved_and_filled() -> None:
    first, second, third = (make.entry(slug) for slug in ("gloves", "river", "night-train"))
    before = make.issue(sections=(Section(title="Home", items=(first, second)), Section(title="Away", items=(third,))))
    after = make.issue(sections=(Section(title="Away", items=(third, second)), Section(title="Here", items=(first,))))
    assert changes(before, after) == (
        "heading of the 2nd section changed from “Home” to “Here”",
        "section “Away” moved from 2nd to 1st",
        "“About river” moved from “Home” to “Away”",
    )


def test_a_block_without_a_file_is_found_again_after_others_were_added() -> None:
    note, other = make.block(text="Good morning."), make.block(text="Good evening.")
    assert changes(make.issue(note), make.issue(other, note)) == ("note 1 added, 1st",)
    assert changes(make.issue(note), make.issue(replace(note, text="Good day to you."))) == (
        "note: text lengthened from 2 to 4 words",
    )


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"sender": Mailbox(name="Desk", address="desk@example.org")}, "sender changed from"),
        ({"postal_address": "2 Test Street"}, "postal address changed from"),
        ({"theme": ThemeSettings(logo_width=200)}, "how it looks changed: logo width of the theme"),
        ({"theme": ThemeSettings(colors={"accent": "#123456"})}, "how it looks changed: colors of the theme"),
        ({"counting": TrackingSettings(clicks=TrackingLevel.AGGREGATE)}, "how clicks and opens are counted changed"),
        ({"tailored": TailoringFields(always=True)}, "newsletter’s rules for tailoring changed"),
        ({"topics": Topics([Topic(slug="nato", name="NATO", aliases=("Pact",))])}, "topic “nato” is declared"),
    ],
)
def test_settings_are_said(changed: dict[str, object], sentence: str) -> None:
    issue = make.issue()
    after = outline(issue, make.newsletter(**changed))
    assert any(text.startswith(sentence) for text in changes_in_words(outline(issue), after))


def test_segments_the_themes_files_pictures_and_the_program_are_said() -> None:
    east = Segment(slug="east", name="East", any=(frozenset({"asia", "nato"}),))
    issue = make.issue()
    before = outline_of(issue, NEWSLETTER, [EVERYONE, east], files={"templates/a.mjml": "1"}, program="1.0")
    other = replace(east, any=(frozenset({"asia"}),))
    west = replace(east, slug="west")
    after = outline_of(
        issue, NEWSLETTER, [other, west], files={"templates/a.mjml": "2"}, pictures=["a.jpg"], program="1.1"
    )
    assert changes_in_words(before, after) == (
        "segment “west” added",
        "segment “everyone” removed",
        "segment “east” has another rule, so other readers may be in it",
        "picture “a.jpg” added",
        "how it looks changed: templates/a.mjml",
        "the program was updated from 1.0 to 1.1",
    )


def test_ordinals() -> None:
    assert [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == (
        ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th"]
    )
