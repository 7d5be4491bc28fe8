"""What a reader gets of the next issue, and why."""

import datetime
from dataclasses import dataclass, replace

from newsletter.domain.edition import EntryReason
from newsletter.domain.plurals import capitalised
from newsletter.errors import FindingsError, NewsletterError
from newsletter.publishing.readers.reader_lookup import copy_for, reader_record
from newsletter.publishing.readers.readers import ReaderGoneError
from newsletter.settings import Settings
from newsletter.store import Store
from newsletter.web.studio.context import Studio


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyLine:
    """An entry of the next issue, or a block with topics: whether the reader gets it, and why."""

    title: str
    chosen: bool
    because: EntryReason


@dataclass(frozen=True, slots=True, kw_only=True)
class NextCopy:
    """A reader's copy of the next issue. ``problem`` says why that can't be told; ``obstacles``, why nothing."""

    issue: str = ""
    date: datetime.date | None = None
    subject: str = ""
    problem: str = ""
    obstacles: tuple[str, ...] = ()
    lines: tuple[CopyLine, ...] = ()
    gets_nothing: bool = False


def next_copy_of(studio: Studio, settings: Settings, store: Store, key: str) -> NextCopy:
    """Return what the reader with a key gets of the next issue. Raise ReaderGoneError and ForbiddenError."""
    reader = reader_record(store, studio.person, key).reader
    issue = next(iter(studio.coming_issues()), None)
    if issue is None:
        return NextCopy(problem="No issue is planned.")
    known = NextCopy(issue=issue.slug, date=issue.date, subject=issue.subject)
    try:
        composed = studio.snapshot.compose(issue.slug)
        copy = copy_for(settings, store, studio.person, composed, reader, now=studio.now)
    except FindingsError:
        return replace(known, problem="The next issue has errors, so nobody would get it yet.")
    except NewsletterError as err:
        return replace(known, problem=f"{capitalised(err.what or str(err))}.")
    if copy is None:
        raise ReaderGoneError()
    reasons = zip(composed.issue.by_position, copy.reasons, strict=True)
    lines = tuple(
        CopyLine(title=item.title or item.name, chosen=at in (copy.edition or ()), because=because)
        for at, (item, because) in enumerate(reasons)
    )
    return replace(
        known,
        obstacles=tuple(map(capitalised, copy.obstacles)),
        lines=lines,
        gets_nothing=copy.edition is None,
    )
