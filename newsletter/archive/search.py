"""Search entries and blocks: all words of a query must match, also as parts of words, ignoring case and accents."""

import unicodedata
from collections.abc import Sequence

from newsletter.archive.model import Archive, ArchivedBlock, ArchivedEntry, ArchivedItem
from newsletter.message.merge_fields import without_merge_fields

LONGEST = 100  # characters of a query
_WORDS = 8


class SearchIndex:
    """A search index: the text of an archive's entries and blocks, without case and accents."""

    def __init__(self, archive: Archive) -> None:
        order = {archived.issue.slug: at for at, archived in enumerate(archive.issues)}
        items: list[ArchivedItem] = [*archive.entries, *archive.blocks]
        items.sort(key=lambda item: order[item.first_issue.issue.slug])
        self._items = [(item, _folded(_title(item)), _folded("\n".join(_words(item)))) for item in items]

    def search(self, query: str) -> Sequence[ArchivedItem]:
        """Return the items with all words of a query: those with all in the title first, then the newest."""
        words = _folded(query[:LONGEST]).split()[:_WORDS]
        if not words:
            return ()
        matches = [(item, title) for item, title, text in self._items if all(word in text for word in words)]
        matches.sort(key=lambda match: not all(word in match[1] for word in words))
        return [item for item, _ in matches]


def _title(item: ArchivedItem) -> str:
    return item.entry.title if isinstance(item, ArchivedEntry) else item.block.title


def _words(item: ArchivedItem) -> Sequence[str]:
    if isinstance(item, ArchivedBlock):
        block = item.block
        links = (word for link in block.links for word in (link.title, link.source, link.kind))
        text = without_merge_fields(block.text)
        return (block.title, text, block.who, block.where, block.image_alt or "", *links, *block.topics)
    entry = item.entry
    return (
        entry.title,
        entry.source,
        entry.author or "",
        *(passage.markdown for passage in entry.passages),
        *(topic.name for topic in item.topics),
    )


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
