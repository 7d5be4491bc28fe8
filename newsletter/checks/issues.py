"""Checks of an issue: subject, preheader, note, segments, and consistency of its quotations."""

from collections import Counter
from collections.abc import Collection, Iterator

from newsletter.checks.blocks import listed_link_findings
from newsletter.checks.doubles import doubled_findings
from newsletter.checks.entries import quotations
from newsletter.checks.lines import boilerplate, reply, same_letters, shouting
from newsletter.checks.parts import addressed_findings
from newsletter.checks.places import at, is_dated, is_readable
from newsletter.checks.quotations import EllipsisForm, ellipses
from newsletter.checks.rules import make_finding
from newsletter.checks.words import text_findings
from newsletter.domain.blocks import BlockKind
from newsletter.domain.issue import Issue
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import SUBSCRIBER_SLOT
from newsletter.errors import Finding, Place, did_you_mean
from newsletter.message.merge_fields import merge_field, merge_fields, without_merge_fields
from newsletter.message.prose import addressed_texts
from newsletter.message.template import Slot

LONGEST_SUBJECT = 78  # characters, RFC 5322 §2.1.1
LONGEST_PREHEADER = 140  # characters
TYPICAL_NAME = "Alexander"  # stands in for a reader's value if a merge field has no default

_EXTRAS = (BlockKind.SPONSOR, BlockKind.IMAGE)
_ADDRESS = f"{SUBSCRIBER_SLOT}email"  # everybody has one


def issue_findings(issue: Issue, segments: Collection[str]) -> Iterator[Finding]:
    """Yield an issue's own findings. ``segments`` are the slugs of all segments."""
    if not is_readable(issue):
        return
    yield from _subject(issue)
    yield from _preheader(issue)
    yield from _defaults(issue)
    yield from _boilerplate(issue)
    yield from listed_link_findings(issue)
    if issue.blocks and not issue.entries and all(block.kind in _EXTRAS for block in issue.blocks):
        yield make_finding("issue-unread", at(issue, "entries", "sections"), "the issue has nothing to read")
    for name in ("subject", "preheader"):
        yield from doubled_findings(getattr(issue, name), issue.place(name))
    yield from _segments(issue, segments)
    yield from addressed_findings(issue.note, issue.place("note"), "note")
    for section in issue.sections:
        if section.title:
            yield from text_findings(section.title, issue.place("sections"), plain=True)
    yield from _dates(issue)
    yield from _ellipses(issue)


def shown(text: str) -> str:
    """Return a subject or preheader as a reader sees it, with a default or a typical name for each merge field."""
    filled = without_merge_fields(text, lambda field: TYPICAL_NAME if field.default is None else field.default)
    return " ".join(filled.split())


def _subject(issue: Issue) -> Iterator[Finding]:
    place = issue.place("subject")
    if not without_merge_fields(issue.subject).strip():
        yield make_finding(
            "subject-empty",
            place,
            "the subject is empty" if not issue.subject.strip() else "the subject is only merge fields",
        )
        return
    subject = shown(issue.subject)
    yield from text_findings(issue.subject, place, plain=True)
    if len(subject) > LONGEST_SUBJECT:
        yield make_finding(
            "subject-long", place, f"the subject has {len(subject)} characters, more than {LONGEST_SUBJECT}"
        )
    if reason := shouting(subject):
        yield make_finding("subject-shouting", place, f"the subject {reason}")
    if prefix := reply(subject):
        yield make_finding("subject-reply", place, f'the subject begins with "{prefix}"')


def _preheader(issue: Issue) -> Iterator[Finding]:
    place = issue.place("preheader")
    preheader = shown(issue.preheader)
    if not preheader:
        yield make_finding("preheader-none", place, "the issue has no preheader")
        return
    yield from text_findings(issue.preheader, place, plain=True)
    if len(preheader) > LONGEST_PREHEADER:
        yield make_finding(
            "preheader-long", place, f"the preheader has {len(preheader)} characters, more than {LONGEST_PREHEADER}"
        )
    if same_letters(preheader, shown(issue.subject)):
        yield make_finding("preheader-subject", place, "the preheader repeats the subject")


def _defaults(issue: Issue) -> Iterator[Finding]:
    for addressed in addressed_texts(issue):
        for field in merge_fields(addressed.text):
            slot = field.slot.name if field.slot else ""
            if slot.startswith(SUBSCRIBER_SLOT) and slot != _ADDRESS and field.default is None:
                what = f"readers without {slot} would see a gap"
                hint = f"write {merge_field(Slot(slot, '…'))}"
                yield make_finding("merge-field-default", addressed.place_of(field), what, hint)


def _boilerplate(issue: Issue) -> Iterator[Finding]:
    for name in ("subject", "preheader"):
        if left := boilerplate(getattr(issue, name)):
            yield make_finding("boilerplate-left", issue.place(name), f'the {name} says "{left}"')


def _segments(issue: Issue, segments: Collection[str]) -> Iterator[Finding]:
    known = {*segments, EVERYONE.slug}
    for slug in dict.fromkeys(issue.segments):
        if slug not in known:
            hint = did_you_mean(slug, sorted(known)) or f"there are: {', '.join(sorted(known))}"
            place = at(issue, f"segments.{slug}", "segments")
            yield make_finding("segment-unknown", place, f'no segment "{slug}"', hint)


def _dates(issue: Issue) -> Iterator[Finding]:
    if not is_dated(issue):
        return
    for entry in issue.entries:
        # Allow one day: it may already be tomorrow where the piece was published.
        if entry.date is not None and (entry.date - issue.date).days > 1:
            what = f"the piece is dated {entry.date}, after its issue, {issue.path} ({issue.date})"
            yield make_finding("entry-date-later", entry.place("date"), what)


def _ellipses(issue: Issue) -> Iterator[Finding]:
    """Yield entries whose ellipses differ from most of the issue's. ``quotation_findings`` reports mixed quotations."""
    forms: dict[str, tuple[EllipsisForm, Place]] = {}
    for entry in issue.entries:
        for block in quotations(entry):
            for offset, _, form in ellipses(block.markdown):
                if form is None:
                    continue
                line = block.line + block.markdown.count("\n", 0, offset)
                forms.setdefault(entry.path, (form, Place(path=entry.path, line=line)))
    counts = Counter(form for form, _ in forms.values())
    if len(counts) < 2:
        return
    usual = counts.most_common(1)[0][0]
    for form, place in forms.values():
        if form is not usual:
            what = f'the ellipsis is written "{form.value}", but mostly "{usual.value}" in {issue.path}'
            yield make_finding(
                "ellipsis-mixed", place, what, f'write "{usual.value}" here, or use another form throughout'
            )
