"""The desk: the next issues, what is missing, the links that wait, and what was changed lately."""

from collections.abc import Mapping

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from newsletter.domain.people import Act, may
from newsletter.domain.send import Send, begun_issues
from newsletter.publishing.missing_issue import missing_tomorrow
from newsletter.web.preview.snapshot import Snapshot
from newsletter.web.studio.context import Studio
from newsletter.web.studio.issue_cards import (
    IssueCard,
    duration,
    earlier_issues,
    issue_card,
    issues_on_the_desk,
    tally_of,
)
from newsletter.web.studio.recent_changes import RecentChanges
from newsletter.web.studio.review.review_stages import issue_stages
from newsletter.web.studio.shelf import unread_paths

_LINKS = 5


def router(studio: Studio) -> APIRouter:
    """Return the desk's routes."""
    router = APIRouter(default_response_class=HTMLResponse)
    changes = RecentChanges(studio)

    @router.get("/")
    def desk(findings: str = "") -> str:
        """Show the desk. Findings are shown as far as they are known; with ``findings`` they are counted first."""
        snapshot, sends = studio.snapshots.with_sends()
        now = studio.now.astimezone(snapshot.settings.zone)
        cards = _cards(snapshot, sends, compile_first=bool(findings))
        waiting = studio.waiting_links(snapshot)
        return studio.page(
            "desk",
            place="desk",
            now=now,
            cards=cards,
            watches=may(studio.person, Act.SEE_REPORTS),
            reported=begun_issues(sends) if may(studio.person, Act.SEE_REPORTS) else (),
            missing=missing_tomorrow(snapshot.calendar, now, snapshot.settings.reminder),
            earlier=earlier_issues(snapshot, cards, now.date()),
            unread=sorted(unread_paths(snapshot)),
            links=waiting[:_LINKS],
            more_links=max(0, len(waiting) - _LINKS),
            changes=changes.list(snapshot),
            duration=duration,
        )

    @router.get("/desk/findings")
    def findings() -> str:
        """Count the findings of the issues on the desk, find out their stages, and return both for its script."""
        snapshot, sends = studio.snapshots.with_sends()
        return studio.part("desk-findings", cards=_cards(snapshot, sends, compile_first=True))

    def _cards(snapshot: Snapshot, sends: Mapping[str, Send], *, compile_first: bool) -> tuple[IssueCard, ...]:
        """Return the cards, without what can't be known before the issues are compiled unless ``compile_first``."""
        issues = issues_on_the_desk(snapshot, sends, studio.now)
        if compile_first:
            for issue in issues:
                tally_of(snapshot, issue.slug)
        stages = issue_stages(studio, snapshot, sends, issues, compile_first=compile_first)
        return tuple(
            issue_card(snapshot, issue, sends.get(issue.slug), studio.person, studio.now, stages.get(issue.slug))
            for issue in issues
        )

    return router
