"""All rules that a newsletter is checked against, by family.

docs/checks.md is made of this table. A test compares the two with each other and with the code that reports findings:
this package, ``content`` (which reads files) and ``rendering``.
"""

from collections.abc import Mapping

from newsletter.checks import block_rules, content_rules, file_rules, issue_rules, poll_rules, theme_rules
from newsletter.checks.rule import Rule
from newsletter.errors import Finding, Place

FAMILIES: Mapping[str, tuple[Rule, ...]] = {
    "Files": file_rules.FILES,
    "Settings": file_rules.SETTINGS,
    "Front matter": file_rules.FRONT_MATTER,
    "Entries": content_rules.ENTRIES,
    "Blocks": block_rules.BLOCKS,
    "Issues": (*file_rules.ISSUES, *issue_rules.ISSUES),
    "Tailored issues": issue_rules.TAILORED,
    "Polls": poll_rules.POLLS,
    "Links": content_rules.LINKS,
    "Words": content_rules.WORDS,
    "Quotations": content_rules.QUOTATIONS,
    "Images": content_rules.IMAGES,
    "Emails": content_rules.EMAILS,
    "Themes": theme_rules.THEMES,
    "Imported picks": file_rules.PICKS,
}
RULES: Mapping[str, Rule] = {rule.name: rule for family in FAMILIES.values() for rule in family}


def make_finding(rule: str, place: Place, what: str, hint: str = "") -> Finding:
    """Return a finding with the rule's severity, and with the rule's own hint unless another is given."""
    known = RULES[rule]
    return Finding(rule=rule, severity=known.severity, place=place, what=what, hint=hint or known.hint)
