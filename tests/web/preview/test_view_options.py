"""The toolbar and its state in the URL."""

from dataclasses import replace
from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st

from newsletter.web.preview.toolbar import toolbar
from newsletter.web.preview.view_options import ColorScheme, EditionKind, Images, View, ViewOptions, Width

options_of_all = st.builds(
    ViewOptions,
    view=st.sampled_from(View),
    width=st.sampled_from(Width),
    mode=st.sampled_from(ColorScheme),
    images=st.sampled_from(Images),
)
topics = st.sets(st.sampled_from(["arts", "climate", "night-train"])).map(lambda slugs: tuple(sorted(slugs)))
any_options = (
    options_of_all
    | st.builds(replace, options_of_all, shown=st.just(EditionKind.TOPICS), topics=topics)
    | st.builds(
        replace, options_of_all, shown=st.just(EditionKind.READER), reader=st.sampled_from(["", "0af" * 10 + "12"])
    )
)


@given(any_options, st.booleans())
def test_view_options_are_read_back_from_their_query(options: ViewOptions, on_phone: bool) -> None:
    options = replace(options, default_width=Width.PHONE if on_phone else Width.DESKTOP)
    assert ViewOptions.parse(dict(parse_qsl(options.query.removeprefix("?"))), on_phone=on_phone) == options


@given(
    st.dictionaries(
        st.sampled_from(["view", "width", "mode", "images", "shown", "topics", "reader", "other"]), st.text()
    )
)
def test_any_query_is_read_as_view_options(query: dict[str, str]) -> None:
    assert isinstance(ViewOptions.parse(query), ViewOptions)


def test_the_default_options_have_no_query() -> None:
    assert ViewOptions().query == ""


@given(any_options)
def test_the_toolbar_has_one_current_button_in_each_group_and_each_key_once(options: ViewOptions) -> None:
    groups = toolbar(options)
    for group in groups:
        assert [button.target for button in group.buttons if button.current] == [options]
    keys = [button.key for group in groups for button in group.buttons if button.key]
    assert len(keys) == len(set(keys))


def test_invalid_keys_and_slugs_in_the_query_are_ignored() -> None:
    assert ViewOptions.parse({"shown": "reader", "reader": "ada@example.com"}).query == "?shown=reader"
    assert ViewOptions.parse({"shown": "topics", "topics": "arts,../etc,,A B"}).query == "?shown=topics&topics=arts"


def test_missing_features_cannot_be_chosen() -> None:
    (edition, *_) = toolbar(ViewOptions(), without=[EditionKind.TOPICS])
    assert [button.enabled for button in edition.buttons] == [True, False, True]
