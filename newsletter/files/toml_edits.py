"""Change one setting of a TOML file's text, and leave every other byte as it is. No I/O.

A setting is found by its place in the text; the result is read again, and refused unless the setting has the value that
was wanted and everything else reads as before.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from newsletter.errors import UsageError
from newsletter.files.toml_layout import TomlLayout, TomlPath, TomlSection, TomlSetting, TomlValue, layout_of, parsed
from newsletter.files.toml_lists import with_list
from newsletter.files.toml_values import TomlData, written_key, written_value


class TomlUneditableError(UsageError):
    """A setting that is written in a way that can't be changed without touching its surroundings."""

    code = "setting-uneditable"

    def __init__(self, *, field: str) -> None:
        self.field = field
        super().__init__(f"{field} can't be changed by itself, as it is written", hint="edit the file as text")


def toml_value(text: str, path: TomlPath) -> Any:
    """Return the value of a setting or table, or None if it isn't there. Raise TOMLDecodeError."""
    return value_at(parsed(text), path)


def value_at(tables: Mapping[str, Any], path: TomlPath) -> Any:
    """Return the value of a setting or table in tables that were parsed, or None if it isn't there."""
    value: Any = tables
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def with_setting(text: str, path: TomlPath, value: TomlData | None) -> str:
    """Return the text with a value for a setting or a table; None removes it.

    Raise TomlUneditableError if that can't be done without touching anything else, TOMLDecodeError if the text isn't
    valid TOML, and ValueError for a value that TOML can't express.
    """
    before = parsed(text)
    new = _removed(text, path) if value is None else _set(text, path, value)
    return _checked(new, path, _expected(before, path, value))


def with_name(text: str, path: TomlPath, name: str) -> str:
    """Return the text with another name for a table or setting, wherever it stands in it. Raise as ``with_setting``."""
    if toml_value(text, (*path[:-1], name)) == {}:  # an empty table would be there twice
        text = _removed(text, (*path[:-1], name))
    before = parsed(text)
    depth = len(path) - 1
    layout = layout_of(text)
    keys = [section.keys[depth] for section in layout.sections if section.path[: depth + 1] == path] + [
        setting.keys[depth - len(setting.path)]
        for _, setting in layout.settings()
        if setting.path[: depth + 1] == path and len(setting.path) - len(setting.keys) <= depth
    ]
    new = text
    for key in sorted(keys, key=lambda key: -key.start):
        new = new[: key.start] + written_key(name) + new[key.end :]
    moved = toml_value(text, path)
    expected = _expected(before, path, None)
    return _checked(new, path, expected if moved is None else _expected(expected, (*path[:-1], name), moved))


def _checked(text: str, path: TomlPath, expected: object) -> str:
    """Return the text if it reads as expected."""
    try:
        if _without_empty(parsed(text)) == _without_empty(expected):
            return text
    except ValueError:
        pass
    raise TomlUneditableError(field=".".join(path))


def _expected(before: Mapping[str, Any], path: TomlPath, value: TomlData | None) -> dict[str, Any]:
    expected: dict[str, Any] = copy.deepcopy(dict(before))
    table = expected
    for name in path[:-1]:
        inner = table.setdefault(name, {})
        if not isinstance(inner, dict):
            raise TomlUneditableError(field=".".join(path))
        table = inner
    if value is None:
        table.pop(path[-1], None)
    else:
        table[path[-1]] = _plain(value)
    return expected


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(inner) for inner in value]
    return value


def _without_empty(value: Any) -> Any:
    """Return tables without empty tables in them: whether such a header stays makes no difference."""
    if not isinstance(value, dict):
        return value
    inner = {name: _without_empty(inner) for name, inner in value.items()}
    return {name: kept for name, kept in inner.items() if kept != {}}


def _set(text: str, path: TomlPath, value: TomlData) -> str:
    layout = layout_of(text)
    current = toml_value(text, path)
    setting = next((setting for _, setting in layout.settings() if setting.path == path), None)
    if current == value and type(current) is type(value):
        return text
    if isinstance(value, Mapping) and isinstance(current, dict):
        for name in current:
            if name not in value:
                text = _removed(text, (*path, name))
        for name, inner in value.items():
            text = _set(text, (*path, name), inner)
        return text
    if setting is not None:
        return _replaced(layout, setting, current, value)
    if current is not None:  # an array of tables, or a table that becomes something else
        return _inserted(_removed(text, path), path, value)
    return _inserted(text, path, value)


def _replaced(layout: TomlLayout, setting: TomlSetting, current: Any, value: TomlData) -> str:
    place = setting.value
    if isinstance(current, list) and isinstance(value, Sequence) and not isinstance(value, str):
        return with_list(layout.text, setting.path, value)
    written = written_value(value, before=layout.text[place.start : place.end], line_break=layout.line_break)
    return layout.text[: place.start] + written + layout.text[place.end :]


def _inserted(text: str, path: TomlPath, value: TomlData) -> str:
    """Return the text with a new setting or table in the innermost table that is there already."""
    layout = layout_of(text)
    for depth in range(len(path) - 1, -1, -1):
        around, rest = path[:depth], path[depth:]
        within = [(section, setting) for section, setting in layout.settings() if setting.path[:depth] == around]
        for _, setting in within:
            if setting.path == around and setting.value.settings is not None:
                return _in_inline_table(layout, setting.value, rest, value)
        section = next((known for known in layout.sections if known.path == around and not known.is_list), None)
        is_line = len(rest) == 1 and not isinstance(value, Mapping)
        if section is not None and is_line:
            return _as_line(layout, section, rest, value)
        dotted = [(known, setting) for known, setting in within if len(known.path) < depth and not setting.inline]
        if section is None and dotted:
            known, setting = dotted[-1]
            return _as_line(layout, known, path[len(known.path) :], value, after=setting)
        if any(known.path[:depth] == around and len(known.path) > depth for known in layout.sections) and is_line:
            return _as_table(layout, around, {rest[0]: value})
        if section is not None or depth == 0:
            break
    return (
        _as_table(layout, path, value)
        if isinstance(value, Mapping)
        else _as_table(layout, path[:-1], {path[-1]: value})
    )


def _in_inline_table(layout: TomlLayout, table: TomlValue, names: TomlPath, value: TomlData) -> str:
    text, settings = layout.text, table.settings or ()
    written = f"{'.'.join(map(written_key, names))} = {written_value(value)}"
    if settings:
        end = settings[-1].value.end
        return f"{text[:end]}, {written}{text[end:]}"
    return f"{text[: table.start]}{{ {written} }}{text[table.end :]}"


def _as_line(
    layout: TomlLayout, section: TomlSection, names: TomlPath, value: TomlData, *, after: TomlSetting | None = None
) -> str:
    text, end = layout.text, layout.line_break
    last = after or (section.settings[-1] if section.settings else None)
    at = layout.line_end(last.value.end) if last else section.body
    indent = _indent(layout, last.start) if last else ""
    written = written_value(value, line_break=end)
    line = f"{indent}{'.'.join(map(written_key, names))} = {written}{end}"
    begins = "" if at == 0 or text[at - 1] in "\n\ufeff" else end
    return text[:at] + begins + line + text[at:]


def _indent(layout: TomlLayout, at: int) -> str:
    before = layout.text[layout.line_start(at) : at]
    return before if not before.strip(" \t") else ""


def _as_table(layout: TomlLayout, path: TomlPath, table: Mapping[str, TomlData]) -> str:
    """Return the text with a new section, behind its nearest relatives or at the end."""
    text, end = layout.text, layout.line_break
    lines = [f"[{'.'.join(map(written_key, path))}]"]
    lines += [f"{written_key(name)} = {written_value(value, line_break=end)}" for name, value in table.items()]
    block = "".join(f"{line}{end}" for line in lines)
    child = next((section for section in layout.sections if section.path[: len(path)] == path), None)
    if child is not None and child.path:
        at = layout.comments_start(child)
        return f"{text[:at]}{block}{end}{text[at:]}"
    relative, shared = None, 0
    for section in layout.sections:
        common = _common(section.path, path)
        if common and common >= shared:
            relative, shared = section, common
    at = len(text) if relative is None else layout.content_end(relative)
    before = text[:at]
    gap = "" if not before.strip("\ufeff") else end if before.endswith("\n") else end * 2
    if relative is None and before.endswith((f"{end}{end}", "\n\n")):
        gap = ""
    return before + gap + block + text[at:]


def _common(first: TomlPath, second: TomlPath) -> int:
    return next(
        (at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )


def _removed(text: str, path: TomlPath) -> str:
    """Return the text without a setting or a table, wherever it stands in it."""
    while True:
        layout = layout_of(text)
        section = next((known for known in layout.sections if known.keys and known.path[: len(path)] == path), None)
        setting = next((inner for _, inner in layout.settings() if inner.path[: len(path)] == path), None)
        if section is not None:
            text = _without_section(layout, section)
        elif setting is not None:
            text = _without_inline(layout, setting) if setting.inline else _without_line(layout, setting)
        else:
            return text


def _without_section(layout: TomlLayout, section: TomlSection) -> str:
    text, start, end = layout.text, layout.comments_start(section), layout.content_end(section)
    while end < len(text) and not text[end : layout.line_end(end)].strip():
        end = layout.line_end(end)
    while end == len(text) and start and not text[layout.line_start(start - 1) : start].strip("\ufeff \t\r\n"):
        before = layout.line_start(start - 1)
        if before >= start:
            break
        start = before
    return text[:start] + text[end:]


def _without_line(layout: TomlLayout, setting: TomlSetting) -> str:
    start, end = layout.line_start(setting.start), layout.line_end(setting.value.end)
    return layout.text[:start] + layout.text[end:]


def _without_inline(layout: TomlLayout, setting: TomlSetting) -> str:
    """Return the text without a setting of an inline table, and without the comma beside it."""
    siblings = next(
        inner.value.settings or ()
        for _, inner in layout.settings()
        if inner.value.settings and any(sibling is setting for sibling in inner.value.settings)
    )
    at = next(number for number, sibling in enumerate(siblings) if sibling is setting)
    text, start, end = layout.text, setting.start, setting.value.end
    if at + 1 < len(siblings):
        end = siblings[at + 1].start
    elif at:
        start = siblings[at - 1].value.end
    return text[:start] + text[end:]
