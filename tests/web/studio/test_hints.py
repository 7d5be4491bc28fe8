"""Hints in the studio name what its pages have, and no file's syntax."""

import pytest

from newsletter.checks import RULES
from newsletter.errors import Finding, Place, Severity
from newsletter.web.studio import hints
from newsletter.web.studio.hints import is_prose, studio_hint


def _finding(rule: str, hint: str) -> Finding:
    return Finding(rule=rule, severity=Severity.WARNING, place=Place(path="issues/a.md"), what="it is so", hint=hint)


def test_hints_of_the_studio_are_about_rules_that_exist() -> None:
    assert hints.HINTS.keys() <= RULES.keys()


@pytest.mark.parametrize(
    ("rule", "hint", "shown"),
    [
        ("topics-none", "add `topics: […]`", "add one or more"),
        ("issue-empty", "add a line entries: [a-slug, another]", "add entries from the shelf"),
        ("ellipsis-mixed", "use one form: `. . .`, `...` or `…`", "use one form: . . ., ... or …"),
        ("subject-long", "shorten it", "shorten it"),
    ],
)
def test_a_hint_is_in_the_words_of_the_pages(rule: str, hint: str, shown: str) -> None:
    assert studio_hint(_finding(rule, hint)) == shown


@pytest.mark.parametrize(
    ("text", "prose"),
    [
        ("shorten it", True),
        ("docs/settings.md describes the file", False),
        ("base_url is x", False),
        ('"a" is b', False),
    ],
)
def test_only_words_get_a_capital(text: str, prose: bool) -> None:
    assert is_prose(text) is prose
