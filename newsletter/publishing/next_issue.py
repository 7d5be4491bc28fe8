"""The next issue: its date and number, and the entries of a weekly digest."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date as day_of
from datetime import timedelta
from pathlib import Path

from newsletter import content
from newsletter.content import NewIssue
from newsletter.domain.issue import Issue
from newsletter.domain.languages import same_language
from newsletter.domain.skeletons import Skeleton, skeleton_of
from newsletter.errors import UsageError, did_you_mean
from newsletter.files.newsletter_lock import newsletter_lock

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


class EmptyWeekError(UsageError):
    """A digest of a week without issues; ``date`` is the week's last day."""

    code = "week-empty"

    def __init__(self, *, date: day_of) -> None:
        self.date = date
        super().__init__(f"there are no issues in the seven days up to {date}", hint="give the digest another date")


class UnavailableLanguageError(UsageError):
    """A language in which the newsletter has no issues; ``languages`` are those that it has."""

    code = "language-unavailable"

    def __init__(self, *, language: str, languages: Sequence[str]) -> None:
        self.language, self.languages = language, tuple(languages)
        suggestion = did_you_mean(language, languages) or f"there are: {', '.join(languages)}"
        super().__init__(f'the newsletter has no issues in "{language}"', hint=suggestion)


def create_issue(
    root: Path,
    wanted: NewIssue,
    *,
    today: day_of,
    date: day_of | None = None,
    languages: Sequence[str] = (),
    skeletons: Mapping[str, Skeleton] | None = None,
) -> Path:
    """Write the file of a new issue and return its path.

    Without a date or a number it gets the next ones among the issues in its language, one of the newsletter's
    ``languages``; the default is the first, which is stated if other issues state theirs. The slug is the date by
    default, followed by any other language than the first. It begins with the sections and segments of its weekday's
    skeleton, if there is one, unless others are wanted. An entry that is named twice is listed once. Raise
    UnavailableLanguageError; UsageError if the slug is taken or invalid, or an entry doesn't exist; LockedError or
    NoLockError, and FindingsError if the file can't be written.
    """
    with newsletter_lock(root):  # two people may ask for the next issue at the same time
        issues, stated = _issues_in(root, wanted.language, languages)
        dated = date or next_date(issues, today)
        skeleton = skeleton_of(skeletons or {}, dated) or Skeleton()
        issue = replace(
            wanted,
            sections=wanted.sections or tuple(section.title for section in skeleton.sections),
            segments=wanted.segments or skeleton.segments,
            number=next_number(issues) if wanted.number is None else wanted.number,
            entries=tuple(dict.fromkeys(wanted.entries)),
            slug=f"{dated}{_suffix(stated, languages)}" if wanted.slug is None else wanted.slug,
            language=stated,
        )
        return content.new_issue(root, dated, issue)


def create_digest(root: Path, wanted: NewIssue, *, date: day_of, languages: Sequence[str] = ()) -> Path:
    """Write the file of a weekly digest and return its path: first its entries, then those of the week's issues.

    The slug is ``digest-<date>`` by default, and the language as for ``create_issue``. Raise as that does, and
    EmptyWeekError if the week has none.
    """
    issues, stated = _issues_in(root, wanted.language, languages)
    digest = replace(
        wanted,
        entries=tuple(dict.fromkeys([*wanted.entries, *entries_of_week(issues, date)])),
        slug=f"digest-{date}{_suffix(stated, languages)}" if wanted.slug is None else wanted.slug,
        digest=True,
        language=stated,
    )
    return content.new_issue(root, date, digest)


def next_date(issues: Sequence[Issue], today: day_of) -> day_of:
    """Return the date of the next issue: today, or the day after the latest issue if that is later.

    ``issues`` are in order of date, without digests.
    """
    return issues[-1].date + _DAY if issues and issues[-1].date >= today else today


def next_number(issues: Sequence[Issue]) -> int | None:
    """Return the number of the next issue, or None for a newsletter that leaves its issues unnumbered."""
    numbers = [issue.number for issue in issues if issue.number is not None]
    return max(numbers, default=0) + 1 if numbers or not issues else None


def entries_of_week(issues: Sequence[Issue], date: day_of) -> list[str]:
    """Return the slugs of the entries in the issues of the seven days up to a date. Raise EmptyWeekError if none."""
    slugs = [entry.slug for issue in issues if date - _WEEK < issue.date <= date for entry in issue.entries]
    if not slugs:
        raise EmptyWeekError(date=date)
    return slugs


def _issues_in(root: Path, language: str, languages: Sequence[str]) -> tuple[list[Issue], str]:
    """Return the issues in a language, without digests, and the language as a new one should state it ("" for not)."""
    issues = [issue for issue in content.read_manuscripts(root).issues if not issue.digest]
    stated = next((tag for tag in languages if same_language(tag, language)), "")
    if language and not stated:
        raise UnavailableLanguageError(language=language, languages=languages)
    if not stated and any(issue.language for issue in issues):
        stated = languages[0] if languages else ""
    if not stated:
        return issues, ""
    return [issue for issue in issues if same_language(issue.language or languages[0], stated)], stated


def _suffix(stated: str, languages: Sequence[str]) -> str:
    return f"-{stated.lower()}" if stated and stated != languages[0] else ""
