"""Checks of tailored issues and digests."""

from collections.abc import Iterator

from newsletter.checks.places import at
from newsletter.checks.rules import make_finding
from newsletter.domain.edition import Tailoring, tailoring_of
from newsletter.domain.issue import Issue
from newsletter.domain.publication import Newsletter
from newsletter.errors import Finding
from newsletter.message.edition_slots import title_position
from newsletter.message.merge_fields import merge_field, merge_fields
from newsletter.message.prose import addressed_texts
from newsletter.message.template import Slot


def tailoring_findings(issue: Issue, newsletter: Newsletter) -> Iterator[Finding]:
    """Yield findings about an issue's tailoring and about its ``edition`` merge fields."""
    tailoring = tailoring_of(issue, newsletter)
    if not issue.entries and not issue.blocks:  # the reader of files has reported it
        return
    yield from _titles(issue, tailoring)
    if tailoring is None:
        return
    minimum, maximum, pinned = tailoring.minimum, tailoring.maximum, len(issue.pinned)
    if maximum is not None and minimum > maximum:
        what = f"the minimum of {minimum} entries is higher than the maximum of {maximum}"
        yield make_finding("tailored-limits", at(issue, "tailored"), what)
    if maximum is not None and pinned > maximum:
        what = f"{pinned} entries are pinned, more than the maximum of {maximum}"
        yield make_finding("tailored-pinned", at(issue, "pinned"), what)
    if not any(part.topics for part in issue.entries or issue.blocks):
        what = f"the issue is tailored and no {'entry' if issue.entries else 'block'} has topics"
        yield make_finding("tailored-topics", at(issue, "tailored"), what)


def digest_findings(issue: Issue, newsletter: Newsletter) -> Iterator[Finding]:
    """Yield a finding for a digest if readers can't choose to get one."""
    if issue.digest and not newsletter.weekly_digest:
        what = "the issue is a weekly digest, but newsletter.toml doesn't enable digests"
        yield make_finding("digest-unset", at(issue, "digest"), what)


def _titles(issue: Issue, tailoring: Tailoring | None) -> Iterator[Finding]:
    """Yield ``{{ edition.titles[2] }}`` without a default if an edition may have fewer entries."""
    fewest = len(issue.entries) if tailoring is None else _fewest_entries(issue, tailoring)
    for addressed in addressed_texts(issue):
        for field in merge_fields(addressed.text):
            if field.slot is None or field.default is not None:
                continue
            slot = field.slot.name
            position = title_position(slot)
            if position is not None and position >= fewest:
                what = f"{slot} is empty for readers who get {fewest} of the entries"
                hint = f"write {merge_field(Slot(slot, '…'))}"
                yield make_finding("merge-field-default", addressed.place_of(field), what, hint)


def _fewest_entries(issue: Issue, tailoring: Tailoring) -> int:
    """Return the smallest number of entries in an edition of a reader who excludes no topic."""
    highest = min(tailoring.maximum or len(issue.entries), len(issue.entries))
    return max(min(1, len(issue.entries)), len(issue.pinned), min(tailoring.minimum, highest))
