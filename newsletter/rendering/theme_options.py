"""The options that a theme declares in its theme.toml, and that newsletter.toml may set."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeOption:
    """A switch of a theme: true or false, or one of ``choices``.

    Without ``declared`` it only sets the default of an option that a base declares.
    """

    default: bool | str
    choices: tuple[str, ...] = ()
    description: str = ""
    declared: bool = True

    def accepts(self, value: bool | str) -> bool:
        """Return whether newsletter.toml may set the option to a value."""
        return value in self.choices if self.choices else isinstance(value, bool)

    @property
    def allowed(self) -> str:
        """Its values, for messages."""
        return " or ".join(f'"{choice}"' for choice in self.choices) or "true or false"


class _DeclaredOption(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    default: bool | str
    choices: list[str] = []
    description: str = ""


def parsed_option(value: object) -> ThemeOption:
    """Return an option as theme.toml has it: a value, or a table. Raise ValueError if it's neither."""
    if isinstance(value, bool | str):
        return ThemeOption(default=value, declared=False)
    try:
        table = _DeclaredOption.model_validate(value)
    except ValidationError as err:
        raise ValueError("an option is true, false, or { default = …, choices = […], description = … }") from err
    option = ThemeOption(default=table.default, choices=tuple(table.choices), description=table.description)
    if not option.accepts(option.default):
        raise ValueError(f"the default of an option is one of its choices: {option.allowed}")
    return option


def value_in_toml(value: object) -> str:
    """Return an option's value as it is written in TOML, for messages."""
    return f'"{value}"' if isinstance(value, str) else str(value).lower()
