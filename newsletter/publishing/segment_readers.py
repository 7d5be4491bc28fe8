"""Who is in a segment now: numbers for people who see totals, and examples for those who see readers."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from newsletter.domain.issue import Issue
from newsletter.domain.people import Act, Person, may, require
from newsletter.domain.segment import EVERYONE, Segment, SegmentStep
from newsletter.domain.segment_rule_parser import parse_rule
from newsletter.domain.settings_changes import SetSetting
from newsletter.domain.skeletons import Skeleton
from newsletter.domain.topics import slug_of
from newsletter.editing import Changed, Editing
from newsletter.errors import NotFoundError, UsageError
from newsletter.files.newsletter_folder import SETTINGS_FILE
from newsletter.files.toml_edits import toml_value
from newsletter.settings import SettingsFile, parse_settings, rule_words
from newsletter.store import Store

EXAMPLES = 5


class SegmentUsedError(UsageError):
    """A segment that can't be deleted, since issues or skeletons name it; ``users`` are their names."""

    code = "segment-used"

    def __init__(self, *, segment: str, users: Sequence[str]) -> None:
        self.segment, self.users = segment, users
        what = f'the segment "{segment}" is used by {", ".join(users)}'
        super().__init__(what, hint="give them another segment first")


class SegmentExistsError(UsageError):
    """A name for a new segment whose slug another one has."""

    code = "segment-exists"

    def __init__(self, *, segment: str) -> None:
        self.segment, self.field = segment, "name"
        super().__init__(f'there is a segment "{segment}" already', hint="choose another name")


class MissingSegmentError(NotFoundError):
    """A segment that newsletter.toml doesn't have, perhaps because somebody has just deleted it."""

    code = "segment-missing"

    def __init__(self, *, segment: str) -> None:
        self.segment = segment
        super().__init__(f'there is no segment "{segment}"', hint="look at the list of segments")


def count_step(
    store: Store,
    person: Person,
    segments: Sequence[Segment],
    now: datetime,
    *,
    after: int = 0,
    seconds: float,
    with_examples: bool = True,
) -> SegmentStep:
    """Return the next part of the readers of segments, with examples of the first one's if wanted and a person may see
    readers.

    Raise ForbiddenError unless they may see totals.
    """
    require(person, Act.SEE_REPORTS)
    examples = EXAMPLES if with_examples and may(person, Act.SEE_READERS) else 0
    return store.segment_steps.step(segments, now, after=after, seconds=seconds, examples=examples)


def segment_with_rule(editing: Editing, person: Person, slug: str, where: str) -> Segment:
    """Return a segment of newsletter.toml with another rule, as somebody types it. Raise RuleSyntaxError.

    Raise ForbiddenError unless they may save it: by counting rules of their own choice, somebody who may see only
    totals would learn what single readers have told the newsletter.
    """
    require(person, Act.CHANGE_SETTINGS)
    file = parse_settings(editing.read(SETTINGS_FILE).text)
    if not isinstance(file, SettingsFile):
        raise UsageError("newsletter.toml has mistakes", hint="correct them first")
    words = rule_words(file)
    table = file.segments.get(slug)

    def groups(names: Iterable[str]) -> tuple[frozenset[str], ...]:
        return tuple(words.topics.related(words.topics.resolve(name).slug) for name in names)

    return Segment(
        slug=slug,
        name=slug,
        any=groups(table.any) if table else (),
        all=groups(table.all) if table else (),
        none=groups(table.none) if table else (),
        where=parse_rule(where, words) if where.strip() else None,
    )


def create_segment(editing: Editing, person: Person, name: str, where: str, *, session: str = "", now: datetime) -> str:
    """Add a segment to newsletter.toml and return its slug. Raise SegmentExistsError, and as ``change_settings``."""
    require(person, Act.CHANGE_SETTINGS)
    words = " ".join(name.split())
    if not words:
        raise UsageError("the segment has no name", hint="write one")
    slug = slug_of(words)
    if slug == EVERYONE.slug or toml_value(editing.read(SETTINGS_FILE).text, ("segments", slug)) is not None:
        raise SegmentExistsError(segment=slug)
    table = {"name": words, "where": where.strip()}
    editing.change_settings(
        person, SetSetting(path=("segments", slug), value=table), seen=None, session=session, now=now
    )
    return slug


def delete_segment(
    editing: Editing,
    person: Person,
    slug: str,
    users: Sequence[str],
    *,
    session: str = "",
    now: datetime,
) -> Changed:
    """Remove a segment from newsletter.toml, unless it has ``users``. Raise SegmentUsedError or MissingSegmentError."""
    require(person, Act.CHANGE_SETTINGS)
    if toml_value(editing.read(SETTINGS_FILE).text, ("segments", slug)) is None:
        raise MissingSegmentError(segment=slug)
    if users:
        raise SegmentUsedError(segment=slug, users=users)
    return editing.change_settings(person, SetSetting(path=("segments", slug), value=None), session=session, now=now)


def users_of(
    slug: str, issues: Iterable[Issue], skeletons: Mapping[str, Skeleton], sent: Iterable[str]
) -> tuple[str, ...]:
    """Return the names of the issues that will still be sent to a segment, and of the skeletons that name it."""
    begun = frozenset(sent)
    coming = [f"issue {issue.slug}" for issue in issues if slug in issue.segments and issue.slug not in begun]
    return (*coming, *(f"the skeleton {day}" for day, skeleton in skeletons.items() if slug in skeleton.segments))


def raw_segments(text: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the tables of the segments as newsletter.toml has them."""
    tables = toml_value(text, ("segments",))
    return tables if isinstance(tables, dict) else {}
