"""Rebuild a sent issue from the files that git has kept, and compare it with what its send has frozen."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from newsletter import composing, git
from newsletter import settings as settings_files
from newsletter.checks import CheckContext
from newsletter.composing import Composed
from newsletter.domain.issue import Issue
from newsletter.domain.people import Act, Person, require
from newsletter.domain.send import Send
from newsletter.domain.send_errors import NeverSentError
from newsletter.domain.send_source import SendSource
from newsletter.errors import NewsletterError
from newsletter.message import link_tracking
from newsletter.message.compiled_issue import CompiledIssue, IssuePart
from newsletter.publishing.sends.send_source import program_versions
from newsletter.settings import Settings
from newsletter.store import Store


class UnknownSourceError(NewsletterError):
    """A send whose files weren't kept, or can't be read; ``why`` is the reason."""

    code = "source-unknown"

    def __init__(self, *, issue: str, why: str, hint: str = "") -> None:
        self.issue, self.why = issue, why
        super().__init__(f"issue {issue} can't be rebuilt: {why}", hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """A comparison of what a send has frozen with what its files make now.

    ``rebuilt`` is the digest of the issue rebuilt, or "" if it can't be, because of ``failure``. ``differences`` name
    the parts that differ. ``versions`` has the programs that have another version now: the one then and the one now.
    """

    issue: str
    source: SendSource
    frozen: str
    rebuilt: str = ""
    failure: str = ""
    differences: tuple[str, ...] = ()
    versions: Mapping[str, tuple[str, str]]

    @property
    def is_same(self) -> bool:
        """Whether the files make exactly what was sent."""
        return self.rebuilt == self.frozen


def verify_issue(person: Person, settings: Settings, store: Store, issue: str) -> Verification:
    """Rebuild an issue from the commit that its send has recorded, and return how it compares with what was sent.

    Raise ForbiddenError; NeverSentError; and UnknownSourceError if the files weren't kept or git doesn't have them.
    """
    require(person, Act.SEE)
    send = store.sends.of_issue(issue)
    if send is None or not send.digest:
        raise NeverSentError(issue=issue)
    source = _known_source(send)
    files = _kept_files(settings.root, send, source)
    now = program_versions()
    versions = {
        name: (then, now.get(name, "unknown")) for name, then in source.versions.items() if then != now.get(name)
    }
    verification = Verification(issue=send.issue, source=source, frozen=send.digest, versions=versions)
    try:
        with _folder_of(send, files) as folder:
            composed, compiled = _rebuilt(folder, send.issue)
    except NewsletterError as err:
        return replace(verification, failure=str(err))
    frozen, _ = store.frozen.content(send.id)
    differences = tuple(_differences(frozen, compiled, composed.issue)) if compiled.digest != send.digest else ()
    return replace(verification, rebuilt=compiled.digest, differences=differences)


def _known_source(send: Send) -> SendSource:
    source = send.source
    if source is None:
        raise UnknownSourceError(issue=send.issue, why="an earlier version of the program sent it, which kept no files")
    if source.problem:
        hint = "later issues can be rebuilt if the newsletter is in a git repository"
        raise UnknownSourceError(issue=send.issue, why=f"its files were not kept, because {source.problem}", hint=hint)
    return source


def _kept_files(root: Path, send: Send, source: SendSource) -> dict[str, bytes]:
    repository = git.find_repository(root)
    if isinstance(repository, git.NoRepository):
        raise UnknownSourceError(issue=send.issue, why=repository.what, hint=repository.hint)
    try:
        return git.kept_files(replace(repository, prefix=source.prefix), source.kept, source.blobs)
    except git.GitError as err:
        raise UnknownSourceError(issue=send.issue, why=err.what, hint=err.hint) from err


@contextmanager
def _folder_of(send: Send, files: Mapping[str, bytes]) -> Iterator[Path]:
    with TemporaryDirectory(prefix="newsletter-verify-") as name:
        folder = Path(name).resolve()
        for path, content in files.items():
            file = folder / path
            if not file.resolve().is_relative_to(folder):
                raise UnknownSourceError(issue=send.issue, why=f"{path} is outside the newsletter's folder")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        yield folder


def _rebuilt(folder: Path, issue: str) -> tuple[Composed, CompiledIssue]:
    settings = settings_files.load(folder)
    composed = composing.compose_draft(folder, settings.newsletter, issue, CheckContext(segments=settings.segments))
    return composed, link_tracking.with_tracking(composed.compiled, composed.issue, settings.newsletter)


_FIELDS = {
    "newsletter": "the newsletter's name",
    "sender": "the sender",
    "reply_to": "the reply address",
    "list_id": "the list's id",
    "help_url": "the help page's address",
    "archive_url": "the address in the archive",
    "subject": "the subject",
    "preheader": "the preheader",
    "titles": "the entries",
    "topical_blocks": "the blocks with topics",
    "length": "the length in words",
    "links": "the tracked links",
}


def _differences(frozen: CompiledIssue, rebuilt: CompiledIssue, issue: Issue) -> Iterator[str]:
    """Yield what differs, in words."""
    for name, words in _FIELDS.items():
        if getattr(frozen, name) != getattr(rebuilt, name):
            yield words
    yield from _different_parts("HTML", frozen.html, rebuilt.html, issue)
    yield from _different_parts("text", frozen.text, rebuilt.text, issue)


def _different_parts(
    kind: str, frozen: tuple[IssuePart, ...], rebuilt: tuple[IssuePart, ...], issue: Issue
) -> Iterator[str]:
    if len(frozen) != len(rebuilt):
        yield f"the {kind}, which has {len(rebuilt)} parts and had {len(frozen)}"
        return
    names = (_part_name(new, issue) for old, new in zip(frozen, rebuilt, strict=True) if old != new)
    yield from (f"the {kind} of {name}" for name in dict.fromkeys(names))


def _part_name(part: IssuePart, issue: Issue) -> str:
    if part.item is not None and part.item < len(issue.items):
        return issue.items[part.item].name
    return "the headings" if part.entries else "the frame around the entries"
