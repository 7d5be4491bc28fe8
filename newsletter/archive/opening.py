"""The opening of an issue for the front page: a picture, the beginning of its note, and a quotation."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from markupsafe import Markup

from newsletter.domain.blocks import Block, BlockKind
from newsletter.domain.issue import Entry, Issue, Item, PassageKind
from newsletter.rendering import PageText

_SHORTEST, _LONGEST = 50, 260  # characters of a quotation that reads well in large type
_MOST = 5000
_SENTENCE_END = re.compile(r"(?<=\w\w)[.!?؟。][”»\"’]?(?=\s)")  # not after an initial
_NOTE = 140  # characters of a note after which its later paragraphs are left out


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenQuotation:
    """Words from an issue, and where they are from: an entry's title and source, or a quote's speaker and place."""

    words: str
    title: str
    source: str
    slug: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An issue's picture, opening words and quotation for the front page."""

    pictured: Item | None
    note: Markup
    quotation: ChosenQuotation | None


def opening(issue: Issue, prose: PageText, own_images: tuple[str, ...]) -> Opening:
    """Return an issue's first picture, the beginning of its note, and the quotation that suits large type best.

    Only pictures whose addresses begin with one of ``own_images`` are shown, and no sponsor's.
    """
    note = _note(issue)
    return Opening(
        pictured=next((item for item in _pictured(issue) if (item.image or "").startswith(own_images)), None),
        note=_beginning(prose.addressed_prose(note, issue)) if note else Markup(""),
        quotation=_chosen(_quotations(issue, prose)),
    )


def _pictured(issue: Issue) -> Iterator[Item]:
    for item in issue.items:
        if isinstance(item, Entry) or item.kind is BlockKind.IMAGE:
            yield item


def _note(issue: Issue) -> str:
    """Return the issue's note, or else that of a block at its very beginning."""
    if issue.note.strip():
        return issue.note
    first = next(iter(issue.items), None)
    return first.text if isinstance(first, Block) and first.kind is BlockKind.NOTE else ""


def _quotations(issue: Issue, prose: PageText) -> Iterator[ChosenQuotation]:
    """Yield the quotations of an issue's entries and its quotes, as plain text."""
    for item in issue.items:
        if isinstance(item, Block):
            if item.kind is BlockKind.QUOTE:
                yield ChosenQuotation(words=prose.plain(item.text, _MOST), title=item.who, source=item.where)
            continue
        for passage in item.passages:
            if passage.kind is PassageKind.QUOTATION:
                words = prose.plain(passage.markdown, _MOST)
                yield ChosenQuotation(words=words, title=item.title, source=item.source, slug=item.slug)


def _chosen(quotations: Iterable[ChosenQuotation]) -> ChosenQuotation | None:
    """Return the first quotation whose words fit, or else the first sentences of one."""
    whole = list(quotations)
    cut = (replace(quotation, words=_sentences(quotation.words)) for quotation in whole)
    return next((quotation for quotation in (*whole, *cut) if _fits(quotation.words)), None)


def _fits(words: str) -> bool:
    return _SHORTEST <= len(words) <= _LONGEST


def _sentences(words: str) -> str:
    """Return the first sentences of a quotation, as many as fit."""
    ends = [match.end() for match in _SENTENCE_END.finditer(words[:_LONGEST])]
    return words[: ends[-1]] if ends else ""


def _beginning(html: Markup) -> Markup:
    """Return the first paragraphs of a note: at least one, and more if it is only a greeting."""
    shown, paragraphs = Markup(""), html.split("</p>")
    for paragraph in paragraphs[:-1]:
        if not paragraph.lstrip().startswith("<p"):  # a list, whose items may contain paragraphs
            return shown or html
        shown += paragraph + Markup("</p>")
        if len(shown.striptags()) >= _NOTE:
            return shown
    return html
