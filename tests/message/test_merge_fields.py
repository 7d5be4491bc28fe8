"""The grammar of merge fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.message.merge_fields import (
    merge_field,
    merge_fields,
    template_of,
    without_merge_fields,
)
from newsletter.message.template import Slot, fill_text


@pytest.mark.parametrize(
    ("text", "slot"),
    [
        ("{{ subscriber.first_name }}", Slot("subscriber.first_name")),
        ("{{subscriber.last_name}}", Slot("subscriber.last_name")),
        ('{{ subscriber.name | default("reader") }}', Slot("subscriber.name", "reader")),
        ("{{ subscriber.name|default( 'dear \"reader\"' ) }}", Slot("subscriber.name", 'dear "reader"')),
        ('{{ subscriber.city | default("") }}', Slot("subscriber.city")),
    ],
)
def test_a_merge_field_names_a_value_and_a_fallback(text: str, slot: Slot) -> None:
    assert template_of(f"a {text} b", ["city"]) == ("a ", slot, " b")


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        (
            "{{ subscriber.firstname }}",
            'no merge field "subscriber.firstname"',
            'did you mean "subscriber.first_name"?',
        ),
        ("{{ subscriber.city }}", 'no merge field "subscriber.city"', "attributes add more"),
        ("{{ links.unsubscribe }}", "is not the target of a link", "write [your topics]"),
        ("{{ links.prefs }}", 'no merge field "links.prefs"', 'did you mean "links.preferences"?'),
        ("{{ links.x }}", 'no merge field "links.x"', "there are links.unsubscribe"),
        ('{{ links.archive | default("x") }}', "is not a merge field", "write [your topics]"),
        ('{{ links.archive("x") }}', "takes nothing in parentheses", "write {{ links.archive }}"),
        ("{{ links.vote }}", "a vote has no answer", 'write [Yes]({{ links.vote("yes") }})'),
        ("{{ links.vote(' ') }}", "a vote has no answer", 'write [Yes]({{ links.vote("yes") }})'),
        ("{{ links.vote(yes) }}", "is not a merge field", "write [your topics]"),
        (f'{{{{ links.vote("{"x" * 41}") }}}}', "the answer of a vote has 41 characters", "shorten it"),
        ("{{ subscriber.name | default(“you”) }}", "is not a merge field", "use straight quotes"),
        ("{{ subscriber.name | upper }}", "is not a merge field", "write {{ subscriber.first_name"),
        ("{{ 7 * 7 }}", "is not a merge field", "write {{ subscriber.first_name"),
        ("{{ }}", "is not a merge field", "write {{ subscriber.first_name"),
        ("{{ subscriber.name", "has no end", "close it"),
        ("{{ subscriber.name }", "has no end", "close it"),
        ("{{ subscriber.__class__ }}", "no merge field", "there are"),
    ],
)
def test_other_text_in_braces_is_reported_and_unchanged(text: str, what: str, hint: str) -> None:
    (field,) = merge_fields(text, ())
    assert field.slot is None
    assert field.closed is text.endswith("}}")
    assert what in field.what
    assert hint in field.hint
    assert template_of(text) == (text,)


@given(st.text(alphabet=st.sampled_from(list("{} |.\"'()%#subscriberfirst_namedefault\n“é")), max_size=80))
def test_a_text_never_loses_a_character(text: str) -> None:
    template = template_of(text)
    written = "".join(text[field.start : field.end] for field in merge_fields(text, ()) if field.slot)
    assert len(fill_text(template, {})) <= len(text)
    assert sum(len(part) for part in template if isinstance(part, str)) + len(written) == len(text)
    for field in merge_fields(text, ()):
        assert text[field.start :].startswith("{{")
        assert field.slot is not None or (field.what and field.hint)


@pytest.mark.parametrize(
    ("text", "default"),
    [
        ("{{ subscriber.planet }}", None),
        ('{{ subscriber.planet | default("") }}', ""),
        ("{{ subscriber.planet | default('') }}", ""),
        ("{{ edition.titles[3] | default('more') }}", "more"),
        ("{{ edition.count }}", None),
        ("{{ edition.picks }}", None),
    ],
)
def test_without_a_newsletter_any_field_of_a_subscriber_is_valid(text: str, default: str | None) -> None:
    (field,) = merge_fields(text)
    assert field.slot == Slot(text.split()[1], default or "")
    assert field.default == default


@pytest.mark.parametrize("text", ["{{ subscriber.titles[0] }}", "{{ edition.title }}", "{{ links.unsubscribe }}"])
def test_without_a_newsletter_other_names_are_still_invalid(text: str) -> None:
    assert [field.slot for field in merge_fields(text)] == [None]


def test_fields_are_replaced_valid_or_not_but_for_one_without_an_end() -> None:
    text = '{{ subscriber.name }}, {{ x }} and {{ edition.count | default("two") }} {{ more'
    assert without_merge_fields(text) == ",  and  {{ more"
    assert without_merge_fields(text, lambda field: field.default or "?") == "?, ? and two {{ more"
    assert without_merge_fields("no field {") == "no field {"


@given(st.text(alphabet=st.sampled_from(list(" |.'()%#name“é\"")), max_size=20))
def test_a_field_written_for_a_slot_is_read_as_that_slot(default: str) -> None:
    slot = Slot("subscriber.name", default.replace("'", "") if '"' in default else default)
    assert template_of(merge_field(slot)) == (slot,)
