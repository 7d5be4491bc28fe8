"""How many readers get how many entries."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.choice_counts import ChoiceCounts
from newsletter.domain.edition import Tailor, Tailoring, TopicChoices
from newsletter.domain.entry_spread import EntrySpread, entry_spread
from newsletter.domain.issue import Otherwise
from newsletter.domain.topics import Topic, Topics
from tests import make

TOPICS = Topics([Topic(slug=slug, name=slug) for slug in ("asia", "nato", "sport", "film")])
slugs = st.frozensets(st.sampled_from(["asia", "nato", "sport", "film", "elsewhere"]), max_size=3)
choices = st.builds(lambda follows, excludes: TopicChoices(follows=follows, excludes=excludes - follows), slugs, slugs)
entries = st.lists(st.lists(st.sampled_from(["asia", "nato", "sport", "film"]), max_size=2), min_size=1, max_size=6)
tailorings = st.none() | st.builds(
    Tailoring, minimum=st.integers(0, 3), maximum=st.none() | st.integers(3, 5), otherwise=st.sampled_from(Otherwise)
)


@given(entries=entries, readers=st.lists(choices, max_size=20), tailoring=tailorings)
def test_each_reader_is_counted_once_by_the_entries_they_get(
    entries: list[list[str]], readers: list[TopicChoices], tailoring: Tailoring | None
) -> None:
    issue = make.issue(*(make.entry(f"entry-{at}", topics=tuple(topics)) for at, topics in enumerate(entries)))
    tailor = Tailor(issue, TOPICS, tailoring)
    editions = [tailor.edition(reader) or () for reader in readers]
    sizes = Counter(map(len, editions))
    assert entry_spread(tailor, ChoiceCounts((reader, 1) for reader in readers)) == EntrySpread(
        none=sizes[0],
        one=sizes[1],
        two_or_three=sizes[2] + sizes[3],
        more=sizes[4] + sizes[5] + sizes[6],
        by_position=tuple(sum(at in edition for edition in editions) for at in range(len(entries))),
    )


def test_without_readers_nobody_is_counted() -> None:
    spread = entry_spread(Tailor(make.issue(make.entry()), TOPICS, Tailoring()), ChoiceCounts())
    assert (spread.readers, spread.by_position) == (0, (0,))
