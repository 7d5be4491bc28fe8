"""Checks of settings, entries and issues: pure functions from values to findings.

docs/checks.md lists every rule. ``newsletter.composing`` adds the findings of the readers of files and of rendering.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from newsletter.checks.archive import archive_findings, segment_findings, topic_findings
from newsletter.checks.blocks import all_blocks, block_findings
from newsletter.checks.context import CheckContext
from newsletter.checks.dates import Calendar, date_findings
from newsletter.checks.emails import ENCODED_LIMIT, HTML_LIMIT, email_findings, html_sizes, share_of_limit
from newsletter.checks.entries import entry_findings, override_findings
from newsletter.checks.images import Inspect, Web, image_findings
from newsletter.checks.issues import issue_findings
from newsletter.checks.languages import language_findings, unstated_languages, untranslated_words
from newsletter.checks.pictures import newsletter_picture_findings, override_picture_findings, picture_findings
from newsletter.checks.placeholders import placeholder_links, placeholder_settings
from newsletter.checks.polls import poll_findings
from newsletter.checks.rule import Rule
from newsletter.checks.rules import FAMILIES, RULES, make_finding
from newsletter.checks.sampling import representatives, weight
from newsletter.checks.skeletons import skeleton_findings
from newsletter.checks.tailoring import digest_findings, tailoring_findings
from newsletter.checks.timing import timing_findings
from newsletter.checks.topics import undeclared_topic_findings
from newsletter.domain.issue import Entry, Issue, Item
from newsletter.domain.pictures import LookUp
from newsletter.domain.publication import Newsletter
from newsletter.domain.topics import Topics
from newsletter.errors import Finding
from newsletter.message.prose import merge_findings

__all__ = [
    "ENCODED_LIMIT",
    "FAMILIES",
    "HTML_LIMIT",
    "RULES",
    "Calendar",
    "CheckContext",
    "Inspect",
    "Rule",
    "Web",
    "all_blocks",
    "archive_findings",
    "block_findings",
    "date_findings",
    "digest_findings",
    "email_findings",
    "entry_findings",
    "findings_across",
    "findings_of_issue",
    "findings_of_items",
    "findings_of_settings",
    "html_sizes",
    "image_findings",
    "issue_findings",
    "language_findings",
    "make_finding",
    "newsletter_picture_findings",
    "ordered_findings",
    "override_findings",
    "override_picture_findings",
    "picture_findings",
    "placeholder_links",
    "placeholder_settings",
    "poll_findings",
    "representatives",
    "segment_findings",
    "share_of_limit",
    "skeleton_findings",
    "tailoring_findings",
    "timing_findings",
    "topic_findings",
    "undeclared_topic_findings",
    "unstated_languages",
    "untranslated_words",
    "weight",
]


def findings_of_items(items: Collection[Item], topics: Topics, look_up: LookUp) -> Iterator[Finding]:
    """Yield the findings of entries and blocks, as their own files have them."""
    yield from undeclared_topic_findings(items, topics)
    for item in items:
        findings = entry_findings(item, topics) if isinstance(item, Entry) else block_findings(item, topics)
        yield from (finding for finding in findings if finding.rule != "topic-undeclared")  # hundreds may share one
    yield from picture_findings(items, look_up)


def findings_of_issue(
    issue: Issue, newsletter: Newsletter, entries: Mapping[str, Entry], context: CheckContext, look_up: LookUp
) -> Iterator[Finding]:
    """Yield the findings in an issue's own file, except those in the text of its blocks.

    ``entries`` are all entries by slug, as their own files have them. What can't be changed any more isn't reported.
    """
    yield from issue_findings(issue, context.segments)
    yield from override_findings(issue, entries, newsletter.topics)
    yield from override_picture_findings(issue, entries, look_up)
    yield from merge_findings(issue, newsletter)
    yield from tailoring_findings(issue, newsletter)
    yield from language_findings(issue, newsletter)
    if context.was_sent(issue):
        return
    yield from digest_findings(issue, newsletter)
    yield from poll_findings(issue, newsletter)
    yield from timing_findings(issue)
    yield from skeleton_findings(issue, newsletter)
    if context.mails:
        yield from placeholder_links(issue)


def findings_across(entries: Iterable[Entry], issues: Sequence[Issue], context: CheckContext) -> Iterator[Finding]:
    """Yield the findings that compare entries and issues with each other. ``issues`` are ordered by date."""
    yield from archive_findings(entries, issues, context.calendar)
    yield from date_findings(issues, context.calendar)
    yield from unstated_languages([issue for issue in issues if not context.was_sent(issue)])


def findings_of_settings(
    newsletter: Newsletter, settings: str, context: CheckContext, look_up: LookUp
) -> Iterator[Finding]:
    """Yield the findings about the newsletter's own settings; ``settings`` is the text of newsletter.toml."""
    yield from topic_findings(newsletter.topics, settings)
    yield from segment_findings(context.segments.values(), newsletter.topics, settings)
    yield from newsletter_picture_findings(newsletter, settings, look_up)
    yield from untranslated_words(newsletter, settings)
    if context.mails:
        yield from placeholder_settings(newsletter, settings)


def ordered_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings ordered by place, errors first, without duplicates."""

    def position(finding: Finding) -> tuple[object, ...]:
        place = finding.place
        return place.path, place.line or 0, place.column or 0, finding.severity, finding.rule, finding.what

    return sorted(dict.fromkeys(findings), key=position)
