"""Find themes by name, in the newsletter's folder and in the program, and follow each to its base themes."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from newsletter.domain.topics import SLUG
from newsletter.errors import Place, did_you_mean
from newsletter.files.newsletter_folder import THEMES, settings_text
from newsletter.files.toml_lines import line_of, setting_place
from newsletter.rendering.theme_faults import broken
from newsletter.rendering.theme_files import ThemeFiles, ThemeFolder
from newsletter.rendering.theme_toml import THEME_TOML, ThemeToml, merged_over, parse_theme_toml

DEFAULT = "default"  # the base of themes that name none

_CHECKOUT = Path(__file__).parents[2] / "templates"
_PACKAGED = Path(__file__).parents[1] / "_templates"


def default_templates() -> Path:
    """Return the folder of the templates that come with the program: ``email/default``, ``pages``."""
    return _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeChain:
    """A theme's folders and its bases', and the settings of their theme.toml files, merged."""

    files: ThemeFiles
    settings: ThemeToml

    @property
    def name(self) -> str:
        """The theme's name."""
        return self.files.chain[0].name

    @property
    def own(self) -> bool:
        """Whether the newsletter has files of this theme."""
        return self.files.chain[0].own

    @property
    def base(self) -> str:
        """The name of the theme it is built on, or "" for the program's default theme."""
        return self.files.chain[1].name if len(self.files.chain) > 1 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    folder: ThemeFolder
    file: ThemeToml
    text: str

    def place(self, *keys: str) -> Place:
        return Place(path=self.folder.shown(THEME_TOML), line=line_of(self.text, keys))


def theme_chain(root: Path, name: str) -> ThemeChain:
    """Return a theme and what it builds on: the newsletter's own theme of that name, or else the program's.

    Raise FindingsError if there is no such theme, if a theme.toml is invalid, or if bases lead back to themselves.
    """
    links = list(_links(root.resolve(), name))
    merged = ThemeToml()
    for link in reversed(links):
        merged = merged_over(merged, link.file, link.place)
    return ThemeChain(files=ThemeFiles(root.resolve(), [link.folder for link in links]), settings=merged)


def theme_files(root: Path, name: str) -> ThemeFiles:
    """Return the files of a theme and of what it builds on. Raise FindingsError as ``theme_chain`` does."""
    return theme_chain(root, name).files


def theme_names(root: Path) -> tuple[str, ...]:
    """Return the names of all themes, those of the program and those of the newsletter, in alphabetical order."""
    places = (default_templates() / "email", root / THEMES)
    folders = [folder for place in places for folder in place.glob("*") if folder.is_dir()]
    return tuple(sorted({folder.name for folder in folders if SLUG.fullmatch(folder.name)}))


def _links(root: Path, name: str) -> Iterator[_Link]:
    folder = _own(root, name) or _packaged(name)
    if folder is None:
        place = setting_place(settings_text(root), "theme", "name")
        raise broken(f'no theme "{name}"', hint=_known(root, name), place=place)
    seen: list[ThemeFolder] = []
    while folder:
        if folder.own:
            _require_inside(root, folder)
        file, text = parse_theme_toml(folder)
        link = _Link(folder=folder, file=file, text=text)
        yield link
        seen.append(folder)
        folder = _base(root, link)
        if folder in seen:
            way = " → ".join(f'"{above.name}"' for above in (*seen[seen.index(folder) :], folder))
            hint = f"it is its own base: {way}"
            raise broken("the base themes lead back to the theme", hint=hint, place=link.place("base"))


def _base(root: Path, link: _Link) -> ThemeFolder | None:
    """Return the folder behind one. A theme of the program is never built on one of the newsletter."""
    folder, name = link.folder, link.file.base
    if name is None:
        packaged = _packaged(folder.name) if folder.own else None
        return packaged or (None if folder.name == DEFAULT and not folder.own else _packaged(DEFAULT))
    own = _own(root, name) if folder.own and name != folder.name else None
    base = own or _packaged(name)
    if base is None and name == folder.name:
        return folder
    if base is None:
        raise broken(f'no theme "{name}"', hint=_known(root, name), place=link.place("base"))
    return base


def _own(root: Path, name: str) -> ThemeFolder | None:
    packaged = default_templates() / "email" / name
    folder = _folder(root / THEMES, name, own=True)
    return folder if folder and folder.path != packaged else None


def _packaged(name: str) -> ThemeFolder | None:
    return _folder(default_templates() / "email", name, own=False)


def _folder(themes: Path, name: str, *, own: bool) -> ThemeFolder | None:
    if not SLUG.fullmatch(name):  # a path such as ../../elsewhere
        return None
    path = themes / name
    return ThemeFolder(name=name, path=path, own=own) if path.is_dir() else None


def _require_inside(root: Path, folder: ThemeFolder) -> None:
    """Raise FindingsError if a theme has files outside the newsletter's folder, by symbolic links."""
    for path in (folder.path, *folder.path.rglob("*")):
        if (path == folder.path or path.is_symlink()) and not Path(os.path.realpath(path)).is_relative_to(root):
            place = Place(path=folder.shown(path.relative_to(folder.path).as_posix()).removesuffix("/."))
            raise broken(
                "is a symbolic link to a place outside the newsletter's folder", hint="copy the files here", place=place
            )


def _known(root: Path, name: str) -> str:
    names = theme_names(root)
    return did_you_mean(name, names) or f"there are: {', '.join(names)}; or make {THEMES}/{name}/"
