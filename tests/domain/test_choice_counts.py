"""Readers counted by their choice of topics."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.choice_counts import ChoiceCounts
from newsletter.domain.edition import TopicChoices

slugs = st.frozensets(st.sampled_from(["asia", "nato", "sport", "film", "elsewhere"]), max_size=4)
choices = st.builds(lambda follows, excludes: TopicChoices(follows=follows, excludes=excludes - follows), slugs, slugs)


@given(readers=st.lists(choices, max_size=20), topics=slugs)
def test_the_counts_are_those_of_the_choices(readers: list[TopicChoices], topics: frozenset[str]) -> None:
    counts = ChoiceCounts((reader, 1) for reader in readers)
    assert dict(counts.items()) == Counter(readers)
    assert counts.among(topics) == Counter(reader.among(topics) for reader in readers)
    assert counts.readers == len(readers)
