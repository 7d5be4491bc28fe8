"""The grammar of merge fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.message.merge_fields import template_of
from newsletter.message.template import Slot, filled
from newsletter.rendering import merge_fields, merge_findings
from tests import make


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
        ("{{ links.unsubscribe }}", 'no merge field "links.unsubscribe"', "there are subscriber.first_name"),
        ("{{ subscriber.name | default(“you”) }}", "is not a merge field", "use straight quotes"),
        ("{{ subscriber.name | upper }}", "is not a merge field", "write {{ subscriber.first_name"),
        ("{{ 7 * 7 }}", "is not a merge field", "write {{ subscriber.first_name"),
        ("{{ }}", "is not a merge field", "write {{ subscriber.first_name"),
        ("{{ subscriber.name", "has no end", "close it"),
        ("{{ subscriber.name }", "has no end", "close it"),
        ("{{ subscriber.__class__ }}", "no merge field", "there are"),
    ],
)
def test_anything_else_between_braces_is_reported_and_stays_text(text: str, what: str, hint: str) -> None:
    (field,) = merge_fields(text)
    assert field.slot is None
    assert what in field.what
    assert hint in field.hint
    assert template_of(text) == (text,)


def test_each_wrong_field_is_placed() -> None:
    issue = make.issue(
        subject="{{ x }}", preheader="{{ subscriber.nam }}", note="fine\n{{ y }} {{ z", lines={"subject": 3, "note": 9}
    )
    places = [str(finding.place) for finding in merge_findings(issue, make.newsletter())]
    assert places == [f"issues/2026-11-23.md:{line}" for line in (3, 1, 10, 10)]


def test_attributes_of_the_newsletter_are_fields() -> None:
    issue = make.issue(note="{{ subscriber.city }}")
    assert merge_findings(issue, make.newsletter(attributes=("city",))) == ()


@given(st.text(alphabet=st.sampled_from(list("{} |.\"'()%#subscriberfirst_namedefault\n“é")), max_size=80))
def test_a_text_never_loses_a_character(text: str) -> None:
    template = template_of(text)
    written = "".join(text[field.start : field.end] for field in merge_fields(text) if field.slot)
    assert len(filled(template, {})) <= len(text)
    assert sum(len(part) for part in template if isinstance(part, str)) + len(written) == len(text)
    for field in merge_fields(text):
        assert text[field.start :].startswith("{{")
        assert field.slot is not None or (field.what and field.hint)
