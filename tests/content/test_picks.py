"""Picks, imported in the form in which a publication prints them."""

import html
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from newsletter.content import (
    ImportedPick,
    PrintedPick,
    import_pick,
    import_picks,
    read_manuscripts,
    read_picks,
    read_picks_file,
)
from newsletter.domain.issue import Entry, PassageKind
from newsletter.errors import FindingsError
from tests.content.test_markdown import PARAGRAPH

PRINTED = """\
A Lighthouse Keeper’s Ledger

For forty years the keeper wrote down every ship, “friend or stranger.” Reading him is like listening to the sea:

[Contrary to legend], he was not lonely. He had the ships. . . .

He had the weather.
He had, on Sundays, [the king](sic) of all telescopes.

Read more at Harbor & Light

More about: Lighthouses, Ships & Shipping, U.S. Coast

Can’t Stop Counting

A short framing without a quotation.

Another paragraph of it.

Read more at The Abacus
"""


def complaints(text: str) -> list[tuple[str, int | None]]:
    with pytest.raises(FindingsError) as refused:
        read_picks(text, path="picks.txt")
    for finding in refused.value.findings:
        assert finding.place.path == "picks.txt"
        assert finding.hint
    return [(finding.rule, finding.place.line) for finding in refused.value.findings]


def test_a_text_is_split_into_its_picks() -> None:
    first, second = read_picks(PRINTED, path="picks.txt")
    assert first.title == "A Lighthouse Keeper’s Ledger"
    assert len(first.framing) == 1
    assert first.framing[0].endswith("like listening to the sea:")
    assert first.quotation == (
        "[Contrary to legend], he was not lonely. He had the ships. . . .",
        "He had the weather.",
        "He had, on Sundays, [the king](sic) of all telescopes.",
    )
    assert first.source == "Harbor & Light"
    assert first.topics == ("Lighthouses", "Ships & Shipping", "U.S. Coast")
    assert (first.line, second.line) == (1, 14)
    assert second.framing == ("A short framing without a quotation.", "Another paragraph of it.")
    assert (second.quotation, second.source, second.topics) == ((), "The Abacus", ())


def test_a_framing_of_several_paragraphs_ends_with_the_first_colon() -> None:
    text = "T\n\nOne.\n\nTwo:\n\nSaid: this.\n\nAnd this:\n\nEnd.\n\nRead more at S\nMore about: A\n"
    (pick,) = read_picks(text, path="p")
    assert pick.framing == ("One.", "Two:")
    assert pick.quotation == ("Said: this.", "And this:", "End.")


def test_windows_line_endings_and_a_byte_order_mark_change_nothing() -> None:
    assert read_picks("\ufeff" + PRINTED.replace("\n", "\r\n"), path="p") == read_picks(PRINTED, path="p")


def test_topics_are_unique_and_not_empty() -> None:
    (pick,) = read_picks("T\nWords.\nRead more at S\nMore about: A, B & C,, A ,\n", path="p")
    assert pick.topics == ("A", "B & C")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("pick-missing", 1)]),
        ("\n \n", [("pick-missing", 1)]),
        ("Title\n\nWords.\n", [("pick-source-missing", 1)]),
        ("Title\n\nWords.\n\nRead more at\n", [("pick-source-missing", 1)]),
        ("Title\n\nWords.\n\nMore about: A\n\nNext\nWords.\nRead more at S", [("pick-source-missing", 1)]),
        ("Title\n\nRead more at S\n", [("pick-text-missing", 1)]),
        ("Read more at S\n", [("pick-title-missing", 1)]),
        ("\nMore about: A\nTitle\n", [("pick-title-missing", 2), ("pick-source-missing", 3)]),
        ("T\nWords.\nRead more at S\nRead more at S\n", [("pick-title-missing", 4)]),
        ("T\nWo\x07rds.\nRead more at S\n", [("pick-control-character", 2)]),
    ],
)
def test_a_missing_part_is_reported_with_its_line(text: str, expected: list[tuple[str, int]]) -> None:
    assert complaints(text) == expected


def test_a_file_of_picks_is_read_and_a_binary_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "picks.txt"
    file.write_text(PRINTED, encoding="utf-8")
    assert len(read_picks_file(file)) == 2
    file.write_bytes(PRINTED.encode("cp1252"))
    with pytest.raises(FindingsError, match=r"picks\.txt:1: byte 0x92 is not UTF-8"):
        read_picks_file(file)
    link = tmp_path / "folder/link.txt"
    link.parent.mkdir()
    link.symlink_to(file)
    with pytest.raises(FindingsError, match=r"link\.txt:1: byte"):
        read_picks_file(link)
    with pytest.raises(FindingsError, match="there is no such file or folder"):
        read_picks_file(tmp_path / "gone.txt")


def paragraphs(entry: Entry, kind: PassageKind) -> list[str]:
    """Return the visible text of an entry's passages of one kind."""
    markup = "".join(
        MarkdownIt("commonmark", {"html": False}).render(passage.markdown)
        for passage in entry.passages
        if passage.kind is kind
    )
    assert re.sub(r"<p>.*</p>\n", "", markup) == "", "anything but paragraphs"
    return [html.unescape(shown) for shown in re.findall(r"<p>(.*)</p>", markup)]


def test_an_imported_pick_renders_as_printed_and_lacks_only_its_url(tmp_path: Path) -> None:
    first, second = read_picks(PRINTED, path="p")
    path = import_pick(tmp_path, first)
    import_pick(tmp_path, second, url="https://example.org/abacus")
    assert path == tmp_path / "issues/entries/a-lighthouse-keepers-ledger.md"
    manuscripts = read_manuscripts(tmp_path)
    assert [str(finding.place) for finding in manuscripts.findings] == [
        "issues/entries/a-lighthouse-keepers-ledger.md:3"
    ]
    entry = manuscripts.entries["a-lighthouse-keepers-ledger"]
    assert (entry.title, entry.source, entry.topics) == (first.title, first.source, first.topics)
    assert paragraphs(entry, PassageKind.FRAMING) == list(first.framing)
    assert paragraphs(entry, PassageKind.QUOTATION) == list(first.quotation)
    assert manuscripts.entries["cant-stop-counting"].url == "https://example.org/abacus"


def test_picks_with_the_same_title_get_different_slugs(tmp_path: Path) -> None:
    (pick,) = read_picks("Moss " + "and moss " * 20 + "\nWords.\nRead more at S\n", path="p")
    slugs = [import_pick(tmp_path, pick).stem for _ in range(12)]
    assert len(set(slugs)) == 12
    assert slugs[1].endswith("-2")
    assert slugs[11].endswith("-12")
    assert all(len(slug) <= 80 for slug in slugs)
    assert {finding.rule for finding in read_manuscripts(tmp_path).findings} == {"field-missing"}


def test_picks_that_an_entry_has_are_not_written_again_and_need_no_url(tmp_path: Path) -> None:
    first, second = read_picks(PRINTED, path="p")
    path, other = "issues/entries/a-lighthouse-keepers-ledger.md", "issues/entries/cant-stop-counting.md"
    needed: list[str] = []

    def url_for(pick: PrintedPick) -> str:
        needed.append(pick.title)
        return "https://example.org/"

    written = list(import_picks(tmp_path, [first, first], url_for))
    assert written == [ImportedPick(path=path, is_new=True), ImportedPick(path=path, is_new=False)]
    again = list(import_picks(tmp_path, [first, second], url_for))
    assert again == [ImportedPick(path=path, is_new=False), ImportedPick(path=other, is_new=True)]
    assert needed == [first.title, second.title]


LINE = PARAGRAPH.filter(lambda line: bool(line) and not re.match("(?i)(read more at|more about)", line))


@given(
    title=LINE,
    framing=st.lists(LINE.filter(lambda line: not line.endswith((":", "：")))),
    quotation=st.lists(LINE, max_size=4),
    source=LINE,
    topics=st.lists(LINE.map(lambda line: line.replace(",", "").strip()).filter(bool), unique=True, max_size=4),
)
@example(title="a: b", framing=["- x"], quotation=["[a]: b", "---", "# c"], source="'", topics=["no", "1984", "#"])
@example(
    title="\N{EXTRATERRESTRIAL ALIEN} שלום", framing=[], quotation=["{{ x }}"], source="&a", topics=["*", "!x", "[]"]
)
def test_any_printed_text_renders_as_printed(
    tmp_path_factory: pytest.TempPathFactory,
    title: str,
    framing: list[str],
    quotation: list[str],
    source: str,
    topics: list[str],
) -> None:
    framing = [*framing, "She writes:"]
    text = "\n\n".join([title, *framing, *quotation, f"Read more at {source}", f"More about: {', '.join(topics)}"])
    (pick,) = read_picks(text, path="p")
    assert pick == PrintedPick(
        title=title,
        framing=tuple(framing),
        quotation=tuple(quotation),
        source=source,
        topics=tuple(topics),
        line=1,
    )
    root = tmp_path_factory.mktemp("newsletter")
    slug = import_pick(root, pick, url="https://example.org/").stem
    manuscripts = read_manuscripts(root)
    assert manuscripts.findings == ()
    entry = manuscripts.entries[slug]
    spaced = re.compile(r"[ \t]+")
    assert (entry.title, entry.source) == (spaced.sub(" ", title), spaced.sub(" ", source))
    assert entry.topics == tuple(spaced.sub(" ", topic) for topic in topics)
    assert paragraphs(entry, PassageKind.FRAMING) == framing
    assert paragraphs(entry, PassageKind.QUOTATION) == quotation
