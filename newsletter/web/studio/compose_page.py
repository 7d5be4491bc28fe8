"""The values of an issue's compose page, as its files are now."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlencode

from newsletter import content
from newsletter.composing import Composed
from newsletter.content import FileKind, OutlinedSection, UnreadableFileError
from newsletter.domain.balance import balance_of
from newsletter.domain.issue import Issue
from newsletter.domain.people import Act, may
from newsletter.domain.send import details_in_words
from newsletter.errors import Finding, NewsletterError, NotFoundError
from newsletter.message.template import fill_text
from newsletter.publishing.reader_choices import spread_in_words, spread_over_readers
from newsletter.web.preview import frame
from newsletter.web.preview.issue_page import findings_in
from newsletter.web.preview.snapshot import Snapshot
from newsletter.web.preview.view_options import ViewOptions
from newsletter.web.studio.compose_items import IssueItems, items_by_key
from newsletter.web.studio.context import Studio
from newsletter.web.studio.finding_places import placed_findings
from newsletter.web.studio.issue_length import issue_length
from newsletter.web.studio.merge_field_picker import offered_merge_fields
from newsletter.web.studio.overriding import Overriding, overriding
from newsletter.web.studio.paths import issue_path
from newsletter.web.studio.preview_column import broken_column, column_options, preview_column
from newsletter.web.studio.replies import text_of
from newsletter.web.studio.review.review_stages import issue_stages
from newsletter.web.studio.shelf import AT_ONCE, shelf_of
from newsletter.web.studio.subject_ruler import subject_ruler

_FIELDS = ("subject", "preheader", "note", "date", "number")
_MOST_CARDS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeState:
    """A state of the page, as its address has it: the view options, the shelf's filter and length, an override."""

    options: ViewOptions
    query: str = ""
    most: int = AT_ONCE
    override: str = ""

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> "ComposeState":
        """Return the state in an address's query; unknown values become the default."""
        more = query.get("more", "")
        most = min(int(more), _MOST_CARDS) if more.isdecimal() and len(more) < 6 else AT_ONCE
        return cls(
            options=column_options(query),
            query=query.get("q", "")[:200],
            most=max(most, AT_ONCE),
            override=query.get("override", ""),
        )

    def address(self, slug: str, **changes: object) -> str:
        """Return the page's address in this state, with other values for some parameters; "" leaves one out."""
        values: dict[str, object] = {**self.options.values, "q": self.query, "override": self.override}
        values["more"] = self.most if self.most != AT_ONCE else ""
        query = urlencode({name: value for name, value in (values | changes).items() if value != ""})
        return issue_path(slug) + (f"?{query}" if query else "")

    def viewing(self, slug: str, options: ViewOptions) -> str:
        """Return the page's address in this state, with other view options."""
        gone = dict.fromkeys(self.options.values, "")
        return self.address(slug, **(gone | options.values))


def compose_values(studio: Studio, slug: str, state: ComposeState) -> dict[str, object]:
    """Return the values for the template. Raise NotFoundError if there is no such issue."""
    snapshot, sends = studio.snapshots.with_sends()
    issue = snapshot.manuscripts.issue(slug)
    newsletter, send = snapshot.settings.newsletter, sends.get(issue.slug)
    composed, findings = _composed(snapshot, issue)
    values: dict[str, object] = {
        "slug": issue.slug,
        "path": issue.path,
        "issue": issue,
        "state": state,
        "details": details_in_words(send, snapshot.settings.zone, totals=studio.sees_totals) if send else "",
        "stage": issue_stages(studio, snapshot, sends, [issue], compile_first=True).get(issue.slug),
        "is_frozen": send is not None and bool(send.digest),
        "may_see_report": may(studio.person, Act.SEE_REPORTS),
        "is_locked": not may(studio.person, Act.COMPOSE),
        "options": state.options,
        "here": state.address(issue.slug),
        "more": state.address(issue.slug, more=state.most + AT_ONCE),
        "findings": findings,
        "shelf": shelf_of(snapshot, issue, studio.waiting_links(snapshot), query=state.query, most=state.most),
        "sandbox": frame.SANDBOX,
        "version": f"{composed.compiled.digest[:12]} {' '.join(issue.segments)}" if composed else "",
        "segments": tuple(snapshot.settings.segments.values()),
        "merge_fields": offered_merge_fields(newsletter.attributes),
    }
    values |= zip(("earlier", "_", "later"), snapshot.around(issue.slug), strict=True)
    if composed:
        values["column"] = preview_column(issue.slug, composed, newsletter, state.options)
    else:
        values["column"] = broken_column(findings, state.options, studio.excerpt)
    return values | _issue_values(studio, snapshot, issue, state, composed, findings)


def _issue_values(
    studio: Studio,
    snapshot: Snapshot,
    issue: Issue,
    state: ComposeState,
    composed: Composed | None,
    findings: tuple[Finding, ...],
) -> dict[str, object]:
    """Return the values of the issue's column; ``unreadable`` if only the file's text can be edited."""
    newsletter = snapshot.settings.newsletter
    try:
        text = studio.editing.read(issue.path).text
        outline = content.outline(text)
    except UnreadableFileError as err:
        return {"unreadable": True, "sections": (), "length": None, "findings": findings or err.findings}

    def value(name: str) -> str:
        return text_of(content.field_value(text, name, FileKind.ISSUE))

    items = items_by_key(outline, issue)
    placed = placed_findings(findings, issue, items)
    balance = balance_of(issue, snapshot.manuscripts.issues)
    sections = IssueItems(issue, items, newsletter.topics, placed, balance).sections(outline)
    subject = fill_text(composed.email.subject, {}) if composed else ""
    return {
        "unreadable": False,
        "sections": sections,
        "placed": placed,
        "balance": balance,
        "length": issue_length(sections, issue, composed),
        "fields": {name: value(name) for name in _FIELDS},
        "ruler": subject_ruler(subject or issue.subject),
        "overriding": _overriding(snapshot, issue, state.override, value),
    }


def reader_values(studio: Studio, slug: str) -> dict[str, object]:
    """Return the values of the part about readers; ``spread`` is None if they can't be counted.

    ``reach`` says how many readers get each entry, by its slug, if not all get the same ones.
    """
    snapshot = studio.snapshot
    composed, _ = _composed(snapshot, snapshot.manuscripts.issue(slug))
    spread = None
    if composed is not None and snapshot.settings.has_database():
        with suppress(NewsletterError):  # a finding says what is wrong, or the page's next refresh counts again
            loaded = studio.loaded_settings(snapshot)
            open_store = snapshot.settings.open_store
            counted = spread_over_readers(loaded, composed, studio.reader_choices, open_store, now=studio.now)
            spread = spread_in_words(studio.person, counted)
    if composed is None or spread is None:
        return {"spread": None, "reach": {}}
    tailored = composed.tailor.tailoring is not None
    reached = zip(composed.issue.entries if tailored else (), spread.reach, strict=False)
    return {"spread": spread, "reach": {entry.slug: readers for entry, readers in reached}}


def outline_of(studio: Studio, path: str) -> tuple[OutlinedSection, ...]:
    """Return the outline of an issue's file as it is now. Raise UnreadableFileError."""
    return content.outline(studio.editing.read(path).text)


def _composed(snapshot: Snapshot, issue: Issue) -> tuple[Composed | None, tuple[Finding, ...]]:
    """Return the compiled issue with its findings, or None and the reasons why it can't be shown."""
    try:
        composed = snapshot.compose(issue.slug)
    except NotFoundError:
        raise
    except NewsletterError as err:
        return None, tuple(findings_in(err))
    return composed, composed.findings


def _overriding(snapshot: Snapshot, issue: Issue, slug: str, value: Callable[[str], str]) -> Overriding | None:
    entry = snapshot.manuscripts.entries.get(slug)
    if entry is None or all(other.slug != slug for other in issue.entries):
        return None
    return overriding(entry, value)
