"""Finish authors' prose for one part of an email: as HTML behind a placeholder, or as plain text."""

import datetime

from markupsafe import escape

from newsletter.domain.issue import Issue
from newsletter.domain.publication import Newsletter
from newsletter.message.merge_fields import template_of
from newsletter.message.prose import prose_template
from newsletter.message.public_links import public_links
from newsletter.rendering.bidi import isolated, marked
from newsletter.rendering.clean_text import clean, one_line
from newsletter.rendering.markdown_html import markdown_to_html
from newsletter.rendering.markdown_text import markdown_to_text, markdown_to_text_and_addresses
from newsletter.rendering.placeholders import Placeholders
from newsletter.translation.dates import long_date


class ProseWriter:
    """A writer of prose: HTML with placeholders (``markup``) or plain text, in the newsletter's ``direction``.

    ``marks`` keep the order of words in mail clients that drop ``<bdi>``; web browsers don't need them.
    """

    def __init__(
        self, placeholders: Placeholders, newsletter: Newsletter, direction: str, *, markup: bool, marks: bool = True
    ) -> None:
        self.placeholders, self.newsletter = placeholders, newsletter
        self.direction, self.markup, self.marks = direction, markup, marks

    def isolate(self, text: str) -> str:
        """Return a text made safe for this medium, with runs against the newsletter's direction isolated."""
        return isolated(text, self.direction, marks=self.marks) if self.markup else marked(text, self.direction)

    def phrase(self, text: str) -> str:
        """Return a line that may have merge fields."""
        template = template_of(one_line(text), self.newsletter.attributes)
        return self.placeholders.in_template(template, escape if self.markup else str)

    def addressed(self, markdown: str, issue: Issue) -> str:
        """Return Markdown that may have merge fields."""
        markdown = clean(markdown)
        if not markdown.strip():
            return ""
        text = self.placeholders.in_prose(
            prose_template(markdown, self.newsletter, public_links(issue, self.newsletter))
        )
        values = self.placeholders.values
        if not self.markup:
            return self.placeholders.from_prose(markdown_to_text(text, self.direction, values))
        html = markdown_to_html(text, self.direction, values, marks=self.marks)
        return self.placeholders.block(self.placeholders.from_prose(html))

    def plain(self, markdown: str, direction: str = "") -> str:
        """Return Markdown in which braces mean nothing. ``direction`` is that of its own language, if known."""
        markdown = clean(markdown)
        if not markdown.strip():
            return ""
        if not self.markup:
            return markdown_to_text(markdown, direction or self.direction)
        return self.placeholders.block(markdown_to_html(markdown, direction or self.direction, marks=self.marks))

    def before_quotation(self, markdown: str, *, quotation_follows: bool, direction: str = "") -> tuple[str, str]:
        """Return Markdown as plain text, and the addresses to print below the quotation that follows it."""
        return markdown_to_text_and_addresses(
            clean(markdown), direction or self.direction, quotation_follows=quotation_follows
        )

    def quotation(self, markdown: str, direction: str = "") -> str:
        """Return a quotation; in plain text its lines begin with ``>``."""
        body = self.plain(markdown, direction)
        return body if self.markup else quoted(body)

    def date(self, date: datetime.date) -> str:
        """Return a date that isn't broken between lines."""
        return self.unbroken(long_date(date, self.newsletter.language))

    def unbroken(self, name: str) -> str:
        """Return a name or date, in HTML with no-break spaces and hyphens if it fits on a phone's line."""
        return name.translate(_NO_BREAK) if self.markup and len(name) <= _LONGEST_UNBROKEN else name


def quoted(text: str) -> str:
    """Return a plain text with ``>`` before each line."""
    return "\n".join(f"> {line}" if line else ">" for line in text.split("\n"))


_NO_BREAK = str.maketrans({" ": "\u00a0", "-": "\u2011"})
_LONGEST_UNBROKEN = 30
