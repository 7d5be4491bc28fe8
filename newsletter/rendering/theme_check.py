"""Check a theme before an issue is sent with it."""

import hashlib
import html
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from newsletter.domain.blocks import BlockKind
from newsletter.domain.consent import ServiceKind
from newsletter.errors import Finding, FindingsError, Place, Severity
from newsletter.files.newsletter_folder import SETTINGS_FILE, settings_text
from newsletter.files.toml_lines import line_of, setting_place
from newsletter.message.link_slots import PREFERENCES, UNSUBSCRIBE
from newsletter.message.mime import Email
from newsletter.message.template import Slot, Template
from newsletter.rendering.compiling import HTML_TEMPLATE, TEXT_TEMPLATE, mjml_source, render
from newsletter.rendering.contrast import AA, contrast_ratio
from newsletter.rendering.mjml_lint import mjml_findings
from newsletter.rendering.placeholders import Placeholders
from newsletter.rendering.sample_issue import SPECIMENS, sample_issues
from newsletter.rendering.service_email import service_email
from newsletter.rendering.theme_faults import theme_error, theme_warning
from newsletter.rendering.theme_originals import original_findings
from newsletter.rendering.themes import Theme
from newsletter.rendering.views import LogoView
from newsletter.rendering.welcome_email import welcome_email
from newsletter.translation.locales import is_known

LARGEST_STYLE = 16_384  # bytes; Gmail is reported to drop a larger <style>


_State = tuple[object, ...]
# Checked themes with the text of newsletter.toml, if findings name its lines, and their findings.
_checked: deque[tuple[_State, str | None, tuple[Finding, ...]]] = deque(maxlen=32)


def theme_findings(theme: Theme) -> tuple[Finding, ...]:
    """Return a theme's findings: MJML that the compiler ignores, low contrast, missing legal requirements and others.

    A theme that was just checked isn't checked again while its files and settings stay the same, since that takes
    longer than compiling an issue. Raise FindingsError if Jinja can't render a template.
    """
    state, text = _state(theme), settings_text(theme.files.root)
    for checked, named, findings in tuple(_checked):
        if checked == state and named in (None, text):
            return findings
    findings = _findings(theme)
    if (_state(theme), settings_text(theme.files.root)) == (state, text):  # no file was changed during the check
        named = text if any(finding.place.path == SETTINGS_FILE for finding in findings) else None
        _checked.append((state, named, findings))
    return findings


def _state(theme: Theme) -> _State:
    """Return everything that a theme's findings depend on, except for the lines of newsletter.toml that they name."""
    digest = hashlib.sha256()
    for folder in theme.files.chain:
        for path in sorted(path for path in folder.path.rglob("*") if path.is_file()):
            content = path.read_bytes()
            digest.update(f"\0{folder.shown(path.relative_to(folder.path).as_posix())}\0{len(content)}\0".encode())
            digest.update(content)
    own = [folder.own for folder in theme.files.chain]
    loaded = (theme.colors, theme.dark_colors, theme.fonts, theme.labels, theme.contrast, theme.options)
    return digest.digest(), own, theme.newsletter, loaded, theme.inline_css


def _findings(theme: Theme) -> tuple[Finding, ...]:
    findings = [*_mjml(theme)]
    if not any(finding.severity is Severity.ERROR for finding in findings):
        try:
            full, bare = (render(issue, theme.newsletter, theme) for issue in sample_issues(theme.newsletter))
            findings += [*_footer(theme, bare), *_blocks(theme, full)]
        except FindingsError as err:
            findings += err.findings
    findings += [*_service(theme), *_language(theme), *_inline_css(theme), *_remote_fonts(theme), *_contrast(theme)]
    findings += original_findings(theme.files)
    return tuple(dict.fromkeys(findings))


def _mjml(theme: Theme) -> Iterator[Finding]:
    placed = theme.environment(markup=True, placed=True)
    logo = LogoView(url="https://example.org/logo.png", alt="Logo", width=160, dark="https://example.org/dark.png")
    for variant in (theme, replace(theme, logo=None if theme.logo else logo)):
        for issue in sample_issues(theme.newsletter):
            source = mjml_source(issue, theme.newsletter, variant, Placeholders(), placed)
            yield from mjml_findings(source, theme.files)


def _footer(theme: Theme, email: Email) -> Iterator[Finding]:
    for name, template in (("issue.mjml", email.html), ("issue.txt", email.text)):
        place = Place(path=theme.files.shown(name))
        if not any(isinstance(part, Slot) and part.name == UNSUBSCRIBE for part in template):
            what = "no unsubscribe link"
            yield theme_error("theme-unsubscribe", place, what, "mailbox providers require it: {{ links.unsubscribe }}")
        if _squeezed(theme.newsletter.postal_address) not in _squeezed(_visible(template)):
            hint = "the law requires it: {{ newsletter.postal_address }}"
            yield theme_error("theme-address", place, "no postal address", hint)
    document = "".join(part for part in email.html if isinstance(part, str))
    for style in re.findall(r"<style[^>]*>(.*?)</style>", document, re.DOTALL):
        if (size := len(style.encode())) > LARGEST_STYLE:
            what = f"a <style> has {size:,} bytes; Gmail drops one of more than {LARGEST_STYLE:,}"
            yield theme_warning("theme-style-size", Place(path=theme.files.shown("style.css")), what, "shorten it")


def _blocks(theme: Theme, email: Email) -> Iterator[Finding]:
    """Yield a finding for each template that doesn't print blocks, or prints a sponsor without a label."""
    for name, template in ((HTML_TEMPLATE, email.html), (TEXT_TEMPLATE, email.text)):
        place = Place(path=theme.files.shown(name))
        words = " ".join(_visible(template).split())
        missing = [kind.value for kind, specimen in SPECIMENS.items() if specimen not in words]
        if missing:
            what = f"blocks of an issue are left out: {', '.join(missing)}"
            include = name.replace("issue", "items")
            yield theme_warning("theme-blocks", place, what, f'print each section with {{% include "{include}" %}}')
        label = theme.labels["advertisement"].casefold()
        if BlockKind.SPONSOR.value not in missing and (not label or label not in words.casefold()):
            hint = "the law requires one: print {{ labels.advertisement }} in the sponsor's block"
            yield theme_error("theme-sponsor", place, "a sponsor has no label", hint)


def _service(theme: Theme) -> Iterator[Finding]:
    """Yield errors in the templates of service mail, before a reader needs one."""
    link = "https://example.org/"
    links = {PREFERENCES: link, UNSUBSCRIBE: link}
    for kind in ServiceKind:
        try:
            if kind is ServiceKind.WELCOME:
                welcome_email(sample_issues(theme.newsletter)[0], links, theme.newsletter, theme)
            else:
                service_email(kind, link, theme.newsletter, theme)
        except FindingsError as err:
            yield from err.findings


def _language(theme: Theme) -> Iterator[Finding]:
    newsletter = theme.newsletter
    for language in newsletter.languages:
        if is_known(language):
            continue
        what = f'the language "{language}" is unknown, so dates are in English'
        key = "languages" if newsletter.other_languages else "language"
        place = setting_place(settings_text(theme.files.root), key)
        yield theme_warning("language-unknown", place, what, "write a language tag such as en, pt-BR or zh-Hant-TW")


def _visible(template: Template) -> str:
    document = "".join(part for part in template if isinstance(part, str))
    return html.unescape(
        re.sub(r"<(style|title)[^>]*>.*?</\1>|<!--.*?-->|</?[a-z][^>]*>", "", document, flags=re.DOTALL)
    )


def _squeezed(text: str) -> str:
    return "".join(text.split())


_NOT_INLINE = re.compile(
    r"!important|@[a-z-]+|:(?:hover|focus|active|visited|not|nth-child|root|before|after)\b|\*\s*\{|\bvar\("
    r"|(?P<color>\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color|color-mix|light-dark)\(|#(?:[0-9a-f]{8}|[0-9a-f]{4})\b)",
    re.IGNORECASE,
)


def _inline_css(theme: Theme) -> Iterator[Finding]:
    source = theme.files.path("inline.css").read_text(encoding="utf-8")
    code = re.sub(r"/\*.*?\*/|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", _blank, source, flags=re.DOTALL)
    if (brace := _unmatched_brace(code)) is not None:
        place = Place(path=theme.files.shown("inline.css"), line=code.count("\n", 0, brace) + 1)
        what = f'a "{code[brace]}" has no partner, so rules near it are lost'
        yield theme_warning("theme-inline-css", place, what, "write each rule as .name { property: value; }")
    for match in _NOT_INLINE.finditer(code):
        line = code.count("\n", 0, match.start()) + 1
        place = Place(
            path=theme.files.shown("inline.css"), line=line, column=match.start() - code.rfind("\n", 0, match.start())
        )
        if match["color"]:
            what, hint = f'mail clients drop "{match[0]}"', "write the colour as #1a2b3c"
        else:
            what, hint = f'"{match[0]}" cannot be inlined', "put the rule into style.css"
        yield theme_warning("theme-inline-css", place, what, hint)


def _unmatched_brace(code: str) -> int | None:
    """Return the offset of a brace without a partner, or None."""
    opened: list[int] = []
    for match in re.finditer("[{}]", code):
        if match[0] == "{":
            opened.append(match.start())
        elif opened:
            opened.pop()
        else:
            return match.start()
    return opened[0] if opened else None


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def _remote_fonts(theme: Theme) -> Iterator[Finding]:
    source = theme.files.path("style.css").read_text(encoding="utf-8")
    for match in re.finditer(
        r"@import\b[^;]*|@font-face\b", re.sub(r"/\*.*?\*/|\{#.*?#\}", _blank, source, flags=re.DOTALL)
    ):
        place = Place(path=theme.files.shown("style.css"), line=source.count("\n", 0, match.start()) + 1)
        what = f"{match[0].split()[0]} loads something when a message is opened"
        yield theme_warning("theme-remote-font", place, what, "use fonts that readers have: [fonts] in theme.toml")


def _contrast(theme: Theme) -> Iterator[Finding]:
    for pair in theme.contrast:
        front, _, back = (word.strip() for word in pair.partition(" on "))
        if unknown := [name for name in (front, back) if name not in theme.colors]:
            place = Place(path=theme.files.shown("theme.toml"))
            yield theme_error(
                "theme-contrast",
                place,
                f'contrast "{pair}" has an unknown colour "{unknown[0]}"',
                "write: text on background",
            )
            continue
        for table, colors, where in (("colors", theme.colors, "light"), ("dark_colors", theme.dark_colors, "dark")):
            if (contrast := contrast_ratio(colors[front], colors[back])) < AA:
                what = f"{front} {colors[front]} on {back} {colors[back]} has a contrast of {contrast:.2f} in {where}"
                overridden = next((name for name in (front, back) if (table, name) in theme.overridden), front)
                place = _color_place(theme, table, overridden)
                yield theme_warning(
                    "theme-contrast", place, what, f"WCAG AA requires {AA}: make {front} and {back} differ more"
                )


def _color_place(theme: Theme, table: str, name: str) -> Place:
    if (table, name) in theme.overridden:
        return setting_place(settings_text(theme.files.root), "theme", table, name)
    text = theme.files.path("theme.toml").read_text(encoding="utf-8")
    return Place(path=theme.files.shown("theme.toml"), line=line_of(text, (table, name)))
