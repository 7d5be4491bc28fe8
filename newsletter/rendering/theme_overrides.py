"""Check the [theme] settings of newsletter.toml against the theme that they override."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from newsletter.domain.publication import Newsletter
from newsletter.errors import Finding, FindingsError, Place, did_you_mean
from newsletter.files.newsletter_folder import settings_text
from newsletter.files.toml_lines import setting_place
from newsletter.rendering.theme_chain import theme_chain
from newsletter.rendering.theme_faults import BROKEN, theme_error
from newsletter.rendering.theme_options import value_in_toml
from newsletter.rendering.theme_toml import ThemeToml, explained, labels_in
from newsletter.rendering.views import label_fields

Tables = Mapping[str, Mapping[str, str]]  # names and values by table
_LOOK = ("colors", "dark_colors", "fonts")


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideFault:
    """A value below [theme] in newsletter.toml that the theme doesn't accept; ``keys`` are its table and its name."""

    keys: tuple[str, str]
    what: str
    hint: str


def refused_look(root: Path, theme: str, given: Tables) -> list[OverrideFault]:
    """Return the colours and fonts of newsletter.toml that a theme doesn't accept; none if it can't be loaded."""
    try:
        file = theme_chain(root, theme).settings
    except FindingsError:
        return []
    look = {table: given.get(table, {}) for table in _LOOK}
    _, invalid = _validated(look)
    return [*_unknown_names(look, _known_look(file)), *invalid]


def overridden_tables(newsletter: Newsletter) -> Tables:
    """Return the tables of values in newsletter.toml that override a theme's own."""
    theme = newsletter.theme
    return {
        "colors": theme.colors,
        "dark_colors": theme.dark_colors,
        "fonts": theme.fonts,
        "labels": theme.labels,
    }


def read_overrides(root: Path, newsletter: Newsletter, file: ThemeToml) -> ThemeToml:
    """Return newsletter.toml's colours and fonts, checked and normalised.

    Raise FindingsError if the theme doesn't have what a setting overrides, or if a colour, font, label, option or logo
    is invalid.
    """
    given = overridden_tables(newsletter)
    language = newsletter.language
    labels = labels_in(file, language)
    known = {**_known_look(file), "labels": labels}
    own, invalid = _validated({table: given[table] for table in _LOOK})
    wrong = [_finding(root, language, fault) for fault in _unknown_names(given, known)]
    wrong += _invalid_labels(root, language, given["labels"], labels)
    wrong += [_finding(root, language, fault) for fault in invalid]
    wrong += [*_invalid_options(root, newsletter, file), *_invalid_logo(root, newsletter)]
    if wrong:
        raise FindingsError(wrong)
    return own


def _known_look(file: ThemeToml) -> Tables:
    return {"colors": file.colors, "dark_colors": file.colors, "fonts": file.fonts}


def _unknown_names(given: Tables, known: Tables) -> Iterator[OverrideFault]:
    for table, values in given.items():
        for key in values:
            names = list(known[table])
            if key in names:
                continue
            hint = did_you_mean(key, names) or f"there are: {', '.join(names)}"
            yield OverrideFault(keys=(table, key), what=f'the theme has no "{key}" in {table}', hint=hint)


def _finding(root: Path, language: str, fault: OverrideFault) -> Finding:
    table, key = fault.keys
    place = _label_place(root, language, key) if table == "labels" else _setting_place(root, "theme", table, key)
    return theme_error(BROKEN, place, fault.what, fault.hint)


def _invalid_labels(
    root: Path, language: str, given: Mapping[str, str], labels: Mapping[str, str]
) -> Iterator[Finding]:
    for name, text in given.items():
        fillable = label_fields(labels.get(name, text))
        if unknown := sorted(label_fields(text) - fillable):
            allowed = ", ".join(f"{{{field}}}" for field in sorted(fillable)) or "none"
            place = _label_place(root, language, name)
            what = f'the label "{name}" can\'t contain {{{unknown[0]}}}'
            yield theme_error(BROKEN, place, what, f"it may contain: {allowed}")


def _label_place(root: Path, language: str, name: str) -> Place:
    """Return the place of a label: in the table of its language, or among those of the newsletter's own."""
    own = f"[theme.labels.{language}]" in settings_text(root)
    return _setting_place(root, "theme", "labels", *([language] if own else []), name)


def _validated(given: Tables) -> tuple[ThemeToml, list[OverrideFault]]:
    try:
        return ThemeToml.model_validate({table: dict(values) for table, values in given.items()}), []
    except ValidationError as err:
        return ThemeToml(), [_invalid_value(error) for error in err.errors()]


def _invalid_value(error: ErrorDetails) -> OverrideFault:
    explanation, keys = explained(error)
    what, _, hint = explanation.partition(": ")
    return OverrideFault(keys=(keys[0], keys[-1]), what=f"{keys[-1]}: {what}", hint=hint)


def _invalid_options(root: Path, newsletter: Newsletter, file: ThemeToml) -> Iterator[Finding]:
    for name, value in newsletter.theme.options.items():
        place, option = _setting_place(root, "theme", "options", name), file.options.get(name)
        if option is None:
            hint = did_you_mean(name, file.options) or f"there are: {', '.join(file.options) or 'none'}"
            yield theme_error(BROKEN, place, f'the theme has no option "{name}"', hint)
        elif not option.accepts(value):
            what = f'the option "{name}" can\'t be {value_in_toml(value)}'
            yield theme_error(BROKEN, place, what, f"write {option.allowed}")


def _invalid_logo(root: Path, newsletter: Newsletter) -> Iterator[Finding]:
    settings = newsletter.theme
    for name, url in (("logo", settings.logo), ("logo_dark", settings.logo_dark)):
        if url is not None and not re.match(r"https://[^\s/]", url):
            place = _setting_place(root, "theme", name)
            what = f"{name} is not an https address"
            yield theme_error(BROKEN, place, what, "put it on the web: https://…/logo.png")
    if settings.logo_dark is not None and settings.logo is None:
        place = _setting_place(root, "theme", "logo_dark")
        yield theme_error(BROKEN, place, "logo_dark needs a logo", 'add one for light screens: logo = "https://…"')


def _setting_place(root: Path, *keys: str) -> Place:
    return setting_place(settings_text(root), *keys)
