"""Saved pages of invented publications, in the forms that real ones use: what is read from them, and where from."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from newsletter.capture import Article, read_page

PAGES = Path(__file__).with_name("pages")
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("pages.toml").read_text(encoding="utf-8"))


def without_text(_html: str, _url: str) -> Article:
    """Stand in for the child process, which has tests of its own."""
    return Article()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_page_has_these_values_from_these_places(name: str) -> None:
    expected = dict(EXPECTED[name])
    url, content_type = expected.pop("url"), expected.pop("content_type", "text/html")

    facts = read_page((PAGES / f"{name}.html").read_bytes(), url, content_type, extract=without_text)

    assert {field: [value.value, value.origin] for field, value in facts.values.items()} == expected


def test_every_saved_page_has_an_expectation_and_there_are_at_least_40() -> None:
    assert {path.stem for path in PAGES.glob("*.html")} == set(EXPECTED)
    assert len(EXPECTED) >= 40
