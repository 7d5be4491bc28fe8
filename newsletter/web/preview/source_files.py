"""Read the editor's files for the preview, to show findings in place."""

from dataclasses import dataclass
from pathlib import Path

from newsletter.domain.people import Act, Person, may
from newsletter.errors import NotFoundError, Place
from newsletter.files.newsletter_folder import ISSUES, SETTINGS_FILE, TEMPLATES

FOLDERS = (ISSUES, TEMPLATES)
FILES = (SETTINGS_FILE,)
SUFFIXES = frozenset({".css", ".html", ".j2", ".jinja", ".md", ".mjml", ".toml", ".txt"})
LARGEST = 256 * 1024  # bytes; the rest of a file is not shown


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file's text by lines; ``complete`` is false if it was cut off."""

    path: str
    lines: tuple[str, ...]
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """A line of an excerpt; ``meant`` marks the line that the excerpt is about."""

    number: int
    text: str
    meant: bool


def read_source(root: Path, path: str) -> SourceFile:
    """Return a file of the newsletter. Raise NotFoundError if it doesn't exist or must not be shown."""
    hint = "the preview shows newsletter.toml, issues/ and templates/"
    refusal = NotFoundError(f"can't show {path}", hint=hint)
    base = root.resolve()
    try:
        file = (base / path).resolve()
        # A symlink's target must be allowed too, and not everybody may see the settings.
        target = file.relative_to(base).as_posix()
        if not _is_shown(path) or not _is_shown(target) or not file.is_file() or (target in FILES and target != path):
            raise refusal
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except (OSError, RuntimeError, ValueError) as err:  # a loop of symlinks, a NUL, a path outside the tree
        raise refusal from err
    text = content[:LARGEST].decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    return SourceFile(path=path, lines=tuple(text.removesuffix("\n").split("\n")), complete=len(content) <= LARGEST)


_AROUND = 2  # lines of an excerpt on either side


def excerpt(root: Path, place: Place) -> tuple[SourceLine, ...]:
    """Return the lines around a place; none if it has no line number, or its file can't be shown."""
    if place.line is None:
        return ()
    try:
        lines = read_source(root, place.path).lines
    except NotFoundError:
        return ()
    first, last = max(1, place.line - _AROUND), min(len(lines), place.line + _AROUND)
    return tuple(
        SourceLine(number=number, text=lines[number - 1], meant=number == place.line)
        for number in range(first, last + 1)
    )


def excerpt_for(person: Person, root: Path, place: Place) -> tuple[SourceLine, ...]:
    """Return the lines around a place for a person: none of newsletter.toml for those who may not see it."""
    return () if place.path == SETTINGS_FILE and not may(person, Act.SEE_SETTINGS) else excerpt(root, place)


def _is_shown(path: str) -> bool:
    parts = path.split("/")
    if any(part.startswith(".") or not part for part in parts):
        return False
    return path in FILES or (parts[0] in FOLDERS and Path(path).suffix in SUFFIXES)
