"""Make an entry from a captured link."""

from newsletter.capture.names import site_from_address
from newsletter.capture.titles import title_from_address
from newsletter.capture.values import Captured
from newsletter.domain.captured_links import LinkFacts
from newsletter.domain.issue import Entry, Passage, PassageKind
from newsletter.domain.languages import covers
from newsletter.domain.topics import slug_of


def facts_of(captured: Captured) -> LinkFacts:
    """Return what a page says about itself, as facts of a link."""
    page = captured.facts
    return LinkFacts(
        canonical_url=captured.url,
        title=page.value("title"),
        source=page.value("source"),
        author=page.value("author"),
        date=page.date,
        language=page.value("language"),
        minutes=page.minutes,
        image=page.value("image"),
        kind=page.value("kind"),
        paywall=page.paywall,
        text=page.text,
        origins={name: value.origin for name, value in page.values.items()},
    )


def entry_from(url: str, facts: LinkFacts, *, quotation: str = "", language: str) -> Entry:
    """Return the entry of a link with what is known about it; its address stands in for a title and a source.

    ``quotation`` is Markdown. ``language`` is the newsletter's: an entry names only another one. The page's image is
    left out: it belongs to the publication, and nobody has described it.
    """
    url = facts.canonical_url or url
    title = facts.title or title_from_address(url)
    return Entry(
        slug=slug_of(title),
        title=title,
        url=url,
        source=facts.source or site_from_address(url),
        author=facts.author or None,
        date=facts.date,
        language="" if covers(language, facts.language) else facts.language,
        kind=facts.kind,
        minutes=facts.minutes,
        paywall=facts.paywall,
        passages=(Passage(kind=PassageKind.QUOTATION, markdown=quotation),) if quotation else (),
    )
