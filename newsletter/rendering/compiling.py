"""Compile an issue with a theme: run Jinja and MJML, insert authors' prose, inline CSS, split at merge fields."""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from urllib.parse import urlsplit

from jinja2.sandbox import ImmutableSandboxedEnvironment
from mjml import mjml2html

from newsletter.domain.issue import Issue
from newsletter.domain.publication import Newsletter
from newsletter.domain.subscriber import SUBSCRIBER_SLOT
from newsletter.domain.topics import slug_of
from newsletter.errors import ManuscriptError, Place, ThemeError
from newsletter.message.compiled_issue import CompiledIssue, Part
from newsletter.message.encoding import ascii_domain
from newsletter.message.merge_fields import merge_field, merge_findings, template_of
from newsletter.message.mime import Email
from newsletter.message.template import Slot, Template
from newsletter.rendering.context import Medium, comment, one_line
from newsletter.rendering.inlining import inlined
from newsletter.rendering.placeholders import Stitches, require_same
from newsletter.rendering.plaintext import flowed
from newsletter.rendering.templating import environment, rendered
from newsletter.rendering.theme_errors import changed_value, refused_mjml
from newsletter.rendering.themes import Theme

HTML_TEMPLATE = "issue.mjml"
TEXT_TEMPLATE = "issue.txt"


def render(issue: Issue, newsletter: Newsletter, theme: Theme) -> Email:
    """Return the email of the full issue. Raise the errors of ``compile_issue``."""
    return compile_issue(issue, newsletter, theme).email()


def compile_issue(issue: Issue, newsletter: Newsletter, theme: Theme) -> CompiledIssue:
    """Return an issue in parts, from which every edition is made. The same values give the same bytes.

    Raise ManuscriptError for unknown merge fields, and ThemeError if the theme's templates fail.
    """
    findings = merge_findings(issue, newsletter)
    if findings:
        raise ManuscriptError(findings)
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
        html=_html(issue, newsletter, theme),
        text=_text(issue, newsletter, theme),
        titles=tuple(one_line(entry.title) for entry in issue.entries),
    )


def _html(issue: Issue, newsletter: Newsletter, theme: Theme) -> tuple[Part, ...]:
    stitches = Stitches()
    source = mjml_source(issue, newsletter, theme, stitches, environment(theme.files.folders, markup=True))
    try:
        tokens = stitches.tokens(source)
    except ThemeError as err:
        raise changed_value(err, theme.files, (".mjml", ".css")) from err
    try:
        compiled = compile_mjml(source, text_color=theme.colors["text"])
    except ValueError as err:
        placed = environment(theme.files.folders, markup=True, placed=True)
        source = accepted(mjml_source(issue, newsletter, theme, Stitches(), placed))
        raise refused_mjml(source, theme.files, compile_placed=partial(compile_mjml, text_color="")) from err
    after = stitches.tokens(compiled)
    # The compiler prints the title twice, so a token may come out more often than it went in, never less often.
    if any(after[token] < count for token, count in tokens.items()):
        raise ThemeError("the MJML compiler drops a part of the issue", hint=_NESTING, place=_top(theme, HTML_TEMPLATE))
    spliced = stitches.splice(compiled)
    finished = inlined(spliced, theme.inline_css)
    require_same(stitches.tokens(spliced), stitches.tokens(finished))
    _require_values_in_text(stitches.split(finished), theme)
    bare = finished.replace(f"<!--{stitches.nonce}", stitches.nonce).replace("z-->", "z")
    return tuple(_parts(stitches, ((f"{html}\n", entries) for html, entries in stitches.stretches(bare) if html)))


def _parts(stitches: Stitches, stretches: Iterable[tuple[str, tuple[int, ...]]]) -> Iterator[Part]:
    for document, entries in stretches:
        yield Part(template=stitches.split(document), entries=entries)


_NESTING = "run `newsletter check` to find the tag that the compiler ignores"


def mjml_source(
    issue: Issue, newsletter: Newsletter, theme: Theme, stitches: Stitches, jinja: ImmutableSandboxedEnvironment
) -> str:
    """Return the theme's MJML for an issue, with tokens in place of prose and readers' values."""
    medium = Medium(stitches, newsletter, theme.direction, markup=True)
    values = {**theme.values(medium), **medium.values(issue)}
    return rendered(jinja, HTML_TEMPLATE, values, theme.files)


def readable_mjml(issue: Issue, newsletter: Newsletter, theme: Theme) -> str:
    """Return the MJML that the compiler reads, with the authors' prose inserted and readers' values as merge fields."""
    stitches = Stitches()
    source = mjml_source(issue, newsletter, theme, stitches, environment(theme.files.folders, markup=True))
    return stitches.readable(source).replace(comment(""), "")


def compile_mjml(source: str, *, text_color: str) -> str:
    """Return MJML as HTML. Raise ValueError if the compiler refuses it; the position it gives is of no use."""
    try:
        html: str = mjml2html(accepted(source), fonts={})  # no fonts from a remote font service
    except BaseException as err:
        # A Rust panic isn't an Exception. "é >" causes one (htmlparser 0.2.1 cuts inside a character).
        if type(err).__name__ == "PanicException":
            raise ValueError("the compiler panics") from err
        raise
    return _PREVIEW.sub(lambda match: f"{match[1]}{text_color};", html, count=1)


def accepted(source: str) -> str:
    """Return MJML without the parts of the head that the compiler refuses: some white space, comments in defaults.

    The compiler takes white space for text unless it begins with a line break.
    """
    head, body, rest = source.partition("<mj-body")
    head = _DEFAULTS.sub(lambda match: _COMMENT.sub("", match[0]), head + body)
    return _GAP.sub(lambda match: "".join(_COMMENT.findall(match[0])), head) + rest


_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_DEFAULTS = re.compile(r"<mj-attributes\b.*?</mj-attributes>", re.DOTALL)
_GAP = re.compile(
    r"(?<=>)(?:\s|&(?:nbsp|#0*32|#0*160|#x0*20|#x0*a0);|<!--.*?-->)+(?=<(?:mj-|/mj-head>|/mj-attributes>))",
    re.IGNORECASE | re.DOTALL,
)

# MJML hides <mj-preview> and colours it white; SpamAssassin adds 0.7 points for that (HTML_FONT_LOW_CONTRAST).
_PREVIEW = re.compile(r"""(<body[^>]*>\s*<div style="display:none;font-size:1px;color:)#ffffff;""")


_IN_ATTRIBUTE = re.compile(r"""\s(?:href|src|style|on\w+)\s*=\s*(?:"[^"]*|'[^']*)$""", re.IGNORECASE)


def _require_values_in_text(template: Template, theme: Theme) -> None:
    """A subscriber's value is escaped for text and for quotes, not for an address, a style or a script."""
    before = ""
    for part in template:
        if isinstance(part, str):
            before += part
            continue
        if part.name.startswith(SUBSCRIBER_SLOT) and (
            _IN_ATTRIBUTE.search(before[-2000:]) or before.rfind("<style") > before.rfind("</style")
        ):
            what = f"{merge_field(Slot(part.name))} is in an address, a style or a script"
            raise ThemeError(what, hint="print it in text only", place=_first_line_with(part.name, theme))


def _first_line_with(word: str, theme: Theme) -> Place:
    for folder in theme.files.folders:
        for path in sorted(folder.glob("*.mjml")):
            before, match, _ = path.read_text(encoding="utf-8").partition(word)
            if match:
                return Place(path=theme.files.shown(path.name), line=before.count("\n") + 1)
    return _top(theme, HTML_TEMPLATE)


def _text(issue: Issue, newsletter: Newsletter, theme: Theme) -> tuple[Part, ...]:
    stitches = Stitches()
    medium = Medium(stitches, newsletter, theme.direction, markup=False)
    values = {**theme.values(medium), **medium.values(issue)}
    source = rendered(environment(theme.files.folders, markup=False), TEXT_TEMPLATE, values, theme.files)
    try:
        stitches.tokens(source)
    except ThemeError as err:
        raise changed_value(err, theme.files, (".txt",)) from err
    stretches = [(text, entries) for text, entries in stitches.stretches(source) if text.strip()]
    last = len(stretches) - 1
    # An empty line between two parts keeps them independent of their neighbours.
    flowing = (
        (flowed(text, stitches.pattern, stitches.width) + ("\n" if at < last else ""), entries)
        for at, (text, entries) in enumerate(stretches)
    )
    return tuple(_parts(stitches, flowing))


def list_id(newsletter: Newsletter) -> str:
    """Return the value of the List-Id header (RFC 2919)."""
    host = urlsplit(newsletter.base_url).hostname or "localhost"
    return f"{slug_of(newsletter.name)}.{ascii_domain(f'@{host}')[1:]}"


def _top(theme: Theme, name: str) -> Place:
    return Place(path=theme.files.shown(name), line=1)
