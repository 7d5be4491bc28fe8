"""Known changes that mail clients make to a message, made in a real browser."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import pytest

from newsletter.domain.issue import Issue
from newsletter.domain.publication import Newsletter, ThemeSettings
from newsletter.rendering.contrast import contrast_ratio
from newsletter.rendering.fonts import windows_stack
from tests import make
from tests.rendering.samples import english, hebrew
from tests.rendering.samples import page as markdown_to_html

if TYPE_CHECKING:
    from playwright.sync_api import Page

DECLARATION = re.compile(r"\s*([a-z-]+)\s*:\s*([^;]+?)\s*(?:;|$)")
STYLE = re.compile(r"""style=(?P<quote>["'])(?P<css>.*?)(?P=quote)""", re.DOTALL)
THUNDERBIRD = (
    """<style>:root { color-scheme: dark; color: #fbfbfe; background: #1c1b22 } a { color: #8c8cff }</style>"""
)
LINK, BACKGROUND = "#8c8cff", "#1c1b22"
COLOR = """element => '#' + getComputedStyle(element).color.match(/\\d+/g).slice(0, 3)
  .map(n => (+n).toString(16).padStart(2, '0')).join('')"""
BORDER = """(element, side) => {
  const style = getComputedStyle(element), color = style['border' + side + 'Color'].match(/\\d+/g).slice(0, 3);
  return [style['border' + side + 'Width'], '#' + color.map(n => (+n).toString(16).padStart(2, '0')).join('')];
}"""


def in_thunderbird(document: str) -> str:
    """Return the message as in Thunderbird's dark mode, without its own dark rules and dark colours."""
    document = re.sub(r"<style[^>]*>.*?</style>", lambda style: _light_rules(style[0]), document, flags=re.DOTALL)
    bright = STYLE.sub(lambda style: f"style={style['quote']}{_bright(style['css'])}{style['quote']}", document)
    return bright.replace("</head>", f"{THUNDERBIRD}</head>")


def _light_rules(style: str) -> str:
    return re.sub(r"@media \(prefers-color-scheme: dark\) \{.*?\n\}", "", style, flags=re.DOTALL)


def _bright(css: str) -> str:
    kept = []
    for name, value in DECLARATION.findall(css):
        light = all(_luminance(color) > 200 for color in re.findall(r"#[0-9a-f]{6}", value))
        if light and not name.startswith("background"):
            kept.append(f"{name}: {value}")
    return "; ".join(kept)


def _luminance(color: str) -> float:
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("sample", [english, hebrew])
def test_thunderbirds_dark_mode_keeps_titles_and_lines(
    sample: Callable[[], tuple[Issue, Newsletter]], page: "Page"
) -> None:
    issue, newsletter = sample()
    page.set_content(in_thunderbird(markdown_to_html(issue, newsletter)))
    for title in page.locator(".title a").all():
        assert contrast_ratio(title.evaluate(COLOR), BACKGROUND) >= 7
        assert title.evaluate(COLOR) != LINK
    assert page.locator("p a:not(.muted):not(.plain)").first.evaluate(COLOR) == LINK
    start = "Right" if newsletter.language == "he" else "Left"
    lines = [(".dateline", "Top"), (".dateline", "Bottom"), (".section", "Top"), ("blockquote", start)]
    for selector, side in [*lines, (".entry", "Bottom"), (".note", "Bottom")]:
        width, color = page.locator(selector).first.evaluate(BORDER, side)
        assert width in ("1px", "3px"), selector
        assert contrast_ratio(color, BACKGROUND) >= 3, selector


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dates_and_addresses_that_ios_links_look_like_the_text_around_them(
    scheme: Literal["light", "dark"], page: "Page"
) -> None:
    page.emulate_media(color_scheme=scheme)
    document = markdown_to_html(*english())
    linked = '<a href="x-apple-data-detectors://{0}" x-apple-data-detectors="true">{1}</a>'
    for at, words in enumerate(("Monday, November 23, 2026", "1 Test Street, 12345 Testville")):
        assert f">{words}<" in document
        document = document.replace(f">{words}<", f">{linked.format(at, words)}<")
    page.set_content(document)
    links = page.locator("a[x-apple-data-detectors]")
    assert links.count() == 2
    look = """element => {
      const {color, fontSize, fontFamily, textDecorationLine} = getComputedStyle(element);
      return [color, fontSize, fontFamily, textDecorationLine];
    }"""
    for link in links.all():
        assert link.evaluate(look) == link.locator("..").evaluate(look)


def test_ios_is_told_not_to_resize_the_message() -> None:
    assert '<meta name="x-apple-disable-message-reformatting" content="">' in markdown_to_html(*english())


LOGOS = ThemeSettings(
    logo="https://news.example.org/logo.png", logo_dark="https://news.example.org/dark.png", logo_width=200
)


@pytest.mark.parametrize(("scheme", "shown"), [("light", "logo.png"), ("dark", "dark.png")])
def test_dark_mode_shows_the_dark_logo(scheme: Literal["light", "dark"], shown: str, page: "Page") -> None:
    page.emulate_media(color_scheme=scheme)
    page.route("**/*", lambda route: route.abort())
    document = markdown_to_html(make.issue(), make.newsletter(theme=LOGOS))
    page.set_content(document)
    images = [image for image in page.locator("h1 img").all() if image.is_visible()]
    assert [image.get_attribute("src") for image in images] == [f"https://news.example.org/{shown}"]
    assert images[0].get_attribute("alt") == "The Daily Test"

    without_style = re.sub(r"<style[^>]*>.*?</style>", "", document, flags=re.DOTALL)  # as some clients do
    page.set_content(without_style)
    visible = [image.get_attribute("src") for image in page.locator("h1 img").all() if image.is_visible()]
    assert visible == ["https://news.example.org/logo.png"]


def test_outlook_on_windows_does_not_get_the_dark_logo_and_gets_its_own_fonts_and_lines() -> None:
    document = markdown_to_html(make.issue(), make.newsletter(theme=LOGOS))
    in_word = re.sub(r"<!--\[if !mso\]><!-->.*?<!--<!\[endif\]-->", "", document, flags=re.DOTALL)
    assert "logo.png" in in_word
    assert "dark.png" not in in_word
    styles = "".join(re.findall(r"<!--\[if mso\]><style[^>]*>(.*?)</style><!\[endif\]-->", document, re.DOTALL))
    assert ".page td, .page div, .page p, .page li { font-family: 'Palatino Linotype', serif !important; }" in styles
    assert "font-family: 'Segoe UI', sans-serif !important" in styles
    assert ".dateline { border-color: #171411 !important; }" in styles
    assert ".contents a { color: #2a2621 !important; }" in styles


@pytest.mark.parametrize(
    ("stack", "first"),
    [
        ("'Iowan Old Style', 'Palatino Linotype', Palatino, Georgia, serif", "'Palatino Linotype', serif"),
        ("Charter, GEORGIA, serif", "Georgia, serif"),
        ("-apple-system, Helvetica, sans-serif", "Arial, sans-serif"),
        ("'My Own', sans-serif", "Arial, sans-serif"),
        ("'My Own'", "Georgia, serif"),
        ("Menlo, monospace", "'Courier New', monospace"),
    ],
)
def test_a_font_stack_for_windows_begins_with_an_installed_font(stack: str, first: str) -> None:
    assert windows_stack(stack) == first
