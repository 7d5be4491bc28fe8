"""Archives for tests, with issues sent on consecutive days."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from newsletter import archive as archiving
from newsletter import rendering
from newsletter.archive import Archive, PageBuilder
from newsletter.domain.issue import Issue
from newsletter.domain.publication import Newsletter
from newsletter.domain.send import PublishedIssue
from newsletter.web.public import pages as site
from tests import make

DAY = datetime.timedelta(days=1)


def issue(day: int, *slugs: str, topics: tuple[str, ...] = ("NATO",), **changes: Any) -> Issue:
    """Return the issue of a day of November 2026 with these entries."""
    entries = (make.entry(slug, topics=topics) for slug in slugs)
    date = datetime.date(2026, 11, day)
    return make.issue(*entries, slug=date.isoformat(), date=date, **changes)


def archive(*issues: Issue, newsletter: Newsletter | None = None) -> Archive:
    """Return an archive of these issues."""
    sent = [PublishedIssue(issue=number.slug, at=make.WHEN + (number.date - make.WHEN.date()) * 1) for number in issues]
    return archiving.collect(issues, sent, newsletter or make.newsletter())


@contextmanager
def pages(of: Archive, *, searching: bool = True) -> Iterator[PageBuilder]:
    """Return an archive's pages with the packaged templates."""
    with TemporaryDirectory() as empty:
        root = Path(empty)
        theme = rendering.load_theme(root, of.newsletter)
        templates = site.PageTemplates(root, of.newsletter, theme)
        prose = rendering.PageText(of.newsletter, theme)
        pictures = archiving.Cards(root, of.newsletter, prose)
        yield PageBuilder(of, prose, templates.render, pictures=pictures, searching=searching)
