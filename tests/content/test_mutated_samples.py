"""The sample newsletter's files, damaged at random: a change is made as meant, or refused, and never anything else."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content import (
    FileKind,
    InvalidValueError,
    MissingItemError,
    RepeatedItemError,
    UneditableError,
    UnreadableFileError,
    apply_change,
    field_value,
    outline,
)
from newsletter.content.entries import FIELDS
from newsletter.content.issues import FIELDS as ISSUE_FIELDS
from newsletter.domain.changes import AddItem, AddSection, Change, MoveItem, RemoveItem, RemoveSection, SetField

SAMPLES = Path(__file__).parents[2] / "issues"
TEXTS = {
    FileKind.ENTRY: [path.read_text(encoding="utf-8") for path in sorted((SAMPLES / "entries").glob("*.md"))],
    FileKind.ISSUE: [path.read_text(encoding="utf-8") for path in sorted(SAMPLES.glob("*.md"))],
}
_LINES = st.sampled_from(
    (
        "",
        "# comment",
        "  # comment",
        "note: x",
        "  - x",
        "- x",
        "      - note: |",
        "---",
        "> q",
        "\t",
        "a: [",
        "}",
        "? k",
        ": v",
    )
)
_SIGNS = st.sampled_from(list("\n\r\t #:-'\"[]{},|>&*!%@`\\?~é日👍\u2028\ufeff\x85\x00"))


@st.composite
def damaged(draw: st.DrawFn, kind: FileKind) -> str:
    """Return a sample file with a few lines and characters more, fewer, or in another place."""
    text = draw(st.sampled_from(TEXTS[kind]))
    front = text.index("\n---\n", 4)
    for _ in range(draw(st.integers(0, 4))):
        rows = text.split("\n")
        at = draw(st.integers(0, min(len(rows) - 1, text.count("\n", 0, front) + 4)))
        match draw(st.integers(0, 4)):
            case 0:
                rows.insert(at, draw(_LINES))
            case 1:
                del rows[at]
            case 2:
                rows.insert(draw(st.integers(0, len(rows))), rows.pop(at))
            case 3:
                rows[at] = draw(st.sampled_from(("", " ", "  "))) + rows[at]
            case _:
                column = draw(st.integers(0, len(rows[at])))
                rows[at] = rows[at][:column] + draw(_SIGNS) + rows[at][column + draw(st.integers(0, 1)) :]
        text = "\n".join(rows)
    return text.replace("\n", draw(st.sampled_from(("\n", "\r\n"))))


def values(text: str, kind: FileKind) -> dict[str, object]:
    """Return everything that an editor sees of a file, by name."""
    bodies = ("framing", "quotation", "framing-2") if kind is FileKind.ENTRY else ("note",)
    names = FIELDS if kind is FileKind.ENTRY else [name for name in ISSUE_FIELDS if name not in ("entries", "sections")]
    return {name: field_value(text, name, kind) for name in (*names, *bodies)}


@given(text=damaged(FileKind.ENTRY), data=st.data())
@settings(max_examples=40)
def test_a_damaged_entry(text: str, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from((*FIELDS, "framing", "quotation")))
    value = data.draw(st.sampled_from((None, "", "Words", "a: b", "7", "true", "2026-11-23")))
    try:
        before = values(text, FileKind.ENTRY)
        edited = apply_change(text, SetField(name=name, value=value), FileKind.ENTRY)
    except (UnreadableFileError, InvalidValueError, UneditableError):
        return
    after = values(edited.text, FileKind.ENTRY)
    bodies = ("framing", "quotation", "framing-2")
    same = [
        other for other in before if other != name and not (name in bodies and value in (None, "") and other in bodies)
    ]
    assert {other: before[other] for other in same} == {other: after[other] for other in same}
    if name not in (*bodies, "topics") and isinstance(value, str):
        assert str(after[name]).lower() == value.lower()
    assert apply_change(edited.text, edited.inverse, FileKind.ENTRY).text == text


@given(text=damaged(FileKind.ISSUE), data=st.data())
@settings(max_examples=40)
def test_a_damaged_issue(text: str, data: st.DataObject) -> None:
    try:
        before, sections = values(text, FileKind.ISSUE), outline(text)
        items = [item.key for section in sections for item in section.items] or ["x"]
        section = data.draw(st.sampled_from(sections)).key
        choices: list[Change] = [
            AddItem(item="new", section=section),
            RemoveItem(item=data.draw(st.sampled_from(items))),
            MoveItem(item=data.draw(st.sampled_from(items)), section=section),
            AddSection(title="New"),
            RemoveSection(section=section),
            SetField(name="subject", value="New"),
            SetField(name="overrides.x.title", value="New"),
        ]
        change = data.draw(st.sampled_from(choices))
        edited = apply_change(text, change, FileKind.ISSUE)
    except (UnreadableFileError, InvalidValueError, UneditableError, MissingItemError, RepeatedItemError):
        return
    after = values(edited.text, FileKind.ISSUE)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= ({"subject", "overrides"} if isinstance(change, SetField) else set())
    count = sum(len(section.items) for section in sections)
    more = isinstance(change, AddItem) - isinstance(change, RemoveItem)
    assert sum(len(section.items) for section in outline(edited.text)) == count + more
    assert apply_change(edited.text, edited.inverse, FileKind.ISSUE).text == text
