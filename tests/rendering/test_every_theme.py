"""Every theme that comes with the program, as mail clients show it: widths, dark modes, no images, no styles, RTL."""

import colorsys
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pytest

from newsletter import checks
from newsletter.domain.issue import Issue, Section
from newsletter.domain.publication import Newsletter, ThemeSettings
from newsletter.errors import Place
from newsletter.message.template import fill_html, fill_text
from newsletter.rendering import load_theme, part_findings, render, theme_chain, theme_findings, theme_names
from newsletter.rendering.contrast import contrast_ratio
from newsletter.rendering.fonts import windows_stack
from tests.rendering.gallery_issues import long
from tests.rendering.samples import NOWHERE, READER, everything, passages
from tests.rendering.test_clients import BACKGROUND, in_thunderbird
from tests.rendering.test_in_browser import LOOSE_DOTS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

THEMES = theme_names(NOWHERE)
OPTIONS = [
    (theme, {name: choice})
    for theme in THEMES
    for name, option in theme_chain(NOWHERE, theme).settings.options.items()
    for choice in (option.choices or (True, False))
    if choice != option.default
]
LARGEST = 90_000  # bytes; Gmail clips a message at about 102 KB


def themed(newsletter: Newsletter, theme: str, **settings: object) -> Newsletter:
    """Return a newsletter with a theme; keyword arguments are its settings."""
    return replace(newsletter, theme=ThemeSettings(name=theme, **settings))  # type: ignore[arg-type]


MARKDOWN = """Words with `code`:

* an item
  * one inside
* a [link](https://example.org/link)

1. first

| Line | Opened |
|---|---|
| Harbour | 1911 |

***

```
code = "a line"
```
"""


def full() -> tuple[Issue, Newsletter]:
    """Return the issue that has everything, with all of Markdown in the framing and the quotation of an entry."""
    issue, newsletter = everything()
    rich = replace(issue.entries[0], slug="rich", passages=passages(MARKDOWN, MARKDOWN))
    return replace(issue, sections=(*issue.sections, Section(title=None, items=(rich,)))), newsletter


@cache
def message(theme: str, language: str = "en") -> str:
    """Return the full issue as one reader gets it."""
    issue, newsletter = full()
    newsletter = replace(themed(newsletter, theme), language=language)
    return fill_html(render(issue, newsletter, load_theme(NOWHERE, newsletter)).html, READER)


@pytest.fixture(scope="module")
def window(browser: "Browser") -> Iterator["Page"]:
    """Open one window for all tests, without images."""
    context = browser.new_context(viewport={"width": 375, "height": 800}, color_scheme="light")
    page = context.new_page()
    page.route("**/*", lambda route: route.abort())
    yield page
    context.close()


@pytest.mark.parametrize("language", ["en", "he"])
@pytest.mark.parametrize("theme", THEMES)
def test_no_theme_is_wider_than_the_screen_with_or_without_its_styles(
    theme: str, language: str, window: "Page"
) -> None:
    window.emulate_media(color_scheme="light")
    for document in (message(theme, language), without_styles(message(theme, language))):
        window.set_content(document)
        for width in (320, 375, 480, 600, 700, 1000):
            window.set_viewport_size({"width": width, "height": 800})
            assert window.evaluate("document.documentElement.scrollWidth") == width, width


def without_styles(document: str) -> str:
    return re.sub(r"<style[^>]*>.*?</style>", "", document, flags=re.DOTALL)


# Each visible text with its colour and the colour behind it.
TEXTS = """() => {
  const hex = color => '#' + color.match(/\\d+/g).slice(0, 3).map(n => (+n).toString(16).padStart(2, '0')).join('');
  const behind = element => {
    for (; element; element = element.parentElement) {
      const color = getComputedStyle(element).backgroundColor;
      if (color !== 'rgba(0, 0, 0, 0)') return hex(color);
    }
    return null;
  };
  const texts = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; node = walker.nextNode();) {
    const element = node.parentElement;
    if (node.data.trim() && element.checkVisibility() && element.getClientRects().length)
      texts.push([node.data.trim().slice(0, 40), hex(getComputedStyle(element).color), behind(element)]);
  }
  return texts;
}"""


def require_contrast(window: "Page", behind: str = "#ffffff", least: float = 4.5) -> None:
    texts = window.evaluate(TEXTS)
    assert len(texts) > 50
    for words, color, background in texts:
        assert contrast_ratio(color, background or behind) >= least, (words, color, background)


@pytest.mark.parametrize("theme", THEMES)
def test_all_text_can_be_read_in_light_and_dark(theme: str, window: "Page") -> None:
    window.set_content(message(theme))
    window.emulate_media(color_scheme="light")
    require_contrast(window)
    window.evaluate("['data-ogsc', 'data-ogsb'].forEach(name => document.body.parentElement.setAttribute(name, ''))")
    require_contrast(window)  # Outlook.com's dark mode
    window.set_content(message(theme))
    window.emulate_media(color_scheme="dark")
    require_contrast(window)
    window.emulate_media(color_scheme="light")
    window.set_content(without_styles(message(theme)))
    require_contrast(window)


@pytest.mark.parametrize("theme", THEMES)
def test_all_text_can_be_read_where_a_mail_client_inverts_colours(theme: str, window: "Page") -> None:
    window.emulate_media(color_scheme="light")
    window.set_content(inverted(without_styles(message(theme))))
    require_contrast(window, "#000000")


def inverted(document: str) -> str:
    """Return a message with dark text made light and light backgrounds made dark, as Gmail on iOS does."""
    document = re.sub(r"(?<=bgcolor=\")#[0-9a-f]{6}", lambda color: _dark(color[0]), document)
    document = re.sub(r"(background(?:-color)?:\s*)(#[0-9a-f]{6})", lambda part: part[1] + _dark(part[2]), document)
    return re.sub(r"((?<!-)color:\s*)(#[0-9a-f]{6})", lambda part: part[1] + _light(part[2]), document)


def _dark(color: str) -> str:
    return _flipped(color) if _lightness(color) > 0.5 else color


def _light(color: str) -> str:
    return _flipped(color) if _lightness(color) < 0.5 else color


def _lightness(color: str) -> float:
    return colorsys.rgb_to_hls(*(int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)))[1]


def _flipped(color: str) -> str:
    hue, lightness, saturation = colorsys.rgb_to_hls(*(int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)))
    return "#" + "".join(f"{round(part * 255):02x}" for part in colorsys.hls_to_rgb(hue, 1 - lightness, saturation))


@pytest.mark.parametrize("language", ["en", "he"])
@pytest.mark.parametrize("theme", THEMES)
def test_thunderbirds_dark_mode_keeps_all_text(theme: str, language: str, window: "Page") -> None:
    window.emulate_media(color_scheme="light")
    window.set_content(in_thunderbird(message(theme, language)))
    require_contrast(window, BACKGROUND)


@pytest.mark.parametrize("theme", THEMES)
def test_pictures_have_a_text_without_images(theme: str, window: "Page") -> None:
    window.emulate_media(color_scheme="light")
    window.set_content(message(theme))
    pictures = window.locator("img").all()
    assert pictures
    for picture in pictures:
        assert picture.get_attribute("alt")
        assert picture.is_visible()


@pytest.mark.parametrize("language", ["en", "de", "he"])
@pytest.mark.parametrize("theme", THEMES)
def test_no_line_of_a_theme_begins_or_ends_with_a_dot(theme: str, language: str, window: "Page") -> None:
    window.emulate_media(color_scheme="light")
    window.set_content(message(theme, language))
    for width in (320, 375, 430, 700):
        window.set_viewport_size({"width": width, "height": 800})
        assert window.evaluate(LOOSE_DOTS) == [], width


MIRRORED = """numbered => {
  const style = element => getComputedStyle(element), page = document.querySelector('.page');
  const start = style(page).direction === 'rtl' ? 'right' : 'left';
  const wrong = [...document.querySelectorAll('.title, .section, p, ul')].filter(element => {
    const own = style(element).direction === 'rtl' ? 'right' : 'left';
    // A numbered title stands beside its number, whatever its own direction.
    const side = numbered && element.matches('.title') ? start : own;
    return !['center', 'start', side].includes(style(element).textAlign.replace('-webkit-', ''));
  });
  return [start, wrong.map(element => element.outerHTML)];
}"""


@pytest.mark.parametrize("theme", THEMES)
def test_every_theme_is_mirrored_in_languages_from_right_to_left(theme: str, window: "Page") -> None:
    window.emulate_media(color_scheme="light")
    for language, side in (("en", "left"), ("he", "right")):
        window.set_content(message(theme, language))
        assert window.evaluate(MIRRORED, theme in ("letter", "list")) == [side, []]


@pytest.mark.parametrize("theme", THEMES)
def test_a_long_word_and_a_logo_fit_every_theme(theme: str, window: "Page") -> None:
    issue, newsletter = everything()
    entry = replace(issue.entries[0], title="x" * 300, source="S" * 80, url=f"https://example.org/{'y' * 90}")
    shorter = replace(issue, sections=(replace(issue.sections[0], title="Z" * 90, items=(entry,)),), subject="W" * 90)
    newsletter = themed(newsletter, theme, logo="https://news.example.org/logo.png", logo_width=600)
    window.set_content(fill_html(render(shorter, newsletter, load_theme(NOWHERE, newsletter)).html, READER))
    for width in (320, 1000):
        window.set_viewport_size({"width": width, "height": 800})
        assert window.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("theme", THEMES)
def test_no_theme_stretches_a_small_picture(theme: str, window: "Page") -> None:
    issue, newsletter = everything()
    size = (400, 300)
    sections = tuple(
        replace(section, items=tuple(replace(item, image_size=size) for item in section.items))
        for section in issue.sections
    )
    newsletter = themed(newsletter, theme)
    email = render(replace(issue, sections=sections), newsletter, load_theme(NOWHERE, newsletter))
    window.set_viewport_size({"width": 1000, "height": 800})
    window.set_content(fill_html(email.html, READER))
    widths = window.evaluate("[...document.images].map((image) => image.getBoundingClientRect().width)")
    assert widths
    assert max(widths) <= 400


@pytest.mark.parametrize(("language", "changed"), [("en", False), ("he", False), ("en", True)])
@pytest.mark.parametrize("theme", THEMES)
def test_no_check_finds_a_mistake_in_a_theme_or_its_options(theme: str, language: str, changed: bool) -> None:
    issue, newsletter = everything()
    options = {name: value for own, option in OPTIONS if own == theme for name, value in option.items()}
    newsletter = replace(themed(newsletter, theme, options=options if changed else {}), language=language)
    loaded = load_theme(NOWHERE, newsletter)
    assert theme_findings(loaded) == ()
    assert part_findings(issue, loaded) == ()
    assert checks.email_findings(issue, render(issue, newsletter, loaded), Place(path="theme")) == []


@pytest.mark.parametrize("theme", THEMES)
def test_every_theme_says_what_a_listed_link_leads_to(theme: str) -> None:
    issue, newsletter = full()
    newsletter = themed(newsletter, theme)
    email = render(issue, newsletter, load_theme(NOWHERE, newsletter))
    assert re.search(r"\[(<bdi>)?video(</bdi>)?\]</span> <a [^>]*>Nine clocks", fill_html(email.html, READER))
    assert "[video] Nine clocks" in fill_text(email.text, READER)


@pytest.mark.parametrize("theme", THEMES)
def test_outlook_on_windows_gets_fonts_that_it_has_in_every_theme(theme: str) -> None:
    _, newsletter = everything()
    fonts = load_theme(NOWHERE, themed(newsletter, theme)).fonts
    style = "".join(re.findall(r"<!--\[if mso\]><style[^>]*>(.*?)</style><!\[endif\]-->", message(theme), re.DOTALL))
    for selector, font in ((".page td", "text"), (".page h1", "title"), (".page .section", "label")):
        rule = next(line for line in style.splitlines() if line.startswith(selector))
        assert f"font-family: {windows_stack(fonts[font])} !important" in rule


@pytest.mark.parametrize(("theme", "options"), OPTIONS)
def test_every_option_changes_the_message(theme: str, options: Mapping[str, bool | str]) -> None:
    issue, newsletter = everything()
    passages = tuple(replace(passage, markdown="Some words.") for passage in issue.entries[0].passages)
    entries = tuple(
        replace(issue.entries[0], kind="audio", slug=f"audio-{number}", passages=passages) for number in range(4)
    )
    issue = replace(issue, sections=(replace(issue.sections[0], items=entries),))
    plain, changed = themed(newsletter, theme), themed(newsletter, theme, options=options)
    assert render(issue, plain, load_theme(NOWHERE, plain)) != render(issue, changed, load_theme(NOWHERE, changed))


def test_the_theme_list_prints_only_quotations_that_a_framing_announces() -> None:
    issue, newsletter = everything()
    framing, quotation = issue.entries[0].passages[:2]
    alone = replace(issue.entries[0], passages=(replace(framing, markdown="He writes."), quotation))
    announced = replace(issue.entries[0], slug="said", passages=(replace(framing, markdown="He writes:"), quotation))
    newsletter = themed(newsletter, "list")
    for entry, printed in ((alone, 0), (announced, 1)):
        shown = replace(issue, sections=(replace(issue.sections[0], items=(entry,)),))
        email = render(shown, newsletter, load_theme(NOWHERE, newsletter))
        assert fill_html(email.html, READER).count("<blockquote") == printed
        assert fill_text(email.text, READER).count("\n> ") >= printed
        assert ("\n> " in fill_text(email.text, READER)) is bool(printed)


@pytest.mark.parametrize("theme", THEMES)
def test_an_issue_of_thirty_entries_is_not_clipped(theme: str) -> None:
    issue, newsletter = long()
    newsletter = themed(newsletter, theme)
    email = render(issue, newsletter, load_theme(NOWHERE, newsletter))
    assert len(issue.entries) == 30
    assert len(fill_html(email.html, READER).encode()) <= LARGEST
    text = fill_text(email.text, READER)
    for entry in issue.entries:
        assert entry.url in text
