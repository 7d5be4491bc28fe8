"""Words looked for in entries: all of them must be there, as parts of words, whatever their case and accents."""

import unicodedata
from collections.abc import Sequence

from newsletter.archive.model import Archive, Archived

LONGEST = 100  # characters of a query
_WORDS = 8


class Index:
    """The words of an archive, folded."""

    def __init__(self, archive: Archive) -> None:
        self._entries = [(one, _folded(one.entry.title), _folded("\n".join(_words(one)))) for one in archive.entries]

    def find(self, query: str) -> Sequence[Archived]:
        """The entries with all words of a query; those with all of them in the title first, then the newest."""
        words = _folded(query[:LONGEST]).split()[:_WORDS]
        if not words:
            return ()
        found = [(one, title) for one, title, text in self._entries if all(word in text for word in words)]
        found.sort(key=lambda pair: not all(word in pair[1] for word in words))
        return [one for one, _ in found]


def _words(one: Archived) -> Sequence[str]:
    entry = one.entry
    return (
        entry.title,
        entry.source,
        entry.author or "",
        *(block.markdown for block in entry.blocks),
        *(topic.name for topic in one.topics),
    )


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
