"""Findings about issues' languages."""

from datetime import date

from newsletter import checks
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
