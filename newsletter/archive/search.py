"""Search entries: all words of a query must match, also as parts of words, ignoring case and accents."""

import unicodedata
from collections.abc import Sequence

from newsletter.archive.model import Archive, ArchivedEntry

LONGEST = 100  # characters of a query
_WORDS = 8


class SearchIndex:
    """A search index: the text of an archive's entries, without case and accents."""

    def __init__(self, archive: Archive) -> None:
        self._entries = [
            (archived_entry, _folded(archived_entry.entry.title), _folded("\n".join(_words(archived_entry))))
            for archived_entry in archive.entries
        ]

    def search(self, query: str) -> Sequence[ArchivedEntry]:
        """Return the entries with all words of a query: those with all in the title first, then the newest."""
        words = _folded(query[:LONGEST]).split()[:_WORDS]
        if not words:
            return ()
        matches = [(entry, title) for entry, title, text in self._entries if all(word in text for word in words)]
        matches.sort(key=lambda match: not all(word in match[1] for word in words))
        return [entry for entry, _ in matches]


def _words(archived_entry: ArchivedEntry) -> Sequence[str]:
    entry = archived_entry.entry
    return (
        entry.title,
        entry.source,
        entry.author or "",
        *(passage.markdown for passage in entry.passages),
        *(topic.name for topic in archived_entry.topics),
    )


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
