"""Load a theme: its files, its settings, and the settings that newsletter.toml overrides."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from markupsafe import Markup
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from newsletter.domain.publication import Newsletter
from newsletter.errors import Place, ThemeError, did_you_mean
from newsletter.files import library_errors
from newsletter.files.newsletter_folder import THEMES, settings_text
from newsletter.files.toml_lines import line_of, setting_place, syntax_mistake
from newsletter.rendering.context import LogoView, Medium, Named, placeholders
from newsletter.rendering.dates import direction_of
from newsletter.rendering.fonts import windows_stack
from newsletter.rendering.placeholders import Stitches
from newsletter.rendering.templating import ThemeFiles, environment, rendered

_CHECKOUT = Path(__file__).parents[2] / "templates"
_PACKAGED = Path(__file__).parents[1] / "_templates"


def default_templates() -> Path:
    """Return the folder of the templates that come with the program: ``email/default``, ``pages``."""
    return _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT


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


class ThemeFile(BaseModel):
    """A parsed theme.toml."""

    model_config = ConfigDict(extra="forbid", strict=True)

    contrast: list[str] = []
    colors: dict[str, _Color] = {}
    dark_colors: dict[str, _Color] = {}
    fonts: dict[str, _Font] = {}
    labels: dict[str, dict[str, str]] = {}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Theme:
    """A theme ready to render: its files, its settings with newsletter.toml's in place, and its rendered inline CSS.

    ``overridden`` has the (table, key) pairs that newsletter.toml sets.
    """

    files: ThemeFiles
    newsletter: Newsletter
    language: str
    direction: str
    colors: Mapping[str, str]
    dark_colors: Mapping[str, str]
    fonts: Mapping[str, str]
    labels: Mapping[str, str]
    contrast: tuple[str, ...]
    logo: LogoView | None
    overridden: frozenset[tuple[str, str]]
    inline_css: str

    def values(self, medium: Medium) -> dict[str, object]:
        """Return the variables that all templates of the theme see for every issue."""
        rtl = self.direction == "rtl"
        return {
            "newsletter": medium.newsletter(),
            "language": self.language,
            "direction": self.direction,
            "start": "right" if rtl else "left",
            "end": "left" if rtl else "right",
            "colors": Named(self.colors),
            "dark": Named(self.dark_colors),
            "fonts": Named({name: Markup(stack) for name, stack in self.fonts.items()}),  # noqa: S704 # letters, quotes
            "windows_fonts": Named({name: Markup(windows_stack(stack)) for name, stack in self.fonts.items()}),  # noqa: S704
            "labels": medium.labels(self.labels),
            "logo": self.logo,
        }


def load_theme(root: Path, newsletter: Newsletter) -> Theme:
    """Return the theme that newsletter.toml names: ``<root>/templates/email/<name>/`` over the packaged default.

    Files that the folder lacks, and values that its theme.toml lacks, are the default theme's. Raise ThemeError if the
    theme can't be loaded.
    """
    root = root.resolve()
    files = _files(root, newsletter.theme.name)
    file = _theme_file(files)
    settings = newsletter.theme
    given = {
        "colors": settings.colors,
        "dark_colors": settings.dark_colors,
        "fonts": settings.fonts,
        "labels": settings.labels,
    }
    language = newsletter.language
    known = {"colors": file.colors, "dark_colors": file.colors, "fonts": file.fonts, "labels": _labels(file, language)}
    wrong = [*_unknown_names(root, given, known), *_invalid_labels(root, settings.labels, known["labels"])]
    own, invalid = _validated(root, {table: dict(given[table]) for table in ("colors", "dark_colors", "fonts")})
    wrong += [*invalid, *_invalid_logo(root, newsletter)]
    if wrong:
        wrong[0].others = tuple(wrong[1:])
        raise wrong[0]
    colors = {**file.colors, **own.colors}
    bare = Theme(
        files=files,
        newsletter=newsletter,
        language=language,
        direction=direction_of(language),
        colors=colors,
        dark_colors={**colors, **file.dark_colors, **own.dark_colors},
        fonts={**file.fonts, **own.fonts},
        labels={**known["labels"], **settings.labels},
        contrast=tuple(file.contrast),
        logo=_logo(newsletter),
        overridden=frozenset((table, key) for table, values in given.items() for key in values),
        inline_css="",
    )
    medium = Medium(Stitches(), newsletter, bare.direction, markup=False)
    plain = environment(files.folders, markup=False)
    return replace(bare, inline_css=rendered(plain, "inline.css", bare.values(medium), files))


def _files(root: Path, name: str) -> ThemeFiles:
    default = default_templates() / "email" / "default"
    themes = root / THEMES
    own = themes / name
    if own.is_dir():
        return ThemeFiles(root, own if own != default else None, default)
    if name == "default":
        return ThemeFiles(root, None, default)
    there = sorted({"default", *(folder.name for folder in themes.glob("*") if folder.is_dir())})
    hint = did_you_mean(name, there) or f"there are: {', '.join(there)}; or make templates/email/{name}/"
    raise ThemeError(f'no theme "{name}"', hint=hint, place=_setting_place(root, "theme", "name"))


def _theme_file(files: ThemeFiles) -> ThemeFile:
    merged = ThemeFile()
    for folder in reversed(files.folders):
        path = folder / "theme.toml"
        if not path.is_file():
            continue
        shown = files.shown("theme.toml")
        try:
            text = path.read_text(encoding="utf-8")
            file = ThemeFile.model_validate(tomllib.loads(text))
        except UnicodeDecodeError as err:
            raise ThemeError("the file is not UTF-8", hint="save it as UTF-8 text", place=Place(path=shown)) from err
        except tomllib.TOMLDecodeError as err:
            what, line = syntax_mistake(err)
            place = Place(path=shown, line=line)
            raise ThemeError(what, hint="docs/themes.md explains theme.toml", place=place) from err
        except ValidationError as err:
            what, keys = _explained(err.errors()[0])
            place = Place(path=shown, line=line_of(text, keys))
            raise ThemeError(what, hint="docs/themes.md explains theme.toml", place=place) from err
        merged = ThemeFile.model_construct(
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


def _labels(file: ThemeFile, language: str) -> dict[str, str]:
    tag = language.lower()
    own = file.labels.get(tag) or file.labels.get(tag.partition("-")[0]) or {}
    return {**file.labels.get("en", {}), **own}


_Tables = Mapping[str, Mapping[str, str]]


def _unknown_names(root: Path, given: _Tables, known: _Tables) -> Iterator[ThemeError]:
    for table, values in given.items():
        for key in values:
            names = list(known[table])
            if key in names:
                continue
            hint = did_you_mean(key, names) or f"there are: {', '.join(names)}"
            place = _setting_place(root, "theme", table, key)
            yield ThemeError(f'the theme has no "{key}" in {table}', hint=hint, place=place)


def _invalid_labels(root: Path, given: Mapping[str, str], labels: Mapping[str, str]) -> Iterator[ThemeError]:
    for name, text in given.items():
        fillable = placeholders(labels.get(name, text))
        if unknown := sorted(placeholders(text) - fillable):
            allowed = ", ".join(f"{{{field}}}" for field in sorted(fillable)) or "none"
            place = _setting_place(root, "theme", "labels", name)
            what = f'the label "{name}" can\'t contain {{{unknown[0]}}}'
            yield ThemeError(what, hint=f"it may contain: {allowed}", place=place)


def _validated(root: Path, given: Mapping[str, dict[str, str]]) -> tuple[ThemeFile, list[ThemeError]]:
    try:
        return ThemeFile.model_validate(given), []
    except ValidationError as err:
        return ThemeFile(), [_invalid_value(root, error) for error in err.errors()]


def _invalid_value(root: Path, error: ErrorDetails) -> ThemeError:
    explanation, keys = _explained(error)
    what, _, hint = explanation.partition(": ")
    return ThemeError(f"{keys[-1]}: {what}", hint=hint, place=_setting_place(root, "theme", keys[0], keys[-1]))


def _explained(error: ErrorDetails) -> tuple[str, list[str]]:
    keys = [str(key) for key in error["loc"]]
    if error["type"] == "extra_forbidden":
        return f'unknown table or setting "{keys[-1]}"', keys
    return library_errors.of_value(error), keys


def _invalid_logo(root: Path, newsletter: Newsletter) -> Iterator[ThemeError]:
    settings = newsletter.theme
    for name, url in (("logo", settings.logo), ("logo_dark", settings.logo_dark)):
        if url is not None and not re.match(r"https://[^\s/]", url):
            place = _setting_place(root, "theme", name)
            what = f"{name} is not an https address"
            yield ThemeError(what, hint="put it on the web: https://…/logo.png", place=place)
    if settings.logo_dark is not None and settings.logo is None:
        place = _setting_place(root, "theme", "logo_dark")
        yield ThemeError("logo_dark needs a logo", hint='add one for light screens: logo = "https://…"', place=place)


def _logo(newsletter: Newsletter) -> LogoView | None:
    settings = newsletter.theme
    if settings.logo is None:
        return None
    return LogoView(
        url=settings.logo,
        alt=settings.logo_alt or newsletter.name,
        width=settings.logo_width,
        dark=settings.logo_dark or "",
    )


def _setting_place(root: Path, *keys: str) -> Place:
    return setting_place(settings_text(root), *keys)
