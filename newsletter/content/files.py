"""Find, read and create an editor's files: within the newsletter's folder and size limits, and written atomically."""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from newsletter.content.source_text import unix_lines
from newsletter.domain.topics import slug_of
from newsletter.errors import (
    Finding,
    FindingsError,
    Place,
    Severity,
    UsageError,
    printable,
)
from newsletter.files import library_errors
from newsletter.files.atomic_write import create_file
from newsletter.files.toml_lines import CONFLICT_HINT, CONFLICT_WHAT, conflict_marker

FILE_LIMIT = 64 * 1024


def file_error(rule: str, path: str, line: int, what: str, hint: str) -> Finding:
    """Return a finding that stops a build."""
    return Finding(rule=rule, severity=Severity.ERROR, place=Place(path=path, line=line), what=what, hint=hint)


def for_message(text: str) -> str:
    """Return an editor's text for use in a message: at most 80 characters, all printable."""
    return printable(text, 80)


def path_in_findings(root: Path, path: Path) -> str:
    """Return a path as findings show it: relative to the newsletter's folder, with forward slashes."""
    folder, inside = os.fspath(root) + "/", os.fspath(path)
    if os.sep == "/" and inside.startswith(folder):  # a tenth of the time for thousands of files
        return inside[len(folder) :]
    return path.relative_to(root).as_posix()


def manuscripts_in(root: Path, folder: Path, *, deep: bool) -> Iterator[Path]:
    """Yield the ``.md`` files of a folder in a stable order, without hidden ones; ``deep`` includes its subfolders.

    Links to folders, folders outside ``root`` and folders that can't be opened are yielded too: ``read_text`` reports
    what is wrong with them.
    """
    if not folder.resolve().is_relative_to(root.resolve()):
        if os.path.lexists(folder):
            yield folder
        return
    try:
        with os.scandir(folder) as scan:
            items = sorted(scan, key=lambda item: item.name)
    except FileNotFoundError:
        return
    except OSError:
        yield folder
        return
    for item in items:
        if item.name.startswith("."):
            continue
        if deep and item.is_dir(follow_symlinks=False):
            yield from manuscripts_in(root, folder / item.name, deep=deep)
        elif item.name.endswith(".md") or (deep and item.is_symlink() and (folder / item.name).is_dir()):
            yield folder / item.name


def unread_file_findings(root: Path, folder: Path, *, deep: bool) -> Iterator[Finding]:
    """Yield a finding for each text file that is not read because its name doesn't end in .md.

    In the folder of issues, which is not ``deep``, only names that begin with a date are reported: editors may keep
    notes there.
    """
    try:
        with os.scandir(folder) as scan:
            files = sorted(scan, key=lambda file: file.name)
    except OSError:  # `manuscripts_in` yields the folder, and `read_text` reports what is wrong with it
        return
    for file in files:
        if file.name.startswith("."):
            continue
        if file.is_dir(follow_symlinks=False):
            if deep:
                yield from unread_file_findings(root, folder / file.name, deep=deep)
        elif _is_unread(file.name) and (deep or _DATED.match(file.name)):
            yield Finding(
                rule="file-ending",
                severity=Severity.WARNING,
                place=Place(path=path_in_findings(root, folder / file.name)),
                what="not read: the names of entries and issues must end in .md",
                hint=f"rename it to {slug_of(_TEXT.sub('', file.name))}.md,"
                f" or move it out of {path_in_findings(root, folder)}",
            )


_TEXT = re.compile(r"(?:\.(?:md|mdown|mdwn|mdx|mkdn?|markdown|te?xt))+$", re.IGNORECASE)
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}")
_ABOUT = re.compile(r"(?:readme|licen[cs]e|contributing)\b", re.IGNORECASE)


def _is_unread(name: str) -> bool:
    return _TEXT.search(name) is not None and not name.endswith(".md") and not _ABOUT.match(name)


def file_status(root: Path, path: Path) -> os.stat_result | Finding:
    """Return the status of a file that may be read, or a finding: it leads out of the folder, or is no file."""
    name = path_in_findings(root, path)
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):  # resolving every path would take as long as reading the files
            if not path.resolve(strict=True).is_relative_to(root.resolve()):
                return file_error(
                    "file-outside", name, 1, "a link that leads out of the newsletter's folder", "copy the file here"
                )
            status = path.stat()
    except (OSError, RuntimeError) as err:
        return _unreadable(name, err)
    if not stat.S_ISREG(status.st_mode):
        return file_error("file-unreadable", name, 1, "not a readable file", "put a text file here")
    return status


def read_text(root: Path, path: Path, *, limit: int = FILE_LIMIT) -> str | Finding:
    """Return a file's text with ``\\n`` line ends and without a byte order mark, or a finding if it can't be read."""
    status = file_status(root, path)
    if isinstance(status, Finding):
        return status
    name = path_in_findings(root, path)
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as err:
        return _unreadable(name, err)
    text = decoded(data, name, limit=limit)
    if isinstance(text, Finding):
        return text
    text = unix_lines(text)
    return conflict_finding(text, name) or text


def _unreadable(name: str, err: OSError | RuntimeError) -> Finding:
    # pathlib raises RuntimeError for a link that leads to itself
    reason = library_errors.of_system(err) if isinstance(err, OSError) else "the link leads to itself"
    return file_error("file-unreadable", name, 1, f"cannot be read: {reason}", "fix the file or its permissions")


def decoded(data: bytes, path: str, *, limit: int = FILE_LIMIT) -> str | Finding:
    """Return a file's text with its own line ends and byte order mark, or a finding if it is too large or not UTF-8."""
    if len(data) > limit:
        what = f"larger than {limit // 1024} KiB"
        return file_error("file-too-large", path, 1, what, "remove what doesn't belong in it, perhaps a pasted image")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as err:
        line = data.count(b"\n", 0, err.start) + 1
        return file_error(
            "file-not-utf8", path, line, f"byte 0x{data[err.start]:02X} is not UTF-8", "save the file as UTF-8"
        )


def conflict_finding(text: str, path: str) -> Finding | None:
    """Return a finding if a text with ``\\n`` line ends has merge markers left by Git."""
    line = conflict_marker(text, alone=True)
    return None if line is None else file_error("conflict-marker", path, line, CONFLICT_WHAT, CONFLICT_HINT)


def conflict_findings(root: Path, folder: Path) -> Iterator[Finding]:
    """Yield a finding for each text file in a folder and its subfolders that has merge markers left by Git."""
    for path in sorted(folder.rglob("*")):
        try:
            if not path.is_file() or path.stat().st_size > 4 * FILE_LIMIT:
                continue
            line = conflict_marker(path.read_text(encoding="utf-8").replace("\r\n", "\n"))
        except (
            OSError,
            UnicodeDecodeError,
        ):  # an image, perhaps; an unreadable theme is reported when it is used
            continue
        if line is not None:
            yield file_error("conflict-marker", path_in_findings(root, path), line, CONFLICT_WHAT, CONFLICT_HINT)


class SlugTakenError(UsageError):
    """A slug that another entry or issue has."""

    code = "slug-taken"

    def __init__(self, what: str, *, slug: str) -> None:
        self.slug = slug
        super().__init__(what, hint="choose another slug, or edit the file")


def create_manuscript(root: Path, path: Path, text: str) -> None:
    """Write a new file completely or not at all, and never overwrite one.

    Raise SlugTakenError if the file exists, FindingsError if it can't be written.
    """
    name = path_in_findings(root, path)
    try:
        if not path.parent.resolve().is_relative_to(root.resolve()):
            what = "the folder is a link that leads out of the newsletter's folder"
            raise FindingsError([file_error("file-outside", name, 1, what, "make it a folder here")])
        path.parent.mkdir(parents=True, exist_ok=True)
        if not create_file(path, text.encode("utf-8")):
            raise SlugTakenError(f"{name} already exists", slug=path.stem)
    except OSError as err:
        what = f"cannot be written: {library_errors.of_system(err)}; no file was created"
        raise FindingsError([file_error("file-unwritable", name, 1, what, "fix that and try again")]) from err
