"""Authors' text for web pages that are the same for everybody, with defaults in place of readers' values.

The pages' own words are in ``templates/pages``.
"""

import datetime
import re
from collections.abc import Mapping, Sequence
from functools import cached_property

from babel.dates import format_date, format_skeleton
from markupsafe import Markup, escape

from newsletter.domain.issue import Entry, Issue, Passage, PassageKind
from newsletter.domain.publication import Newsletter
from newsletter.message.anonymous import anonymous_links, without_votes
from newsletter.message.counted_words import CountedWords
from newsletter.message.edition_slots import COUNT_SLOT, PICKS_SLOT, title_slot
from newsletter.message.merge_fields import template_of
from newsletter.message.prose import prose_template
from newsletter.message.public_links import public_links
from newsletter.message.template import Slot, fill_text
from newsletter.rendering.bidi import ARROWS, direction_of_title, isolated
from newsletter.rendering.clean_text import clean, one_line, web_address
from newsletter.rendering.context import ContextBuilder
from newsletter.rendering.link_words import access_notes, kind_words, link_target, link_words
from newsletter.rendering.markdown_direction import direction_of_block
from newsletter.rendering.markdown_html import markdown_to_html, with_whole_ellipses
from newsletter.rendering.placeholders import Placeholders
from newsletter.rendering.themes import Theme
from newsletter.rendering.views import Label, Namespace
from newsletter.translation.dates import full_date, long_date
from newsletter.translation.locales import direction_of, locale_of
from newsletter.translation.plurals import plural_forms

_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
_SPACED = re.compile(r'<span style="white-space: nowrap">')


class PageText:
    """A formatter of authors' text for a newsletter's web pages. All of its HTML is safe to print.

    ``service`` is the URL of the pages for readers, if they are elsewhere than the archive.
    """

    def __init__(self, newsletter: Newsletter, theme: Theme, *, service: str = "") -> None:
        self._newsletter, self._theme = newsletter, theme
        self._service = service or newsletter.base_url
        self.language, self.direction = theme.language, theme.direction
        self._by_language = {self.language: self}  # shared by the formatters of all languages
        self._default = self.language

    def of(self, issue: Issue) -> "PageText":
        """Return the formatter for an issue in its language, or in the newsletter's own if it states none."""
        newsletter = self._newsletter.in_language(issue.language or self._default)
        known = self._by_language
        if newsletter.language not in known:
            theme = self._theme.in_language(newsletter.language)
            prose = known[newsletter.language] = PageText(newsletter, theme, service=self._service)
            prose._by_language, prose._default = known, self._default
        return known[newsletter.language]

    @property
    def fonts(self) -> Mapping[str, str]:
        """Return the theme's stacks of fonts."""
        return self._theme.fonts

    @property
    def colors(self) -> Mapping[str, str]:
        """Return the theme's colours for light backgrounds."""
        return self._theme.colors

    @property
    def arrow(self) -> str:
        """Return an arrow that points where text goes on."""
        return ARROWS[self.direction].on

    @cached_property
    def labels(self) -> Namespace:
        """Return the theme's labels: ``labels.read_more(source=…)``."""
        return Namespace(self._labels)

    @cached_property
    def _labels(self) -> Mapping[str, Label]:
        builder = ContextBuilder(Placeholders(), self._newsletter, self.direction, markup=True, marks=False)
        labels = builder.labels(self._theme.labels)
        return {name: label for name in labels.names if isinstance(label := labels[name], Label)}

    def entry_title(self, entry: Entry) -> Markup:
        """Return an entry's title for an element that has ``entry_lang``."""
        line = one_line(entry.title)
        own = direction_of(entry.language) if entry.language else direction_of_title(line, self.direction)
        return isolated(line, own)

    def kind_words(self, kind: str) -> Markup:
        """Return the kind of a listed link, translated if it's a known word."""
        return self.isolate(kind_words(self._labels, kind, self.language))

    def link_words(self, entry: Entry) -> Markup:
        """Return the words of an entry's link: "Listen at The Review"."""
        return Markup(link_words(self._labels, entry))  # noqa: S704  labels escape their values

    def link_target(self, entry: Entry) -> str:
        """Return where an entry's link leads: past the paywall if it has a gift link."""
        return link_target(entry)

    def access_notes(self, entry: Entry) -> Sequence[Markup]:
        """Return what awaits readers behind an entry's link: how long it takes, and whether it costs anything."""
        return [escape(note) for note in access_notes(self._labels, entry)]

    def entry_lang(self, entry: Entry) -> Markup:
        """Return the ``lang`` and ``dir`` attributes of an entry's title, if its language or direction is its own."""
        if not entry.language:
            return self.title_dir(entry.title)
        return Markup(' lang="{}" dir="{}"').format(entry.language, direction_of(entry.language))

    def passage_lang(self, passage: Passage, entry: Entry) -> Markup:
        """Return the ``lang`` and ``dir`` attributes of a quotation, if its language or direction is its own."""
        if not entry.language:
            return self.block_dir(passage.markdown)
        return Markup(' lang="{}" dir="{}"').format(entry.language, direction_of(entry.language))

    def passage(self, passage: Passage, entry: Entry) -> Markup:
        """Return an entry's framing or quotation as HTML; a quotation is in the language of its entry."""
        is_quotation = passage.kind is PassageKind.QUOTATION
        direction = direction_of(entry.language) if entry.language and is_quotation else self.direction
        return _styled(markdown_to_html(clean(passage.markdown), direction))

    def isolate(self, text: str) -> Markup:
        """Return a line with runs against the newsletter's direction isolated."""
        return isolated_line(text, self.direction)

    def quotation(self, words: str) -> Markup:
        """Return the plain text of a quotation like ``isolate``, with unbroken ellipses."""
        return _styled(with_whole_ellipses(str(self.isolate(words))))

    def title(self, text: str) -> Markup:
        """Return a title for an element that has ``title_dir``."""
        line = one_line(text)
        return isolated(line, direction_of_title(line, self.direction))

    def title_dir(self, text: str) -> Markup:
        """Return the ``dir`` attribute of a title that runs against the newsletter's direction, else ""."""
        return self._dir(direction_of_title(one_line(text), self.direction))

    def block_dir(self, markdown: str) -> Markup:
        """Return the ``dir`` attribute of a quotation that mostly runs against the newsletter's direction, else ""."""
        return self._dir(direction_of_block(clean(markdown), self.direction))

    def _dir(self, own: str) -> Markup:
        return Markup("") if own == self.direction else Markup(' dir="{}"').format(own)

    def html(self, markdown: str) -> Markup:
        """Return Markdown as sanitised HTML without inline style."""
        return _styled(markdown_to_html(clean(markdown), self.direction))

    def plain(self, markdown: str, most: int = 220) -> str:
        """Return Markdown's text without tables on a single line, cut between words to ``most`` characters."""
        return _taste(self.html(markdown), most)

    def addressed_plain(self, markdown: str, issue: Issue, most: int = 220) -> str:
        """Return the text of an issue's prose with merge fields, as ``plain`` does."""
        return _taste(self.addressed_prose(markdown, issue), most)

    def line(self, text: str, issue: Issue) -> str:
        """Return a subject or preheader as a line of text."""
        return fill_text(template_of(one_line(text), self._newsletter.attributes), self._edition(issue))

    def _edition(self, issue: Issue) -> dict[str, str]:
        """Return the values of the ``edition`` merge fields for the full issue."""
        theme, number = self._theme.in_language(issue.language or self._default), len(issue.entries)
        forms, form_of = plural_forms(theme.labels["picks"], theme.language)
        picks = CountedWords(forms=forms, form_of=form_of).words(number)
        titles = {title_slot(at): one_line(entry.title) for at, entry in enumerate(issue.entries)}
        return titles | {COUNT_SLOT: str(number), PICKS_SLOT: picks}

    def note(self, issue: Issue) -> Markup:
        """Return the editor's note as HTML."""
        return self.addressed_prose(issue.note, issue)

    def addressed_prose(self, markdown: str, issue: Issue) -> Markup:
        """Return an issue's prose with merge fields as HTML."""
        placeholders = Placeholders()
        links = public_links(issue, self._newsletter) | {"subscribe": f"{self._service}/subscribe"}
        template = prose_template(clean(markdown), self._newsletter, links)
        slots = [part.name for part in template if isinstance(part, Slot)]
        own = f"{self._newsletter.base_url}/issues/{issue.slug}/"
        values = self._edition(issue) | anonymous_links(slots, base_url=self._service, browser=own)
        html = markdown_to_html(placeholders.in_prose(template), self.direction, placeholders.values)
        return _styled(without_votes(placeholders.filled(html, lambda slot: str(escape(slot.value(values))))))

    def address(self, url: str) -> str:
        """Return a web address, or "" for any other scheme."""
        return web_address(url)

    def day(self, date: datetime.date) -> str:
        """Return a date in the newsletter's language: November 23, 2026."""
        return long_date(date, self.language)

    def full_day(self, date: datetime.date) -> str:
        """Return a date with its weekday: Monday, November 23, 2026."""
        return full_date(date, self.language)

    def short_day(self, date: datetime.date) -> str:
        """Return a date without its year: Nov 23."""
        return format_skeleton("MMMd", date, locale=locale_of(self.language))

    def month(self, date: datetime.date) -> str:
        """Return the month and year: November 2026."""
        return format_date(date, "LLLL y", locale_of(self.language))

    def month_alone(self, date: datetime.date) -> str:
        """Return the name of the month: November."""
        return format_date(date, "LLLL", locale_of(self.language))


def isolated_line(text: str, direction: str) -> Markup:
    """Return a line of authors' text as HTML, with runs against ``direction`` isolated."""
    return isolated(one_line(text), direction)


def _taste(html: Markup, most: int) -> str:
    """Return HTML's text on a single line, without tables: their cells in a row say nothing."""
    line = one_line(Markup(_TABLE.sub(" ", html)).striptags())  # noqa: S704  sanitised
    return line if len(line) <= most else f"{line[:most].rpartition(' ')[0].rstrip(' ,;:.–—')}…"


def _styled(html: str) -> Markup:
    """Return HTML with a class in place of inline style, which the pages' Content-Security-Policy forbids."""
    return Markup(_SPACED.sub('<span class="nowrap">', html))  # noqa: S704  sanitised
