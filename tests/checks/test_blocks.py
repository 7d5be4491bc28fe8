"""Blocks: their words, links, images and topics."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.checks import (
    all_blocks,
    block_findings,
    findings_of_items,
    image_findings,
    issue_findings,
    placeholder_links,
)
from newsletter.domain.blocks import Block, BlockKind, ListedLink
from newsletter.domain.issue import Section
from newsletter.domain.topics import Topics
from tests import make

LINES = {"": 2, "title": 3, "url": 4, "image": 5, "image_alt": 6, "topics": 7, "who": 8, "text": 10}


def block(kind: BlockKind, **changes: Any) -> Block:
    return make.block(kind, **({"path": "issues/blocks/part.md", "slug": "part", "lines": LINES} | changes))


def reported(kind: BlockKind, **changes: Any) -> list[tuple[str, int | None]]:
    findings = block_findings(block(kind, **changes), make.topics())
    return [(finding.rule, finding.place.line) for finding in findings]


def link(title: str = "A museum of gloves", url: str = "https://gloves.example.org/") -> ListedLink:
    return ListedLink(title=title, url=url, source="The Review", line=12)


@pytest.mark.parametrize("kind", BlockKind)
def test_a_good_block_has_no_findings(kind: BlockKind) -> None:
    assert reported(kind) == []


@pytest.mark.parametrize("kind", BlockKind)
def test_the_text_of_every_block_is_checked(kind: BlockKind) -> None:
    text = (
        "Read the the paper.\n\nSee [here](http://review.example.org/), \N{LEFT DOUBLE QUOTATION MARK}now.\n\n~~Old~~"
    )
    assert [rule for rule, _ in reported(kind, text=text)] == [
        *("word-doubled", "url-http", "markdown-left", "quotation-unbalanced"),
    ]
    assert ("word-doubled", 12) in reported(kind, text="One.\n\nRead the the paper.")
    assert reported(kind, text="Do you have trouble viewing this email? Tough.") == [("boilerplate-left", 10)]
    assert reported(kind, text="Bytes \N{REPLACEMENT CHARACTER}.")[0] == ("text-mangled", 10)


@pytest.mark.parametrize("kind", BlockKind)
def test_merge_fields_belong_into_notes_and_sponsors(kind: BlockKind) -> None:
    text = 'For you, {{ subscriber.first_name | default("reader") }}.'
    rules = [] if kind in (BlockKind.NOTE, BlockKind.SPONSOR) else [("entry-merge-field", 10)]
    assert reported(kind, text=text) == rules
    assert reported(kind, title="For {{ subscriber.first_name }}") == [("entry-merge-field", 3)]


def test_a_note_may_link_to_the_readers_own_pages() -> None:
    assert reported(BlockKind.NOTE, text="Too much? [Your topics]({{ links.preferences }}).") == []


@pytest.mark.parametrize("kind", BlockKind)
def test_a_title_and_an_address_are_checked(kind: BlockKind) -> None:
    assert reported(kind, title="SHOUTING ABOUT GLOVES") == [("title-capitals", 3)]
    assert reported(kind, url="gloves.example.org") == [("url-unfit", 4)]
    assert reported(kind, url="http://gloves.example.org/") == [("url-http", 4)]
    detours = [] if kind is BlockKind.SPONSOR else [("url-detour", 4)]  # sponsors count who comes from where
    assert reported(kind, url="https://gloves.example.org/?utm_source=daily") == detours


@pytest.mark.parametrize("kind", [BlockKind.SPONSOR, BlockKind.IMAGE])
def test_an_image_needs_an_address_and_a_description(kind: BlockKind) -> None:
    image = {"image": "https://example.org/a.jpg"}
    assert reported(kind, **image, image_alt=None) == [("image-alt", 5)]
    assert reported(kind, **image, image_alt="IMG_1234.jpg") == [("image-alt-name", 6)]
    assert reported(kind, image="//example.org/a.jpg", image_alt="A tin") == [("url-unfit", 5)]
    assert reported(kind, image="tea.jpg", image_alt="A tin") == []


@pytest.mark.parametrize(
    ("title", "url", "rule"),
    [
        ("A museum of gloves", "http://gloves.example.org/", "url-http"),
        ("A museum of gloves", "gloves.example.org", "url-unfit"),
        ("A museum of gloves", "https://bit.ly/gloves", "url-detour"),
        ("A museum of of gloves", "https://gloves.example.org/", "word-doubled"),
        ("A MUSEUM OF LOST GLOVES", "https://gloves.example.org/", "title-capitals"),
        ("Re: gloves", "https://gloves.example.org/", "title-reply"),
        ("Gloves &amp; mittens", "https://gloves.example.org/", "text-mangled"),
        ("Gloves for {{ subscriber.name }}", "https://gloves.example.org/", "entry-merge-field"),
        ("gloves.com", "https://gloves.example.org/", "link-host"),
        ("Gloves " * 30, "https://gloves.example.org/", "title-long"),
    ],
)
def test_a_listed_link_is_checked_at_its_line(title: str, url: str, rule: str) -> None:
    assert reported(BlockKind.LINKS, title="", links=(link(), link(title, url))) == [(rule, 12)]


def test_a_quote_says_whose_words_it_has() -> None:
    assert reported(BlockKind.QUOTE, who="", where="") == [("quote-who", 2)]
    assert reported(BlockKind.QUOTE, who="") == []
    assert reported(BlockKind.QUOTE, text="The words [as they stood.") == [("quotation-unbalanced", 10)]


def test_undeclared_and_repeated_topics_are_reported_once() -> None:
    assert reported(BlockKind.NOTE, topics=("NATO", "nato")) == [("topic-repeated", 7)]
    note = block(BlockKind.NOTE, topics=("Bees",))
    entry = make.entry(topics=("Bees",))
    findings = findings_of_items([entry, note], make.topics(), make.no_picture)
    assert [(finding.rule, finding.what) for finding in findings] == [
        ("topic-undeclared", 'the topic "Bees" is not declared, here and in 1 other entry')
    ]


def test_a_block_is_checked_once_however_many_issues_have_it() -> None:
    shared, inline = block(BlockKind.NOTE, text="Now now the the."), make.block(text="The the.")
    issues = [make.issue(make.entry(), shared), make.issue(make.entry(), shared, inline)]
    findings = findings_of_items([*all_blocks([shared], issues)], Topics(), make.no_picture)
    assert [finding.place.path for finding in findings if finding.rule == "word-doubled"] == [
        "issues/blocks/part.md",
        "issues/2026-11-23.md",
    ]


def test_a_listed_link_that_repeats_another_of_the_issue_is_reported() -> None:
    entry = make.entry(url="https://www.example.org/review/night-train/?utm_source=a")
    links = block(
        BlockKind.LINKS,
        links=(link(), link("Again", "https://example.org/review/night-train"), link("Gloves", link().url + "#top")),
    )
    findings = [finding for finding in issue_findings(make.issue(entry, links), ()) if finding.rule == "url-repeated"]
    assert [finding.what for finding in findings] == [
        '"Again" has the same url as the entry "night-train" in issues/2026-11-23.md',
        '"Gloves" has the same url as "A museum of gloves" in issues/2026-11-23.md',
    ]
    assert {str(finding.place) for finding in findings} == {"issues/blocks/part.md:12"}


def test_an_issue_of_sponsors_only_has_nothing_to_read() -> None:
    rules = [finding.rule for finding in issue_findings(make.issue(make.block(BlockKind.SPONSOR)), ())]
    assert rules == ["issue-unread"]
    assert list(issue_findings(make.issue(make.block(BlockKind.LINKS)), ())) == []
    assert list(issue_findings(make.issue(make.block(BlockKind.NOTE)), ())) == []


def test_example_links_of_blocks_are_reported_before_a_send() -> None:
    sponsor = make.block(BlockKind.SPONSOR, url="https://example.org/tea")
    issue = make.issue(sections=(Section(title=None, items=(sponsor, make.block(BlockKind.LINKS))),))
    assert [finding.what for finding in placeholder_links(issue)] == [
        "the sponsor links to example.org, which has no such page",
        "the list links to example.org, which has no such page",
    ]


def test_remote_images_of_blocks_are_inspected() -> None:
    image = block(BlockKind.IMAGE)
    assert [finding.rule for finding in image_findings([image], lambda _: ("image-large", "too large"))] == [
        "image-large"
    ]
    assert list(image_findings([replace(image, image="river.jpg")], lambda _: ("image-large", "too large"))) == []


@given(st.text(alphabet="ab.*_[]()<>!#`{}|~ \n\\/:https-", max_size=60))
def test_any_text_of_any_block_can_be_checked(text: str) -> None:
    for kind in BlockKind:
        for finding in block_findings(block(kind, text=text, title=text, who=text), make.topics()):
            assert 1 <= (finding.place.line or 0) <= 10 + text.count("\n") + 2
            assert str(finding).isprintable()
