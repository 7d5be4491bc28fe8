"""Segments: rules over topics."""

from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.segment import EVERYONE, Segment

SLUGS = st.sampled_from(["asia", "afghanistan", "nato", "music"])


def test_everyone_admits_a_reader_who_follows_nothing() -> None:
    assert EVERYONE.admits(frozenset())


def test_a_segment_requires_one_of_any_all_of_all_and_none_of_none() -> None:
    asia, nato, music = frozenset({"asia", "afghanistan"}), frozenset({"nato"}), frozenset({"music"})
    segment = Segment(slug="s", name="S", any=(asia, music), all=(nato,), none=(frozenset({"sport"}),))
    assert segment.admits(frozenset({"afghanistan", "nato"}))
    assert segment.admits(frozenset({"music", "nato"}))
    assert not segment.admits(frozenset({"nato"}))
    assert not segment.admits(frozenset({"asia"}))
    assert not segment.admits(frozenset({"asia", "nato", "sport"}))


@given(st.frozensets(SLUGS), st.frozensets(SLUGS, min_size=1))
def test_none_is_the_opposite_of_any(follows: frozenset[str], group: frozenset[str]) -> None:
    wanted = Segment(slug="a", name="A", any=(group,))
    unwanted = Segment(slug="b", name="B", none=(group,))
    assert wanted.admits(follows) != unwanted.admits(follows)
