"""Record where the content of a send comes from: its files, as git keeps them, and the versions of the program."""

from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from newsletter import git
from newsletter.composing import Composed
from newsletter.domain.issue import Issue
from newsletter.domain.pictures import local_pictures
from newsletter.domain.send_source import SendSource
from newsletter.errors import NewsletterError
from newsletter.files.newsletter_folder import IMAGES, SETTINGS_FILE, THEMES
from newsletter.settings import Settings

_LIBRARIES = ("newsletter", "Jinja2", "mjml-python", "premailer", "markdown-it-py", "nh3", "Pillow", "Babel")
_LARGEST = 64 * 1024 * 1024  # bytes of all files
_MOST = 2000  # files


def reference_of(issue: str) -> str:
    """Return the name under which git keeps what was sent of an issue."""
    return f"refs/newsletter/sent/{issue}"


def record_source(settings: Settings, composed: Composed, *, now: datetime) -> SendSource:
    """Return where a composed issue comes from, and have git keep its files. It never fails: it says what went wrong.

    The index, the branch and the working tree stay as they are.
    """
    versions = program_versions()
    try:
        repository = git.find_repository(settings.root)
        if isinstance(repository, git.NoRepository):
            return SendSource(versions=versions, problem=repository.what)
        kept = git.keep_files(
            repository,
            _contents(settings.root, composed.issue),
            reference=reference_of(composed.issue.slug),
            message=f"Send issue {composed.issue.slug}",
            now=now,
        )
    except (NewsletterError, OSError, ValueError) as err:
        return SendSource(versions=versions, problem=err.what if isinstance(err, NewsletterError) else str(err))
    return SendSource(
        commit=kept.head,
        kept=kept.kept,
        tree=kept.tree,
        prefix=repository.prefix,
        blobs=kept.blobs,
        changed=kept.changed,
        versions=versions,
    )


def program_versions() -> dict[str, str]:
    """Return the versions of the program and of the libraries that an email's bytes depend on."""
    versions = {}
    for name in _LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:  # it runs from a folder that isn't installed
            versions[name] = "unknown"
    return versions


def _contents(root: Path, issue: Issue) -> dict[str, bytes]:
    """Return the files that an issue is made from, by their paths. Raise OSError, or ValueError if they are too large.

    A link within the newsletter's folder is kept as the file that it leads to.
    """
    contents: dict[str, bytes] = {}
    size = 0
    for path in dict.fromkeys(_paths(root, issue)):
        contents[path] = (root / path).read_bytes()
        size += len(contents[path])
        if size > _LARGEST or len(contents) > _MOST:
            raise ValueError("the files of the issue and its theme are too large to keep")
    return contents


def _paths(root: Path, issue: Issue) -> Iterator[str]:
    yield SETTINGS_FILE
    yield issue.path
    yield from (item.path for item in issue.items if item.path)
    yield from (f"{IMAGES}/{name}" for name in local_pictures(issue.items) if (root / IMAGES / name).is_file())
    for path in sorted((root / THEMES).rglob("*")):
        name = path.relative_to(root).as_posix()
        inside = path.resolve().is_relative_to(root.resolve())
        if inside and path.is_file() and not path.name.startswith(".") and "\n" not in name:
            yield name
