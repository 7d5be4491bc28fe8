"""The names of the files and folders in a newsletter's folder, and the text of its settings."""

from pathlib import Path

SETTINGS_FILE = "newsletter.toml"
ISSUES = "issues"
ENTRIES = "issues/entries"
BLOCKS = "issues/blocks"
IMAGES = "issues/images"
TEMPLATES = "templates"
THEMES = "templates/email"
PREPARED_PICTURES = ".newsletter/pictures"


def newsletter_folder(start: Path) -> Path | None:
    """Return the nearest folder, ``start`` or one above it, that has a newsletter.toml, or None if there is none."""
    return next((folder for folder in (start, *start.parents) if (folder / SETTINGS_FILE).is_file()), None)


def settings_text(root: Path) -> str:
    """Return the text of newsletter.toml, or "" if it can't be read, to look up lines for findings."""
    try:
        return (root / SETTINGS_FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):  # the settings came from elsewhere, or have changed since
        return ""


def shorter_path(path: Path, folder: Path) -> Path:
    """Return a path relative to a folder if it is inside, for messages; otherwise the path itself."""
    return path.relative_to(folder) if path.is_relative_to(folder) else path
