"""Checks of settings, entries and issues: pure functions from values to findings.

docs/checks.md lists every rule. ``newsletter.composing`` adds the findings of the readers of files and of rendering.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from newsletter.checks.archive import archive_findings, segment_findings, topic_findings
from newsletter.checks.blocks import all_blocks, block_findings
from newsletter.checks.dates import Calendar, date_findings
from newsletter.checks.emails import ENCODED_LIMIT, HTML_LIMIT, email_findings, html_sizes, share_of_limit
from newsletter.checks.entries import entry_findings, override_findings
from newsletter.checks.images import Inspect, Web, image_findings
from newsletter.checks.issues import issue_findings
from newsletter.checks.languages import language_findings, unstated_languages
from newsletter.checks.pictures import newsletter_picture_findings, picture_findings
from newsletter.checks.placeholders import placeholder_links, placeholder_settings
from newsletter.checks.polls import poll_findings
from newsletter.checks.rule import Rule
from newsletter.checks.rules import FAMILIES, RULES, make_finding
from newsletter.checks.sampling import representatives, weight
from newsletter.checks.tailoring import digest_findings, tailoring_findings
from newsletter.checks.topics import undeclared_topic_findings
from newsletter.domain.blocks import Block
from newsletter.domain.issue import Entry, Issue
from newsletter.domain.segment import Segment
from newsletter.domain.topics import Topics
from newsletter.errors import Finding

__all__ = [
    "ENCODED_LIMIT",
    "FAMILIES",
    "HTML_LIMIT",
    "RULES",
    "Calendar",
    "Inspect",
    "Rule",
    "Web",
    "all_blocks",
    "archive_findings",
    "block_findings",
    "content_findings",
    "date_findings",
    "digest_findings",
    "email_findings",
    "entry_findings",
    "findings_in_parts",
    "html_sizes",
    "image_findings",
    "issue_findings",
    "language_findings",
    "make_finding",
    "newsletter_picture_findings",
    "ordered_findings",
    "override_findings",
    "picture_findings",
    "placeholder_links",
    "placeholder_settings",
    "poll_findings",
    "representatives",
    "segment_findings",
    "share_of_limit",
    "tailoring_findings",
    "topic_findings",
    "undeclared_topic_findings",
    "unstated_languages",
    "weight",
]


def content_findings(
    entries: Mapping[str, Entry],
    issues: Sequence[Issue],
    *,
    topics: Topics,
    segments: Mapping[str, Segment],
    blocks: Iterable[Block] = (),
    settings: str = "",
    calendar: Calendar | None = None,
) -> list[Finding]:
    """Return all findings that need no rendering, without duplicates, ordered by place.

    ``issues`` are ordered by date, ``segments`` keyed by slug. ``blocks`` are those with files. ``settings`` is the
    text of newsletter.toml, from which line numbers are taken. Without a ``calendar`` no date is compared with today
    and no issue counts as sent.
    """
    everywhere = tuple(all_blocks(blocks, issues))
    return ordered_findings(
        [
            *topic_findings(topics, settings),
            *segment_findings(segments.values(), topics, settings),
            *archive_findings(entries.values(), issues, calendar),
            *date_findings(issues, calendar),
            *undeclared_topic_findings((*entries.values(), *everywhere), topics),
            *findings_in_parts((*entries.values(), *everywhere), topics),
            *(finding for issue in issues for finding in issue_findings(issue, segments)),
            *(finding for issue in issues for finding in override_findings(issue, entries, topics)),
        ]
    )


def findings_in_parts(parts: Iterable[Entry | Block], topics: Topics) -> Iterator[Finding]:
    """Yield the findings of each entry and block, except undeclared topics: hundreds of entries may share one."""
    for part in parts:
        findings = entry_findings(part, topics) if isinstance(part, Entry) else block_findings(part, topics)
        yield from (finding for finding in findings if finding.rule != "topic-undeclared")


def ordered_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings ordered by place, errors first, without duplicates."""

    def position(finding: Finding) -> tuple[object, ...]:
        place = finding.place
        return place.path, place.line or 0, place.column or 0, finding.severity, finding.rule, finding.what

    return sorted(dict.fromkeys(findings), key=position)
