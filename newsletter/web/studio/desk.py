"""The desk: the next issues, and what waits."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from newsletter.domain.issue import Issue
from newsletter.domain.send import Send, status_in_words
from newsletter.web.preview.snapshot import Snapshot
from newsletter.web.studio.context import Studio

_MOST = 6  # cards


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCard:
    """A card of an issue on the desk. ``state`` says in words what will become of it; ``when`` is *today* and so on."""

    issue: Issue
    when: str
    state: str


def router(studio: Studio) -> APIRouter:
    """Return the desk's route."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/")
    def desk() -> str:
        """Show the desk."""
        snapshot, sends = studio.snapshots.with_sends()
        today = studio.now.astimezone(snapshot.settings.zone).date()
        return studio.page("desk", place="desk", today=today, cards=issue_cards(snapshot, sends, today))

    return router


def issue_cards(snapshot: Snapshot, sends: Mapping[str, Send], today: datetime.date) -> tuple[IssueCard, ...]:
    """Return cards of the issues from today on and of any older one whose send goes on, by date."""
    going_on = {slug for slug, send in sends.items() if not send.status.ended}
    issues = [issue for issue in snapshot.calendar if issue.date >= today or issue.slug in going_on]
    return tuple(
        IssueCard(
            issue=issue,
            when=_when(issue.date, today),
            state=status_in_words(sends.get(issue.slug), snapshot.settings.zone),
        )
        for issue in issues[:_MOST]
    )


def _when(date: datetime.date, today: datetime.date) -> str:
    """Return a date as people say it: *today*, *tomorrow*, *in 3 days*."""
    days = (date - today).days
    return {0: "today", 1: "tomorrow", -1: "yesterday"}.get(
        days, f"in {days} days" if days > 0 else f"{-days} days ago"
    )
