"""Compile an issue with a theme: run Jinja and MJML, insert authors' prose, inline CSS, split at merge fields."""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from urllib.parse import urlsplit

from jinja2.sandbox import ImmutableSandboxedEnvironment

from newsletter.domain.issue import Issue
from newsletter.domain.picks import listed_by_positions
from newsletter.domain.publication import Newsletter
from newsletter.domain.reading_time import words_by_positions
from newsletter.domain.subscriber import SUBSCRIBER_SLOT
from newsletter.domain.topics import slug_of
from newsletter.errors import FindingsError, Place
from newsletter.message.compiled_issue import CompiledIssue, IssuePart
from newsletter.message.counted_words import CountedWords
from newsletter.message.edition_slots import EditionLength
from newsletter.message.encoding import ascii_domain
from newsletter.message.merge_fields import merge_field, template_of
from newsletter.message.mime import Email
from newsletter.message.prose import merge_findings
from newsletter.message.template import Slot, Template
from newsletter.rendering.clean_text import one_line
from newsletter.rendering.context import ContextBuilder, mjml_comment
from newsletter.rendering.inlining import inlined
from newsletter.rendering.mjml_compiler import compile_mjml, without_gaps_in_head
from newsletter.rendering.placeholders import EVERYWHERE, PartMark, Placeholders, require_same_placeholders
from newsletter.rendering.plaintext import flowed
from newsletter.rendering.templating import render_template
from newsletter.rendering.theme_errors import changed_value, refused_mjml
from newsletter.rendering.theme_faults import ThemeFault, broken
from newsletter.rendering.themes import Theme
from newsletter.translation.plurals import plural_forms

HTML_TEMPLATE = "issue.mjml"
TEXT_TEMPLATE = "issue.txt"


def render(issue: Issue, newsletter: Newsletter, theme: Theme) -> Email:
    """Return the email of the full issue. Raise the errors of ``compile_issue``."""
    return compile_issue(issue, newsletter, theme).email()


def compile_issue(issue: Issue, newsletter: Newsletter, theme: Theme) -> CompiledIssue:
    """Return an issue in its language, in parts from which every edition is made. The same values give the same bytes.

    Raise FindingsError for unknown merge fields, and if the theme's templates fail.
    """
    findings = merge_findings(issue, newsletter)
    if findings:
        raise FindingsError(findings)
    newsletter, theme = newsletter.in_language(issue.language), theme.in_language(issue.language)
    try:
        html, text = _html(issue, newsletter, theme), _text(issue, newsletter, theme)
    except ThemeFault as err:
        raise broken(err.what, hint=err.hint, place=theme.files.place) from err
    return CompiledIssue(
        issue=issue.slug,
        newsletter=newsletter.name,
        sender=newsletter.sender,
        reply_to=newsletter.reply_to,
        list_id=list_id(newsletter),
        help_url=f"{newsletter.base_url}/help",
        archive_url=f"{newsletter.base_url}/",
        subject=template_of(one_line(issue.subject), newsletter.attributes),
        preheader=template_of(one_line(issue.preheader), newsletter.attributes),
        html=html,
        text=text,
        titles=tuple(one_line(entry.title) for entry in issue.entries),
        topical_blocks=len(issue.topical_blocks),
        length=_length(issue, theme),
    )


def _length(issue: Issue, theme: Theme) -> EditionLength:
    picks, minutes = (
        CountedWords(forms=forms, form_of=form_of)
        for forms, form_of in (plural_forms(theme.labels[name], theme.language) for name in ("picks", "minutes"))
    )
    return EditionLength(
        words=tuple(words_by_positions(issue)),
        picks=picks,
        minutes=minutes,
        lists=tuple(listed_by_positions(issue)),
    )


def _html(issue: Issue, newsletter: Newsletter, theme: Theme) -> tuple[IssuePart, ...]:
    placeholders = Placeholders()
    source = mjml_source(issue, newsletter, theme, placeholders, theme.environment(markup=True))
    try:
        before = placeholders.counts(source)
    except ThemeFault as err:
        raise changed_value(err, theme.files, (".mjml", ".css")) from err
    try:
        compiled = compile_mjml(source, text_color=theme.colors["text"])
    except ValueError as err:
        placed = theme.environment(markup=True, placed=True)
        source = without_gaps_in_head(mjml_source(issue, newsletter, theme, Placeholders(), placed))
        raise refused_mjml(source, theme.files, compile_placed=partial(compile_mjml, text_color="")) from err
    after = placeholders.counts(compiled)
    # The compiler prints the title twice, so a placeholder may come out more often than it went in, never less often.
    if any(after[placeholder] < count for placeholder, count in before.items()):
        raise broken("the MJML compiler drops a part of the issue", hint=_NESTING, place=_top(theme, HTML_TEMPLATE))
    spliced = placeholders.insert_blocks(compiled)
    try:
        finished = inlined(spliced, theme.inline_css)
    except ThemeFault as err:
        raise broken(err.what, hint=err.hint, place=Place(path=theme.files.shown("inline.css"))) from err
    require_same_placeholders(placeholders.counts(spliced), placeholders.counts(finished))
    _require_values_in_text(placeholders.template(finished), theme)
    bare = finished.replace(f"<!--{placeholders.nonce}", placeholders.nonce).replace("z-->", "z")
    return tuple(_parts(placeholders, ((f"{html}\n", mark) for html, mark in placeholders.parts(bare) if html)))


def _parts(placeholders: Placeholders, pieces: Iterable[tuple[str, PartMark]]) -> Iterator[IssuePart]:
    for document, mark in pieces:
        template = placeholders.template(document)
        yield IssuePart(template=template, entries=mark.positions, least=mark.least, item=mark.item)


_NESTING = "a check of the theme finds the tag that the compiler ignores"


def mjml_source(
    issue: Issue, newsletter: Newsletter, theme: Theme, placeholders: Placeholders, jinja: ImmutableSandboxedEnvironment
) -> str:
    """Return the theme's MJML for an issue, with placeholders for prose and readers' values."""
    builder = ContextBuilder(placeholders, newsletter, theme.direction, markup=True)
    values = {**theme.values(builder), **builder.issue_values(issue, theme.labels)}
    return render_template(jinja, HTML_TEMPLATE, values, theme.files)


def readable_mjml(issue: Issue, newsletter: Newsletter, theme: Theme) -> str:
    """Return the MJML that the compiler reads, with the authors' prose inserted and readers' values as merge fields."""
    newsletter, theme = newsletter.in_language(issue.language), theme.in_language(issue.language)
    placeholders = Placeholders()
    source = mjml_source(issue, newsletter, theme, placeholders, theme.environment(markup=True))
    return placeholders.as_merge_fields(source).replace(mjml_comment(""), "")


_IN_ATTRIBUTE = re.compile(r"""\s(?:href|src|style|on\w+)\s*=\s*(?:"[^"]*|'[^']*)$""", re.IGNORECASE)


def _require_values_in_text(template: Template, theme: Theme) -> None:
    """Raise FindingsError if a reader's value, escaped for text only, is in an address, a style or a script."""
    before = ""
    for part in template:
        if isinstance(part, str):
            before += part
            continue
        if part.name.startswith(SUBSCRIBER_SLOT) and (
            _IN_ATTRIBUTE.search(before[-2000:]) or before.rfind("<style") > before.rfind("</style")
        ):
            what = f"{merge_field(Slot(part.name))} is in an address, a style or a script"
            raise broken(what, hint="print it in text only", place=_first_line_with(part.name, theme))


def _first_line_with(word: str, theme: Theme) -> Place:
    for name in theme.files.names():
        if name.endswith(".mjml"):
            before, match, _ = theme.files.path(name).read_text(encoding="utf-8").partition(word)
            if match:
                return Place(path=theme.files.shown(name), line=before.count("\n") + 1)
    return _top(theme, HTML_TEMPLATE)


def _text(issue: Issue, newsletter: Newsletter, theme: Theme) -> tuple[IssuePart, ...]:
    placeholders = Placeholders()
    builder = ContextBuilder(placeholders, newsletter, theme.direction, markup=False)
    values = {**theme.values(builder), **builder.issue_values(issue, theme.labels)}
    source = render_template(theme.environment(markup=False), TEXT_TEMPLATE, values, theme.files)
    try:
        placeholders.counts(source)
    except ThemeFault as err:
        raise changed_value(err, theme.files, (".txt",)) from err
    pieces = [(text, mark) for text, mark in placeholders.parts(source) if text.strip()]
    return tuple(_parts(placeholders, _separated(placeholders, pieces)))


def _separated(placeholders: Placeholders, pieces: list[tuple[str, PartMark]]) -> Iterator[tuple[str, PartMark]]:
    """Yield the text's pieces with an empty line after each, which keeps them independent of their neighbours.

    Rows have none. The piece behind the last row begins with one.
    """
    before = EVERYWHERE
    for at, (text, mark) in enumerate(pieces):
        start = "\n" if before.row and not mark.row else ""
        end = "" if mark.row or at == len(pieces) - 1 else "\n"
        yield f"{start}{flowed(text, placeholders.pattern, placeholders.width)}{end}", mark
        before = mark


def list_id(newsletter: Newsletter) -> str:
    """Return the value of the List-Id header (RFC 2919)."""
    host = urlsplit(newsletter.base_url).hostname or "localhost"
    return f"{slug_of(newsletter.name)}.{ascii_domain(f'@{host}')[1:]}"


def _top(theme: Theme, name: str) -> Place:
    return Place(path=theme.files.shown(name), line=1)
