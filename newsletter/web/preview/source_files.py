"""The editor's own files as the preview shows them, so that a finding can be looked at where it is."""

from dataclasses import dataclass
from pathlib import Path

from newsletter.errors import Place, UsageError

FOLDERS = ("issues", "templates")
FILES = ("newsletter.toml",)
SUFFIXES = frozenset({".css", ".html", ".j2", ".jinja", ".md", ".mjml", ".toml", ".txt"})
LARGEST = 256 * 1024  # bytes; the rest of a file is not shown


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file's text by lines; ``complete`` is false where the file goes on."""

    path: str
    lines: tuple[str, ...]
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """One line of an excerpt; ``meant`` is the line that the excerpt is about."""

    number: int
    text: str
    meant: bool


def read_source(root: Path, path: str) -> SourceFile:
    """A file of the newsletter. Raises UsageError for one that is not there, or is not the preview's to show."""
    refusal = UsageError(f"no file {path} to show", hint="newsletter.toml, issues/ and templates/ are shown")
    base = root.resolve()
    try:
        file = (base / path).resolve()
        # Where a symlink leads must be as fit to be shown as the link.
        if not _is_shown(path) or not _is_shown(file.relative_to(base).as_posix()) or not file.is_file():
            raise refusal
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except (OSError, RuntimeError, ValueError) as err:  # a circle of symlinks, a NUL, a path out of the tree
        raise refusal from err
    text = content[:LARGEST].decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    return SourceFile(path=path, lines=tuple(text.removesuffix("\n").split("\n")), complete=len(content) <= LARGEST)


def excerpt(root: Path, place: Place, *, around: int = 2) -> tuple[SourceLine, ...]:
    """The lines at a place; none where it names no line, or its file cannot be shown."""
    if place.line is None:
        return ()
    try:
        lines = read_source(root, place.path).lines
    except UsageError:
        return ()
    first, last = max(1, place.line - around), min(len(lines), place.line + around)
    return tuple(
        SourceLine(number=number, text=lines[number - 1], meant=number == place.line)
        for number in range(first, last + 1)
    )


def _is_shown(path: str) -> bool:
    parts = path.split("/")
    if any(part.startswith(".") or not part for part in parts):
        return False
    return path in FILES or (parts[0] in FOLDERS and Path(path).suffix in SUFFIXES)
