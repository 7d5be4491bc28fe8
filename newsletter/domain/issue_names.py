"""Resolve an issue's name: a slug, a file's path, `today`, `next` or `latest`. No I/O."""

from collections.abc import Collection, Sequence
from datetime import date

from newsletter.domain.date_words import day_in_words
from newsletter.domain.issue import Issue
from newsletter.errors import NotFoundError, UsageError, did_you_mean

TODAY, NEXT, LATEST = NAMES = ("today", "next", "latest")


class NoIssuesError(NotFoundError):
    """A newsletter without any issue."""

    code = "issues-none"

    def __init__(self) -> None:
        super().__init__("there is no issue yet", hint="write one")


class UnknownIssueError(NotFoundError):
    """A name that no issue has. ``suggestion`` asks for one that is close, if there is one."""

    code = "issue-unknown"

    def __init__(self, *, name: str, suggestion: str = "") -> None:
        self.name = name
        self.suggestion = suggestion
        super().__init__(f'no issue "{name}"', hint=suggestion)


class NoSuchDayError(NotFoundError):
    """A search for `today` or `next` when no issue is dated today or none is left to send."""

    code = "issue-day"

    def __init__(self, what: str, *, suggestion: str = "") -> None:
        self.suggestion = suggestion
        super().__init__(what, hint=suggestion or "write one")


class SeveralIssuesError(UsageError):
    """A search for `today` or `next` when several unsent issues have that day; ``issues`` are their slugs."""

    code = "issues-several"

    def __init__(self, *, issues: Sequence[str], day: date) -> None:
        self.issues, self.day = tuple(issues), day
        super().__init__(
            f"several unsent issues are dated {day_in_words(day)}: {' and '.join(issues)}", hint="name one of them"
        )


def issue_named(name: str, issues: Sequence[Issue], *, today: date, begun: Collection[str]) -> Issue:
    """Return the issue that a slug, a file's path or one of ``NAMES`` means.

    `today` is the issue dated today; if there are several, the one not sent yet. `next` is the first issue dated today
    or later that has not been sent. `latest` is the issue with the latest date, sent or not. None of them means a
    weekly digest. ``issues`` are in order of date; ``begun`` are the slugs of issues whose send has begun.

    Raise UnknownIssueError or NoIssuesError if there is no such issue, NoSuchDayError if no issue has that day, and
    SeveralIssuesError if several do.
    """
    slug = name.rpartition("/")[2].removesuffix(".md") if name.endswith(".md") else name
    for issue in issues:
        if issue.slug == slug:
            return issue
    if not issues:
        raise NoIssuesError
    daily = [issue for issue in issues if not issue.digest]
    if slug == TODAY:
        return _today([issue for issue in daily if issue.date == today], daily, today, begun)
    if slug == NEXT:
        return _next([issue for issue in daily if issue.date >= today and issue.slug not in begun], today)
    if slug == LATEST:
        return daily[-1] if daily else issues[-1]
    suggestion = did_you_mean(slug, [*NAMES, *(issue.slug for issue in issues)])
    raise UnknownIssueError(name=slug[:80], suggestion=suggestion)


def _today(candidates: Sequence[Issue], daily: Sequence[Issue], today: date, begun: Collection[str]) -> Issue:
    unsent = [issue for issue in candidates if issue.slug not in begun]
    if len(unsent) > 1:
        raise SeveralIssuesError(issues=[issue.slug for issue in unsent], day=today)
    if candidates:
        return (unsent or candidates)[-1]
    coming = [issue.slug for issue in daily if issue.date > today and issue.slug not in begun]
    suggestion = f"the next one is {coming[0]}" if coming else ""
    raise NoSuchDayError(f"no issue is dated today, {day_in_words(today)}", suggestion=suggestion)


def _next(coming: Sequence[Issue], today: date) -> Issue:
    if not coming:
        raise NoSuchDayError(f"no unsent issue is dated {day_in_words(today)} or later")
    same_day = [issue for issue in coming if issue.date == coming[0].date]
    if len(same_day) > 1:
        raise SeveralIssuesError(issues=[issue.slug for issue in same_day], day=coming[0].date)
    return coming[0]
