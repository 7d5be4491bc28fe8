"""Values of the settings page: fields and groups of fields."""

from dataclasses import dataclass
from enum import StrEnum

from newsletter.domain.settings_changes import SettingPath


class FieldKind(StrEnum):
    """A kind of control."""

    LINE = "line"  # a text of one line
    TEXT = "text"  # a text of several lines
    SWITCH = "switch"  # true or false
    CHOICE = "choice"  # one of a few words
    WHOLE = "whole"  # a whole number
    NUMBER = "number"  # a number, perhaps with decimals
    LIST = "list"  # texts, one in each line
    NUMBERS = "numbers"  # whole numbers, one in each line
    TABLE = "table"  # names with values, one in each line
    SECTIONS = "sections"  # titles, each perhaps with a limit


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingField:
    """A setting on the page. ``default`` is the value without it, ``usual`` that in words if it isn't one."""

    path: SettingPath
    label: str
    help: str = ""
    kind: FieldKind = FieldKind.LINE
    default: object = None
    usual: str = ""
    choices: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the setting's name with its tables."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingGroup:
    """Settings that belong together; ``table`` is where newsletter.toml has them. ``day`` is a skeleton's."""

    slug: str
    title: str
    help: str = ""
    table: str = ""
    fields: tuple[SettingField, ...] = ()
    day: str = ""
