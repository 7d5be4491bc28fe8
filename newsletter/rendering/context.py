"""Build the values that templates see: an issue's prose as finished pieces, readers' values as placeholders."""

import datetime
from collections.abc import Iterable, Mapping
from itertools import count, zip_longest

from markupsafe import Markup, escape

from newsletter.domain.issue import Entry, Issue, PassageKind
from newsletter.domain.publication import Newsletter
from newsletter.domain.subscriber import SUBSCRIBER_FIELDS, SUBSCRIBER_SLOT
from newsletter.message.edition_slots import number_slot
from newsletter.message.merge_fields import template_of
from newsletter.message.prose import prose_template
from newsletter.message.public_links import public_links
from newsletter.message.template import Slot
from newsletter.rendering.bidi import isolated, marked
from newsletter.rendering.clean_text import clean, one_line, web_address
from newsletter.rendering.markdown_direction import direction_of_block
from newsletter.rendering.markdown_html import markdown_to_html
from newsletter.rendering.markdown_text import markdown_to_text, markdown_to_text_and_addresses
from newsletter.rendering.placeholders import Placeholders
from newsletter.rendering.views import (
    EntryView,
    IssueView,
    Label,
    MergeValue,
    Namespace,
    NewsletterView,
    PassageView,
    SectionView,
)
from newsletter.tokens import Purpose
from newsletter.translation.dates import full_date, long_date


def mjml_comment(text: str) -> str:
    """Return MJML that compiles to an HTML comment with this text."""
    return f"<mj-raw><!--{text}--></mj-raw>"


class ContextBuilder:
    """A builder of template variables for a part of the email: HTML with placeholders (``markup``) or plain text.

    ``marks`` keep the order of words in mail clients that drop ``<bdi>``; web browsers don't need them.
    """

    def __init__(
        self, placeholders: Placeholders, newsletter: Newsletter, direction: str, *, markup: bool, marks: bool = True
    ) -> None:
        self._placeholders, self._newsletter = placeholders, newsletter
        self._direction, self._markup, self._marks = direction, markup, marks

    def issue_values(self, issue: Issue) -> dict[str, object]:
        """Return the template variables that depend on the issue and the reader."""
        return {
            "issue": self._issue(issue),
            "mark": self._mark,
            "subscriber": self._subscriber(),
            "links": self._links(issue),
        }

    def _mark(self, positions: tuple[int, ...], content: str) -> str:
        """Return a part between placeholders. In MJML they are comments, which are allowed wherever a component is."""
        start, end = self._placeholders.part(positions)
        if self._markup:
            return Markup(f"{mjml_comment(start)}{content}{mjml_comment(end)}")  # noqa: S704
        return f"{start}\n{content}{end}\n"

    def _subscriber(self) -> Namespace:
        names = (*self._newsletter.attributes, *SUBSCRIBER_FIELDS)
        return Namespace({name: self._merge_value(f"{SUBSCRIBER_SLOT}{name}") for name in names})

    def _links(self, issue: Issue) -> Namespace:
        """Return the template variable ``links``: the reader's own links, and those that are the same for everybody."""
        own = {purpose.value: self._merge_value(f"links.{purpose}") for purpose in Purpose}
        return Namespace({**own, **public_links(issue, self._newsletter)})

    def _merge_value(self, name: str) -> MergeValue:
        return MergeValue(Slot(name), self._placeholders)

    def labels(self, labels: Mapping[str, str]) -> Namespace:
        """Return the theme's labels in the newsletter's language."""
        plain = escape if self._markup else str
        comma = labels["list_comma"]
        return Namespace({name: Label(text, comma, self.isolate, plain) for name, text in labels.items()})

    def isolate(self, text: str) -> str:
        """Return a text made safe for this medium, with runs against the newsletter's direction isolated."""
        return isolated(text, self._direction, marks=self._marks) if self._markup else marked(text, self._direction)

    def newsletter(self) -> NewsletterView:
        """Return the template variable ``newsletter``."""
        newsletter = self._newsletter
        return NewsletterView(
            name=one_line(newsletter.name),
            postal_address=clean(newsletter.postal_address).strip(),
            base_url=newsletter.base_url,
        )

    def _issue(self, issue: Issue) -> IssueView:
        return IssueView(
            slug=issue.slug,
            date=full_date(issue.date, self._newsletter.language),
            iso_date=issue.date.isoformat(),
            number=issue.number,
            subject=self._phrase(issue.subject),
            preheader=self._phrase(issue.preheader),
            note=self._addressed_prose(clean(issue.note), issue),
            sections=tuple(self._sections(issue)),
        )

    def _sections(self, issue: Issue) -> Iterable[SectionView]:
        positions = count()
        for section in issue.sections:
            title = one_line(section.title or "")
            entries = zip(section.entries, positions, strict=False)
            yield SectionView(
                title=title, entries=tuple(self._entry(entry, at, level=3 if title else 2) for entry, at in entries)
            )

    def _entry(self, entry: Entry, at: int, *, level: int) -> EntryView:
        number = self._placeholders.slot(Slot(number_slot(at)))
        return EntryView(
            title=one_line(entry.title),
            url=web_address(entry.url),
            source=one_line(entry.source),
            author=one_line(entry.author or ""),
            date=self._date(entry.date) if entry.date else "",
            image=web_address(entry.image or ""),
            image_alt=one_line(entry.image_alt or ""),
            image_size=entry.image_size,
            topics=tuple(
                self._unbroken(one_line(self._newsletter.topics.resolve(topic).name)) for topic in entry.topics
            ),
            passages=tuple(self._passages(entry)),
            level=level,
            number=number,
            positions=(at,),
        )

    def _date(self, date: datetime.date) -> str:
        return self._unbroken(long_date(date, self._newsletter.language))

    def _unbroken(self, name: str) -> str:
        """Return a name or date, in HTML with no-break spaces and hyphens if it fits on a phone's line."""
        return name.translate(_NO_BREAK) if self._markup and len(name) <= _LONGEST_UNBROKEN else name

    def _passages(self, entry: Entry) -> Iterable[PassageView]:
        waiting = ""
        for passage, following in zip_longest(entry.passages, entry.passages[1:]):
            quotation, markdown = passage.kind is PassageKind.QUOTATION, clean(passage.markdown)
            own = direction_of_block(markdown, self._direction)
            if self._markup:
                yield PassageView(quotation=quotation, body=self._prose(markdown), direction=own)
                continue
            quotation_follows = following is not None and following.kind is PassageKind.QUOTATION
            body, addresses = markdown_to_text_and_addresses(
                markdown, self._direction, quotation_follows=quotation_follows
            )
            if quotation:
                body = "\n".join(f"> {line}" if line else ">" for line in body.split("\n"))
            yield PassageView(quotation=quotation, body=f"{body}\n\n{waiting}" if waiting else body, direction=own)
            waiting = addresses

    def _addressed_prose(self, markdown: str, issue: Issue) -> str:
        """Return prose with merge fields."""
        if not markdown.strip():
            return ""
        text = self._placeholders.in_prose(prose_template(markdown, issue, self._newsletter))
        values = self._placeholders.values
        if not self._markup:
            return markdown_to_text(text, self._direction, values)
        return self._placeholders.block(markdown_to_html(text, self._direction, values, marks=self._marks))

    def _prose(self, markdown: str) -> str:
        if not markdown.strip():
            return ""
        return self._placeholders.block(markdown_to_html(markdown, self._direction, marks=self._marks))

    def _phrase(self, text: str) -> str:
        template = template_of(one_line(text), self._newsletter.attributes)
        return self._placeholders.in_template(template, escape if self._markup else str)


_NO_BREAK = str.maketrans({" ": "\u00a0", "-": "\u2011"})
_LONGEST_UNBROKEN = 30
