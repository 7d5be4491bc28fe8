"""The visible order of words where two writing directions meet, in a real browser."""

import random
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest
from markupsafe import escape

from newsletter.rendering.bidi import isolated, marked
from tests.rendering.samples import hebrew
from tests.rendering.samples import page as html_of_issue
from tests.rendering.samples import text as text_of_issue

if TYPE_CHECKING:
    from playwright.sync_api import Page

# The visible letters, digits and punctuation of each element from left to right.
SEEN = """selector => [...document.querySelectorAll(selector)].map(element => {
  const seen = [], range = document.createRange();
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node; node = walker.nextNode();) {
    for (let at = 0; at < node.length; at++) {
      if (/[\\s\u200e\u200f\u2066-\u2069]/.test(node.data[at])) continue;
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      seen.push([range.getBoundingClientRect().x, node.data[at]]);
    }
  }
  return seen.sort((a, b) => a[0] - b[0]).map(each => each[1]).join('');
})"""
PIECES = (
    *("גשרים", "עדה כותבת", "צה״ל", "مرحبا", "NATO", "Ada Writer", "Åkerlund", "Sputnik (PS-1)", "17", "2026", "3.5"),
    *("·", ",", ".", "?", "!", ":", "(", ")", "“", "”", "–", "&", "[", "]", "/", "%"),
)


def lines() -> list[str]:
    """Draw lines of words, numbers and punctuation in any order, and typical bylines and titles."""
    chance = random.Random(2026)
    mixed = ["".join(f"{chance.choice(PIECES)} " for _ in range(chance.randint(1, 7))).strip() for _ in range(300)]
    return [
        *mixed,
        "Marguerite Osei",
        "The Pier (Review)",
        "“Hello” world?",
        "5 גשרים",
        "הגשר של NATO מזמזם",
        "NATO הגשר של הנהר",
        "A bridge, גשר, hums",
    ]


def seen(page: "Page", direction: str, contents: Sequence[str]) -> list[str]:
    """Return the text that a browser shows for pieces of HTML, each on its own line before a date."""
    rows = "".join(f"<p>{content} · 17 x</p>" for content in contents)
    page.set_content(f'<body dir="{direction}" style="white-space: nowrap">{rows}')
    order: list[str] = page.evaluate(SEEN, "p")
    return order


def without_bdi(html: str) -> str:
    """Return the HTML as Gmail, Yahoo and Outlook reduce it."""
    return re.sub("</?bdi[^>]*>", "", html)


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_words_keep_their_order_where_bdi_is_dropped(direction: str, page: "Page") -> None:
    expected = seen(page, direction, [isolated(line, direction) for line in lines()])
    in_mail = [isolated(line, direction, marks=True) for line in lines()]
    assert seen(page, direction, in_mail) == expected
    assert seen(page, direction, [without_bdi(html) for html in in_mail]) == expected
    unmarked = seen(page, direction, [without_bdi(isolated(line, direction)) for line in lines()])
    changed = sum(before != after for before, after in zip(unmarked, expected, strict=True))
    assert changed > 50  # so the marks are needed


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_words_keep_their_order_in_plain_text(direction: str, page: "Page") -> None:
    expected = seen(page, direction, [isolated(line, direction) for line in lines()])
    assert seen(page, direction, [escape(marked(line, direction)) for line in lines()]) == expected


def test_a_byline_keeps_its_date_whole_in_html_without_bdi_and_in_text(page: "Page") -> None:
    html, text = html_of_issue(*hebrew()), text_of_issue(*hebrew())
    orders = []
    for document in (html, without_bdi(html)):
        page.set_content(document)
        orders.append(page.evaluate(SEEN, ".byline"))
    bylines = [line for line in text.splitlines() if "·" in line][1:]
    page.set_content("".join(f'<p dir="rtl">{escape(line)}</p>' for line in bylines))
    orders.append(page.evaluate(SEEN, "p"))
    assert orders[0] == orders[1] == orders[2]
    assert orders[0][1] == "2026רבמבונב17·MargueriteOsei"


def test_lines_of_the_text_have_the_direction_of_the_newsletter(page: "Page") -> None:
    page.set_content("".join(f'<p dir="auto">{escape(line)}</p>' for line in text_of_issue(*hebrew()).splitlines()))
    for words in ("The Pier (Review)", "The Junction Review"):
        line = page.locator("p", has_text=words).first
        assert line.evaluate("line => getComputedStyle(line).direction") == "rtl"
