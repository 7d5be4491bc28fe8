"""Segments: rules over topics."""

from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.reader_rules import AttributeIn, ReaderFacts
from newsletter.domain.segment import EVERYONE, Segment
from newsletter.domain.subscriber import Subscriber
from tests import make

SLUGS = st.sampled_from(["asia", "afghanistan", "nato", "music"])


def following(*topics: str, **attributes: str) -> ReaderFacts:
    """Return the facts about a reader who follows these topics."""
    return ReaderFacts(
        reader=Subscriber(address="ada@example.com", topics=topics, attributes=attributes), now=make.WHEN
    )


def test_everyone_admits_a_reader_who_follows_nothing() -> None:
    assert EVERYONE.admits(following())


def test_a_segment_requires_one_of_any_all_of_all_and_none_of_none() -> None:
    asia, nato, music = frozenset({"asia", "afghanistan"}), frozenset({"nato"}), frozenset({"music"})
    segment = Segment(slug="s", name="S", any=(asia, music), all=(nato,), none=(frozenset({"sport"}),))
    assert segment.admits(following("afghanistan", "nato"))
    assert segment.admits(following("music", "nato"))
    assert not segment.admits(following("nato"))
    assert not segment.admits(following("asia"))
    assert not segment.admits(following("asia", "nato", "sport"))


@given(st.frozensets(SLUGS), st.frozensets(SLUGS, min_size=1))
def test_none_is_the_opposite_of_any(follows: frozenset[str], group: frozenset[str]) -> None:
    wanted = Segment(slug="a", name="A", any=(group,))
    unwanted = Segment(slug="b", name="B", none=(group,))
    assert wanted.admits(following(*follows)) != unwanted.admits(following(*follows))


def test_a_rule_is_required_as_well() -> None:
    rule = AttributeIn(name="plan", values=("pro",))
    segment = Segment(slug="s", name="S", any=(frozenset({"nato"}),), where=rule)
    assert segment.admits(following("nato", plan="pro"))
    assert not segment.admits(following("nato"))
    assert not segment.admits(following(plan="pro"))
    assert Segment(slug="s", name="S", where=rule).admits(following(plan="pro"))
