"""Find the few candidates that a link may repeat, without comparing it with all of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from newsletter.capture.duplicates import SIMILAR, address_key, title_words, word_weight
from newsletter.capture.values import Candidate


class CandidateIndex:
    """An index of candidates by their addresses and by the words of their titles."""

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self._candidates = tuple(candidates)
        self._by_address: dict[str, list[int]] = defaultdict(list)
        self._by_word: dict[str, list[int]] = defaultdict(list)
        for number, candidate in enumerate(self._candidates):
            if key := address_key(candidate.url):
                self._by_address[key].append(number)
            for word in title_words(candidate.title):
                self._by_word[word].append(number)

    def likely(self, addresses: Iterable[str], title: str) -> Sequence[Candidate]:
        """Return all candidates that ``find_duplicates`` may find for a link, and few others."""
        likely = {number for url in addresses for number in self._by_address.get(address_key(url), ())}
        words = title_words(title)
        shared: dict[int, int] = defaultdict(int)
        for word in words:
            for number in self._by_word.get(word, ()):
                shared[number] += word_weight(word)
        # The shared words weigh at least that share of all words of both, so of this title's too.
        least = SIMILAR * sum(map(word_weight, words))
        likely.update(number for number, weight in shared.items() if weight >= least)
        return [self._candidates[number] for number in sorted(likely)]
