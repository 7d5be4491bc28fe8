"""Create entry and issue files. Files are never overwritten, and are written completely or not at all."""

import datetime
import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from newsletter.content.entries import FIELDS
from newsletter.content.fields import one_line
from newsletter.content.files import SlugTakenError, create_manuscript, for_message, manuscripts_in
from newsletter.content.markdown import escape_markdown, join_passages
from newsletter.content.picks_import import PrintedPick
from newsletter.content.reading import read_manuscripts
from newsletter.domain.issue import Entry, Passage, PassageKind
from newsletter.domain.topics import SLUG, slug_of
from newsletter.errors import UsageError, did_you_mean
from newsletter.files.newsletter_folder import BLOCKS, ENTRIES, ISSUES
from newsletter.files.newsletter_lock import newsletter_lock

_ALWAYS = ("title", "url", "source", "topics")  # fields that a new entry's file has even if they are empty

_Field = str | int | datetime.date | Sequence[str] | None


class UnknownEntryError(UsageError):
    """A name that no entry has. ``suggestion`` asks for one that is close, if there is one."""

    code = "entry-unknown"

    def __init__(self, *, name: str, suggestion: str = "") -> None:
        self.name = name
        self.suggestion = suggestion
        super().__init__(f'no entry "{name}"', hint=suggestion)


class RepeatedEntryError(UsageError):
    """An entry that is named twice for one issue."""

    code = "entry-repeated"

    def __init__(self, *, entry: str) -> None:
        self.entry = entry
        super().__init__(f'entry "{entry}" is named twice', hint="name it once")


class InvalidSlugError(UsageError):
    """A slug with other characters than a-z, 0-9 and hyphens, or with too many; ``suggestion`` is a valid one."""

    code = "slug-invalid"

    def __init__(self, *, slug: str, suggestion: str) -> None:
        self.slug, self.suggestion = slug, suggestion
        super().__init__(
            f'"{slug}" is not a slug: use a-z, 0-9 and hyphens, at most 80 characters', hint=f"use {suggestion}"
        )


class InvalidKindError(UsageError):
    """A kind of piece with other characters than a-z, 0-9 and hyphens; ``suggestion`` is a valid one."""

    code = "kind-invalid"

    def __init__(self, *, kind: str, suggestion: str) -> None:
        self.kind, self.suggestion = kind, suggestion
        super().__init__(f'the kind "{kind}" is not a word of a-z, 0-9 and hyphens', hint=f"use {suggestion}")


class NotUnicodeError(UsageError):
    """A text that can't be written as UTF-8; ``position`` is that of its first invalid character, from 0."""

    code = "text-not-utf-8"

    def __init__(self, *, position: int) -> None:
        self.position = position
        super().__init__("the text is not UTF-8", hint="use a terminal with UTF-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIssue:
    """What a new issue's file says besides its date.

    Without a ``slug`` it is the date. ``entries`` may name blocks too; if there are titles of ``sections``, they go
    into the first one. ``digest`` makes it a weekly digest.
    """

    subject: str = ""
    entries: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    number: int | None = None
    slug: str | None = None
    digest: bool = False
    language: str = ""


def new_entry(root: Path, entry: Entry) -> Path:
    """Write ``issues/entries/<slug>.md`` with an entry's fields and passages.

    Empty topics, URLs and sources are written, and a check reports them; other empty fields are left out. The kind is
    written in lower case. Raise SlugTakenError, InvalidSlugError, InvalidKindError, NotUnicodeError; LockedError or
    NoLockError, and FindingsError if the file can't be written.
    """
    chosen = _valid(entry.slug)
    kind = entry.kind.strip().lower()
    if kind and not SLUG.fullmatch(kind):
        raise InvalidKindError(kind=kind, suggestion=slug_of(kind))
    entry = replace(entry, kind=kind)
    path = root / ENTRIES / f"{chosen}.md"
    fields: dict[str, _Field] = {
        name: getattr(entry, name) if name in _ALWAYS else getattr(entry, name) or None for name in FIELDS
    }
    text = _text(fields, join_passages(entry.passages))
    with newsletter_lock(root):
        if chosen in _taken(root):
            raise SlugTakenError(f'{_kind_of(root, chosen)} "{chosen}" already exists', slug=chosen)
        create_manuscript(root, path, text)
    return path


def new_issue(root: Path, date: datetime.date, issue: NewIssue) -> Path:
    """Write ``issues/<slug>.md``.

    Raise SlugTakenError, InvalidSlugError or NotUnicodeError; UnknownEntryError or RepeatedEntryError for a wrong
    entry; LockedError or NoLockError, and FindingsError if the file can't be written.
    """
    chosen = _valid(date.isoformat() if issue.slug is None else issue.slug)
    path = root / ISSUES / f"{chosen}.md"
    fields: dict[str, _Field] = {
        "date": date,
        "number": issue.number,
        "language": issue.language or None,
        "subject": issue.subject,
        "preheader": "",
        "digest": issue.digest or None,
        "segments": issue.segments or None,
    }
    fields |= {"sections": _sections(issue)} if issue.sections else {"entries": issue.entries}
    text = _text(fields, "")
    with newsletter_lock(root):
        _require_entries(issue.entries, _taken(root))
        create_manuscript(root, path, text)
    return path


def _require_entries(entries: Sequence[str], taken: Collection[str]) -> None:
    """Raise UnknownEntryError or RepeatedEntryError for an issue's entries that are wrong."""
    for entry in entries:
        if entry not in taken:
            raise UnknownEntryError(name=for_message(entry), suggestion=did_you_mean(entry, taken))
        if entries.count(entry) > 1:
            raise RepeatedEntryError(entry=entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPick:
    """A pick's entry: its ``path`` relative to the newsletter's folder, and whether the import has just written it."""

    path: str
    is_new: bool


def import_picks(
    root: Path, picks: Iterable[PrintedPick], url_for: Callable[[PrintedPick], str]
) -> Iterator[ImportedPick]:
    """Write printed picks as entries, except picks whose title and source an entry already has; yield each one's entry.

    ``url_for`` returns a pick's URL, which the printed form lacks. It is only called for picks that are written. Raise
    the errors of ``new_entry``.
    """
    existing = {(entry.title, entry.source): entry.path for entry in read_manuscripts(root).entries.values()}
    for pick in picks:
        known = existing.get((pick.title, pick.source))
        if known is None:
            path = import_pick(root, pick, url=url_for(pick)).relative_to(root).as_posix()
            existing[pick.title, pick.source] = path
            yield ImportedPick(path=path, is_new=True)
        else:
            yield ImportedPick(path=known, is_new=False)


def import_pick(root: Path, pick: PrintedPick, *, url: str = "") -> Path:
    """Write a printed pick as an entry, in Markdown that shows it letter for letter.

    The slug comes from the title, with ``-2``, ``-3`` … if it is taken. Raise the errors of ``new_entry``.
    """
    passages = [
        Passage(kind=kind, markdown="\n\n".join(escape_markdown(paragraph) for paragraph in paragraphs))
        for kind, paragraphs in ((PassageKind.FRAMING, pick.framing), (PassageKind.QUOTATION, pick.quotation))
        if paragraphs
    ]
    entry = Entry(
        slug=slug_of(pick.title),
        title=pick.title,
        url=url,
        source=pick.source,
        topics=tuple(pick.topics),
        passages=tuple(passages),
    )
    with newsletter_lock(root):
        return new_entry(root, replace(entry, slug=_free_slug(entry.slug, _taken(root))))


def _free_slug(slug: str, taken: Collection[str]) -> str:
    if slug not in taken:
        return slug
    return next(name for number in count(2) if (name := _numbered(slug, number)) not in taken)


def _valid(slug: str) -> str:
    if not SLUG.fullmatch(slug):
        raise InvalidSlugError(slug=for_message(slug), suggestion=slug_of(slug))
    return slug


def _numbered(slug: str, number: int) -> str:
    ending = f"-{number}"
    return slug[: 80 - len(ending)].rstrip("-") + ending


def _taken(root: Path) -> frozenset[str]:
    """Return the slugs of all entries and blocks, in any folder."""
    return frozenset(
        path.name.removesuffix(".md")
        for folder in (ENTRIES, BLOCKS)
        for path in manuscripts_in(root, root / folder, deep=True)
    )


def _kind_of(root: Path, slug: str) -> str:
    blocks = (path.stem for path in manuscripts_in(root, root / BLOCKS, deep=True))
    return "block" if slug in blocks else "entry"


def _sections(issue: NewIssue) -> CommentedSeq:
    """Return the list of an issue's sections, with all of its entries in the first."""
    listed = [issue.entries, *((),) * (len(issue.sections) - 1)]
    return CommentedSeq(
        CommentedMap(title=_scalar(title), entries=_flow(entries))
        for title, entries in zip(issue.sections, listed, strict=True)
    )


def _flow(words: Sequence[str]) -> CommentedSeq:
    sequence = CommentedSeq(_scalar(word) for word in words)
    sequence.fa.set_flow_style()
    return sequence


def _scalar(text: str) -> str:
    line = one_line(_unicode(text))
    # ruamel.yaml writes U+0085 unescaped, and reads it back as a line break.
    return line if line.isprintable() else DoubleQuotedScalarString(line)


def _unicode(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as err:  # from the command line: bytes that are not in the shell's encoding
        raise NotUnicodeError(position=err.start) from err
    return text


def _text(fields: Mapping[str, _Field], body: str) -> str:
    """Return a file's text with these fields and this Markdown; None is left out, and empty fields stay empty."""
    table = CommentedMap()
    for name, value in fields.items():
        if isinstance(value, str):
            table[name] = _scalar(value) or None
        elif isinstance(value, CommentedSeq):
            table[name] = value
        elif isinstance(value, Sequence):
            table[name] = _flow(value)
        elif isinstance(value, datetime.datetime):
            table[name] = value.date() if value.time() == datetime.time() else f"{value:%Y-%m-%d %H:%M}"
        elif value is not None:
            table[name] = value
    yaml = YAML()
    yaml.width = 1_000_000  # no line breaks within a value
    yaml.allow_unicode = True
    front = io.StringIO()
    yaml.dump(table, front)
    return "---\n" + front.getvalue() + "---\n" + (_unicode(body).strip("\n") + "\n" if body.strip() else "")
