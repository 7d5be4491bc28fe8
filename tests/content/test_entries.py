"""Reading entry files."""

import re
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content import read_manuscripts
from newsletter.content.frontmatter import parse_front_matter
from newsletter.domain.issue import Entry, Passage, PassageKind
from tests.content.editor_files import ENTRY, findings, only_finding, put


def entry(root: Path, text: str) -> Entry:
    put(root, "entries/one.md", text)
    return read_manuscripts(root).entries["one"]


def with_line(line: str) -> str:
    """Return an entry with a line of front matter added, or replaced if it has the field already."""
    name = line.split(":")[0]
    kept = [kept for kept in ENTRY.split("\n") if not kept.startswith(f"{name}:")]
    return "\n".join([kept[0], line, *kept[1:]])


def test_an_entry_is_read_completely(tmp_path: Path) -> None:
    assert entry(tmp_path, ENTRY) == Entry(
        slug="one",
        title="The quiet return of the night train",
        url="https://example.org/review/night-train",
        source="The Review",
        author="Ada Writer",
        date=date(2026, 11, 17),
        topics=("Railways", "Politics & Current Affairs"),
        passages=(
            Passage(kind=PassageKind.FRAMING, markdown="Why lie awake in a couchette? She writes:"),
            Passage(kind=PassageKind.QUOTATION, markdown="[The] words, . . . as they stood."),
        ),
    )
    assert findings(tmp_path) == ()


def test_an_entry_says_what_awaits_readers_behind_its_link(tmp_path: Path) -> None:
    timing = "not_before: 2026-12-01 06:30\nreserve: true\nbest_before: 2026-12-20\n"
    parsed = entry(tmp_path, ENTRY.replace("topics:", timing + "topics:"))
    assert parsed.not_before == datetime.fromisoformat("2026-12-01 06:30")
    assert (parsed.reserve, parsed.best_before) == (True, date(2026, 12, 20))
    fields = "label: listen\nlanguage: no\nkind: audio\nminutes: 40\npaywall: true\ngift: https://example.org/gift\n"
    parsed = entry(tmp_path, ENTRY.replace("topics:", f"{fields}topics:"))
    assert findings(tmp_path) == ()
    assert (parsed.label, parsed.language, parsed.kind, parsed.minutes) == ("listen", "no", "audio", 40)
    assert (parsed.paywall, parsed.gift) == (True, "https://example.org/gift")
    plain = entry(tmp_path, ENTRY.replace("topics:", "label:\nlanguage:\nkind:\nminutes:\npaywall:\ngift:\ntopics:"))
    assert findings(tmp_path) == ()
    assert (plain.label, plain.language, plain.kind, plain.minutes) == ("", "", "", None)
    assert (plain.paywall, plain.gift) == (False, "")


def test_an_entry_knows_the_line_of_each_field(tmp_path: Path) -> None:
    parsed = entry(tmp_path, ENTRY.replace("[Railways, Politics & Current Affairs]", "\n  - Railways\n  - NATO"))
    assert str(parsed.place("url")) == "issues/entries/one.md:3"
    assert parsed.place("topics").line == 7
    assert parsed.place("topics.NATO").line == 9
    assert parsed.place("body").line == 11
    assert [passage.line for passage in parsed.passages] == [11, 13]
    assert parsed.place("image").line == 1


def test_windows_line_endings_and_a_byte_order_mark_change_nothing(tmp_path: Path) -> None:
    plain = entry(tmp_path, ENTRY)
    windows = entry(tmp_path, "\ufeff" + ENTRY.replace("\n", "\r\n"))
    assert windows == plain
    assert [passage.line for passage in windows.passages] == [passage.line for passage in plain.passages]


def test_a_topic_called_no_is_text(tmp_path: Path) -> None:
    assert entry(tmp_path, with_line("topics: [no, on, Yes, y, off]")).topics == ("no", "on", "Yes", "y", "off")
    assert findings(tmp_path) == ()


@pytest.mark.parametrize(
    ("line", "rule", "says"),
    [
        (
            "topics: [NATO, 1984]",
            "field-type",
            'one of the topics is the number 1984, not text: put it in quotes: "19',
        ),
        ("topics: [true]", "field-type", "one of the topics is the value true, not text"),
        ("topics: [0x1F]", "field-type", "is the number 0x1F"),
        ("topics: [1.5e3]", "field-type", "is the number 1.5e3"),
        ("topics: [null]", "field-type", "an empty value among the topics"),
        ("topics: [[NATO]]", "field-type", "topics is a list, not text"),
        ("topics: NATO, Asia", "field-type", "topics is text, not a list: write topics: [NATO, Asia]"),
        ("topics: {NATO: 1}", "field-type", "topics is a table, not a list"),
        ("title: 1984", "field-type", 'title is the number 1984, not text: put it in quotes: "1984"'),
        ("title: [A, list]", "field-type", "title is a list, not text"),
        ("title: {{ subscriber.name }}", "front-matter-syntax", "quotes"),
        ("title: Night trains: a return", "front-matter-syntax", "put text with a colon in quotes"),
        ("title: 'It''s", "front-matter-syntax", "close the quotation mark"),
        ('title: "Trains" at night', "front-matter-syntax", "text with quotes in it goes in quotes as a whole"),
        ("title: @night", "front-matter-syntax", "begins with @"),
        ("title: *night* trains", "front-matter-alias", "begins with & * or !"),
        ("title: &night trains", "front-matter-alias", "begins with & * or !"),
        ("title: !!str trains", "front-matter-alias", "begins with & * or !"),
        ("title: !!python/object/apply:os.system [ls]", "front-matter-alias", "begins with & * or !"),
        ("title:\tnight\n\tsource: x", "front-matter-syntax", ""),
        ("topics: [NATO, Asia", "front-matter-syntax", "close the list with ]"),
        ("title: bell \x07", "front-matter-syntax", "the character U+0007 can't be in front matter"),
        ("url:", "field-missing", "url is empty: write url: https://…, the address of the piece"),
        ("url: null", "field-missing", "url is empty"),
        ('source: ""', "field-missing", "source is empty: write source: the name of the publication"),
        ("source: '  '", "field-missing", "source is empty"),
        ("date: 2026-02-30", "date-invalid", "date is 2026-02-30, which is not a date: write date: 2026-11-23"),
        ("date: 2026-11-23T06:30:00Z", "date-invalid", "which is not a date"),
        ("date: 5 January 2017", "date-invalid", "which is not a date"),
        ("date: 20261123", "date-invalid", "which is not a date"),
        ("date: [2026]", "date-invalid", "date is a list, which is not a date"),
        (
            "kind: Vidéo clip",
            "field-type",
            'kind is "Vidéo clip", not a word of a-z, 0-9 and hyphens: write kind: video',
        ),
        ("minutes: 0", "field-type", "minutes is 0, not a whole number from 1"),
        ("minutes: about 5", "field-type", "minutes is about 5, not a whole number from 1"),
        ("paywall: yes", "field-type", "paywall is neither true nor false: write paywall: true"),
        ("not_before: Monday", "date-invalid", "neither a date nor a date and time: write not_before: 2026-11-23"),
        ("not_before: 2026-12-01 25:00", "date-invalid", "neither a date nor a date and time"),
        ("not_before: [2026]", "date-invalid", "not_before is a list"),
        ("reserve: maybe", "field-type", "reserve is neither true nor false"),
        ("gift: [a]", "field-type", "gift is a list, not text"),
        ("image: [a.png, b.png]", "field-type", "image is a list, and an entry has one image: keep the best one"),
        ("language: German", "language-invalid", "language is German, which is not a language tag"),
        ("autor: Ada", "field-unknown", 'unknown field "autor": did you mean "author"?'),
        ("rating: 5", "field-unknown", 'unknown field "rating": an entry has: title, url, source'),
    ],
)
def test_a_mistake_is_reported_with_its_line_and_hint(tmp_path: Path, line: str, rule: str, says: str) -> None:
    put(tmp_path, "entries/one.md", with_line(line))
    finding = only_finding(tmp_path)
    assert finding.rule == rule
    assert says in str(finding)
    assert finding.place.line in (2, 3)
    assert "\n" not in str(finding)


def test_a_missing_field_is_reported_by_name(tmp_path: Path) -> None:
    put(tmp_path, "entries/one.md", "---\nauthor: Ada\n---\nWords.\n")
    assert [str(finding) for finding in findings(tmp_path)] == [
        "issues/entries/one.md:2: no title: add a line title: the title of the piece",
        "issues/entries/one.md:2: no url: add a line url: https://…, the address of the piece",
        "issues/entries/one.md:2: no source: add a line source: the name of the publication",
    ]


def test_a_repeated_field_is_reported_with_both_lines(tmp_path: Path) -> None:
    parsed = entry(tmp_path, ENTRY.replace("author: Ada Writer", "author: Ada Writer\nauthor: Bea Writer"))
    assert parsed.author == "Ada Writer"
    assert only_finding(tmp_path).place.line == 6
    assert "it is already on line 5" in str(only_finding(tmp_path))


def test_optional_fields_may_be_left_empty(tmp_path: Path) -> None:
    parsed = entry(tmp_path, "---\ntitle: A\nurl: u\nsource: S\nauthor:\ndate:\ntopics:\nimage:\nimage_alt: ~\n---\n")
    assert (
        parsed.author,
        parsed.date,
        parsed.topics,
        parsed.image,
        parsed.image_alt,
        parsed.passages,
    ) == (None, None, (), None, None, ())
    assert findings(tmp_path) == ()


def test_the_valid_part_of_a_wrong_field_is_used(tmp_path: Path) -> None:
    assert entry(tmp_path, with_line("topics: NATO, Asia")).topics == ("NATO", "Asia")
    assert entry(tmp_path, with_line("title: 1984")).title == "1984"


def test_a_date_in_quotes_is_a_date(tmp_path: Path) -> None:
    assert entry(tmp_path, with_line('date: "2026-11-23"')).date == date(2026, 11, 23)
    assert findings(tmp_path) == ()


def test_a_title_over_several_lines_is_joined_and_keeps_no_break_spaces(tmp_path: Path) -> None:
    assert (
        entry(tmp_path, with_line("title: >\n  Ada  on\n  «\u00a0trains\u00a0»")).title == "Ada on «\u00a0trains\u00a0»"
    )


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "front-matter-missing"),
        ("No front matter at all.\n", "front-matter-missing"),
        ("\n" + ENTRY, "front-matter-missing"),
        ("---\ntitle: A\n", "front-matter-open"),
        ("---\n- title\n---\n", "front-matter-syntax"),
        ("---\njust words\n---\n", "front-matter-syntax"),
        ("---\ntitle: A\n...\nurl: b\n---\n", "front-matter-syntax"),
        ("---\n? [a, b]\n: c\n---\n", "front-matter-syntax"),
        ("---\n%YAML 1.1\n---\n", "front-matter-syntax"),
        ("---\n%YAML 1.10\n---\n", "front-matter-syntax"),
        ('---\ntitle: "\\UFFFFFFFF"\n---\n', "front-matter-syntax"),
        ('---\ntitle: "\\ud83d\\ude00"\n---\n', "front-matter-syntax"),
        ("---\n" + "[" * 60_000 + "\n---\n", "front-matter-syntax"),
        ("---\n" + "a:\n" + "- " * 30_000 + "\n---\n", "front-matter-syntax"),
        ("---\n" + "{a: " * 15_000 + "\n---\n", "front-matter-syntax"),
    ],
)
def test_invalid_front_matter_is_one_finding(tmp_path: Path, text: str, rule: str) -> None:
    parsed = entry(tmp_path, text)
    assert only_finding(tmp_path).rule == rule
    assert parsed.title == ""


def test_empty_front_matter_lacks_its_fields(tmp_path: Path) -> None:
    put(tmp_path, "entries/one.md", "---\n---\n")
    assert {finding.rule for finding in findings(tmp_path)} == {"field-missing"}


def test_a_yaml_alias_bomb_is_refused_before_it_expands(tmp_path: Path) -> None:
    levels = ["a0: &a0 {x: 1}"] + [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 8)}]}}" for n in range(1, 9)]
    put(tmp_path, "entries/one.md", "---\n" + "\n".join(levels) + "\n---\n")
    assert str(only_finding(tmp_path)).startswith(
        "issues/entries/one.md:2: anchors (&), aliases (*) and tags (!) are not"
    )


YAML_LIKE = st.lists(
    st.one_of(
        st.sampled_from([*" \n\t:-?[]{},&*!|>'\"%@`#~=<\\.0a", "title: ", "\n- ", "\n  ", "entries:", "sections:"]),
        st.sampled_from(
            ["- note: ", "- links:", "- [A](https://e.org/) ", "block: links", "- image: ", "feeds: "],
        ),
        st.sampled_from(
            ["overrides:", "date: ", "\\U", "\\x", "FFFFFFFF", "!!str", "<<: ", "---", "...", "\u2028", "|2-"]
        ),
        st.characters(codec="utf-8"),
    ),
    max_size=40,
).map("".join)


@given(YAML_LIKE)
def test_any_file_content_becomes_a_value_or_a_finding(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    root = tmp_path_factory.mktemp("newsletter")
    put(root, "entries/one.md", f"---\n{text}\n---\n{text}")
    put(root, "one.md", f"---\n{text}\n---\n{text}")
    put(root, "two.md", text)
    put(root, "blocks/block.md", f"---\nblock: links\n{text}\n---\n{text}")
    for finding in findings(root):
        assert "\n" not in str(finding)
    assert [issue.slug for issue in read_manuscripts(root).issues].count("one") == 1


FRONT_MATTER = "title: \"Night trains\"\nurl: 'https://example.org/a'\ntopics: [NATO, Asia]\nauthor: Ada\n"


@given(st.integers(0, len(FRONT_MATTER) - 1), st.text(st.sampled_from("\"'[]{}:\\#\n,-|>@*&!%\t "), max_size=3))
def test_errors_in_front_matter_never_show_a_librarys_words(at: int, typed: str) -> None:
    damaged = FRONT_MATTER[:at] + typed + FRONT_MATTER[at + 1 :]
    problems = parse_front_matter(f"---\n{damaged}---\n\nWords.\n", path="a.md").findings
    theirs = re.compile(r"not YAML|while (scanning|parsing)|found (character|unexpected)|<\w+ ?\w*>|not allowed")
    assert not [finding for finding in problems if theirs.search(finding.what)]
