"""The default theme as a reader sees it, in a real browser: phone and desktop, light and dark, images off."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Literal

import pytest

from newsletter.domain.issue import Issue, Section
from newsletter.domain.publication import Newsletter, ThemeSettings
from newsletter.rendering import load_theme
from newsletter.rendering.bidi import direction_of_title
from newsletter.rendering.contrast import contrast_ratio
from tests import make
from tests.rendering.samples import NOWHERE, SIGNAL, english, everything, hebrew, page, passages, text

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Open = Callable[..., "Page"]
Scheme = Literal["light", "dark"]

COLORS = """() => [...document.querySelectorAll('h1, h2, h3, p, a, span, li')]
  .filter(e => e.innerText.trim()).map(e => {
  const hex = color => '#' + color.match(/\\d+/g).slice(0, 3).map(n => (+n).toString(16).padStart(2, '0')).join('');
  return [e.innerText.slice(0, 40), hex(getComputedStyle(e).color)];
})"""
BACKGROUND = """() => '#' + getComputedStyle(document.querySelector('.page')).backgroundColor
  .match(/\\d+/g).slice(0, 3).map(n => (+n).toString(16).padStart(2, '0')).join('')"""


@pytest.fixture
def opened(browser: "Browser") -> Iterator[Open]:
    contexts = []

    def open_page(document: str, *, width: int = 375, scheme: Scheme = "light") -> "Page":
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        contexts.append(context)
        shown = context.new_page()
        shown.route("**/*", lambda route: route.abort())  # images are off
        shown.set_content(document)
        return shown

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("sample", [english, everything, hebrew])
def test_no_element_is_wider_than_the_screen(sample: Callable[[], tuple[Issue, Newsletter]], opened: Open) -> None:
    shown = opened(page(*sample()))
    for width in (320, 375, 700):
        shown.set_viewport_size({"width": width, "height": 800})
        assert shown.evaluate("document.documentElement.scrollWidth") == width


# The blocks with a visible dot that has no text on one side.
LOOSE_DOTS = """() => [...document.querySelectorAll('p, td.dateline')].filter(block => block.textContent.includes('·'))
  .filter(block => {
    const signs = [], edge = block.getBoundingClientRect(), range = document.createRange();
    const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    for (let node; node = walker.nextNode();) {
      for (let at = 0; at < node.length; at++) {
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        const box = range.getBoundingClientRect(), seen = box.left >= edge.left - 1 && box.right <= edge.right + 1;
        if (seen && box.width && !/\\s/.test(node.data[at])) signs.push({sign: node.data[at], x: box.x, y: box.y});
      }
    }
    const beside = (dot, way) => signs.some(other => Math.abs(other.y - dot.y) < 5 && way * (other.x - dot.x) > 0);
    return signs.some(dot => dot.sign === '·' && !(beside(dot, 1) && beside(dot, -1)));
  }).map(block => block.innerText)"""


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "he", "ar"])
def test_no_line_begins_or_ends_with_a_dot(language: str, opened: Open) -> None:
    authors = (
        "Ada",
        "Marguerite Osei",
        "Jean-Baptiste Åkerlund",
        "An author of a name that fills more than a line of a phone",
    )
    entries = tuple(replace(SIGNAL, author=author) for author in authors)
    issue = make.issue(*entries, slug="2026-09-23", date=date(2026, 9, 23), number=1144)
    shown = opened(page(issue, make.newsletter(language=language)))
    for width in (320, 375, 430, 700):
        shown.set_viewport_size({"width": width, "height": 800})
        assert shown.evaluate(LOOSE_DOTS) == [], width
        assert shown.evaluate("document.documentElement.scrollWidth") == width


# The right edge of the letter before a dot, the dot's middle, and the left edge of the letter after it.
AROUND_A_DOT = """() => [...document.querySelectorAll('.byline')].map(byline => {
  const range = document.createRange(), edges = [], walker = document.createTreeWalker(byline, NodeFilter.SHOW_TEXT);
  for (let node; node = walker.nextNode();) {
    const dot = node.data.indexOf('·');
    range.selectNodeContents(node);
    if (dot >= 0) { range.setStart(node, dot); range.setEnd(node, dot + 1); }
    const box = range.getBoundingClientRect();
    if (box.width && node.data.trim()) edges.push([dot >= 0, box.left, box.right]);
  }
  const at = edges.findIndex(edge => edge[0]), sides = [edges[at - 1], edges[at + 1]].sort((a, b) => a[1] - b[1]);
  return [edges[at][1] - sides[0][2], sides[1][1] - edges[at][2]];
})"""


@pytest.mark.parametrize("language", ["en", "he"])
def test_the_dots_of_a_byline_are_centred_and_nested_lists_close_to_their_items(language: str, opened: Open) -> None:
    listed = replace(SIGNAL.passages[0], markdown="* one\n  * inner\n* two")
    entry = replace(SIGNAL, source="Signal", author="Ada Lovelace", passages=(listed, *SIGNAL.passages))
    shown = opened(page(make.issue(entry), make.newsletter(language=language)), width=700)
    for before, behind in shown.evaluate(AROUND_A_DOT):
        assert before == pytest.approx(behind, abs=0.3)
        assert before > 4
    lines = shown.locator("li").evaluate_all("items => items.map(item => item.getBoundingClientRect().top)")
    assert lines[2] - lines[1] == pytest.approx(lines[1] - lines[0], abs=1)


def test_a_topic_wraps_only_if_it_is_longer_than_a_line(opened: Open) -> None:
    topics = (
        "Night trains",
        "International law and order",
        "Nagorno-Karabakh",
        "Sea",
        "Saint-Pierre-et-Miquelon",
        "T " * 45,
    )
    shown = opened(page(make.issue(replace(SIGNAL, topics=topics)), make.newsletter()))
    lines = shown.locator(".topics").evaluate("""element => {
      const lines = [], range = document.createRange();
      const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      for (let text; text = walker.nextNode();) {
        for (let at = 0; at < text.length; at++) {
          range.setStart(text, at);
          range.setEnd(text, at + 1);
          const y = Math.round(range.getBoundingClientRect().y);
          if (!lines.length || lines.at(-1)[0] !== y) lines.push([y, '']);
          lines.at(-1)[1] += text.data[at];
        }
      }
      return lines.map(line => line[1]);
    }""")
    assert len(lines) > 3
    whole = [line.replace("\u00a0", " ").replace("\u2011", "-") for line in lines]
    for topic in topics[:-1]:
        assert sum(topic in line for line in whole) == 1


@pytest.mark.parametrize("width", [160, 600])
def test_a_logo_has_its_configured_width_but_fits_the_column(width: int, opened: Open) -> None:
    settings = ThemeSettings(logo="https://news.example.org/logo.png", logo_width=width)
    for screen, column in ((375, 327), (1000, 552)):
        shown = opened(page(make.issue(), make.newsletter(theme=settings)), width=screen)
        box = shown.locator("h1 img").bounding_box()
        assert shown.evaluate("document.documentElement.scrollWidth") == screen
        assert box is not None
        assert box["width"] == min(width, column)


def test_a_readers_direction_override_changes_no_other_text(opened: Open) -> None:
    issue = make.issue(note="Dear {{ subscriber.first_name }}, left")
    where = """() => {
      const text = [...document.querySelector('.note p').childNodes].at(-1), range = document.createRange();
      return [text.length - 3, text.length - 2].map(at => {
        range.setStart(text, at);
        range.setEnd(text, at + 1);
        return range.getBoundingClientRect().x;
      });
    }"""
    shown = opened(page(issue, make.newsletter(), {"subscriber.first_name": "\u202eabc"}))
    first, second = shown.evaluate(where)
    assert first < second


def test_a_long_word_wraps(opened: Open) -> None:
    long = "https://example.org/" + "x" * 300
    entry = replace(SIGNAL, title=long, source="S" * 80, topics=("T" * 90,), url=f"https://example.org/{'y' * 90}")
    issue = make.issue(sections=(Section(title="Z" * 90, items=(entry,)),), note=long)
    shown = opened(page(issue, make.newsletter(name="N" * 60)))
    assert shown.evaluate("document.documentElement.scrollWidth") == 375


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_is_readable_in_light_and_dark(scheme: Scheme, opened: Open) -> None:
    theme = load_theme(NOWHERE, make.newsletter())
    shown = opened(page(*everything()), scheme=scheme)
    background = shown.evaluate(BACKGROUND)
    assert background == (theme.dark_colors if scheme == "dark" else theme.colors)["background"]
    seen = shown.evaluate(COLORS)
    assert len(seen) > 20
    for words, color in seen:
        assert contrast_ratio(color, background) >= 4.5, words


def test_dark_mode_has_the_dark_colours(opened: Open) -> None:
    dark = load_theme(NOWHERE, make.newsletter()).dark_colors
    colors = dict(opened(page(*english()), scheme="dark").evaluate(COLORS))
    assert colors["The last signal box & its kettle"] == dark["title"]
    assert colors["Read more at The Junction Review\u00a0→"] == dark["accent"]
    assert colors["Unsubscribe"] == dark["muted"]


def test_the_alt_text_is_shown_without_images(opened: Open) -> None:
    shown = opened(page(*english()))
    assert shown.get_by_role("img", name="A signal box at dusk, one window lit").is_visible()


def test_the_column_is_600_wide_on_a_desktop_and_centred(opened: Open) -> None:
    box = opened(page(*english()), width=1000).locator("td.entry").first.bounding_box()
    assert box is not None
    assert (box["width"], box["x"]) == (552, 224)


def test_the_line_beside_a_quotation_is_on_the_right_in_hebrew(opened: Open) -> None:
    style = "e => ['borderRightWidth', 'borderLeftWidth', 'textAlign'].map(name => getComputedStyle(e)[name])"
    shown = opened(page(*hebrew()))
    assert shown.locator("blockquote").first.evaluate(style) == ["3px", "0px", "right"]
    assert shown.locator("p[dir=ltr]").first.evaluate("e => getComputedStyle(e).textAlign") == "left"


def test_hebrew_titles_lists_and_quotations_in_an_english_issue_run_from_right_to_left(opened: Open) -> None:
    issue, newsletter = english()
    words = "\u0627\u0644\u0642\u0637\u0627\u0631 \u064a\u0639\u0648\u062f"
    entry = replace(SIGNAL, title=f"{words}: City Night", passages=passages(f"* {words}", f"{words}\n\n* {words}"))
    shorter = replace(issue, sections=(Section(title=None, items=(entry,)),))
    shown = opened(page(shorter, newsletter))
    style = """names => [...document.querySelectorAll('.title, ul, blockquote')].map(element => [
      element.localName, ...names.map(name => getComputedStyle(element)[name])])"""
    names = ["direction", "textAlign", "paddingLeft", "paddingRight", "borderLeftWidth", "borderRightWidth"]
    assert shown.evaluate(style, names) == [
        ["h2", "rtl", "right", "0px", "0px", "0px", "0px"],
        ["ul", "rtl", "right", "0px", "24px", "0px", "0px"],
        ["blockquote", "rtl", "right", "0px", "16px", "0px", "3px"],
        ["ul", "rtl", "right", "0px", "24px", "0px", "0px"],
    ]
    assert f"\n{words}: \u200fCity Night\u200f\n" in text(shorter, newsletter)


@pytest.mark.parametrize(
    ("title", "direction", "own"),
    [
        ("\u05d2\u05e9\u05e8\u05d9\u05dd", "ltr", "rtl"),
        ("\u05e9\u05dc\u05d5\u05dd means hello, and peace", "ltr", "ltr"),
        ("NATO \u05d4\u05d2\u05e9\u05e8 \u05d4\u05d9\u05e9\u05df \u05e9\u05dc \u05d4\u05e2\u05d9\u05e8", "ltr", "rtl"),
        ("Apple TV \u05de\u05d2\u05d9\u05e2\u05d4", "rtl", "rtl"),
        ("The last signal box", "rtl", "ltr"),
    ],
)
def test_a_title_has_the_direction_of_its_text(title: str, direction: str, own: str) -> None:
    assert direction_of_title(title, direction) == own
