"""Themes of the newsletter's own: a new one, which copies only the files it changes, and copies of more files."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from newsletter import rendering
from newsletter.domain.topics import SLUG
from newsletter.errors import NotFoundError, UsageError, did_you_mean
from newsletter.files.atomic_write import write_file, write_files
from newsletter.files.newsletter_folder import THEMES
from newsletter.rendering import ThemeFiles

_SETTINGS = "theme.toml"


class ThemeExistsError(UsageError):
    """A theme of the newsletter that already exists; ``theme`` is its name."""

    code = "theme-exists"

    def __init__(self, *, theme: str) -> None:
        self.theme = theme
        super().__init__(f"there is already a theme in {THEMES}/{theme}/", hint="choose another name")


class ThemeNameError(UsageError):
    """A name that a theme can't have; ``theme`` is the name."""

    code = "theme-name-invalid"

    def __init__(self, *, theme: str) -> None:
        self.theme = theme
        super().__init__(f"\"{theme}\" can't be a theme's name", hint="use lower-case letters, digits and hyphens")


class ThemeFileExistsError(UsageError):
    """A file that a theme of the newsletter already has; ``theme`` is the theme's name, ``file`` the file's."""

    code = "theme-file-exists"

    def __init__(self, *, theme: str, file: str) -> None:
        self.theme, self.file = theme, file
        what = f"{THEMES}/{theme}/{file} already exists"
        super().__init__(what, hint="delete it to copy the original again")


class ThemeBuiltInError(UsageError):
    """A theme that comes with the program, where only one of the newsletter can be meant; ``theme`` is its name."""

    code = "theme-built-in"

    def __init__(self, *, theme: str) -> None:
        self.theme = theme
        what = f'the theme "{theme}" comes with the program, so it has no copies'
        super().__init__(what, hint="make a theme of your own from it")


class ThemeUnknownError(NotFoundError):
    """A theme that doesn't exist; ``theme`` is its name, ``known`` the names of those that do."""

    code = "theme-unknown"

    def __init__(self, *, theme: str, known: Sequence[str]) -> None:
        self.theme, self.known = theme, known
        self.suggestion = did_you_mean(theme, known)
        super().__init__(f'no theme "{theme}"', hint=self.suggestion or f"there are: {', '.join(known) or 'none'}")


class ThemeFileUnknownError(NotFoundError):
    """A file that a theme doesn't have; ``theme`` is the theme's name, ``file`` the file's, ``known`` those it has."""

    code = "theme-file-unknown"

    def __init__(self, *, theme: str, file: str, known: Sequence[str]) -> None:
        self.theme, self.file, self.known = theme, file, known
        hint = did_you_mean(file, known) or f"it has: {', '.join(known)}"
        super().__init__(f'the theme "{theme}" has no file "{file}"', hint=hint)


def require_theme(root: Path, name: str) -> None:
    """Raise ThemeUnknownError if the newsletter and the program have no theme of that name."""
    known = rendering.theme_names(root)
    if name not in known:
        raise ThemeUnknownError(theme=name, known=known)


def create_theme(root: Path, name: str, *, base: str, files: Sequence[str] = ()) -> list[Path]:
    """Make a theme of the newsletter that copies these files of its base, and return the paths of its files.

    Raise UsageError if the name is invalid or taken, or the base doesn't have a file; FindingsError if the base is
    broken. Then nothing is written.
    """
    folder = root / THEMES / name
    if not SLUG.fullmatch(name):
        raise ThemeNameError(theme=name)
    if folder.exists():
        raise ThemeExistsError(theme=name)
    require_theme(root, base)
    originals = rendering.theme_files(root, base)
    _require_files(originals, base, files)
    top = next(path for path in (*reversed(folder.parents), folder) if not path.exists())
    try:
        _copy(originals, folder, files, _STARTER.format(base=base))
    except BaseException:
        shutil.rmtree(top, ignore_errors=True)
        raise
    return [folder / _SETTINGS, *(folder / file for file in dict.fromkeys(files))]


def files_to_copy(root: Path, name: str) -> list[str]:
    """Return the names of the files that a theme of the newsletter could still copy.

    Raise UsageError if the newsletter has no such theme.
    """
    theme, originals = _own_theme(root, name)
    have = {*theme.chain[0].files(), _SETTINGS}
    return [file for file in originals.names() if file not in have]


def copy_originals(root: Path, name: str, files: Sequence[str]) -> list[Path]:
    """Copy more files into a theme of the newsletter, and return their paths.

    Raise UsageError if the newsletter has no such theme, if it has one of the files already, or its base lacks one.
    """
    theme, originals = _own_theme(root, name)
    folder = theme.chain[0].path
    _require_files(originals, originals.chain[0].name, files)
    for file in files:
        if (folder / file).exists():
            raise ThemeFileExistsError(theme=name, file=file)
    _copy(originals, folder, files, _settings_text(folder))
    return [folder / file for file in dict.fromkeys(files)]


def record_originals(root: Path, name: str) -> list[str]:
    """Record that a theme's copies are up to date with their originals, and return the names of these files.

    Raise UsageError if the newsletter has no theme of that name.
    """
    theme, originals = _own_theme(root, name)
    folder = theme.chain[0]
    files = [file for file in folder.files() if file != _SETTINGS and originals.has(file)]
    digests = {file: rendering.digest_of(originals.path(file)) for file in files}
    text = rendering.with_originals(_settings_text(folder.path), digests)
    write_file(folder.path / _SETTINGS, text.encode())
    return files


def _own_theme(root: Path, name: str) -> tuple[ThemeFiles, ThemeFiles]:
    """Return the files of a theme of the newsletter, and those that it replaces or could."""
    require_theme(root, name)
    theme = rendering.theme_files(root, name)
    if not theme.chain[0].own:
        raise ThemeBuiltInError(theme=name)
    return theme, theme.below(theme.chain[0])


def _settings_text(folder: Path) -> str:
    file = folder / _SETTINGS
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def _require_files(originals: ThemeFiles, theme: str, files: Sequence[str]) -> None:
    known = [file for file in originals.names() if file != _SETTINGS]
    for file in files:
        if file not in known:
            raise ThemeFileUnknownError(theme=theme, file=file, known=known)


def _copy(originals: ThemeFiles, folder: Path, files: Sequence[str], settings: str) -> None:
    """Write the copies and the theme's settings with the digests of the originals, all or none."""
    contents = {folder / file: originals.path(file).read_bytes() for file in files}
    if digests := {file: rendering.digest_of(originals.path(file)) for file in files}:
        settings = rendering.with_originals(settings, digests)
    for target in (folder / _SETTINGS, *contents):
        target.parent.mkdir(parents=True, exist_ok=True)
    write_files({folder / _SETTINGS: settings.encode(), **contents})


_STARTER = """\
# This theme's own settings. Everything that isn't here or in a file beside this one comes from its base.
base = "{base}"

[colors]
# accent = "#1d5c4a"
"""
