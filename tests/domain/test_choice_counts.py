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
    effects = {topic: 1 << at // 2 for at, topic in enumerate(sorted(topics))}  # some have the same

    def effect(reader: TopicChoices) -> tuple[object, ...]:
        chosen = (frozenset(effects[topic] for topic in words & topics) for words in (reader.follows, reader.excludes))
        return (*chosen, bool(reader.follows))

    merged = list(counts.merged(effects))
    expected = Counter(map(effect, readers))
    assert {effect(reader): number for reader, number in merged} == expected
    assert len(merged) == len(expected)
    assert counts.readers == len(readers)
