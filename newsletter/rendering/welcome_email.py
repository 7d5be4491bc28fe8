"""Render the welcome mail: the latest issue for a reader who has just subscribed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from newsletter.domain.consent import ServiceKind
from newsletter.domain.issue import Issue
from newsletter.domain.picks import MOST_PICKS, Pick, first_picks
from newsletter.domain.publication import Newsletter
from newsletter.message.link_slots import PREFERENCES, UNSUBSCRIBE
from newsletter.message.mime import Email
from newsletter.rendering.clean_text import one_line
from newsletter.rendering.link_words import link_target
from newsletter.rendering.page_text import PageText
from newsletter.rendering.service_email import service_email
from newsletter.rendering.themes import Theme


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestIssue:
    """The latest issue, as templates see it. ``more`` is the number of picks that are left out."""

    language: str
    direction: str
    date: str
    subject: str
    preheader: str
    url: str
    picks: tuple[Pick, ...]
    more: int


def welcome_email(issue: Issue, links: Mapping[str, str], newsletter: Newsletter, theme: Theme) -> Email:
    """Return the welcome mail with this issue and a reader's own links, in the theme's language around the issue.

    Raise FindingsError if a template is broken.
    """
    prose = PageText(newsletter, theme.in_language(newsletter.language)).of(issue)
    first = first_picks(issue, MOST_PICKS)
    latest = LatestIssue(
        language=prose.language,
        direction=prose.direction,
        date=prose.full_day(issue.date),
        subject=prose.line(issue.subject, issue),
        preheader=prose.line(issue.preheader, issue),
        url=f"{newsletter.base_url}/issues/{issue.slug}/",
        picks=tuple(
            replace(pick, title=one_line(pick.title), url=link_target(pick), source=one_line(pick.source))
            for pick in first.picks
        ),
        more=first.more,
    )
    more_values = {"latest": latest, "unsubscribe": links[UNSUBSCRIBE]}
    return service_email(ServiceKind.WELCOME, links[PREFERENCES], newsletter, theme, more_values)
