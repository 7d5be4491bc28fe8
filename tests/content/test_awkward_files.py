"""Changes to files that are written in unusual ways, byte by byte; and to the sample newsletter's files."""

from itertools import product
from pathlib import Path

import pytest

from newsletter.content import (
    FileKind,
    InvalidValueError,
    UneditableError,
    UnreadableFileError,
    apply_change,
    field_value,
    outline,
)
from newsletter.domain.changes import (
    AddItem,
    AddSection,
    Change,
    MoveItem,
    MoveSection,
    RemoveItem,
    RemoveSection,
    RenameSection,
    SetField,
    SetMember,
    Several,
)

ENTRY, ISSUE, BLOCK = FileKind.ENTRY, FileKind.ISSUE, FileKind.BLOCK
SAMPLES = Path(__file__).parents[2] / "issues"


LINK = "[1]: https://example.org/x"


def title(text: str | None) -> SetField:
    return SetField(name="title", value=text)


def topics(*words: str) -> SetField:
    return SetField(name="topics", value=words)


FIELDS: list[tuple[str, Change, str]] = [
    # Front matter without fields.
    ("---\n---\nBody", title("A"), "---\ntitle: A\n---\nBody"),
    ("---\n---", title("A"), "---\ntitle: A\n---"),
    ("---\n# only a comment\n---\n", title("A"), "---\n# only a comment\ntitle: A\n---\n"),
    ("---\n\n\n---\n", title("A"), "---\n\n\ntitle: A\n---\n"),
    ("---\n{}\n---\n", title("A"), "---\n{title: A}\n---\n"),
    # Front matter in braces, indented, with quoted names.
    ("---\n{title: A, url: b}\n---\n", title("C, d"), '---\n{title: "C, d", url: b}\n---\n'),
    ("---\n{title: A, url: b}\n---\n", title(None), "---\n{url: b}\n---\n"),
    ("---\n{title: A, url: b}\n---\n", SetField(name="source", value="S"), "---\n{title: A, url: b, source: S}\n---\n"),
    (
        "---\n  title: A\n  url: b\n---\n",
        SetField(name="source", value="S"),
        "---\n  title: A\n  url: b\n  source: S\n---\n",
    ),
    ("---\n\"title\": A\n'url': b\n---\n", title("C"), "---\n\"title\": C\n'url': b\n---\n"),
    ("---\ntitle : A\n---\n", title("B"), "---\ntitle : B\n---\n"),
    # Values and comments.
    ("---\ntitle:\n---\n", title("A"), "---\ntitle: A\n---\n"),
    ("---\ntitle:   \n---\n", title("A"), "---\ntitle: A   \n---\n"),
    ("---\ntitle: # none yet\n---\n", title("A"), "---\ntitle: A # none yet\n---\n"),
    ("---\ntitle: ~ # none\nurl: x\n---\n", title("A"), "---\ntitle: A # none\nurl: x\n---\n"),
    ("---\ntitle: A   # a\n---\n", title(""), "---\ntitle:   # a\n---\n"),
    ("---\ntitle: 'A'\n---\n", title(""), "---\ntitle: ''\n---\n"),
    ("---\ntitle:\n  A\n  b # c\n---\n", title("B"), "---\ntitle:\n  B # c\n---\n"),
    ('---\ntitle: "A\n\n  b" # c\n---\n', title("B\\"), '---\ntitle: "B\\\\" # c\n---\n'),
    ("---\ntitle: >+ # c\n  A\n\n\nurl: x\n---\n", title("B"), "---\ntitle: >+ # c\n  B\nurl: x\n---\n"),
    ("---\ntitle: |2\n    A\nurl: x\n---\n", title("B"), "---\ntitle: |\n  B\nurl: x\n---\n"),
    ("---\ntitle: >\n  A\n# below\nurl: x\n---\n", title("B: c"), "---\ntitle: >\n  B: c\n# below\nurl: x\n---\n"),
    ("---\ntitle: | # c\n  A\nurl: x\n---\n", title("B\x07"), '---\ntitle: "B\\x07" # c\nurl: x\n---\n'),
    ("---\ntitle: A\ntitle: B\n---\n", title("C"), "---\ntitle: C\ntitle: B\n---\n"),
    ("---\ntitle: A\nx-own: [1]\n---\n", title("B"), "---\ntitle: B\nx-own: [1]\n---\n"),
    ("---\n? title\n: A\n---\n", title("B"), "---\n? title\n: B\n---\n"),
    (
        "---\nimage_alt: |\n  A\n\n   \n\nlanguage: de\n---\n",
        SetField(name="label", value="read"),
        "---\nimage_alt: |\n  A\n\n   \nlabel: read\n\nlanguage: de\n---\n",
    ),
    # The place of a new field: behind the last one that comes before it, with the comments of that one.
    (
        "---\ntopics:\n  - A\n  # more?\n# about the image\nimage: x\n---\n",
        SetField(name="date", value="2026-11-23"),
        "---\ndate: 2026-11-23\ntopics:\n  - A\n  # more?\n# about the image\nimage: x\n---\n",
    ),
    (
        "---\ntopics:\n  - A\n  # more?\n# about the label\nlabel: read\n---\n",
        SetField(name="image", value="y.jpg"),
        "---\ntopics:\n  - A\n  # more?\nimage: y.jpg\n# about the label\nlabel: read\n---\n",
    ),
    # Lists of words.
    ("---\ntopics: [A, B] # c\n---\n", topics("B"), "---\ntopics: [B] # c\n---\n"),
    ("---\ntopics: [A, B]\n---\n", topics("A", "1984", "B"), '---\ntopics: [A, "1984", B]\n---\n'),
    ("---\ntopics: [\n  A, # a\n  B  # b\n]\n---\n", topics("B"), "---\ntopics: [\n  B  # b\n]\n---\n"),
    (
        "---\ntopics: [\n  A, # a\n  B  # b\n]\n---\n",
        topics("A", "B", "C"),
        "---\ntopics: [\n  A, # a\n  B,  # b\n  C\n]\n---\n",
    ),
    ("---\ntopics: [\n  A, # a\n  B  # b\n]\n---\n", topics("A"), "---\ntopics: [\n  A, # a\n]\n---\n"),
    ("---\ntopics: [A,\n  B]\n---\n", topics("A", "C"), "---\ntopics: [A,\n  C]\n---\n"),
    ("---\ntopics:\n- A # a\n\n# b\n- B\n---\n", topics("B", "C"), "---\ntopics:\n\n# b\n- B\n- C\n---\n"),
    (
        "---\ntopics:\n    - 'A'\n    -   B\n---\n",
        topics("A", "C", "B"),
        "---\ntopics:\n    - 'A'\n    - C\n    -   B\n---\n",
    ),
    ("---\ntopics:\n  - A # a\nurl: x\n---\n", topics(), "---\ntopics: []\nurl: x\n---\n"),
    ("---\ntopics: A, B\n---\n", topics("A", "B", "C"), "---\ntopics: [A, B, C]\n---\n"),
    ("---\ntopics: []\n---\n", SetMember(name="topics", word="A", present=True), "---\ntopics: [A]\n---\n"),
    # Bodies.
    ("---\n---\n\n\n  Framing.  \n\n\n", SetField(name="framing", value="New."), "---\n---\n\n\nNew.\n\n\n"),
    ("---\n---\nA:\n> q\nlazy", SetField(name="framing", value="B:\n\nC:"), "---\n---\nB:\n\nC:\n> q\nlazy"),
    (
        "---\n---\nA:\n> q\nlazy\n>\tt",
        SetField(name="quotation", value="Q\nlazy\n  t"),
        "---\n---\nA:\n> Q\nlazy\n>\tt",
    ),
    ("---\n---\n>q\n>\n>r", SetField(name="quotation", value="q\n\ns"), "---\n---\n>q\n>\n>s"),
    ("---\n---\n> q\n\nz\n", SetField(name="framing", value=None), "---\n---\n> q\n"),
    (f"---\n---\n> q\n\n{LINK}\n", SetField(name="framing", value="A [1]:"), f"---\n---\nA [1]:\n\n> q\n\n{LINK}\n"),
    ("---\ntitle: >-\n     A\n---\n", title("B"), "---\ntitle: >-\n     B\n---\n"),
    (
        "---\n---\nA [1]\n\n[1]: x\n\n> q\n",
        SetField(name="framing", value="B [1]\n\n[1]: x"),
        "---\n---\nB [1]\n\n[1]: x\n\n> q\n",
    ),
    ("---\n---\n> a\n\n> b\n", SetField(name="quotation", value="a\n\nc"), "---\n---\n> a\n\n> c\n"),
    ("---\n---", SetField(name="quotation", value="a\n\nb"), "---\n---\n> a\n>\n> b\n"),
    ("---\n---\na\n> b\n\nc\n", SetField(name="quotation", value=None), "---\n---\na\n\nc\n"),
]


@pytest.mark.parametrize(("text", "change", "expected"), FIELDS)
@pytest.mark.parametrize(("mark", "end"), [("", "\n"), ("\ufeff", "\r\n"), ("", "\r")], ids=["LF", "CRLF", "CR"])
def test_a_change_to_an_entry(text: str, change: Change, expected: str, mark: str, end: str) -> None:
    before, after = (mark + part.replace("\n", end) for part in (text, expected))
    edited = apply_change(before, change, ENTRY)
    assert edited.text == after
    assert apply_change(after, edited.inverse, ENTRY).text == before


FLAT = "---\nentries: [a, b]  # c\npinned: [a]\n---\n"
LISTS: list[tuple[str, Change, str]] = [
    (
        FLAT,
        AddSection(title="T"),
        "---\nsections:\n  - entries: [a, b]  # c\n  - title: T\n    entries: []\npinned: [a]\n---\n",
    ),
    (FLAT, MoveItem(item="b", section="#1", before="a"), FLAT.replace("[a, b]", "[b, a]")),
    (FLAT, RemoveItem(item="b"), FLAT.replace("[a, b]", "[a]")),
    (
        FLAT,
        AddItem(item="x", section="#1", before="b", source="- note: |\n    N: 1.\n\n    M."),
        "---\nentries:  # c\n  - a\n  - note: |\n      N: 1.\n\n      M.\n  - b\npinned: [a]\n---\n",
    ),
    ("---\nentries:\n# x\n- a # a\n- b\n---\n", RemoveItem(item="b"), "---\nentries:\n# x\n- a # a\n---\n"),
    (
        "---\nentries:\n# x\n- a # a\n- b\n---\n",
        MoveItem(item="a", section="#1"),
        "---\nentries:\n- b\n# x\n- a # a\n---\n",
    ),
    ("---\nentries:\n- a\n---\n", RemoveItem(item="a"), "---\nentries: []\n---\n"),
    ("---\nentries: []\n---\n", AddItem(item="a"), "---\nentries:\n  - a\n---\n"),
    ("---\ndate: 2026-11-23\n---\n", AddItem(item="a"), "---\ndate: 2026-11-23\nentries:\n  - a\n---\n"),
    ("---\nentries:\n---\n", AddSection(title="1: x"), '---\nsections:\n  - title: "1: x"\n    entries: []\n---\n'),
    (
        "---\nsections: [{title: A, entries: [a]}, {title: B, entries: [b]}]\n---\n",
        MoveItem(item="a", section="B"),
        "---\nsections: [{title: A, entries: []}, {title: B, entries: [b, a]}]\n---\n",
    ),
    (
        "---\nsections:\n- title: A\n  entries:\n  # x\n  - a # a\n- entries: [b]\n---\n",
        MoveItem(item="b", section="A", before="a"),
        "---\nsections:\n- title: A\n  entries:\n  - b\n  # x\n  - a # a\n- entries: []\n---\n",
    ),
    (
        "---\nsections:\n- title: A\n  entries: [a]\n\n# about B\n- title: B # b\n  entries: [b]\n---\n",
        MoveSection(section="B", before="A"),
        "---\nsections:\n# about B\n- title: B # b\n  entries: [b]\n- title: A\n  entries: [a]\n\n---\n",
    ),
    (
        "---\nsections:\n- title: A\n  entries: [a]\n- title: B\n  entries: [b]\n---\n",
        RemoveSection(section="B"),
        "---\nsections:\n- title: A\n  entries: [a, b]\n---\n",
    ),
    (
        "---\nsections:\n- entries: [a]\n- title: B\n  entries: [b]\n---\n",
        RenameSection(section="#1", title="A"),
        "---\nsections:\n- title: A\n  entries: [a]\n- title: B\n  entries: [b]\n---\n",
    ),
    (
        "---\nentries: [a]\noverrides: # o\n  a: # a\n    title: X # x\n---\n",
        SetField(name="overrides.a.topics", value=("T",)),
        "---\nentries: [a]\noverrides: # o\n  a: # a\n    title: X # x\n    topics: [T]\n---\n",
    ),
    (
        "---\nentries: [a]\noverrides: {a: {title: X}}\n---\n",
        SetField(name="overrides.a.title", value="Y: z"),
        '---\nentries: [a]\noverrides: {a: {title: "Y: z"}}\n---\n',
    ),
    (
        "---\noverrides:\n---\n",
        SetField(name="overrides.a.framing", value="One\n\n  two"),
        "---\noverrides:\n  a:\n    framing: |-\n      One\n\n        two\n---\n",
    ),
    (
        "---\ntailored: # why\n  minimum: 2\n---\n",
        SetField(name="tailored", value=False),
        "---\ntailored: false # why\n---\n",
    ),
    ("---\nnumber: '7'\n---\n", SetField(name="number", value="8"), "---\nnumber: '8'\n---\n"),
]


@pytest.mark.parametrize(("text", "change", "expected"), LISTS)
@pytest.mark.parametrize(("mark", "end"), [("", "\n"), ("\ufeff", "\r\n")], ids=["LF", "CRLF"])
def test_a_change_to_an_issue(text: str, change: Change, expected: str, mark: str, end: str) -> None:
    before, after = (mark + part.replace("\n", end) for part in (text, expected))
    edited = apply_change(before, change, ISSUE)
    assert edited.text == after
    assert apply_change(after, edited.inverse, ISSUE).text == before


def test_several_changes_are_made_as_one_or_not_at_all() -> None:
    both = Several(changes=(RemoveItem(item="a"), SetField(name="note", value="Hello.")))
    edited = apply_change(FLAT, both, ISSUE)
    assert edited.text == "---\nentries: [b]  # c\npinned: [a]\n---\nHello.\n"
    assert apply_change(edited.text, edited.inverse, ISSUE).text == FLAT
    with pytest.raises(InvalidValueError):
        apply_change(FLAT, Several(changes=(RemoveItem(item="a"), SetField(name="date", value="soon"))), ISSUE)


def test_undo_keeps_what_others_changed_meanwhile() -> None:
    edited = apply_change(FLAT, RemoveItem(item="a"), ISSUE)
    meanwhile = apply_change(edited.text, AddItem(item="z"), ISSUE)
    undone = apply_change(meanwhile.text, edited.inverse, ISSUE)
    assert undone.text == FLAT.replace("[a, b]", "[a, b, z]")


def test_a_block_has_fields_and_a_text() -> None:
    text = "---\nblock: note\ntitle: A\n---\nWords.\n"
    assert apply_change(text, title("B"), BLOCK).text == "---\nblock: note\ntitle: B\n---\nWords.\n"
    assert (
        apply_change(text, SetField(name="text", value="New."), BLOCK).text == "---\nblock: note\ntitle: A\n---\nNew.\n"
    )
    assert field_value(text, "text", BLOCK) == "Words."


def test_keys_name_items_and_sections_that_look_alike() -> None:
    sections_of_a = "- title: A\n  entries: [a, {note: x}]\n- title: A\n  entries: [{note: x}]\n"
    text = f"---\nsections:\n{sections_of_a}- entries: []\n---\n"
    sections = outline(text)
    assert [section.key for section in sections] == ["#1", "#2", "#3"]
    first, second = sections[0].items[1], sections[1].items[0]
    assert (first.block_kind, second.block_kind, second.key) == ("note", "note", f"{first.key}#2")
    moved = apply_change(text, MoveItem(item=second.key, section="#3"), ISSUE)
    assert [len(section.items) for section in outline(moved.text)] == [2, 0, 1]


@pytest.mark.parametrize(
    "text", ["", "no front matter", "---\ntitle: a: b\n---\n", "---\ntitle: &a b\n---\n", "---\n- a\n---\n"]
)
def test_a_file_that_cannot_be_read_has_findings(text: str) -> None:
    with pytest.raises(UnreadableFileError) as err:
        apply_change(text, title("A"), ENTRY)
    assert err.value.findings


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("---\n? title\n: A\n---\n", title(None)),
        ("---\nentries: a, b\n---\n", AddItem(item="c")),
        ("---\noverrides: x\n---\n", SetField(name="overrides.a.title", value="A")),
    ],
)
def test_a_place_that_cannot_be_changed_by_itself_is_refused(text: str, change: Change) -> None:
    with pytest.raises(UneditableError) as err:
        apply_change(text, change, ISSUE if "entries" in text or "overrides" in text else ENTRY)
    assert err.value.hint == "edit the file as text"


@pytest.mark.parametrize(("mark", "end", "cut"), [("", "\n", False), ("\ufeff", "\r\n", True)])
def test_the_sample_files_keep_every_other_byte(mark: str, end: str, cut: bool) -> None:
    changes = product(
        ("title", "author", "label", "framing", "quotation"), ("Plain words", "With: a colon", "日本語 “👍”", "true")
    )
    files = sorted((SAMPLES / "entries").glob("*.md"))
    for number, (path, (name, value)) in enumerate(zip(files * 2, list(changes) * 4, strict=False)):
        text = path.read_text(encoding="utf-8").replace("\n", end)
        before = mark + (text.rstrip("\r\n") if cut else text)
        edited = apply_change(before, SetField(name=name, value=value), ENTRY)
        assert field_value(edited.text, name, ENTRY) == value, (number, path)
        assert changed_lines(before, edited.text) <= 1 or name in ("framing", "quotation")
        assert apply_change(edited.text, edited.inverse, ENTRY).text == before


def changed_lines(before: str, after: str) -> int:
    """Return the number of lines of a text that another one hasn't got at the same distance from an end."""
    old, new = before.split("\n"), after.split("\n")
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return max(len(old), len(new))


@pytest.mark.parametrize(
    ("text", "name", "hint"),
    [
        ("---\n---\nA.\n", "framing-2", "write a quotation between them, or add the text to that framing"),
        ("---\n---\n> A.\n", "quotation-3", "write quotation-2 first"),
        ("---\n---\nA.\n", "quotation-2", "write quotation first"),
        ("---\n---\nA.\n", "overrides.a.title", "did you mean"),
    ],
)
def test_a_passage_or_field_that_cannot_be_added_says_what_to_do(text: str, name: str, hint: str) -> None:
    with pytest.raises(InvalidValueError) as err:
        apply_change(text, SetField(name=name, value="New."), ENTRY)
    assert err.value.hint.startswith(hint)
