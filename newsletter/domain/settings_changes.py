"""Changes to newsletter.toml, as values. Settings are named by their tables and their own name. No I/O."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SettingPath = tuple[str, ...]
SettingValue = (
    str | bool | int | float | datetime.date | datetime.time | Sequence["SettingValue"] | Mapping[str, "SettingValue"]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSetting:
    """Set a setting, or a whole table; None removes it."""

    path: SettingPath
    value: SettingValue | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameTable:
    """Give a table, such as ``("topics", "asia")``, another name; what is in it stays as it is."""

    path: SettingPath
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeveralSettings:
    """Make several changes as one: all of them, or none."""

    changes: tuple["SettingsChange", ...]


SettingsChange = SetSetting | RenameTable | SeveralSettings


def paths_of(change: SettingsChange) -> tuple[SettingPath, ...]:
    """Return the paths of all settings and tables that a change touches."""
    match change:
        case SetSetting():
            return (change.path,)
        case RenameTable():
            return (change.path, (*change.path[:-1], change.name))
        case SeveralSettings():
            return tuple(path for part in change.changes for path in paths_of(part))


def change_in_words(change: SettingsChange) -> str:
    """Return what a change touches, for people: ``segments.asia.where``, or ``3 settings``."""
    paths = list(dict.fromkeys(".".join(path) for path in paths_of(change)))
    return paths[0] if len(paths) == 1 else f"{len(paths)} settings"
