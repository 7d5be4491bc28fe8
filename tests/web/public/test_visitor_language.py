"""The choice of a language for a visitor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.web.public.visitor_language import best_language

OFFERED = ("he", "en", "de-CH", "de")


@pytest.mark.parametrize(
    ("wanted", "accepted", "best"),
    [
        ("", "", "he"),
        ("de", "en", "de"),
        ("DE-at", "", "de"),
        ("de-CH-1996", "", "de-CH"),
        ("fr", "en", "en"),
        ("", "fr, en-GB;q=0.8, de;q=0.9", "de"),
        ("", "de;q=0.1, en;q=0.2", "en"),
        ("", "de;q=0, fr", "he"),
        ("", "*", "he"),
        ("", "de;q=nan, en;q=inf, de;q=x, ;;;,", "he"),
    ],
)
def test_the_wish_comes_first_then_the_browser_then_the_newsletter(wanted: str, accepted: str, best: str) -> None:
    assert best_language(OFFERED, wanted=wanted, accepted=accepted) == best


@given(st.text(), st.text())
def test_whatever_a_client_sends_it_gets_an_offered_language(wanted: str, accepted: str) -> None:
    assert best_language(OFFERED, wanted=wanted, accepted=accepted) in OFFERED
