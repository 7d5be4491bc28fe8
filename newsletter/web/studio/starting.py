"""Get ready in the background, after the studio has started, for what its first pages would wait for."""

from collections.abc import Iterable
from contextlib import suppress

from newsletter.domain.issue import Issue
from newsletter.errors import NewsletterError
from newsletter.publishing.audience import segments_of
from newsletter.translation.locales import release_tables
from newsletter.web.http.memory import collect_often, return_memory
from newsletter.web.preview.snapshot import Snapshot
from newsletter.web.studio.context import Studio
from newsletter.web.studio.issue_cards import issues_on_the_desk, tally_of


def warm_up(studio: Studio) -> None:
    """Read all files, load templates, compile the issues on the desk, and count readers: that takes some seconds."""
    with suppress(NewsletterError):  # the pages show it
        _ = studio.snapshot.manuscripts
        for name in studio.environment.list_templates(extensions=["html"]):
            if name.startswith("studio/"):
                studio.environment.get_template(name)
        snapshot, sends = studio.snapshots.with_sends()
        issues = issues_on_the_desk(snapshot, sends, studio.now)
        _count_readers(studio, snapshot, issues)  # first: compiling reuses the memory that this needs for a moment
        for issue in issues:
            tally_of(snapshot, issue.slug)
    release_tables()
    collect_often()  # without looking at what is loaded by now again and again
    return_memory()


def _count_readers(studio: Studio, snapshot: Snapshot, issues: Iterable[Issue]) -> None:
    if not snapshot.settings.has_database():
        return
    studio.topic_numbers.counted(snapshot)
    loaded = studio.loaded_settings(snapshot)
    for issue in issues:
        with suppress(NewsletterError):  # a finding says what is wrong with its segments
            studio.reader_choices.of(tuple(segments_of(loaded, issue)), snapshot.settings.open_store, studio.now)
