"""Load a theme: its files, its settings, and the settings that newsletter.toml overrides."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from newsletter.domain.issue import Issue
from newsletter.domain.publication import Newsletter
from newsletter.rendering.bidi import ARROWS
from newsletter.rendering.context import ContextBuilder
from newsletter.rendering.fonts import windows_stack
from newsletter.rendering.placeholders import Placeholders
from newsletter.rendering.templating import render_template, theme_environment
from newsletter.rendering.theme_chain import theme_chain
from newsletter.rendering.theme_files import ThemeFiles
from newsletter.rendering.theme_overrides import overridden_tables, read_overrides
from newsletter.rendering.theme_toml import labels_in
from newsletter.rendering.views import LogoView, Namespace
from newsletter.translation.locales import direction_of

MOST_LANGUAGES = 32  # whose themes are kept
SHAPES = 8  # of issues: an editor works on few at a time


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Theme:
    """A theme ready to render: its files, its settings with newsletter.toml's in place, and its rendered inline CSS.

    ``overridden`` has the (table, key) pairs that newsletter.toml sets. ``sound_shapes`` are the issues of which
    ``edition_check`` has found last that the theme can make editions of them.
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
    options: Mapping[str, bool | str]
    logo: LogoView | None
    overridden: frozenset[tuple[str, str]]
    inline_css: str
    sound_shapes: deque[Issue] = field(default_factory=lambda: deque(maxlen=SHAPES), repr=False)
    _others: dict[str, "Theme"] = field(default_factory=dict, repr=False)

    def in_language(self, language: str) -> "Theme":
        """Return the theme for issues in a language, loaded at its first use; "" stands for the newsletter's own."""
        newsletter = self.newsletter.in_language(language)
        if newsletter.language == self.language:
            return self
        theme = self._others.get(newsletter.language)
        if theme is None:
            theme = load_theme(self.files.root, newsletter)
            if len(self._others) >= MOST_LANGUAGES:
                self._others.clear()
            self._others[newsletter.language] = theme
        return theme

    def environment(self, *, markup: bool, placed: bool = False) -> ImmutableSandboxedEnvironment:
        """Return the environment of the theme's templates, with the program's own words in the theme's language."""
        return theme_environment(self.files.folders, markup=markup, placed=placed, language=self.language)

    def values(self, builder: ContextBuilder) -> dict[str, object]:
        """Return the variables that all templates of the theme see for every issue."""
        rtl = self.direction == "rtl"
        return {
            "newsletter": builder.newsletter(),
            "language": self.language,
            "direction": self.direction,
            "start": "right" if rtl else "left",
            "end": "left" if rtl else "right",
            "arrow": ARROWS[self.direction].on,
            "colors": Namespace(self.colors),
            "dark": Namespace(self.dark_colors),
            "fonts": Namespace({name: Markup(stack) for name, stack in self.fonts.items()}),  # noqa: S704 # letters, quotes
            "windows_fonts": Namespace({name: Markup(windows_stack(stack)) for name, stack in self.fonts.items()}),  # noqa: S704
            "labels": builder.labels(self.labels),
            "options": Namespace(self.options),
            "logo": self.logo,
        }


def load_theme(root: Path, newsletter: Newsletter) -> Theme:
    """Return the theme that newsletter.toml names: ``<root>/templates/email/<name>/``, or one of the program.

    Files that the folder lacks, and values that its theme.toml lacks, are those of its base. Raise FindingsError if the
    theme can't be loaded.
    """
    root = root.resolve()
    chain = theme_chain(root, newsletter.theme.name)
    files, file = chain.files, chain.settings
    own = read_overrides(root, newsletter, file)
    language = newsletter.language
    colors = {**file.colors, **own.colors}
    bare = Theme(
        files=files,
        newsletter=newsletter,
        language=language,
        direction=direction_of(language),
        colors=colors,
        dark_colors={**colors, **file.dark_colors, **own.dark_colors},
        fonts={**file.fonts, **own.fonts},
        labels={**labels_in(file, language), **newsletter.theme.labels},
        contrast=tuple(file.contrast),
        options={name: option.default for name, option in file.options.items()} | dict(newsletter.theme.options),
        logo=_logo(newsletter),
        overridden=frozenset((table, key) for table, values in overridden_tables(newsletter).items() for key in values),
        inline_css="",
    )
    builder = ContextBuilder(Placeholders(), newsletter, bare.direction, markup=False)
    inline_css = render_template(bare.environment(markup=False), "inline.css", bare.values(builder), files)
    return replace(bare, inline_css=inline_css)


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
