"""The form in which names are searched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.search_keys import LONGEST_KEY, end_of_prefix, search_key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Émile  Müller ", "emile muller"),
        ("İpek Öz", "ipek oz"),
        ("Weiß", "weiss"),
        ("Nguyễn", "nguyen"),
        ("Łukasz Żak", "lukasz zak"),
        ("Søren Ægidius Đurić", "soren aegidius duric"),
        ("ISIL IŞIL ışıl", "isil isil isil"),
        ("Ann O’Neil", "ann o'neil"),
        ("Ελένη", "ελενη"),
        ("田中 太郎", "田中 太郎"),
        ("\udcffbroken\u00a0bytes", "broken bytes"),
        ("", ""),
    ],
)
def test_a_name_is_found_without_accents_and_capitals(name: str, key: str) -> None:
    assert search_key(name) == key


@given(st.text(st.characters(exclude_categories=[])))
def test_every_text_has_a_key_that_any_database_stores(text: str) -> None:
    key = search_key(text)
    assert len(key) <= LONGEST_KEY
    assert key.encode().decode() == key


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"]), max_size=9))
def test_what_begins_with_a_prefix_lies_before_its_end(prefix: str, more: str) -> None:
    if not more.startswith("\U0010ffff"):
        assert prefix.encode() <= (prefix + more).encode() < end_of_prefix(prefix).encode()
