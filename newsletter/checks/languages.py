"""Checks of issues' languages against the newsletter's."""

from collections.abc import Iterator, Sequence

from newsletter.checks.places import is_readable
from newsletter.checks.rules import make_finding
from newsletter.domain.issue import Issue
from newsletter.domain.languages import same_language
from newsletter.domain.publication import Newsletter
from newsletter.errors import Finding, did_you_mean
from newsletter.files.toml_lines import setting_place


def language_findings(issue: Issue, newsletter: Newsletter) -> Iterator[Finding]:
    """Yield a finding if the issue is in a language that the newsletter doesn't have."""
    if issue.language and not any(same_language(issue.language, tag) for tag in newsletter.languages):
        listed = ", ".join(f'"{tag}"' for tag in (*newsletter.languages, issue.language))
        hint = did_you_mean(issue.language, newsletter.languages) or f"set languages = [{listed}] in newsletter.toml"
        what = f'the newsletter has no issues in "{issue.language}"'
        yield make_finding("issue-language", issue.place("language"), what, hint)


def unstated_languages(issues: Sequence[Issue]) -> Iterator[Finding]:
    """Yield a finding for each of the issues that states no language, if any of them states one."""
    if any(issue.language for issue in issues):
        for issue in issues:
            if not issue.language and is_readable(issue):
                what = "the issue states no language, so readers of every language get it"
                yield make_finding("issue-language-unstated", issue.place(), what)


def untranslated_words(newsletter: Newsletter, settings: str) -> Iterator[Finding]:
    """Yield a finding for each language in which visitors read the newsletter's introduction in its first language.

    ``settings`` is the text of newsletter.toml.
    """
    words = [name for name in ("description", "frequency") if getattr(newsletter, name)]
    translated = [about.language for about in newsletter.translations]
    for tag in newsletter.other_languages if words else ():
        if not any(same_language(tag, other) for other in translated):
            what = f'no [translations.{tag}]: its pages show the {" and the ".join(words)} in "{newsletter.language}"'
            yield make_finding("translation-missing", setting_place(settings, "languages"), what)
