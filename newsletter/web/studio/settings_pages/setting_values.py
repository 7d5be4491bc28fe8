"""Settings as texts of forms, and back."""

import re
from collections.abc import Mapping
from typing import Any

from newsletter.content import InvalidValueError
from newsletter.domain.settings_changes import SettingValue
from newsletter.editing import setting_text
from newsletter.web.http.forms import lines_of, one_line
from newsletter.web.studio.settings_pages.setting_fields import FieldKind, SettingField

TRUE = "true"
_PASSWORD = re.compile(r"(://[^:@/\s]*):[^@\s]*@")


def shown_value(field: SettingField, value: object) -> str:
    """Return a setting's value as its control shows it; None for a setting that isn't there."""
    match field.kind:
        case FieldKind.SWITCH:
            return TRUE if (field.default if value is None else value) is True else ""
        case FieldKind.CHOICE:
            return str(field.default if value is None else value)
        case FieldKind.SECTIONS:
            return "\n".join(map(_section, value)) if isinstance(value, list) else setting_text(value)
        case FieldKind.TEXT | FieldKind.LINE:
            return one_line(setting_text(value))
        case _:
            return setting_text(value)


def read_value(field: SettingField, text: str, current: object) -> SettingValue | None:
    """Return a setting's value, given the text of its control and its ``current`` value; None if it isn't needed.

    Raise InvalidValueError for a text that can't be one.
    """
    if text == shown_value(field, current):
        return current  # type: ignore[return-value]  # as it is written, whatever that is
    value = _read(field, text)
    return None if value == field.default and current is None else value


def read_line(text: str) -> str | None:
    """Return the text of a control of one line, None if it is empty."""
    return one_line(text) or None


def read_lines(text: str) -> list[str] | None:
    """Return the lines of a control with a text in each, None if there are none."""
    return lines_of(text) or None


def without_password(text: str) -> str:
    """Return a URL without a password."""
    return _PASSWORD.sub(r"\1:•••@", text)


def _read(field: SettingField, text: str) -> SettingValue | None:
    lines = lines_of(text)
    match field.kind:
        case FieldKind.SWITCH:
            return text == TRUE
        case FieldKind.WHOLE | FieldKind.NUMBER:
            return _number(field, lines[0]) if lines else None
        case FieldKind.LIST:
            return read_lines(text)
        case FieldKind.NUMBERS:
            return [_number(field, line) for line in lines] or None
        case FieldKind.TABLE:
            return dict(_pair(field, line) for line in lines) or None
        case FieldKind.SECTIONS:
            return [_section_read(field, line) for line in lines] or None
        case _:
            return read_line(text)


def _number(field: SettingField, text: str) -> int | float:
    try:
        return float(text) if field.kind is FieldKind.NUMBER and not text.isdecimal() else int(text)
    except ValueError as err:
        kind = "number" if field.kind is FieldKind.NUMBER else "whole number"
        raise InvalidValueError(f'"{text[:40]}" is not a {kind}', field=field.name, hint="write digits") from err


def _pair(field: SettingField, line: str) -> tuple[str, SettingValue]:
    name, equals, text = line.partition("=")
    name, text = name.strip(" \"'"), text.strip()
    if not equals or not name:
        raise InvalidValueError(f'"{line[:40]}" has no name', field=field.name, hint="write name = value")
    return name, text == "true" if text in ("true", "false") else text


def _section(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{value.get('title', '')} | {value['limit']}" if "limit" in value else str(value.get("title", ""))
    return str(value)


def _section_read(field: SettingField, line: str) -> SettingValue:
    title, bar, limit = line.rpartition("|")
    if not bar:
        return line
    return {"title": title.strip(), "limit": int(_number(field, limit.strip()))}
