"""Read a theme.toml: its colours, fonts, labels and pairs of colours that need contrast."""

import re
import tomllib
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from newsletter.errors import Place
from newsletter.files import library_errors
from newsletter.files.toml_lines import line_of, syntax_mistake
from newsletter.rendering.theme_faults import broken
from newsletter.rendering.theme_files import ThemeFiles


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
    labels: dict[str, dict[str, str]] = {}


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
            labels={
                language: {**merged.labels.get(language, {}), **file.labels.get(language, {})}
                for language in {**merged.labels, **file.labels}
            },
        )
    return merged


def labels_in(file: ThemeToml, language: str) -> dict[str, str]:
    """Return the labels in a language (a BCP 47 tag); English ones where it lacks some."""
    tag = language.lower()
    own = file.labels.get(tag) or file.labels.get(tag.partition("-")[0]) or {}
    return {**file.labels.get("en", {}), **own}


def explained(error: ErrorDetails) -> tuple[str, list[str]]:
    """Return a mistake in a theme's settings in plain words and the keys of its setting, from an error of pydantic."""
    keys = [str(key) for key in error["loc"]]
    if error["type"] == "extra_forbidden":
        return f'unknown table or setting "{keys[-1]}"', keys
    return library_errors.of_value(error), keys
