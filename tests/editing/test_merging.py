"""Three-way merges by paragraph: both sides' changes are kept, or there is no merge."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.editing import merge_texts

words = st.sampled_from(["tide", "rail", "bell", "map", "moss", "> quoted", "- item", "    code", "é ß", "a\nb"])
texts = st.lists(words, max_size=6).map("\n\n".join)
any_texts = st.one_of(texts, st.text(alphabet="ab \n\t>", max_size=30))
BASE = "One.\n\nTwo.\n\nThree."


def paragraphs(text: str) -> set[str]:
    return set(text.split("\n\n")) - {""}


@given(base=any_texts, mine=any_texts)
def test_where_only_one_side_has_changes_its_text_is_the_merge(base: str, mine: str) -> None:
    assert merge_texts(base, mine, base) == mine
    assert merge_texts(base, base, mine) == mine
    assert merge_texts(base, mine, mine) == mine


@given(base=any_texts, mine=any_texts, theirs=any_texts)
def test_the_order_of_the_sides_does_not_matter(base: str, mine: str, theirs: str) -> None:
    assert merge_texts(base, mine, theirs) == merge_texts(base, theirs, mine)


@given(base=texts, mine=texts, theirs=texts)
def test_a_merge_has_every_new_paragraph_and_none_that_nobody_wrote(base: str, mine: str, theirs: str) -> None:
    merged = merge_texts(base, mine, theirs)
    if merged is None:
        return
    assert (paragraphs(mine) | paragraphs(theirs)) - paragraphs(base) <= paragraphs(merged)
    assert paragraphs(merged) <= paragraphs(base) | paragraphs(mine) | paragraphs(theirs)


@st.composite
def separate_edits(draw: st.DrawFn) -> tuple[str, str, str, str]:
    """Draw a text, two edits of it that touch different paragraphs, and the text with both."""
    base = [f"paragraph {number}" for number in range(draw(st.integers(1, 6)))]
    versions = ["", *base], ["", *base], ["", *base]
    for index in range(1, len(base) + 1):
        editor = draw(st.sampled_from([None, 0, 1]))
        if editor is not None:
            after = draw(st.sampled_from([f"edited {index}", f"edited {index}\n\nand more {index}", ""]))
            versions[editor][index] = versions[2][index] = after
    mine, theirs, both = ("\n\n".join(filter(None, version)) for version in versions)
    return "\n\n".join(base), mine, theirs, both


@given(separate_edits())
def test_edits_of_different_paragraphs_merge(edits: tuple[str, str, str, str]) -> None:
    base, mine, theirs, both = edits
    assert merge_texts(base, mine, theirs) == both


@pytest.mark.parametrize(
    ("mine", "theirs", "merged"),
    [
        ("One!\n\nTwo.\n\nThree.", "One.\n\nTwo!\n\nThree.", "One!\n\nTwo!\n\nThree."),
        ("Zero.\n\nOne.\n\nTwo.\n\nThree.", "One.\n\nTwo.\n\nThree.\n\nFour.", f"Zero.\n\n{BASE}\n\nFour."),
        ("One.\n\nThree.", "One!\n\nTwo.\n\nThree.", "One!\n\nThree."),
        ("One.\n\nNew.\n\nTwo.\n\nThree.", "One.\n\nThree.", "One.\n\nNew.\n\nThree."),
        ("", "One.\n\nTwo.\n\nThree!", None),
        ("One.\n\nTwo!\n\nThree.", "One.\n\nThree.", None),
        ("One!\n\nTwo.\n\nThree.", "One?\n\nTwo.\n\nThree.", None),
        (f"{BASE}\n\nMine.", f"{BASE}\n\nTheirs.", None),
        (f"{BASE}\n\nBoth.", f"{BASE}\n\nBoth.\n\nTheirs.", None),
    ],
)
def test_merges_that_an_editor_expects(mine: str, theirs: str, merged: str | None) -> None:
    assert merge_texts(BASE, mine, theirs) == merged


def test_blank_lines_within_a_block_of_code_are_kept() -> None:
    base = "```\na\n\n\nb\n```\n\nOne."
    assert merge_texts(base, base + "\n\nTwo.", "Zero.\n\n" + base) == f"Zero.\n\n{base}\n\nTwo."
    changed = base.replace("a\n\n\nb", "a\n\n\n\nb")
    assert merge_texts(base, changed, base.replace("One", "1")) == changed.replace("One", "1")
