"""Change an array in a TOML file's text item by item, so that other items, comments and line breaks stay. No I/O."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

from newsletter.files.toml_layout import TomlLayout, TomlPath, TomlValue, layout_of, parsed
from newsletter.files.toml_values import TomlData, written_value

_REST_OF_LINE = re.compile(r"[ \t]*(?P<comma>,?)[ \t]*(?:#[^\n]*?)?(?P<end>\r?\n)")


def with_list(text: str, path: TomlPath, items: Sequence[TomlData]) -> str:
    """Return the text with these items in the array at a path, which must be there and not in another array."""
    wanted = list(items)
    while True:
        layout = layout_of(text)
        place = next(setting.value for _, setting in layout.settings() if setting.path == path)
        current = _items(text, path)
        steps = SequenceMatcher(a=list(map(repr, current)), b=list(map(repr, wanted)), autojunk=False).get_opcodes()
        step = next((step for step in steps if step[0] != "equal"), None)
        if step is None:
            return text
        kind, old, _, new, _ = step
        if kind == "replace":
            text = _replaced(text, (place.items or ())[old], wanted[new])
        elif kind == "delete":
            text = _without(layout, place, old)
        else:
            text = _with(layout, place, old, wanted[new])


def _items(text: str, path: TomlPath) -> list[Any]:
    value: Any = parsed(text)
    for name in path:
        value = value[name]
    return list(value)


def _replaced(text: str, item: TomlValue, value: TomlData) -> str:
    return text[: item.start] + written_value(value, before=text[item.start : item.end]) + text[item.end :]


def _without(layout: TomlLayout, array: TomlValue, at: int) -> str:
    text, items = layout.text, array.items or ()
    item = items[at]
    rest = _REST_OF_LINE.match(text, item.end)
    if _has_own_line(layout, item) and rest and rest.end() < array.end:
        return text[: layout.line_start(item.start)] + text[rest.end() :]
    if at + 1 < len(items) and "\n" not in text[item.end : items[at + 1].start]:
        return text[: item.start] + text[items[at + 1].start :]
    if at and "\n" not in text[items[at - 1].end : item.start]:
        return text[: items[at - 1].end] + text[item.end :]
    comma = re.compile(r"[ \t]*,?").match(text, item.end)
    return text[: item.start] + text[comma.end() if comma else item.end :]


def _with(layout: TomlLayout, array: TomlValue, at: int, value: TomlData) -> str:
    """Return the text with a new item before the one at a position, or at the end."""
    text, items, written = layout.text, array.items or (), written_value(value)
    if not items:
        return f"{text[: array.start + 1]}{written}{text[array.start + 1 :]}"
    if not at:
        first = items[0]
        gap = f"{layout.line_break}{_indent(layout, first)}" if _has_own_line(layout, first) else " "
        return f"{text[: first.start]}{written},{gap}{text[first.start :]}"
    before = items[at - 1]
    rest = _REST_OF_LINE.match(text, before.end)
    if not _has_own_line(layout, before) or rest is None or rest.end() >= array.end:
        return f"{text[: before.end]}, {written}{text[before.end :]}"
    line = f"{_indent(layout, before)}{written}"
    if rest["comma"]:
        return f"{text[: rest.end()]}{line},{rest['end']}{text[rest.end() :]}"
    return f"{text[: before.end]},{text[before.end : rest.end()]}{line}{rest['end']}{text[rest.end() :]}"


def _has_own_line(layout: TomlLayout, item: TomlValue) -> bool:
    return not layout.text[layout.line_start(item.start) : item.start].strip(" \t")


def _indent(layout: TomlLayout, item: TomlValue) -> str:
    return layout.text[layout.line_start(item.start) : item.start]
