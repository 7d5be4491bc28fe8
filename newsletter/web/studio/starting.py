"""Get ready in the background, after the studio has started, for what its first pages would wait for."""

from contextlib import suppress

from newsletter.errors import NewsletterError
from newsletter.translation.locales import release_tables
from newsletter.web.http.memory import collect_often, return_memory
from newsletter.web.studio.context import Studio
from newsletter.web.studio.issue_cards import issues_on_the_desk, tally_of


def warm_up(studio: Studio) -> None:
    """Read all files, load the templates of pages, and compile the issues on the desk: that takes some seconds."""
    with suppress(NewsletterError):  # the pages show it
        _ = studio.snapshot.manuscripts
        for name in studio.environment.list_templates(extensions=["html"]):
            if name.startswith("studio/"):
                studio.environment.get_template(name)
        snapshot, sends = studio.snapshots.with_sends()
        for issue in issues_on_the_desk(snapshot, sends, studio.now):
            tally_of(snapshot, issue.slug)
    release_tables()
    collect_often()  # without looking at what is loaded by now again and again
    return_memory()
