"""Topics and slugs."""

from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.topics import SLUG, Topic, Topics, slug_of
from tests import make


@given(st.text())
def test_every_text_has_a_slug(text: str) -> None:
    assert SLUG.fullmatch(slug_of(text))
    assert slug_of(slug_of(text)) == slug_of(text)


def test_a_topic_can_be_found_by_slug_name_and_alias_in_any_case() -> None:
    topics = make.topics()
    for name in ("nato", "NATO", "Nato", "north  atlantic treaty organization"):
        assert topics.resolve(name).slug == "nato"
        assert topics.resolve(name).declared


def test_an_undeclared_topic_works_by_its_own_slug() -> None:
    topic = make.topics().resolve("Politics & Current Affairs")
    assert (topic.slug, topic.name, topic.declared) == ("politics-current-affairs", "Politics & Current Affairs", False)


def test_following_a_parent_covers_its_children() -> None:
    topics = make.topics()
    assert topics.with_descendants("asia") == {"asia", "afghanistan"}
    assert topics.with_descendants("afghanistan") == {"afghanistan"}
    assert topics.ancestors("afghanistan") == ("asia",)
    assert topics.related("afghanistan") == {"afghanistan", "asia"}


def test_topics_with_the_same_name_clash_and_the_first_keeps_it() -> None:
    topics = Topics([Topic(slug="ice", name="Ice"), Topic(slug="skating", name="Skating", aliases=("ICE",))])
    assert topics.resolve("ice").slug == "ice"
    assert topics.clashes == [("ICE", "ice", "skating")]


def test_a_renamed_topic_keeps_its_followers_through_its_alias() -> None:
    politics = Topic(slug="politics", name="Politics")
    renamed = Topic(slug="tech", name="Technology", aliases=("Science & Technology", "sci"), parent="politics")
    topics = Topics([politics, renamed])
    assert topics.current("science-technology") == topics.current("sci") == topics.current("technology") == "tech"
    assert topics.current("tech") == "tech"
    assert topics.current("nato") == "nato"
    assert topics.resolve("science-technology") == renamed
    assert (
        topics.related("tech")
        == topics.related("politics")
        == {"politics", "tech", "science-technology", "sci", "technology"}
    )


def test_an_alias_equal_to_another_topics_slug_means_that_topic() -> None:
    topics = Topics([Topic(slug="tech", name="Technology", aliases=("sci",)), Topic(slug="sci", name="Science")])
    assert topics.current("sci") == "sci"
    assert topics.related("tech") == {"tech", "technology"}


def test_the_same_declared_topics_are_equal() -> None:
    asia = Topic(slug="asia", name="Asia")
    assert Topics([asia]) == Topics([Topic(slug="asia", name="Asia")])
    assert hash(Topics([asia])) == hash(Topics([asia]))
    assert Topics([asia]) != Topics([Topic(slug="asia", name="Asia", aliases=("The East",))])
