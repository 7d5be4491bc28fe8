"""Apply changes to the text of newsletter.toml, and undo them. No I/O."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.content import InvalidValueError, UnreadableFileError
from newsletter.content.files import file_error
from newsletter.domain.changes import Reversal, Several
from newsletter.domain.settings_changes import (
    RenameTable,
    SetSetting,
    SettingPath,
    SettingsChange,
    SettingValue,
    SeveralSettings,
    paths_of,
)
from newsletter.editing.errors import ConflictError, UndoConflictError
from newsletter.editing.values import UNSEEN, Unseen, digest_of
from newsletter.files.newsletter_folder import SETTINGS_FILE
from newsletter.files.toml_edits import toml_value, with_name, with_setting
from newsletter.files.toml_lines import syntax_mistake
from newsletter.files.toml_values import written_value

NOTHING = Several(changes=())  # the change in the reversal of a text, which is only reversed to the byte


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedSettings:
    """The text of newsletter.toml with a change; ``inverse`` undoes it."""

    text: str
    inverse: SettingsChange


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoableSettings:
    """A change of settings, the one that undoes it, and the values of what it touched, before and after."""

    change: SettingsChange
    inverse: SettingsChange
    before: tuple[object, ...]
    after: tuple[object, ...]


def setting_text(value: object) -> str:
    """Return a setting's value as a form shows it: a list with an item in each line, a table as ``name = value``."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return "\n".join(f"{name} = {_line(inner)}" for name, inner in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "\n".join(_line(item) for item in value)
    return str(value)


def _line(value: object) -> str:
    if isinstance(value, Mapping | list):
        return written_value(value)
    return setting_text(value)


def apply_settings_change(
    text: str, change: SettingsChange, *, seen: SettingValue | Unseen | None = UNSEEN
) -> AppliedSettings:
    """Return the text with a change by somebody who saw the value ``seen`` of a SetSetting's setting.

    Raise ConflictError if the setting has another value now, UnreadableFileError if the text isn't TOML, and
    TomlUneditableError or InvalidValueError.
    """
    _require_readable(text)
    if isinstance(change, SetSetting) and not isinstance(seen, Unseen):
        current = toml_value(text, change.path)
        if current not in (seen, change.value):
            versions = {"mine": change.value, "theirs": current, "base": seen}
            shown = {name: setting_text(value) for name, value in versions.items()}
            raise ConflictError(path=SETTINGS_FILE, field=".".join(change.path), **shown)
    return _applied(text, change)


def undone_settings(text: str, undoable: UndoableSettings, inverse: Reversal) -> str:
    """Return the text without a change; it is the text from before, to the byte, if nothing else has changed.

    Raise UndoConflictError if the same setting has been changed again since.
    """
    if digest_of(text.encode()) == inverse.digest:
        return text[: inverse.start] + inverse.text + text[inverse.end :]
    _require_readable(text)
    paths = paths_of(undoable.change)
    current = values_at(text, paths)
    if current == undoable.before:
        return text
    for path, before, after, now in zip(paths, undoable.before, undoable.after, current, strict=True):
        if now != after:
            versions = {"mine": before, "theirs": now, "base": after}
            shown = {name: setting_text(value) for name, value in versions.items()}
            raise UndoConflictError(path=SETTINGS_FILE, field=".".join(path), **shown)
    return _applied(text, undoable.inverse).text


def values_at(text: str, paths: Sequence[SettingPath]) -> tuple[object, ...]:
    """Return the values of settings, None for those that aren't there."""
    return tuple(toml_value(text, path) for path in paths)


def _applied(text: str, change: SettingsChange) -> AppliedSettings:
    match change:
        case SetSetting(path=path, value=value):
            inverse: SettingsChange = SetSetting(path=path, value=toml_value(text, path))
            try:
                return AppliedSettings(text=with_setting(text, path, value), inverse=inverse)
            except ValueError as err:
                name = ".".join(path)
                raise InvalidValueError("this can't be written", field=name, hint="write it again") from err
        case RenameTable(path=path, name=name):
            _require_renamable(text, path, name)
            inverse = RenameTable(path=(*path[:-1], name), name=path[-1])
            return AppliedSettings(text=with_name(text, path, name), inverse=inverse)
        case SeveralSettings():
            inverses: list[SettingsChange] = []
            for part in change.changes:
                applied = _applied(text, part)
                text = applied.text
                inverses.insert(0, applied.inverse)
            return AppliedSettings(text=text, inverse=SeveralSettings(changes=tuple(inverses)))


def _require_renamable(text: str, path: SettingPath, name: str) -> None:
    field = ".".join(path)
    if toml_value(text, path) is None:
        raise InvalidValueError(f"there is no {field}", field=field, hint="look again: it may have been renamed")
    if toml_value(text, (*path[:-1], name)):
        raise InvalidValueError(f'there is "{name}" already', field=field, hint="choose another name")


def _require_readable(text: str) -> None:
    try:
        toml_value(text, ())
    except tomllib.TOMLDecodeError as err:
        what, line = syntax_mistake(err, text)
        hint = "edit the file as text"
        raise UnreadableFileError([file_error("setting-invalid", SETTINGS_FILE, line or 1, what, hint)]) from err
