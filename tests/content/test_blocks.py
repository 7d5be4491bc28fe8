"""Reading blocks: from files of their own, and from an issue's list."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content import manuscript_states, read_manuscripts
from newsletter.domain.blocks import Block, BlockKind, ListedLink
from newsletter.domain.issue import Issue
from tests.content.editor_files import ENTRY, ISSUE, findings, only_finding, put, put_entries


def block(root: Path, front: str, body: str = "") -> Block:
    put(root, "blocks/part.md", f"---\n{front}\n---\n{body}")
    return read_manuscripts(root).blocks["part"]


def issue(root: Path, items: str) -> Issue:
    """Return an issue whose list of entries has these lines, from line 6 on."""
    put(root, "2026-11-23.md", ISSUE.replace("entries: [night-train]", f"entries:\n{items}"))
    return read_manuscripts(root).issues[0]


def test_a_note_has_its_body_for_text(tmp_path: Path) -> None:
    note = block(tmp_path, "block: note\ntitle: A word\ntopics: [Railways]", "\n\nGood *evening*.\n\nBye.\n")
    assert findings(tmp_path) == ()
    assert note == Block(
        kind=BlockKind.NOTE, slug="part", title="A word", text="Good *evening*.\n\nBye.", topics=("Railways",)
    )
    assert str(note.place("text")) == "issues/blocks/part.md:8"
    assert note.place("topics.Railways").line == 4
    assert note.place("nothing").line == 2


def test_a_quote_and_an_image_are_read(tmp_path: Path) -> None:
    assert block(
        tmp_path, "block: quote\nwho: Ada\nwhere: The Review\nurl: https://example.org/a", "> Words."
    ) == Block(
        kind=BlockKind.QUOTE, slug="part", text="Words.", who="Ada", where="The Review", url="https://example.org/a"
    )
    image = block(tmp_path, "block: image\nimage: river.jpg\nimage_alt: A river", "The *river*.")
    assert image == Block(
        kind=BlockKind.IMAGE, slug="part", text="The *river*.", image="river.jpg", image_alt="A river"
    )
    assert image.place("image_alt").line == 4
    assert findings(tmp_path) == ()


@pytest.mark.parametrize(("written", "in_feeds"), [("", False), ("feeds: false", False), ("feeds: true", True)])
def test_a_sponsor_is_in_feeds_only_if_asked_for(tmp_path: Path, written: str, in_feeds: bool) -> None:
    sponsor = block(tmp_path, f"block: sponsor\ntitle: Kettle & Leaf\nurl: https://example.org/tea\n{written}", "Tea.")
    assert findings(tmp_path) == ()
    assert (sponsor.title, sponsor.text, sponsor.in_feeds) == ("Kettle & Leaf", "Tea.", in_feeds)


@pytest.mark.parametrize("number", [1, 4, 100])
def test_a_list_of_links_has_them_all_in_order(tmp_path: Path, number: int) -> None:
    body = "".join(f"- [Title {at}](https://example.org/{at}) Source {at}\n" for at in range(number))
    links = block(tmp_path, "block: links\ntitle: Also", f"Some words,\nand more:\n\n{body}")
    assert findings(tmp_path) == ()
    assert (links.title, links.text) == ("Also", "Some words,\nand more:")
    assert links.links == tuple(
        ListedLink(title=f"Title {at}", url=f"https://example.org/{at}", source=f"Source {at}") for at in range(number)
    )
    assert [link.line for link in links.links] == list(range(8, 8 + number))


@pytest.mark.parametrize(
    ("item", "title", "source"),
    [
        ("[A *fine* `title`](https://example.org/a)", "A fine title", ""),
        ("[A](https://example.org/a) — The Review", "A", "The Review"),
        ("[A](https://example.org/a) - The Review", "A", "The Review"),
        ("[A](https://example.org/a), The Review", "A", "The Review"),
        ("[A](https://example.org/a): The Review", "A", "The Review"),
        ("[A](https://example.org/a) (The Review)", "A", "The Review"),
        ("[A](https://example.org/a) (1) of (2)", "A", "(1) of (2)"),
        ("[A](https://example.org/a)\n  The Review", "A", "The Review"),
        ("[A][there] The Review\n\n[there]: https://example.org/a", "A", "The Review"),
        ("**[A](https://example.org/a)** *The Review*", "A", "The Review"),
        ("[ \\[the king\\] &amp; I](https://example.org/a) R&D", "[the king] & I", "R&D"),
        ("[على ضفاف النهر](https://example.org/a) · مجلة", "على ضفاف النهر", "مجلة"),
        ("[A](https://example.org/a) -5 degrees", "A", "-5 degrees"),
    ],
)
def test_a_title_and_a_source_are_plain_text(tmp_path: Path, item: str, title: str, source: str) -> None:
    (link,) = block(tmp_path, "block: links", f"* {item}\n").links
    assert findings(tmp_path) == ()
    assert link == ListedLink(title=title, url="https://example.org/a", source=source)


def test_a_word_in_brackets_before_a_link_is_its_kind(tmp_path: Path) -> None:
    body = "- [audio] [A](https://e.org/a) B\n- [long read]: [C](https://e.org/c)\n"
    links = block(tmp_path, "block: links\ntitle: T\nurl: https://e.org/", body)
    assert findings(tmp_path) == ()
    assert [(link.kind, link.title, link.source) for link in links.links] == [
        ("audio", "A", "B"),
        ("long read", "C", ""),
    ]
    assert links.url == "https://e.org/"


@pytest.mark.parametrize(
    ("front", "body", "rule", "line", "says"),
    [
        ("title: A", "Words.", "block-kind", 2, "no kind of block: add a line block: with one of note, links"),
        ("title: A\nurl: u\nsource: S", "", "block-kind", 2, "an entry belongs in issues/entries"),
        ("block:", "Words.", "block-kind", 2, "no kind of block"),
        ("block: qoute", "Words.", "field-type", 2, 'did you mean "quote"?'),
        ("block: 7", "Words.", "field-type", 2, "write block: note or block: links"),
        ("block: [note]", "Words.", "field-type", 2, "block is a list"),
        ("block: note\nwho: Ada", "Words.", "field-unknown", 3, "a note block has: block, title, url, topics"),
        ("block: quote\nwhose: Ada", "Words.", "field-unknown", 3, 'did you mean "who"?'),
        ("block: note", "", "block-unfinished", 2, "a note block without text"),
        ("block: quote\nwho: Ada", " \n", "block-unfinished", 2, "a quote block without words"),
        ("block: links", "Words only.", "block-unfinished", 2, "a block of links without links"),
        (
            "block: sponsor\nurl: https://example.org/",
            "",
            "block-unfinished",
            2,
            "no title: add a line title: the spons",
        ),
        ("block: sponsor\ntitle: A\nurl:", "", "block-unfinished", 4, "no url: add a line url: https://…"),
        ("block: sponsor\ntitle: A\nurl: u\nfeeds: yes", "", "field-type", 5, "feeds is neither true nor false"),
        ("block: image\nimage_alt: A river", "", "block-unfinished", 2, "no image"),
        ("block: image\nimage: a.jpg\nalt: A", "", "field-unknown", 4, "write image_alt:"),
        ("block: note\ntopics: Railways", "Words.", "field-type", 3, "write topics: [Railways]"),
        ("block: links", "- [A](https://e.org/)\n- Plain", "block-link", 5, '"Plain" does not begin with a link'),
        ("block: links", "- [A](https://e.org/)\n- [](https://e.org/)", "block-link", 5, "has no title"),
        ("block: links", "- [A](https://e.org/)\n- <https://e.org/>", "block-link", 5, "has no title"),
        ("block: links", "- [A](https://e.org/)\n- https://e.org/", "block-link", 5, "does not begin with a link"),
        ("block: links", "- [A](https://e.org/)\n- See [B](https://e.org/)", "block-link", 5, "does not begin with"),
        (
            "block: links",
            "- [A](https://e.org/)\n- [B](https://e.org/) [C](https://e.org/)",
            "block-link",
            5,
            "has two links",
        ),
        ("block: links", "- [A](https://e.org/)\n- [B](javascript:x)", "block-link", 5, "does not begin with a link"),
        ("block: links", "- [A](https://e.org/)\n- [B](https://e.org/)\n\n  More.", "block-link", 5, "does not begin"),
        ("block: links", "- [A](https://e.org/)\n-", "block-link", 5, "an empty item does not begin with a link"),
        ("block: links", "- [A](https://e.org/)\n\nAfter.", "block-link", 6, "words after the list of links"),
        ("block: links", "- [A](https://e.org/)\n\n# After", "block-link", 6, "words after the list of links"),
    ],
)
def test_a_mistake_in_a_file_is_reported_with_its_line_and_hint(
    tmp_path: Path, front: str, body: str, rule: str, line: int, says: str
) -> None:
    block(tmp_path, front, body)
    finding = only_finding(tmp_path)
    assert (finding.rule, finding.place.path, finding.place.line) == (rule, "issues/blocks/part.md", line)
    assert says in str(finding)


def test_an_issue_names_entries_and_blocks_in_one_list(tmp_path: Path) -> None:
    put_entries(tmp_path, "night-train", "moss")
    put(tmp_path, "blocks/2026/quote.md", "---\nblock: quote\n---\nWords.\n")
    text = ISSUE.replace(
        "entries: [night-train]",
        "sections:\n  - title: First\n    entries: [night-train, quote]\n"
        "  - entries:\n    - {note: Between.}\n    - moss\n    - note: At the end.",
    )
    put(tmp_path, "2026-11-23.md", text)
    assert findings(tmp_path) == ()
    parsed = read_manuscripts(tmp_path).issues[0]
    named = [
        [getattr(item, "slug", "") or getattr(item, "text", "") for item in part.items] for part in parsed.sections
    ]
    assert named == [["night-train", "quote"], ["Between.", "moss", "At the end."]]
    assert [entry.slug for entry in parsed.entries] == ["night-train", "moss"]
    assert [block.text for block in parsed.blocks] == ["Words.", "Between.", "At the end."]


def test_every_kind_of_block_may_stand_in_the_list(tmp_path: Path) -> None:
    parsed = issue(
        tmp_path,
        "  - note: |\n      Good *evening*.\n\n      Bye.\n    title: A word\n    topics: [Railways]\n"
        '  - quote: "Words, for once."\n    who: Ada\n    where: The Review\n    url: https://example.org/a\n'
        "  - sponsor: Kettle & Leaf\n    text: Tea.\n    url: https://example.org/tea\n    image: tea.jpg\n"
        "    image_alt: A tin\n    feeds: true\n"
        "  - image: river.jpg\n    image_alt: A river\n    caption: The *river*.\n    url: https://example.org/river\n"
        "  - links:\n      - {title: A, url: https://example.org/a, source: S}\n"
        '      - "[B](https://example.org/b) T"\n    title: Also\n    text: Two more.\n'
        "  - links: |\n      One:\n\n      - [C](https://example.org/c)\n",
    )
    assert findings(tmp_path) == ()
    note, quote, sponsor, image, links, listed = parsed.blocks
    assert (note.title, note.text, note.topics) == ("A word", "Good *evening*.\n\nBye.", ("Railways",))
    assert (quote.text, quote.who, quote.where, quote.url) == (
        *("Words, for once.", "Ada", "The Review"),
        "https://example.org/a",
    )
    assert (sponsor.title, sponsor.text, sponsor.url) == ("Kettle & Leaf", "Tea.", "https://example.org/tea")
    assert (sponsor.image, sponsor.image_alt, sponsor.in_feeds) == ("tea.jpg", "A tin", True)
    assert (image.image, image.image_alt, image.text, image.url) == (
        *("river.jpg", "A river", "The *river*."),
        "https://example.org/river",
    )
    assert (links.title, links.text) == ("Also", "Two more.")
    assert [(link.title, link.source, link.line) for link in links.links] == [("A", "S", 27), ("B", "T", 28)]
    assert (listed.text, [(link.title, link.line) for link in listed.links]) == ("One:", [("C", 34)])
    assert {block.path for block in parsed.blocks} == {"issues/2026-11-23.md"}
    assert (note.place().line, note.place("text").line, note.place("title").line) == (6, 7, 10)
    assert (sponsor.place("title").line, sponsor.place("image_alt").line) == (16, 20)


@pytest.mark.parametrize(
    ("item", "rule", "line", "says"),
    [
        ("- qoute: Words.", "block-kind", 7, '"qoute" is not a kind of block: did you mean "quote"?'),
        ("- zebra: Words.", "block-kind", 7, "begin it with one of: note, links, quote, sponsor, image"),
        ("- who: Ada\n    quote: Words.", "block-kind", 7, '"who" is not a kind of block'),
        ("- {}", "block-kind", 7, "an empty table among the entries"),
        ("- note:", "block-unfinished", 7, "a note block without text"),
        ("- note: 1984", "field-type", 7, "note is the number 1984, not text"),
        ("- note: [a]", "field-type", 7, "note is a list, not text"),
        ("- quote: ''\n    who: Ada", "block-unfinished", 7, "a quote block without words"),
        ("- note: Words.\n    who: Ada", "field-unknown", 8, "a note block has: note, title, url, topics"),
        ("- quote: Words.\n    slug: a", "field-unknown", 8, "a quote block has: quote, who, where, url, topics"),
        (
            "- sponsor:\n    url: https://example.org/",
            "block-unfinished",
            7,
            "no sponsor: add a line sponsor: the sponsor",
        ),
        ("- sponsor: A", "block-unfinished", 7, "no url"),
        ("- sponsor: A\n    title: B\n    url: u", "field-unknown", 8, 'unknown field "title"'),
        ("- image:", "block-unfinished", 7, "no image"),
        ("- links: []", "block-unfinished", 7, "a block of links without links"),
        ("- links:", "block-unfinished", 7, "a block of links without links"),
        ("- links: {title: A}", "field-type", 7, "links is a table, not a list"),
        ("- links:\n    - {title: A, url: u}\n    - {title: B}", "block-link", 9, "no url: add a line url: https://…"),
        ("- links:\n    - {title: A, url: u}\n    - {title: B, url: u, form: S}", "field-unknown", 9, "a listed link"),
        ("- links:\n    - {title: A, url: u}\n    - [B]", "field-type", 9, "a listed link is a table with title, url"),
        ("- links:\n    - {title: A, url: u}\n    - Just words", "block-link", 9, "does not begin with a link"),
        (
            "- links:\n    - {title: A, url: u}\n    - [B](https://e.org/) S",
            "front-matter-syntax",
            9,
            "a Markdown link",
        ),
    ],
)
def test_a_mistake_in_the_list_is_reported_with_its_line_and_hint(
    tmp_path: Path, item: str, rule: str, line: int, says: str
) -> None:
    put_entries(tmp_path, "night-train")
    issue(tmp_path, f"  - night-train\n  {item}\n")
    finding = only_finding(tmp_path)
    assert (finding.rule, finding.place.line) == (rule, line)
    assert says in str(finding)


def test_entries_and_blocks_share_their_slugs(tmp_path: Path) -> None:
    put_entries(tmp_path, "part")
    put(tmp_path, "blocks/part.md", "---\nblock: note\n---\nWords.\n")
    assert [(finding.rule, finding.place.path) for finding in findings(tmp_path)] == [
        ("slug-repeated", "issues/blocks/part.md"),
        ("slug-repeated", "issues/entries/part.md"),
    ]
    assert issue(tmp_path, "  - part").entries[0].slug == "part"


def test_a_block_may_be_in_many_issues_but_once_in_each(tmp_path: Path) -> None:
    put_entries(tmp_path, "night-train")
    block(tmp_path, "block: note", "Words.")
    put(tmp_path, "2026-11-24.md", ISSUE.replace("[night-train]", "[part, night-train]").replace("11-23", "11-24"))
    assert len(issue(tmp_path, "  - part\n  - night-train\n  - part").blocks) == 1
    assert str(only_finding(tmp_path)) == 'issues/2026-11-23.md:8: block "part" is in this issue twice: remove one'


def test_blocks_are_not_pinned_or_overridden(tmp_path: Path) -> None:
    put_entries(tmp_path, "night-train")
    block(tmp_path, "block: note\ntopics: [Railways]", "Words.")
    issue(tmp_path, "  - night-train\n  - part\npinned: [part]\noverrides:\n  part: {topics: []}")
    assert [(finding.rule, finding.place.line) for finding in findings(tmp_path)] == [
        ("pinned-unknown", 8),
        ("override-unknown", 10),
    ]


def test_a_block_among_the_entries_is_misplaced(tmp_path: Path) -> None:
    put(tmp_path, "entries/part.md", "---\nblock: note\n---\nWords.\n")
    assert only_finding(tmp_path).rule == "block-misplaced"


def test_a_block_that_is_too_large_or_unreadable_is_one_finding(tmp_path: Path) -> None:
    block(tmp_path, "block: note", "word " * 14_000)
    assert only_finding(tmp_path).rule == "file-too-large"
    assert issue(tmp_path, "  - part").blocks[0].text == ""
    put(tmp_path, "blocks/part.md", "No front matter.")
    assert only_finding(tmp_path).rule == "front-matter-missing"


def test_findings_of_an_issue_include_those_of_its_blocks(tmp_path: Path) -> None:
    put(tmp_path, "entries/night-train.md", ENTRY)
    block(tmp_path, "block: note\nwho: Ada", "Words.")
    issue(tmp_path, "  - night-train")
    manuscripts = read_manuscripts(tmp_path)
    assert manuscripts.findings_of(manuscripts.issues[0]) == ()
    issue(tmp_path, "  - night-train\n  - part")
    manuscripts = read_manuscripts(tmp_path)
    assert [finding.rule for finding in manuscripts.findings_of(manuscripts.issues[0])] == ["field-unknown"]


def test_a_changed_block_changes_the_state_of_the_manuscripts(tmp_path: Path) -> None:
    block(tmp_path, "block: note", "Words.")
    before = manuscript_states(tmp_path)
    block(tmp_path, "block: note", "Other words.")
    assert manuscript_states(tmp_path) != before


@given(st.lists(st.tuples(st.text(min_size=1, max_size=60), st.text(max_size=30)), min_size=1, max_size=5))
def test_any_title_and_source_written_as_markdown_are_read_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, written: list[tuple[str, str]]
) -> None:
    pairs = [(printed(title) or "A", printed(source) or "S") for title, source in written]
    items = [
        f"- [{escaped(title)}](https://example.org/{at}) {escaped(source)}" for at, (title, source) in enumerate(pairs)
    ]
    root = tmp_path_factory.mktemp("newsletter")
    links = block(root, "block: links", "\n".join(items)).links
    assert findings(root) == ()
    assert [(link.title, link.source) for link in links] == pairs


def printed(text: str) -> str:
    """Return a line as an editor would type it: letters, digits and punctuation, with single spaces."""
    words = "".join(character if character.isprintable() else " " for character in text).split()
    return " ".join(words).strip("-–—:,·•|()[] ")


def escaped(text: str) -> str:
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)
