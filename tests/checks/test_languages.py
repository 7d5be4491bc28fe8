"""Findings about issues' languages."""

from datetime import date
from typing import Any

import pytest

from newsletter import checks
from newsletter.domain.publication import About
from tests import make


def test_an_issue_is_in_one_of_the_newsletters_languages() -> None:
    newsletter = make.newsletter(language="en", other_languages=("de",))
    for language in ("", "en", "de", "DE"):
        assert not list(checks.language_findings(make.issue(language=language), newsletter))
    (finding,) = checks.language_findings(make.issue(language="fr", lines={"language": 4}), newsletter)
    assert (finding.rule, finding.place.line) == ("issue-language", 4)
    assert finding.hint == 'set languages = ["en", "de", "fr"] in newsletter.toml'
    (finding,) = checks.language_findings(make.issue(language="deu"), newsletter)
    assert finding.hint == 'did you mean "de"?'


def test_either_all_issues_state_their_language_or_none() -> None:
    plain = [make.issue(), make.issue(slug="2026-11-24", date=date(2026, 11, 24), path="issues/2026-11-24.md")]
    assert not list(checks.unstated_languages(plain))
    (finding,) = checks.unstated_languages([make.issue(language="de"), plain[1]])
    assert (finding.rule, finding.place.path) == ("issue-language-unstated", "issues/2026-11-24.md")


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"other_languages": ("de", "he")}, []),
        ({"description": "Nine picks."}, []),
        ({"description": "Nine picks.", "other_languages": ("de", "he")}, ["de", "he"]),
        ({"frequency": "Daily", "other_languages": ("de",), "translations": (About(language="DE"),)}, []),
        ({"frequency": "Daily", "other_languages": ("de", "he"), "translations": (About(language="de"),)}, ["he"]),
    ],
)
def test_the_words_that_introduce_the_newsletter_are_in_all_its_languages(
    changes: dict[str, Any], missing: list[str]
) -> None:
    settings = 'name = "A"\nlanguages = ["en", "de", "he"]\n'
    findings = list(checks.untranslated_words(make.newsletter(**changes), settings))
    assert [(finding.rule, finding.place.line) for finding in findings] == [("translation-missing", 2)] * len(missing)
    assert [finding.what.split("]")[0] for finding in findings] == [f"no [translations.{tag}" for tag in missing]
