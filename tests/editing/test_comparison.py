"""Texts side by side."""

from hypothesis import given
from hypothesis import strategies as st

from newsletter.editing import RowKind, compare_texts


def test_changed_words_are_marked_on_both_sides() -> None:
    (row,) = compare_texts("The night train left.\n", "The day train left.\n").rows
    assert row.kind is RowKind.CHANGED
    assert row.old
    assert row.new
    assert [span.text for span in row.old.spans if span.changed] == ["night"]
    assert [span.text for span in row.new.spans if span.changed] == ["day"]


def test_added_and_removed_lines_stand_alone_and_unchanged_ones_far_away_are_left_out() -> None:
    old = "".join(f"line {number}\n" for number in range(20))
    new = old.replace("line 10\n", "line 10\nsomething else entirely\n").replace("line 19\n", "")
    comparison = compare_texts(old, new, around=1)
    assert [(row.kind, row.skipped, (row.new or row.old).line) for row in comparison.rows if row.new or row.old] == [  # type: ignore[union-attr]
        (RowKind.SAME, 10, 11),
        (RowKind.ADDED, 0, 12),
        (RowKind.SAME, 0, 13),
        (RowKind.SAME, 6, 20),
        (RowKind.REMOVED, 0, 20),
    ]
    assert comparison.skipped == 0


def test_texts_that_differ_only_in_their_line_ends_are_the_same() -> None:
    assert compare_texts("a\r\nb", "a\nb\n").same


_TEXTS = st.lists(st.text("ab \n", max_size=12), max_size=12).map("\n".join)


@given(old=_TEXTS, new=_TEXTS)
def test_each_side_has_all_of_its_lines_in_order(old: str, new: str) -> None:
    rows = compare_texts(old, new, around=None).rows
    for text, sides in ((old, [row.old for row in rows]), (new, [row.new for row in rows])):
        lines = text.removesuffix("\n").split("\n") if text else []
        assert [side.text for side in sides if side] == lines
        assert [side.line for side in sides if side] == list(range(1, len(lines) + 1))
