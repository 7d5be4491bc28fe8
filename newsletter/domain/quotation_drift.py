"""Compare a quotation with the page that it is from: which words have changed since. No I/O."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile

from newsletter.domain.quoted_words import LONGEST_INSERTION, ComparedText, ComparedWord, PageWords, quoted_fragments

_LONGEST = 60  # words of a fragment that are compared at once
_ALIKE = 0.6  # the share of its words that a passage must have to be a changed version of a fragment
_FEWEST = 4  # words of a fragment for which a similar passage is looked for
_MOST_PLACES = 1000  # of a word that are looked at: a page may repeat one without end
_CONTEXT = 2  # words shown on both sides of a change
_SHOWN = 12  # words shown of a fragment that is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class WordChange:
    """Words of a quotation, and what the page has in their place."""

    quoted: str
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotationDrift:
    """The differences between a quotation and its page.

    ``gone`` has the beginnings of parts that the page doesn't have in any similar form.
    """

    changes: tuple[WordChange, ...] = ()
    gone: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether there is any difference."""
        return bool(self.changes or self.gone)


def quotation_drift(markdown: str, page: str, elsewhere: Callable[[], str] = str) -> QuotationDrift:
    """Return how a quotation in Markdown differs from the text of a page.

    Cuts that an ellipsis marks, words in brackets, and other punctuation are no differences. ``elsewhere`` returns
    more text of the page, which may be in any order: what it has word for word is no difference either.
    """
    visible = _Page(PageWords(page))
    fragments = [chunk for fragment in quoted_fragments(markdown) for chunk in _chunks(fragment)]
    absent = [fragment for fragment in fragments if not visible.has(fragment)]
    if absent and (more := elsewhere()):
        other = _Page(PageWords(more))
        absent = [fragment for fragment in absent if not other.has(fragment)]
    changes: list[WordChange] = []
    gone: list[str] = []
    for fragment in absent:
        altered = visible.changes(fragment)
        if altered is None:
            gone.append(_beginning(fragment))
        else:
            changes.extend(altered)
    return QuotationDrift(changes=tuple(dict.fromkeys(changes)), gone=tuple(gone))


def _chunks(fragment: ComparedText) -> Iterator[ComparedText]:
    for start in range(0, len(fragment.words), _LONGEST):
        yield ComparedText(fragment.text, fragment.words[start : start + _LONGEST])


def _beginning(fragment: ComparedText) -> str:
    words = len(fragment.words)
    return fragment.excerpt(0, min(words, _SHOWN)) + (" …" if words > _SHOWN else "")


class _Page:
    """The words of a page, with the places of each."""

    def __init__(self, text: PageWords) -> None:
        self._text = text
        self._keys = text.keys
        self._places: Mapping[str, list[int]] = _places(self._keys)

    def has(self, fragment: ComparedText) -> bool:
        """Return whether the page has a fragment word for word."""
        return any(self._matches(fragment.words, start) for start in self._starts(fragment.words))

    def _starts(self, words: Sequence[ComparedWord]) -> Iterable[int]:
        """Return where a fragment may start: the places of the rarest word before its first bracket show that."""
        plain = list(takewhile(lambda word: word.key, words))
        if not plain:
            return range(len(self._keys))
        at = min(range(len(plain)), key=lambda at: len(self._places.get(plain[at].key, ())))
        return (place - at for place in self._places.get(plain[at].key, ()) if place >= at)

    def _matches(self, words: Sequence[ComparedWord], start: int) -> bool:
        places = {start}  # where the next word may be
        for word in words:
            if word.is_insertion:
                places = {place + more for place in places for more in range(LONGEST_INSERTION + 1)}
            else:
                places = {place + 1 for place in places if place < len(self._keys) and word.matches(self._keys[place])}
            if not places:
                return False
        return True

    def changes(self, fragment: ComparedText) -> list[WordChange] | None:
        """Return the changes in the passage that is most like a fragment, or None if none is like it."""
        words = fragment.words
        known = sum(not word.is_insertion for word in words)
        if known < _FEWEST:
            return None
        best: tuple[int, _Alignment] | None = None
        for start, end in self._windows(words):
            alignment = _Alignment(words, self._keys[start:end], start)
            if best is None or alignment.matched > best[0]:
                best = (alignment.matched, alignment)
        if best is None or best[0] < _ALIKE * known:
            return None
        return [self._change(fragment, *difference) for difference in best[1].differences()]

    def _change(self, fragment: ComparedText, first: int, last: int, page_first: int, page_last: int) -> WordChange:
        """Return a change with as many unchanged words around it on both sides."""
        before, after = min(first, _CONTEXT), min(len(fragment.words) - last, _CONTEXT)
        return WordChange(
            quoted=fragment.excerpt(first - before, last + after),
            page=self._text.excerpt(max(page_first - before, 0), min(page_last + after, len(self._keys))),
        )

    def _windows(self, words: Sequence[ComparedWord]) -> Iterator[tuple[int, int]]:
        """Yield the stretches of the page that share most words with a fragment, at about the same distances."""
        width = len(words) // 2 + 10
        votes: Counter[int] = Counter()
        for at, word in enumerate(words):
            places = self._places.get(word.key, ()) if word.key else ()
            for place in places[:_MOST_PLACES]:
                votes[(place - at) // width] += 1
        for bucket, _ in votes.most_common(3):
            start = max(bucket * width - width, 0)
            yield start, min(start + 3 * width + len(words), len(self._keys))


class _Alignment:
    """A fragment's words beside those of a stretch of the page, which begins at ``offset``."""

    def __init__(self, words: Sequence[ComparedWord], keys: Sequence[str], offset: int) -> None:
        self._words, self._offset = words, offset
        patterns = [(word, next((key for key in keys if word.matches(key)), "")) for word in words if word.pattern]
        resolved = {id(word): key for word, key in patterns}
        own = [resolved.get(id(word)) or word.key or f" {at}" for at, word in enumerate(words)]
        self._blocks = SequenceMatcher(None, own, keys, autojunk=False).get_matching_blocks()[:-1]

    @property
    def matched(self) -> int:
        """The number of words that both have in the same order."""
        return sum(block.size for block in self._blocks)

    def differences(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield the words of the fragment, from and to, that differ, with those of the page in their place."""
        at, page_at = 0, self._blocks[0].b - self._blocks[0].a
        for block in self._blocks:
            yield from self._difference(at, block.a, page_at, block.b)
            at, page_at = block.a + block.size, block.b + block.size
        yield from self._difference(at, len(self._words), page_at, page_at + len(self._words) - at)

    def _difference(
        self, first: int, last: int, page_first: int, page_last: int
    ) -> Iterator[tuple[int, int, int, int]]:
        editors = first < last and all(word.is_insertion for word in self._words[first:last])
        if (first, page_first) == (last, page_last) or (editors and page_last - page_first <= LONGEST_INSERTION):
            return
        start = self._offset + max(page_first, 0)
        yield first, last, start, self._offset + max(page_last, page_first, 0)


def _places(keys: Sequence[str]) -> Mapping[str, list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        places[key].append(place)
    return places
