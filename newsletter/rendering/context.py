"""Build the values that templates see: an issue's prose as finished pieces, readers' values as placeholders."""

from collections.abc import Mapping

from markupsafe import Markup, escape

from newsletter.domain.issue import Issue
from newsletter.domain.picks import listed_by_positions
from newsletter.domain.publication import Newsletter
from newsletter.domain.subscriber import SUBSCRIBER_FIELDS, SUBSCRIBER_SLOT
from newsletter.message.edition_slots import MINUTES_SLOT, PICKS_SLOT
from newsletter.message.public_links import public_links
from newsletter.message.template import Slot
from newsletter.rendering.clean_text import clean, one_line
from newsletter.rendering.items import ItemBuilder, contents_of
from newsletter.rendering.placeholders import PartMark, Placeholders
from newsletter.rendering.prose_writer import ProseWriter
from newsletter.rendering.views import (
    ContentsRow,
    ContentsView,
    IssueView,
    Label,
    MergeValue,
    Namespace,
    NewsletterView,
    Part,
    SectionView,
)
from newsletter.tokens import Purpose
from newsletter.translation.dates import full_date


def mjml_comment(text: str) -> str:
    """Return MJML that compiles to an HTML comment with this text."""
    return f"<mj-raw>{_comment(text)}</mj-raw>"


def _comment(text: str) -> str:
    return f"<!--{text}-->"


class ContextBuilder:
    """A builder of template variables for a part of the email: HTML with placeholders (``markup``) or plain text."""

    def __init__(
        self, placeholders: Placeholders, newsletter: Newsletter, direction: str, *, markup: bool, marks: bool = True
    ) -> None:
        self._placeholders, self._newsletter, self._markup = placeholders, newsletter, markup
        self._prose = ProseWriter(placeholders, newsletter, direction, markup=markup, marks=marks)

    def issue_values(self, issue: Issue, labels: Mapping[str, str]) -> dict[str, object]:
        """Return the template variables that depend on the issue and the reader. ``labels`` are the theme's."""
        return {
            "issue": self._issue(issue, self._labels(labels)),
            "mark": self._mark,
            "subscriber": self._subscriber(),
            "links": self._links(issue),
        }

    def _mark(self, subject: Part, content: str) -> str:
        """Return a part between placeholders. In MJML they are comments, around components or inside an ``mj-text``."""
        mark = PartMark(
            positions=subject.positions,
            least=subject.least if isinstance(subject, ContentsRow | ContentsView) else 0,
            item=None if isinstance(subject, SectionView | ContentsView) else subject.index,
            row=isinstance(subject, ContentsRow),
        )
        start, end = self._placeholders.part(mark)
        if not self._markup:
            return f"{start}\n{content}{end}\n"
        comment = mjml_comment if "<mj-" in content else _comment
        return Markup(f"{comment(start)}{content}{comment(end)}")  # noqa: S704

    def _subscriber(self) -> Namespace:
        names = (*self._newsletter.attributes, *SUBSCRIBER_FIELDS)
        return Namespace({name: self._merge_value(f"{SUBSCRIBER_SLOT}{name}") for name in names})

    def _links(self, issue: Issue) -> Namespace:
        """Return the template variable ``links``: the reader's own links, and those that are the same for everybody."""
        own = {purpose.value: self._merge_value(purpose.slot) for purpose in Purpose}
        return Namespace({**own, **public_links(issue, self._newsletter)})

    def _merge_value(self, name: str) -> MergeValue:
        return MergeValue(Slot(name), self._placeholders)

    def labels(self, labels: Mapping[str, str]) -> Namespace:
        """Return the theme's labels in the newsletter's language."""
        return Namespace(self._labels(labels))

    def _labels(self, labels: Mapping[str, str]) -> dict[str, Label]:
        plain = escape if self._markup else str
        comma = labels["list_comma"]
        return {name: Label(text, comma, self._prose.isolate, plain) for name, text in labels.items()}

    def newsletter(self) -> NewsletterView:
        """Return the template variable ``newsletter``."""
        newsletter = self._newsletter
        return NewsletterView(
            name=one_line(newsletter.name),
            postal_address=clean(newsletter.postal_address).strip(),
            base_url=newsletter.base_url,
        )

    def _issue(self, issue: Issue, labels: Mapping[str, Label]) -> IssueView:
        sections = tuple(ItemBuilder(self._prose, labels).sections(issue))
        return IssueView(
            slug=issue.slug,
            date=full_date(issue.date, self._newsletter.language),
            iso_date=issue.date.isoformat(),
            number=issue.number,
            subject=self._prose.phrase(issue.subject),
            preheader=self._prose.phrase(issue.preheader),
            note=self._prose.addressed(issue.note, issue),
            picks=self._placeholders.slot(Slot(PICKS_SLOT)) if _has_picks(issue) else "",
            minutes=self._placeholders.slot(Slot(MINUTES_SLOT)),
            contents=contents_of(sections, self._prose),
            sections=sections,
        )


def _has_picks(issue: Issue) -> bool:
    """Return whether every edition has picks: with entries, each has at least one."""
    return bool(issue.entries) or any(not positions for positions, _ in listed_by_positions(issue))
