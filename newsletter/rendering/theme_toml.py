"""Read a theme.toml: its base, options, colours, fonts, labels and pairs of colours that need contrast."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from newsletter.domain.languages import bare_language
from newsletter.domain.topics import SLUG
from newsletter.errors import Place
from newsletter.files import library_errors
from newsletter.files.toml_layout import parsed
from newsletter.files.toml_lines import line_of, syntax_mistake
from newsletter.rendering.theme_faults import broken
from newsletter.rendering.theme_files import ThemeFolder
from newsletter.rendering.theme_options import parsed_option, value_in_toml
from newsletter.translation import catalogue

THEME_TOML = "theme.toml"
_SEE = "docs/themes.md explains theme.toml"


def _color(text: str) -> str:
    short = re.fullmatch(r"#([0-9A-Fa-f])([0-9A-Fa-f])([0-9A-Fa-f])", text)
    if short:
        return "#" + "".join(digit * 2 for digit in short.groups()).lower()
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", text):
        # Mail clients drop rgb(), hsl() and colours with alpha, and their contrast couldn't be checked.
        raise ValueError(f"{text!r} is not a colour: write it with six hexadecimal digits, such as #1a2b3c")
    return text.lower()


def _font(text: str) -> str:
    if not re.fullmatch(r"[\w ,'\"-]+", text, re.ASCII) or text.count("'") % 2 or text.count('"') % 2:
        raise ValueError(f"{text!r} is not a list of fonts: write them like Georgia, 'Times New Roman', serif")
    return text.replace('"', "'")


def _theme_name(text: str) -> str:
    if not SLUG.fullmatch(text):
        raise ValueError(f'"{text}" is not the name of a theme: use only a-z, 0-9 and hyphens')
    return text


_Color = Annotated[str, AfterValidator(_color)]
_Font = Annotated[str, AfterValidator(_font)]


_Option = Annotated[Any, AfterValidator(parsed_option)]
_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class ThemeToml(BaseModel):
    """A parsed theme.toml, or several merged. ``originals`` has digests of the files that were copied from a base."""

    model_config = ConfigDict(extra="forbid", strict=True)

    base: Annotated[str, AfterValidator(_theme_name)] | None = None
    description: str = ""
    contrast: list[str] = []
    options: dict[_Name, _Option] = {}
    colors: dict[str, _Color] = {}
    dark_colors: dict[str, _Color] = {}
    fonts: dict[str, _Font] = {}
    labels: dict[str, str | dict[str, str]] = {}
    originals: dict[str, str] = {}


def parse_theme_toml(folder: ThemeFolder) -> tuple[ThemeToml, str]:
    """Return a folder's theme.toml, and its text; an empty one if it has none. Raise FindingsError if it's invalid."""
    path, place = folder.path / THEME_TOML, Place(path=folder.shown(THEME_TOML))
    if not path.is_file():
        return ThemeToml(), ""
    try:
        text = path.read_text(encoding="utf-8")
        return ThemeToml.model_validate(parsed(text)), text
    except UnicodeDecodeError as err:
        raise broken("the file is not UTF-8", hint="save it as UTF-8 text", place=place) from err
    except tomllib.TOMLDecodeError as err:
        what, line = syntax_mistake(err, text)
        raise broken(what, hint=_SEE, place=replace(place, line=line)) from err
    except ValidationError as err:
        what, keys = explained(err.errors()[0])
        raise broken(what, hint=_SEE, place=replace(place, line=line_of(text, keys))) from err


def merged_over(base: ThemeToml, file: ThemeToml, place: Callable[..., Place]) -> ThemeToml:
    """Return a theme's settings over those of its base. ``place`` gives the place of a setting in the theme.

    Raise FindingsError if it sets an option's default to a value that the option doesn't have.
    """
    options = dict(base.options)
    for name, option in file.options.items():
        inherited = base.options.get(name)
        if option.declared or (inherited is None and isinstance(option.default, bool)):
            options[name] = option
        elif inherited is None:
            what, hint = f'the option "{name}" has no choices', "write { default = …, choices = […] }"
            raise broken(what, hint=hint, place=place("options", name))
        elif not inherited.accepts(option.default):
            what, hint = f'the option "{name}" can\'t be {value_in_toml(option.default)}', f"write {inherited.allowed}"
            raise broken(what, hint=hint, place=place("options", name))
        else:
            options[name] = replace(inherited, default=option.default)
    return ThemeToml.model_construct(
        base=file.base,
        description=file.description,
        contrast=file.contrast or base.contrast,
        options=options,
        colors={**base.colors, **file.colors},
        dark_colors={**base.dark_colors, **file.dark_colors},
        fonts={**base.fonts, **file.fonts},
        labels=_merged_labels(base.labels, file.labels),
        originals=file.originals,
    )


def _merged_labels(
    below: Mapping[str, str | dict[str, str]], above: Mapping[str, str | dict[str, str]]
) -> dict[str, str | dict[str, str]]:
    """Return two themes' labels as one: in English (``[labels]``), and by language (``[labels.de]``)."""
    merged = dict(below)
    for name, own in above.items():
        lower = merged.get(name)
        merged[name] = {**lower, **own} if isinstance(lower, dict) and isinstance(own, dict) else own
    return merged


def labels_in(file: ThemeToml, language: str) -> dict[str, str]:
    """Return the labels in a language (a BCP 47 tag): the theme's own, else translated, else the English ones."""
    words, tag = catalogue(language), language.lower()
    english = {name: text for name, text in file.labels.items() if isinstance(text, str)} | _table(file, "en")
    own = _table(file, tag) or _table(file, bare_language(tag))
    return {name: words.label(text) for name, text in english.items()} | own


def _table(file: ThemeToml, name: str) -> dict[str, str]:
    labels = file.labels.get(name, {})
    return labels if isinstance(labels, dict) else {}


def explained(error: ErrorDetails) -> tuple[str, list[str]]:
    """Return a mistake in a theme's settings in plain words and the keys of its setting, from an error of pydantic."""
    keys = [str(key) for key in error["loc"]]
    if error["type"] == "extra_forbidden":
        return f'unknown table or setting "{keys[-1]}"', keys
    return library_errors.of_value(error), keys
