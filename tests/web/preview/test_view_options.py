"""The toolbar's state in the URL."""

from dataclasses import replace
from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st

from newsletter.web.preview.view_options import Images, Look, Mode, Shown, View, Width, toolbar

looks_of_all = st.builds(
    Look,
    view=st.sampled_from(View),
    width=st.sampled_from(Width),
    mode=st.sampled_from(Mode),
    images=st.sampled_from(Images),
)
topics = st.sets(st.sampled_from(["arts", "climate", "night-train"])).map(lambda slugs: tuple(sorted(slugs)))
looks = (
    looks_of_all
    | st.builds(replace, looks_of_all, shown=st.just(Shown.TOPICS), topics=topics)
    | st.builds(replace, looks_of_all, shown=st.just(Shown.READER), reader=st.sampled_from(["", "0af" * 10 + "12"]))
)


@given(looks, st.booleans())
def test_a_look_is_read_back_from_its_query(look: Look, on_phone: bool) -> None:
    look = replace(look, usual=Width.PHONE if on_phone else Width.DESKTOP)
    assert Look.parse(dict(parse_qsl(look.query.removeprefix("?"))), on_phone=on_phone) == look


@given(
    st.dictionaries(
        st.sampled_from(["view", "width", "mode", "images", "shown", "topics", "reader", "other"]), st.text()
    )
)
def test_a_query_of_anything_gives_a_look(query: dict[str, str]) -> None:
    assert isinstance(Look.parse(query), Look)


def test_the_default_look_has_no_query() -> None:
    assert Look().query == ""


@given(looks)
def test_the_toolbar_has_one_current_option_in_each_group_and_each_key_once(look: Look) -> None:
    groups = toolbar(look)
    for group in groups:
        assert [option.look for option in group.options if option.current] == [look]
    keys = [option.key for group in groups for option in group.options if option.key]
    assert len(keys) == len(set(keys))


def test_what_is_no_key_and_no_slug_is_not_taken_from_the_address() -> None:
    assert Look.parse({"shown": "reader", "reader": "ada@example.com"}).query == "?shown=reader"
    assert Look.parse({"shown": "topics", "topics": "arts,../etc,,A B"}).query == "?shown=topics&topics=arts"


def test_what_the_newsletter_has_not_cannot_be_chosen() -> None:
    (edition, *_) = toolbar(Look(), without=[Shown.TOPICS])
    assert [option.enabled for option in edition.options] == [True, False, True]
