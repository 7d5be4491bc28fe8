"""An entry as the email has it, alone in an issue of its own."""

from functools import cache

from newsletter import rendering
from newsletter.domain.issue import Entry, Issue, Section
from newsletter.domain.pictures import local_pictures, with_pictures
from newsletter.errors import NewsletterError
from newsletter.message.compiled_issue import CompiledIssue
from newsletter.pictures import picture_library
from newsletter.web.preview.snapshot import Snapshot


def compiled_entry(snapshot: Snapshot, entry: Entry) -> CompiledIssue | None:
    """Return an issue with one entry, or None if the entry or the theme can't be rendered yet."""
    return snapshot.once(f"look {entry.slug}", lambda: _compiled(snapshot, entry))


def _compiled(snapshot: Snapshot, entry: Entry) -> CompiledIssue | None:
    here, theme = snapshot.settings, snapshot.theme.theme
    if theme is None or not entry.url:
        return None
    library = picture_library(here.root)
    library.prepare_all(local_pictures([entry]))
    alone = Issue(
        slug="look",
        date=here.clock().astimezone(here.zone).date(),
        subject=entry.title or entry.slug,
        sections=(Section(title=None, items=(entry,)),),
    )
    try:
        illustrated = with_pictures(alone, cache(library.picture), here.newsletter.pictures_url)
        return rendering.compile_issue(illustrated, here.newsletter, theme)
    except NewsletterError:  # the page shows the findings beside the fields
        return None
