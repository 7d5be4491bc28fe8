"""The latest issue for the pages that introduce the newsletter: the sign-up form, and the welcome after it."""

from newsletter.domain.picks import first_picks
from newsletter.errors import StoreError
from newsletter.web.public.pages import Site

FEW_PICKS = 4  # on the sign-up page


def latest_issue_values(site: Site, language: str, most: int) -> dict[str, object]:
    """Return the values for templates: the ``latest`` issue in a language with at most this many picks, or None.

    Without a database, the page has to do without it.
    """
    try:
        archived_issue = site.archive_cache.archive.latest(language)
    except StoreError:
        archived_issue = None
    if archived_issue is None:
        return {"latest": None}
    issue, prose = archived_issue.issue, site.prose.of(archived_issue.issue)
    return {"latest": first_picks(issue, most), "latest_prose": prose}
