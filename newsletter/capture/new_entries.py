"""Make an entry from a captured link."""

from newsletter.capture.values import Captured
from newsletter.content.markdown import escape_markdown
from newsletter.domain.issue import Entry, Passage, PassageKind
from newsletter.domain.languages import covers
from newsletter.domain.topics import slug_of


def entry_from(captured: Captured, *, language: str) -> Entry:
    """Return an entry with what was read; the selected text is its quotation. ``language`` is the newsletter's.

    An entry names its language only if it isn't the newsletter's. The page's image is left out: it belongs to the
    publication, and nobody has described it.
    """
    facts = captured.facts
    tag = facts.value("language")
    paragraphs = [" ".join(paragraph.split()) for paragraph in captured.selection.split("\n\n")]
    quotation = "\n\n".join(escape_markdown(paragraph) for paragraph in paragraphs if paragraph)
    return Entry(
        slug=slug_of(facts.value("title")),
        title=facts.value("title"),
        url=captured.url,
        source=facts.value("source"),
        author=facts.value("author") or None,
        date=facts.date,
        language="" if covers(language, tag) else tag,
        kind=facts.value("kind"),
        minutes=facts.minutes,
        paywall=facts.paywall,
        passages=(Passage(kind=PassageKind.QUOTATION, markdown=quotation),) if quotation else (),
    )
