"""Search entries and blocks: all words of a query must match, also as parts of words, ignoring case and accents."""

import unicodedata
from collections.abc import Sequence

from newsletter.archive.model import Archive, ArchivedBlock, ArchivedEntry, ArchivedPart
from newsletter.message.merge_fields import without_merge_fields

LONGEST = 100  # characters of a query
_WORDS = 8


class SearchIndex:
    """A search index: the text of an archive's entries and blocks, without case and accents."""

    def __init__(self, archive: Archive) -> None:
        order = {archived.issue.slug: at for at, archived in enumerate(archive.issues)}
        parts: list[ArchivedPart] = [*archive.entries, *archive.blocks]
        parts.sort(key=lambda part: order[part.first_issue.issue.slug])
        self._parts = [(part, _folded(_title(part)), _folded("\n".join(_words(part)))) for part in parts]

    def search(self, query: str) -> Sequence[ArchivedPart]:
        """Return the parts with all words of a query: those with all in the title first, then the newest."""
        words = _folded(query[:LONGEST]).split()[:_WORDS]
        if not words:
            return ()
        matches = [(part, title) for part, title, text in self._parts if all(word in text for word in words)]
        matches.sort(key=lambda match: not all(word in match[1] for word in words))
        return [part for part, _ in matches]


def _title(part: ArchivedPart) -> str:
    return part.entry.title if isinstance(part, ArchivedEntry) else part.block.title


def _words(part: ArchivedPart) -> Sequence[str]:
    if isinstance(part, ArchivedBlock):
        block = part.block
        links = (word for link in block.links for word in (link.title, link.source, link.kind))
        text = without_merge_fields(block.text)
        return (block.title, text, block.who, block.where, block.image_alt or "", *links, *block.topics)
    entry = part.entry
    return (
        entry.title,
        entry.source,
        entry.author or "",
        *(passage.markdown for passage in entry.passages),
        *(topic.name for topic in part.topics),
    )


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
