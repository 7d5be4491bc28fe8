"""Settings of TOML files are changed in place: nothing else moves, and the result reads as meant."""

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.files.toml_edits import TomlUneditableError, toml_value, with_name, with_setting
from newsletter.files.toml_layout import layout_of

COMMENTED = """\
# The newsletter.
name = "The Lantern"   # shown in the header
from = 'Ada <ada@example.org>'
attributes = [
  "city",   # for the weather
  "plan",
]

# Topics: readers follow them.

[topics.asia]
name = "Asia"

# The capital is a topic too.
[topics.kabul]
name = "Kabul"
aliases = ["Cabul", 'Kaboul']

[segments.new]
where = '''
language = "de"
and joined within 30 days
'''
"""
INLINE = """\
name = "A"
topics = { asia = { name = "Asia" }, kabul = { name = "Kabul", parent = "asia" } } # all of them
studio.quiet_minutes = 3
"""
DOTTED = """\
name = "A"
theme.colors.accent = "#700"
theme.name = "quiet"

[topics]
asia.name = "Asia"
"two words".name = "Two"
kabul.name = "Kabul"
kabul.parent = "asia"

[[skeletons.monday.sections]]
title = "First"

[[skeletons.monday.sections]]
title = "Second"
limit = 2
"""
FILES = [
    (Path(__file__).parents[2] / "newsletter.toml").read_text(encoding="utf-8"),
    COMMENTED,
    INLINE,
    DOTTED,
    COMMENTED.replace("\n", "\r\n"),
    "\ufeff" + COMMENTED,
    "",
    "# Nothing yet",
    "name='x'",
]


def removed_and_added(before: str, after: str) -> tuple[str, str]:
    """Return the one stretch of text that differs."""
    start = next(
        (at for at, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return before[start : len(before) - end], after[start : len(after) - end]


@pytest.mark.parametrize(
    ("before", "path", "value", "removed", "added"),
    [
        (COMMENTED, ("name",), "Ours", "The Lantern", "Ours"),
        (COMMENTED, ("from",), "Bo <bo@example.org>", "Ada <ada", "Bo <bo"),
        (COMMENTED, ("attributes",), ["city", "plan", "age"], "", '  "age",\n'),
        (COMMENTED, ("attributes",), ["plan"], '  "city",   # for the weather\n', ""),
        (COMMENTED, ("topics", "kabul", "aliases"), ["Cabul"], ", 'Kaboul'", ""),
        (COMMENTED, ("topics", "kabul", "parent"), "asia", "", 'parent = "asia"\n'),
        (COMMENTED, ("weekly_digest",), True, "", "weekly_digest = true\n"),
        (COMMENTED, ("topics", "asia"), None, '[topics.asia]\nname = "Asia"\n\n', ""),
        (COMMENTED, ("topics", "kabul", "aliases"), None, "aliases = [\"Cabul\", 'Kaboul']\n", ""),
        (COMMENTED, ("sending", "per_day"), 5000, "", "\n[sending]\nper_day = 5000\n"),
        (COMMENTED, ("segments", "old"), {"any": ["asia"]}, "", '\n[segments.old]\nany = ["asia"]\n'),
        (INLINE, ("topics", "kabul", "name"), "K", "abul", ""),
        (INLINE, ("topics", "kabul"), None, ', kabul = { name = "Kabul", parent = "asia" }', ""),
        (INLINE, ("topics", "oslo"), {"name": "Oslo"}, "", ', oslo = { name = "Oslo" }'),
        (INLINE, ("studio", "quiet_minutes"), 5, "3", "5"),
        (INLINE, ("studio", "hooks"), True, "", "studio.hooks = true\n"),
        (DOTTED, ("theme", "colors", "link"), "#007", "", 'theme.colors.link = "#007"\n'),
        (DOTTED, ("topics", "kabul", "aliases"), ["Cabul"], "", 'kabul.aliases = ["Cabul"]\n'),
        (DOTTED, ("topics", "asia"), None, 'asia.name = "Asia"\n', ""),
    ],
)
def test_a_change_touches_only_its_own_bytes(
    before: str, path: tuple[str, ...], value: Any, removed: str, added: str
) -> None:
    after = with_setting(before, path, value)
    shown = removed_and_added(before, after)
    assert (len(shown[0]), len(shown[1])) == (len(removed), len(added))
    assert sorted(shown[0]) == sorted(removed)
    assert sorted(shown[1]) == sorted(added)
    assert toml_value(after, path) == value
    pairs = with_setting(before.replace("\n", "\r\n"), path, value)
    assert pairs == after.replace("\n", "\r\n")


def test_new_tables_stand_behind_their_relatives() -> None:
    after = with_setting(COMMENTED, ("topics", "oslo"), {"name": "Oslo", "parent": "asia"})
    before, _, rest = COMMENTED.partition("\n[segments.new]")
    assert after == f'{before}\n[topics.oslo]\nname = "Oslo"\nparent = "asia"\n\n[segments.new]{rest}'


def test_rules_of_several_lines_stay_so() -> None:
    after = with_setting(COMMENTED, ("segments", "new", "where"), 'language = "fr"\nor topic = "Asia"\n')
    assert after.endswith("where = '''\nlanguage = \"fr\"\nor topic = \"Asia\"\n'''\n")


def test_an_array_of_tables_is_replaced_as_a_whole() -> None:
    after = with_setting(DOTTED, ("skeletons", "monday", "sections"), ["First", {"title": "Second", "limit": 3}])
    assert tomllib.loads(after)["skeletons"]["monday"]["sections"] == ["First", {"title": "Second", "limit": 3}]
    assert after.startswith(DOTTED.partition("\n[[")[0])


@pytest.mark.parametrize("text", [COMMENTED, INLINE, DOTTED])
def test_a_table_is_renamed_wherever_it_is_named(text: str) -> None:
    after = with_name(text, ("topics", "kabul"), "new-kabul")
    assert after == text.replace("topics.kabul", "topics.new-kabul").replace(" kabul =", " new-kabul =").replace(
        "\nkabul.", "\nnew-kabul."
    )
    assert with_name(after, ("topics", "new-kabul"), "kabul") == text


def test_what_can_not_be_changed_alone_is_refused() -> None:
    for text, path in (('name = "x"', ("name", "inner")), ("a = [{ b = 1 }]", ("a", "b"))):
        with pytest.raises(TomlUneditableError):
            with_setting(text, path, "y")


NAMES = st.sampled_from(["name", "from", "topics", "asia", "kabul", "theme", "colors", "two words", "é", "studio", "a"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["'", '"', "'''", '"""', "a\nb", "\\", 'x"']
)
SCALARS = TEXTS | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = (
    SCALARS | st.lists(SCALARS, max_size=4) | st.dictionaries(NAMES, SCALARS | st.lists(TEXTS, max_size=3), max_size=3)
)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(tuple)


def known_paths(text: str) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []

    def walk(table: dict[str, Any], above: tuple[str, ...]) -> None:
        for name, value in table.items():
            found.append((*above, name))
            if isinstance(value, dict):
                walk(value, (*above, name))

    walk(tomllib.loads(text.removeprefix("\ufeff")), ())
    return found


def comments(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.lstrip().startswith("#")]


@given(st.sampled_from(FILES), st.data())
def test_any_changes_in_turn_read_as_meant(text: str, data: st.DataObject) -> None:
    expected = tomllib.loads(text.removeprefix("\ufeff"))
    for _ in range(data.draw(st.integers(1, 4))):
        known = known_paths(text)
        path = data.draw(st.sampled_from(known) | PATHS if known else PATHS)
        value = data.draw(st.none() | VALUES)
        before = text
        try:
            text = with_setting(text, path, value)
        except TomlUneditableError:
            assert any(
                not isinstance(toml_value(before, path[:depth]), dict | None) for depth in range(1, len(path))
            ), path
            continue
        expected = changed(expected, path, value)
        assert without_empty(tomllib.loads(text.removeprefix("\ufeff"))) == without_empty(expected)
        if value is not None:
            assert set(comments(before)) <= set(comments(text)) or isinstance(toml_value(before, path), list | dict)
        assert text.startswith("\ufeff") == before.startswith("\ufeff")


def changed(tables: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    new = copy.deepcopy(tables)
    table = new
    for name in path[:-1]:
        table = table.setdefault(name, {})
    if value is None:
        table.pop(path[-1], None)
    else:
        table[path[-1]] = value
    return new


def without_empty(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: kept for name, inner in value.items() if (kept := without_empty(inner)) != {}}


@given(st.sampled_from(FILES), st.data(), SCALARS)
def test_a_new_value_replaces_the_old_one_and_nothing_else(text: str, data: st.DataObject, value: Any) -> None:
    known = [path for path in known_paths(text) if not isinstance(toml_value(text, path), dict | list)]
    if not known:
        return
    path = data.draw(st.sampled_from(known))
    after = with_setting(text, path, value)
    place = next(setting.value for _, setting in layout_of(text).settings() if setting.path == path)
    assert after.startswith(text[: place.start])
    assert after.endswith(text[place.end :])


@pytest.mark.parametrize("text", ["{} = 1\n", "\n[{}]\n", "[[{}]]\n", "x = {{{} = 1}}\n"])
@pytest.mark.parametrize("part", ["a", '"a.b"', "'a'", r'"\"\\"'])
def test_a_key_with_very_many_parts_is_refused_before_it_takes_long(text: str, part: str) -> None:
    for number in (101, 20_000):
        with pytest.raises(tomllib.TOMLDecodeError, match="Key with too many parts"):
            layout_of(text.format(" . ".join([part] * number)))
    layout_of(text.format(".".join([part] * 100)))


def test_many_dots_in_texts_are_no_parts_of_keys() -> None:
    dots = ".".join("a" * 200)
    text = f'one = "{dots}"\ntwo = """\n{dots}\n"""\n"{dots}" = 1\n'
    assert [setting.path[-1] for _, setting in layout_of(text).settings()] == ["one", "two", dots]
