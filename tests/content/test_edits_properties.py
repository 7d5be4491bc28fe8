"""Whatever a file looks like, a change leaves the new value in it, everything else as it was, and can be undone."""

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from newsletter.content import FileKind, InvalidValueError, apply_change, field_value
from newsletter.content.body_edits import body_regions, named_region
from newsletter.content.entries import FIELDS, OVERRIDES
from newsletter.content.frontmatter import parse_front_matter
from newsletter.content.issues import FIELDS as ISSUE_FIELDS
from newsletter.content.source_text import unix_lines
from newsletter.domain.changes import FieldValue, SetField, SetMember
from tests.content.varied_files import VariedFile, bodies, full_lines, lines, markdown, varied_files

ENTRY, ISSUE = FileKind.ENTRY, FileKind.ISSUE
_LISTS = ("entries", "sections", "overrides", "corrections", "tailored")
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "date": st.dates(),
    "minutes": st.integers(1, 999_999_999),
    "number": st.integers(1, 999_999_999),
    "paywall": st.booleans(),
    "digest": st.booleans(),
    "reserve": st.booleans(),
    "not_before": st.datetimes().map(lambda time: time.isoformat(" ", "minutes")),
    "best_before": st.dates(),
    **dict.fromkeys(("topics", "segments", "pinned"), st.lists(full_lines, max_size=4).map(tuple)),
}


def read(text: str) -> dict[str, object]:
    """Return what the front matter says, field by field, as its readers do."""
    file = parse_front_matter(unix_lines(text), path="")
    assert file.fields is not None, file.findings
    return {name: field_value(text, name, ENTRY if name in FIELDS else ISSUE) for name in file.fields.values}


def check_field(file: VariedFile, name: str, value: FieldValue, kind: FileKind) -> None:
    before = read(file.text)
    try:
        edited = apply_change(file.text, SetField(name=name, value=value), kind)
    except InvalidValueError:
        assert not str(value).isprintable()
        return
    after = read(edited.text)
    assert after.get(name) == value
    assert {**before, name: value} == {**after, name: value}
    assert unix_lines(edited.text).partition("\n---")[2] == unix_lines(file.text).partition("\n---")[2]
    if any(part.name == name for part in file.parts):
        start, end = file.around(name)
        assert edited.text.startswith(start)
        assert edited.text.endswith(end)
        if value is not None:
            old = file.text[len(start) : len(file.text) - len(end)]
            new = edited.text[len(start) : len(edited.text) - len(end)]
            assert isinstance(value, tuple) or old.count("# a comment") == new.count("# a comment")
    else:
        assert is_insertion(file.text, edited.text)
    check_undo(file.text, edited.text, SetField(name=name, value=value), kind)


def is_insertion(before: str, after: str) -> bool:
    """Return whether a text is another one with something inserted in one place."""
    start = next((at for at in range(len(before)) if before[at] != after[at]), len(before))
    return after.endswith(before[start:])


def check_undo(before: str, after: str, change: Any, kind: FileKind) -> None:
    edited = apply_change(before, change, kind)
    assert edited.text == after
    undone = apply_change(after, edited.inverse, kind)
    assert undone.text == before
    assert apply_change(before, undone.inverse, kind).text == after


@given(file=varied_files(FIELDS, bodies), data=st.data())
@settings(max_examples=30)
def test_a_field_of_an_entry(file: VariedFile, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(FIELDS))
    value = data.draw(st.one_of(st.none(), _VALUES.get(name, lines)))
    check_field(file, name, value, ENTRY)


@given(
    file=varied_files([name for name in ISSUE_FIELDS if name not in _LISTS], bodies),
    data=st.data(),
)
@settings(max_examples=20)
def test_a_field_of_an_issue(file: VariedFile, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([name for name in ISSUE_FIELDS if name not in _LISTS]))
    value = data.draw(st.one_of(st.none(), _VALUES.get(name, lines)))
    check_field(file, name, value, ISSUE)


@given(file=varied_files(("title", "topics", "image"), bodies), word=full_lines, data=st.data())
@settings(max_examples=20)
def test_a_word_of_a_list(file: VariedFile, word: str, data: st.DataObject) -> None:
    words = field_value(file.text, "topics", ENTRY) or ()
    assert isinstance(words, tuple)
    present = data.draw(st.booleans())
    if words and not present:
        word = data.draw(st.sampled_from(words))
    change = SetMember(name="topics", word=word, present=present)
    try:
        edited = apply_change(file.text, change, ENTRY)
    except InvalidValueError:
        assert not word.isprintable()
        return
    others = tuple(other for other in words if other != word)
    expected = (words if word in words else (*words, word)) if present else others
    assert (field_value(edited.text, "topics", ENTRY) or ()) == expected
    assert {**read(file.text), "topics": ()} == {**read(edited.text), "topics": ()}
    check_undo(file.text, edited.text, change, ENTRY)


@given(
    file=varied_files(("title",), bodies),
    name=st.sampled_from(("framing", "quotation", "framing-2", "quotation-2")),
    value=st.one_of(st.none(), markdown),
)
@settings(max_examples=60)
def test_a_passage(file: VariedFile, name: str, value: str | None) -> None:
    body = parse_front_matter(unix_lines(file.text), path="").body
    regions = body_regions(body)
    existing = field_value(file.text, name, ENTRY)
    change = SetField(name=name, value=value)
    try:
        edited = apply_change(file.text, change, ENTRY)
    except InvalidValueError:
        return
    new = field_value(edited.text, name, ENTRY)
    wanted = (value or "").strip("\n").rstrip() or None
    front = file.text[: len(file.text) - len(file.on_disk(file.body))]
    assert edited.text.startswith(front)
    if existing is not None and wanted is not None:
        assert new == wanted
        region = named_region(regions, name)
        assert region is not None
        rows = body.split("\n")
        start = file.on_disk("\n".join(rows[: region.start])) + (file.line_end if region.start else "")
        rest = file.on_disk("\n".join(["", *rows[region.end :]])) if region.end < len(rows) else ""
        assert edited.text.startswith(front + start)
        assert edited.text.endswith(rest)
        others = [other.markdown for other in regions if other is not region]
        after = body_regions(parse_front_matter(unix_lines(edited.text), path="").body)
        assert sorted(others) == sorted(set_aside([other.markdown for other in after], wanted))
    elif wanted is not None:
        assert isinstance(new, str)
        assert new.startswith(wanted)
        assert is_insertion(file.text.rstrip("\r\n"), edited.text.rstrip("\r\n"))
    kept = [row for row in edited.text.splitlines() if row.strip()]
    if wanted is None and existing is not None:
        assert all(row in file.text.splitlines() for row in kept)
    check_undo(file.text, edited.text, change, ENTRY)


def set_aside(texts: list[str], text: str) -> list[str]:
    """Return the texts without one of them."""
    rest = list(texts)
    rest.remove(text)
    return rest


@given(file=varied_files(("date", "subject"), bodies), value=st.one_of(st.none(), markdown))
@settings(max_examples=20)
def test_a_note(file: VariedFile, value: str | None) -> None:
    change = SetField(name="note", value=value)
    edited = apply_change(file.text, change, ISSUE)
    assert field_value(edited.text, "note", ISSUE) == ((value or "").strip("\n") or None)
    front = file.text[: len(file.text) - len(file.on_disk(file.body))].rstrip("\r\n")
    assert edited.text.startswith(front)
    check_undo(file.text, edited.text, change, ISSUE)


@given(file=varied_files(("title", "topics", "date"), bodies), data=st.data())
@settings(max_examples=20)
def test_a_file_with_line_ends_of_several_kinds(file: VariedFile, data: st.DataObject) -> None:
    plain = unix_lines(file.text)
    rows = plain.split("\n")
    ends = data.draw(st.lists(st.sampled_from(("\n", "\r\n", "\r")), min_size=len(rows), max_size=len(rows)))
    before = "".join(row + end for row, end in zip(rows, ends, strict=True))
    assume(unix_lines(before) == plain + "\n")
    name = data.draw(st.sampled_from(("title", "topics", "date", "framing")))
    value: FieldValue = {"topics": ("New",), "date": None}.get(name, "New")
    change = SetField(name=name, value=value)
    edited = apply_change(before, change, ENTRY)
    assert field_value(edited.text, name, ENTRY) == value
    assert unix_lines(edited.text) == apply_change(plain + "\n", change, ENTRY).text
    check_undo(before, edited.text, change, ENTRY)


@given(data=st.data())
@settings(max_examples=30)
def test_an_override(data: st.DataObject) -> None:
    files = {slug: data.draw(varied_files(OVERRIDES, st.just(""))) for slug in ("one", "two-2")}
    step = data.draw(st.sampled_from((1, 2, 4)))
    rows = [f"{' ' * step}{slug}:\n{indented(file, 2 * step)}" for slug, file in files.items() if file.parts]
    tables = "".join(data.draw(st.permutations(rows)))
    text = "---\ndate: 2026-11-23\n" + (f"overrides:  # o\n{tables}" if tables else "") + "pinned: [a]\n---\nNote.\n"
    slug, name = data.draw(st.sampled_from(("one", "two-2", "new"))), data.draw(st.sampled_from(OVERRIDES))
    value = data.draw(st.one_of(st.none(), markdown if name == "framing" else _VALUES.get(name, lines)))
    change = SetField(name=f"overrides.{slug}.{name}", value=value)
    names = [f"overrides.{slug}.{name}" for slug in ("one", "two-2", "new") for name in OVERRIDES]
    before = {name: field_value(text, name, ISSUE) for name in names}
    try:
        edited = apply_change(text, change, ISSUE)
    except InvalidValueError:
        assert not str(value).isprintable()
        return
    wanted = value.strip("\n") if name == "framing" and value else value
    assert {name: field_value(edited.text, name, ISSUE) for name in names} == {**before, change.name: wanted}
    assert edited.text.startswith("---\ndate: 2026-11-23\n")
    assert edited.text.endswith("pinned: [a]\n---\nNote.\n")
    check_undo(text, edited.text, change, ISSUE)


def indented(file: VariedFile, margin: int) -> str:
    """Return a file's fields as those of a table in another."""
    rows = "".join(part.gap + part.text for part in file.parts).splitlines(keepends=True)
    return "".join(" " * margin + row if row.strip() else row for row in rows)
