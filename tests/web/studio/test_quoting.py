"""Selections of a piece become its quotation, joined as the house style wants it."""

import pytest
from playwright.sync_api import Page

from tests.web.studio.modules import ORIGIN, call, open_modules

FIRST = "An aeroplane gives you back the hours. A night train does something odder. Nobody sleeps well in it!"
SECOND = "The attendant has worked it for twenty-six years."
PIECE = f"{FIRST}\n\n{SECOND}"


@pytest.fixture
def modules(page: Page) -> Page:
    open_modules(page)
    return page


@pytest.mark.parametrize(
    ("quotation", "selected", "expected"),
    [
        ("", " A night train ", "A night train"),
        (
            "An aeroplane gives you back the hours.",
            "A night train does something odder.",
            "An aeroplane gives you back the hours. A night train does something odder.",
        ),
        (
            "An aeroplane gives you back the hours.",
            "Nobody sleeps well in it!",
            "An aeroplane gives you back the hours. . . . Nobody sleeps well in it!",
        ),
        ("An aeroplane gives", "something odder.", "An aeroplane gives . . . something odder."),
        (
            "A night train does something odder.",
            SECOND,
            f"A night train does something odder. . . .\n\n{SECOND}",
        ),
        ("Nobody sleeps well in it!", SECOND, f"Nobody sleeps well in it!\n\n{SECOND}"),
        (
            "[Somebody] sleeps well in it! . . .",
            "An aeroplane gives you back the hours.",
            "An aeroplane gives you back the hours. . . . [Somebody] sleeps well in it! . . .",
        ),
        (SECOND, "twenty-six years", SECOND),
        ("Words from elsewhere", SECOND, f"Words from elsewhere . . .\n\n{SECOND}"),
    ],
)
def test_selections_join_with_the_house_styles_ellipsis(
    modules: Page, quotation: str, selected: str, expected: str
) -> None:
    assert call(modules, "quoting.js", "joined", quotation, selected, PIECE) == expected


@pytest.mark.parametrize(
    ("ellipsis", "after_sentence", "inside"),
    [(". . .", "End. . . .", "end . . ."), ("...", "End....", "end ..."), ("…", "End. …", "end …")],
)
def test_each_house_style_has_its_ellipsis(modules: Page, ellipsis: str, after_sentence: str, inside: str) -> None:
    assert call(modules, "quoting.js", "withEllipsis", "End.", ellipsis) == after_sentence
    assert call(modules, "quoting.js", "withEllipsis", "end ", ellipsis) == inside
    assert call(modules, "quoting.js", "withEllipsis", inside, ellipsis) == inside


def test_selections_are_whole_words_and_brackets_change_a_letters_case(modules: Page) -> None:
    assert call(modules, "quoting.js", "wholeWords", "The attendant’s", 5, 9) == [4, 15]
    assert call(modules, "quoting.js", "wholeWords", "a b ", 1, 4) == [2, 3]
    assert call(modules, "quoting.js", "inBrackets", "t") == "[T]"
    assert call(modules, "quoting.js", "inBrackets", "The man") == "[The man]"


def test_a_selection_across_paragraphs_keeps_them_apart(page: Page) -> None:
    open_modules(page, f"<article><p data-paragraph>{FIRST}</p><p data-paragraph><em>The</em> attendant.</p></article>")
    text = page.evaluate(
        """async (module) => {
            const { selectedText } = await import(module);
            const [first, second] = document.querySelectorAll("[data-paragraph]");
            const range = document.createRange();
            range.setStart(first.firstChild, first.textContent.length - 6);
            range.setEnd(second.lastChild, 4);
            return selectedText(range, document.querySelector("article"));
        }""",
        f"{ORIGIN}/studio/quoting.js",
    )
    assert text == "in it!\n\nThe attendant"
