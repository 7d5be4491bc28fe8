"""Lines of settings, mistakes and merge markers in a TOML file."""

import tomllib

import pytest

from newsletter.errors import Place
from newsletter.files.toml_layout import parsed
from newsletter.files.toml_lines import conflict_marker, line_of, setting_place, syntax_mistake

TEXT = """\
name = "The Daily Test"  # 1

[theme]  # 3
"name" = "own"
[theme.colors]
accent = "#123456"
[ topics . "sea-level" ]
name = "Sea level"
[[not.a.table]]
"""


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("[" * 20_000, "lists or tables are nested too deeply"),
        ("{a=" * 5000 + "1" + "}" * 5000, "lists or tables are nested too deeply"),
        ("9" * 5000, "a number has too many digits"),
    ],
)
def test_hostile_values_are_mistakes(value: str, words: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as refused:
        parsed(f"x = {value}\n")
    assert syntax_mistake(refused.value, value) == (words, None)


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("name",), 1),
        (("theme",), 3),
        (("theme", "name"), 4),
        (("theme", "colors", "accent"), 6),
        (("theme", "colors", "text"), 5),
        (("theme", "fonts", "body"), 3),
        (("topics", "sea-level", "name"), 8),
        (("topics", "sea-level", "parent"), 7),
        (("language",), None),
        (("provider", "name"), None),
        ((), None),
    ],
)
def test_a_setting_is_on_its_line_and_a_missing_one_on_its_tables(keys: tuple[str, ...], line: int | None) -> None:
    assert line_of(TEXT, keys) == line
    assert setting_place(TEXT, *keys) == Place(path="newsletter.toml", line=line)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("name = 1\nname = 2\n", ('"name" is given twice', 2)),
        ("a = {b = 1, b = 2}", ("a setting is given twice", 1)),
        ('a = 1\n\nb = "x\n', ("a quotation mark is missing at the end of text", 3)),
        ("a\n", ("there is no = after the name of a setting", 1)),
    ],
)
def test_a_mistake_is_explained_with_its_line(text: str, mistake: tuple[str, int]) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    assert syntax_mistake(caught.value, text) == mistake


def test_a_heading_is_a_merge_marker_only_alone() -> None:
    assert conflict_marker("Heading\n=======\n") is None
    assert conflict_marker("Heading\n=======\n", alone=True) == 2
    assert conflict_marker("a = 1\n>>>>>>> branch\n") == 2
    assert conflict_marker("a = 1\n>>>>>>>> not a branch\n") is None
