"""Read newsletter.toml and the environment into one frozen value. Only entry points read settings."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from newsletter.errors import FindingsError, Place, SettingsError
from newsletter.files import library_errors
from newsletter.files.newsletter_folder import SETTINGS_FILE, newsletter_folder
from newsletter.files.toml_layout import parsed
from newsletter.files.toml_lines import CONFLICT_HINT, CONFLICT_WHAT, conflict_marker, syntax_mistake
from newsletter.settings.conversion import settings_of
from newsletter.settings.file import SettingsFile, parse_url
from newsletter.settings.problems import Mistake, contradictions, mistakes_in, setting_finding, settings_error
from newsletter.settings.segments import rule_words, topics_of
from newsletter.settings.values import Settings, StudioSettings, UnknownSegmentError
from newsletter.tokens import Signer

__all__ = [
    "EARLIER_SECRETS",
    "SECRET",
    "Mistake",
    "Settings",
    "SettingsFile",
    "SigningSecretError",
    "StudioSettings",
    "UnknownSegmentError",
    "find_root",
    "load",
    "load_signer",
    "parse_settings",
    "parse_url",
    "rule_words",
    "topics_of",
]

SECRET = "NEWSLETTER_SECRET"  # noqa: S105 - its name
EARLIER_SECRETS = "NEWSLETTER_EARLIER_SECRETS"


class SigningSecretError(SettingsError):
    """A secret for readers' links that is missing or can't be used; ``variable`` is that of the environment.

    ``why`` is the reason. The secret itself is never shown.
    """

    code = "signing-secret"

    def __init__(self, *, variable: str, why: str, hint: str) -> None:
        self.variable, self.why = variable, why
        super().__init__(f"{variable} {why}", hint=hint)


class NoFolderError(SettingsError):
    """A path where a newsletter was expected and no folder exists."""

    code = "folder-missing"

    def __init__(self, *, path: Path) -> None:
        self.path = path
        super().__init__(f"there is no folder {path}", hint="check the path")


class NoNewsletterError(SettingsError):
    """A folder that no newsletter contains."""

    code = "newsletter-missing"

    def __init__(self, *, path: Path) -> None:
        self.path = path
        super().__init__(f"no {SETTINGS_FILE} in {path} or above it", hint="use a newsletter's folder, or make one")


def load(start: Path) -> Settings:
    """Return the settings of the newsletter that contains ``start``.

    Raise SettingsError if there is no newsletter, and FindingsError with every mistake in newsletter.toml.
    """
    root = find_root(start)
    text = _read(root / SETTINGS_FILE)
    file = parse_settings(text)
    if isinstance(file, SettingsFile):
        return settings_of(root, file)
    raise settings_error(file, text)


def load_signer(environment: Mapping[str, str] = os.environ) -> Signer:
    """Return the signer of readers' links, from the environment.

    Raise SigningSecretError if a secret is missing or weak.
    """
    hint = f"set {SECRET} to at least 16 random characters: `export {SECRET}=$(openssl rand -hex 32)`, and keep it"
    if not environment.get(SECRET):
        raise SigningSecretError(variable=SECRET, why="is not set; it signs readers' links", hint=hint)
    earlier = environment.get(EARLIER_SECRETS, "").split()
    try:
        Signer(environment[SECRET])
    except ValueError as err:
        kept = f"; to keep links working that the old secret signed, move it to {EARLIER_SECRETS}"
        raise SigningSecretError(variable=SECRET, why=str(err), hint=hint + kept) from err
    try:
        return Signer(environment[SECRET], *earlier)
    except ValueError as err:
        why = f"has a secret that {err}"
        raise SigningSecretError(variable=EARLIER_SECRETS, why=why, hint="separate the secrets with spaces") from err


def parse_settings(text: str) -> SettingsFile | tuple[Mistake, ...]:
    """Return the settings in a text of newsletter.toml, or all mistakes in them.

    Raise FindingsError if the text isn't TOML.
    """
    tables = _tables(text)
    try:
        file = SettingsFile.model_validate(tables)
    except ValidationError as err:
        return tuple(mistakes_in(err.errors()))
    return tuple(contradictions(file)) or file


def _tables(text: str) -> Mapping[str, object]:
    place = Place(path=SETTINGS_FILE)
    line = conflict_marker(text)
    if line is not None:
        raise FindingsError([setting_finding(replace(place, line=line), CONFLICT_WHAT, CONFLICT_HINT)])
    try:
        return parsed(text)
    except tomllib.TOMLDecodeError as err:
        what, line = syntax_mistake(err, text)
        problem = setting_finding(replace(place, line=line), what, "docs/settings.md describes the file")
        raise FindingsError([problem]) from err


def _read(path: Path) -> str:
    """Return the text of a newsletter.toml."""
    place = Place(path=SETTINGS_FILE)
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        problem = setting_finding(place, "the file is not UTF-8", "save it as UTF-8 text")
    except OSError as err:
        problem = setting_finding(
            place, f"can't be read: {library_errors.of_system(err)}", "change the file's permissions"
        )
    raise FindingsError([problem])


def find_root(start: Path) -> Path:
    """Return the folder of the newsletter that contains ``start``. Raise SettingsError if there is none."""
    if folder := newsletter_folder(start.resolve()):
        return folder
    if not start.exists():
        raise NoFolderError(path=start)
    if not start.is_dir():
        raise SettingsError(f"{start} is a file, not a folder", hint="pass the newsletter's folder")
    raise NoNewsletterError(path=start)
