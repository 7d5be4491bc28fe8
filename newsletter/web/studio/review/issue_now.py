"""An issue as its files are now, for its review; computed once for each state of the files."""

from newsletter.composing import Composed
from newsletter.domain.people import Act, require_role
from newsletter.errors import Finding, NewsletterError, NotFoundError
from newsletter.files.newsletter_folder import SETTINGS_FILE
from newsletter.publishing.reviews.reviewed_issue import ReviewedIssue, files_of_issue, reviewed_issue
from newsletter.web.preview.issue_page import findings_in
from newsletter.web.preview.snapshot import Snapshot
from newsletter.web.studio.context import Studio


def commit_issue(studio: Studio, act: Act, slug: str) -> None:
    """Commit what anybody has changed in an issue's files and the settings, before the person does an act to it.

    Raise NotFoundError, and ForbiddenError if their role doesn't allow it.
    """
    require_role(studio.person, act)  # first: nobody else is told whether there is an issue
    issue = studio.snapshot.manuscripts.issue(slug)
    studio.sittings.commit_files(studio.person, act, (SETTINGS_FILE, *files_of_issue(issue)))


def composed_now(snapshot: Snapshot, slug: str) -> tuple[Composed | None, tuple[Finding, ...]]:
    """Return the compiled issue with its findings, or None and why it can't be shown. Raise NotFoundError."""
    try:
        composed = snapshot.compose(slug)
    except NotFoundError:
        raise
    except NewsletterError as err:
        return None, tuple(findings_in(err))
    return composed, composed.findings


def reviewed_now(studio: Studio, snapshot: Snapshot, composed: Composed) -> ReviewedIssue:
    """Return an issue for its review; the first call for a state of the files computes it."""
    loaded = studio.loaded_settings(snapshot)
    return snapshot.once(f"reviewed {composed.issue.slug}", lambda: reviewed_issue(loaded, composed))
