"""Inlining with premailer keeps what its defaults would break. The theme guide relies on it."""

import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from premailer import Premailer

from newsletter.domain.issue import Issue
from newsletter.domain.publication import Newsletter, ThemeSettings
from newsletter.message.template import fill_html
from newsletter.rendering import load_theme, render
from newsletter.rendering.compiling import mjml_source
from newsletter.rendering.inlining import OPTIONS, inlined
from newsletter.rendering.mjml_compiler import compile_mjml
from newsletter.rendering.placeholders import Placeholders
from newsletter.rendering.templating import theme_environment
from tests import make
from tests.rendering.samples import NOWHERE, english, everything, hebrew

ISSUE, NEWSLETTER = everything()
THEME = load_theme(NOWHERE, NEWSLETTER)


def before_and_after() -> tuple[str, str, Placeholders]:
    placeholders = Placeholders()
    jinja = theme_environment(THEME.files.folders, markup=True)
    compiled = placeholders.insert_blocks(
        compile_mjml(mjml_source(ISSUE, NEWSLETTER, THEME, placeholders, jinja), text_color="#000000")
    )
    return compiled, inlined(compiled, THEME.inline_css), placeholders


def test_the_doctype_stays() -> None:
    assert before_and_after()[1].startswith("<!DOCTYPE html>")


def test_conditional_comments_stay() -> None:
    before, after, _ = before_and_after()
    for mark in ("<!--[if mso", "<!--[if lte mso", "<![endif]-->", "<!--[if !mso]><!-->"):
        assert after.count(mark) == before.count(mark) > 0


def test_dark_mode_and_hover_rules_stay_important() -> None:
    before, after, _ = before_and_after()
    assert after.count("!important") == before.count("!important") > 20
    for words in (
        "prefers-color-scheme: dark",
        "[data-ogsc] ",
        "[data-ogsb] ",
        "a:hover",
        "min-width:480px",
        "max-width: 479px",
    ):
        assert words in after


def test_style_elements_are_untouched() -> None:
    before, after, _ = before_and_after()
    styles = re.compile(r"<style[^>]*>.*?</style>", re.DOTALL)
    assert styles.findall(after) == styles.findall(before)
    assert "data-premailer" not in after


def test_image_widths_and_tokens_are_unchanged() -> None:
    before, after, placeholders = before_and_after()
    assert 'width="552"' in after
    assert 'width="100%"' in after  # of tables, from the compiler
    assert after.count('width="100%"') == before.count('width="100%"')
    assert placeholders.counts(after) == placeholders.counts(before)


def test_every_declaration_of_the_inline_css_is_inlined() -> None:
    after = before_and_after()[1].replace('"', "'")
    rules = re.findall(r"([^{}]+)\{([^}]*)\}", re.sub(r"/\*.*?\*/", "", THEME.inline_css, flags=re.DOTALL))
    absent = {
        "blockquote p + ul, blockquote p + ol",
        "li ul, li ol",
        "pre",
    }  # not used by this issue
    for selector, declarations in rules:
        if selector.strip() in absent or "[dir=" in selector or selector.strip().startswith((".grid", ".short")):
            continue
        for declaration in filter(None, (each.strip() for each in declarations.split(";"))):
            name, _, value = declaration.partition(":")
            assert re.search(rf"{name.strip()}: ?{re.escape(value.strip())}", after), (selector, declaration)


@pytest.mark.parametrize("sample", [english, everything, hebrew])
def test_faster_searches_find_the_same_elements(sample: Callable[[], tuple[Issue, Newsletter]]) -> None:
    issue, newsletter = sample()
    theme = load_theme(NOWHERE, newsletter)
    placeholders = Placeholders()
    jinja = theme_environment(theme.files.folders, markup=True)
    source = mjml_source(issue, newsletter, theme, placeholders, jinja)
    compiled = placeholders.insert_blocks(compile_mjml(source, text_color="#000000")).replace("<!doctype", "<!DOCTYPE")
    hidden = compiled.replace("<style", '<style data-premailer="ignore"')
    plain = Premailer(css_text=[theme.inline_css], method="html", **OPTIONS).transform(hidden, pretty_print=False)
    assert inlined(compiled, theme.inline_css) == plain.replace('<style data-premailer="ignore"', "<style")


@pytest.mark.parametrize(
    ("css", "marked"),
    [
        (".a { margin: 0 }", "p div p"),
        ("div.a { margin: 0 }", "div"),
        (".b { margin: 0 }", "p"),
        (".b b, .c { margin: 0 }", "b"),
        (".c { margin: 0 } ul { margin: 0 }", ""),
        ("p[dir=rtl] { margin: 0 }", "p"),
        ("[dir='rtl'] b { margin: 0 }", "b"),
        ("[dir=ltr] { margin: 0 }", ""),
        (".a > b { margin: 0 }", "b"),
        (".a+.a { margin: 0 }", "div p"),
    ],
)
def test_a_selector_finds_its_elements(css: str, marked: str) -> None:
    body = '<p class="a b"><b>1</b></p><div class="a"></div><p CLASS=\'x a\' dir="rtl"><b>2</b></p>'
    document = inlined(f"<!doctype html><html><head></head><body>{body}</body></html>", css)
    assert set(re.findall(r"<(\w+)[^>]*style=", document)) == set(marked.split())


def test_inlining_fetches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    document = '<!doctype html><html><head><link rel="stylesheet" href="https://example.org/x.css"></head><body><p>x</p></body></html>'
    assert '<p style="margin:0">' in inlined(document, "p { margin: 0; }")


def test_style_elements_are_smaller_than_gmails_limit() -> None:
    after = before_and_after()[1]
    sizes = [len(style.encode()) for style in re.findall(r"<style[^>]*>(.*?)</style>", after, re.DOTALL)]
    assert 0 < max(sizes) < 16_384


def test_the_logo_keeps_its_width(tmp_path: Path) -> None:
    (tmp_path / "newsletter.toml").write_text("", encoding="utf-8")
    newsletter = make.newsletter(
        theme=ThemeSettings(logo="https://example.org/logo.png", logo_alt="The Test", logo_width=180)
    )
    document = fill_html(render(ISSUE, newsletter, load_theme(tmp_path, newsletter)).html, {})
    image = document[document.index("<h1") : document.index("</h1>")]
    assert 'width="180"' in image
    assert 'alt="The Test"' in image
