"""Read a theme.toml: its colours, fonts, labels and pairs of colours that need contrast."""

import re
import tomllib
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from newsletter.errors import Place
from newsletter.files import library_errors
from newsletter.files.toml_lines import line_of, syntax_mistake
from newsletter.rendering.theme_faults import broken
from newsletter.rendering.theme_files import ThemeFiles
from newsletter.translation import catalogue


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


_Color = Annotated[str, AfterValidator(_color)]
_Font = Annotated[str, AfterValidator(_font)]


class ThemeToml(BaseModel):
    """A parsed theme.toml."""

    model_config = ConfigDict(extra="forbid", strict=True)

    contrast: list[str] = []
    colors: dict[str, _Color] = {}
    dark_colors: dict[str, _Color] = {}
    fonts: dict[str, _Font] = {}
    labels: dict[str, str | dict[str, str]] = {}


def read_theme_toml(files: ThemeFiles) -> ThemeToml:
    """Return the theme's theme.toml over the default theme's. Raise FindingsError if one can't be read."""
    merged = ThemeToml()
    for folder in reversed(files.folders):
        path = folder / "theme.toml"
        if not path.is_file():
            continue
        shown = files.shown("theme.toml")
        try:
            text = path.read_text(encoding="utf-8")
            file = ThemeToml.model_validate(tomllib.loads(text))
        except UnicodeDecodeError as err:
            raise broken("the file is not UTF-8", hint="save it as UTF-8 text", place=Place(path=shown)) from err
        except tomllib.TOMLDecodeError as err:
            what, line = syntax_mistake(err)
            place = Place(path=shown, line=line)
            raise broken(what, hint="docs/themes.md explains theme.toml", place=place) from err
        except ValidationError as err:
            what, keys = explained(err.errors()[0])
            place = Place(path=shown, line=line_of(text, keys))
            raise broken(what, hint="docs/themes.md explains theme.toml", place=place) from err
        merged = ThemeToml.model_construct(
            contrast=file.contrast or merged.contrast,
            colors={**merged.colors, **file.colors},
            dark_colors={**merged.dark_colors, **file.dark_colors},
            fonts={**merged.fonts, **file.fonts},
            labels=_merged_labels(merged.labels, file.labels),
        )
    return merged


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
    own = _table(file, tag) or _table(file, tag.partition("-")[0])
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
