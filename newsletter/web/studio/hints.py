"""What to do about a finding in the studio, where fields have labels and files aren't seen."""

from collections.abc import Mapping

from newsletter.errors import Finding

HINTS: Mapping[str, str] = {
    "field-missing": "fill it in",
    "gift-paywall": "tick Paywall, or remove the gift link",
    "image-alt": "describe the picture",
    "issue-empty": "add entries from the shelf",
    "quotation-missing": "move the quoted words into Quotation, or end with a full stop",
    "section-empty": "add entries, or remove it",
    "tailored-topics": "give the entries topics, or send the whole issue to everyone",
    "topics-none": "add one or more",
}
"""Hints by rule. The others are true of the studio too."""


def is_prose(text: str) -> bool:
    """Return whether a text begins with a word, which gets a capital, and not with a name from a file or its path."""
    first = text.partition(" ")[0].rstrip(":,")
    return first[:1].isalpha() and not any(sign in first for sign in "/._")


def studio_hint(finding: Finding) -> str:
    """Return a finding's hint in the words of the studio's pages, without a file's syntax."""
    return HINTS.get(finding.rule, finding.hint).replace("`", "")
