"""The index leaves out no candidate that a link repeats, and most of the others."""

from hypothesis import given
from hypothesis import strategies as st

from newsletter.capture import Candidate, CandidateIndex, find_duplicates

WORDS = st.lists(
    st.sampled_from(["the", "night", "train", "quietly", "returned", "to", "Lisbon", "soil", "bridge", "map", "of"]),
    max_size=6,
)
TITLES = WORDS.map(" ".join)
URLS = st.sampled_from([f"https://example.org/{number}" for number in range(6)])


@given(URLS, TITLES, st.lists(st.tuples(URLS, TITLES), max_size=12))
def test_the_same_duplicates_are_found(url: str, title: str, others: list[tuple[str, str]]) -> None:
    candidates = [Candidate(url=other, title=words, name=str(at)) for at, (other, words) in enumerate(others)]
    likely = CandidateIndex(candidates).likely([url], title)
    assert find_duplicates([url], title, likely) == find_duplicates([url], title, candidates)


def test_titles_that_share_little_are_not_compared() -> None:
    candidates = [Candidate(url=f"https://example.org/{at}", title=f"A night train to town {at}") for at in range(100)]
    assert CandidateIndex(candidates).likely(["https://example.org/x"], "How the soil of a night is made") == []
    assert len(CandidateIndex(candidates).likely(["https://www.example.org/7/?utm_source=x"], "")) == 1
