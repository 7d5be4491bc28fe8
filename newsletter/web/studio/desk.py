"""The desk: the next issues, what is missing, the links that wait, and what was changed lately."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from newsletter.domain.people import Act, may
from newsletter.domain.send import begun_issues
from newsletter.publishing.missing_issue import missing_tomorrow
from newsletter.web.studio.context import Studio
from newsletter.web.studio.issue_cards import duration, earlier_issues, issue_cards, tally_of
from newsletter.web.studio.recent_changes import RecentChanges
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
        cards = issue_cards(snapshot, sends, studio.person, now)
        if findings:
            for card in cards:
                tally_of(snapshot, card.issue.slug)
            cards = issue_cards(snapshot, sends, studio.person, now)
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
        """Count the findings of the issues on the desk, and return them for its script."""
        snapshot, sends = studio.snapshots.with_sends()
        slugs = [card.issue.slug for card in issue_cards(snapshot, sends, studio.person, studio.now)]
        return studio.part("desk-findings", tallies={slug: tally_of(snapshot, slug) for slug in slugs})

    return router
