"""Authors' Markdown as HTML and as plain text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from newsletter.rendering.markdown_html import markdown_to_html
from newsletter.rendering.markdown_text import markdown_to_text
from newsletter.rendering.plaintext import flowed

LINK = '<a href="https://example.org/a/long/one">'
N = "\u00a0"
GUARDED = """<blockquote dir="rtl">
<p>הגשר של</p>
<ul>
<li><bdi dir="ltr">NATO</bdi></li>
<li>הגשר</li>
</ul>
</blockquote>"""
NOWRAP = '<span style="white-space: nowrap">'


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("a *b* **c** `d`", "<p>a <em>b</em> <strong>c</strong> <code>d</code></p>"),
        ("[a](https://example.org/?a=1&b=2)", '<p><a href="https://example.org/?a=1&amp;b=2">a</a></p>'),
        ("<mailto:a@example.org>", '<p><a href="mailto:a@example.org">mailto:a@example.org</a></p>'),
        ("[the king](sic)", "<p>[the king](sic)</p>"),
        ("[x](//example.org)", "<p>[x](//example.org)</p>"),
        ("[x](/path) and [y](#z)", "<p>[x](/path) and [y](#z)</p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("[He said]: nothing", "<p>[He said]: nothing</p>"),
        ("[Contrary to claims], it [sic] ... end....", "<p>[Contrary to claims], it [sic] ... end....</p>"),
        ("time. . . . This", f"<p>time{NOWRAP}. . . .</span> This</p>"),
        ("it [sic] . . . end", f"<p>it [sic] {NOWRAP}. . .</span> end</p>"),
        ('"straight" -- (c) ...', '<p>"straight" -- (c) ...</p>'),
        ("# 5 things", "<p># 5 things</p>"),
        ("a\n===", "<p>a\n===</p>"),
        ("    indented", "<p>indented</p>"),
        ("<b onclick=x>a</b>", "<p>&lt;b onclick=x&gt;a&lt;/b&gt;</p>"),
        ("![alt](https://example.org/x.png)", '<p>!<a href="https://example.org/x.png">alt</a></p>'),
    ],
)
def test_markdown_becomes_html(markdown: str, html: str) -> None:
    assert markdown_to_html(markdown, "ltr") == html


@pytest.mark.parametrize(
    ("markdown", "direction", "html"),
    [
        ("שלום NATO (2017)", "rtl", "<p>שלום <bdi>NATO (2017)</bdi></p>"),
        ("שלום (NATO), שלום", "rtl", "<p>שלום (<bdi>NATO</bdi>), שלום</p>"),
        ("שלום NATO [a (b)] (שלום)", "rtl", "<p>שלום <bdi>NATO [a (b)]</bdi> (שלום)</p>"),
        ("All in English.", "rtl", '<p dir="ltr">All in English.</p>'),
        (
            "הסיפור הארוך של העיתון The [Times](https://example.org/a/long/one) Weekly מופיע היום",
            "rtl",
            f"<p>הסיפור הארוך של העיתון The {LINK}Times</a> Weekly מופיע היום</p>",
        ),
        ("שלום עולם, The *Times*, שלום לך", "rtl", "<p>שלום עולם, The <em>Times</em>, שלום לך</p>"),
        ("שלום עולם, New\nYork, שלום לך", "rtl", "<p>שלום עולם, New\nYork, שלום לך</p>"),
        ("שלום NATO: *EU*, שלום לך", "rtl", "<p>שלום <bdi>NATO</bdi>: <em><bdi>EU</bdi></em>, שלום לך</p>"),
        ("שלום NATO  \nEU, שלום לך", "rtl", "<p>שלום <bdi>NATO</bdi><br>\n<bdi>EU</bdi>, שלום לך</p>"),
        ("שלום עולם.", "ltr", '<p dir="rtl">שלום עולם.</p>'),
        ("He said שלום עולם, and left.", "ltr", "<p>He said <bdi>שלום עולם</bdi>, and left.</p>"),
        ("שלום <b> A&B", "rtl", "<p>שלום &lt;<bdi>b&gt; A&amp;B</bdi></p>"),
        ("הגשר של *NATO* מזמזם בלילה.", "ltr", '<p dir="rtl">הגשר של <em><bdi>NATO</bdi></em> מזמזם בלילה.</p>'),
        ("הגשר [כאן](https://example.org/a/long/one)", "ltr", f'<p dir="rtl">הגשר {LINK}כאן</a></p>'),
        ("NATO על הגשר של הנהר", "ltr", '<p dir="rtl"><bdi>NATO</bdi> על הגשר של הנהר</p>'),
        ("Quiet bridges: תודה, as they say", "rtl", '<p dir="ltr">Quiet bridges: <bdi>תודה</bdi>, as they say</p>'),
        ("* הגשר של NATO מזמזם", "ltr", '<ul dir="rtl">\n<li>הגשר של <bdi>NATO</bdi> מזמזם</li>\n</ul>'),
        ("3. All in English.", "rtl", '<ol start="3" dir="ltr">\n<li>All in English.</li>\n</ol>'),
        ("* All English\n* הגשר", "ltr", '<ul>\n<li>All English</li>\n<li><bdi dir="rtl">הגשר</bdi></li>\n</ul>'),
        ("> הגשר של\n>\n> * NATO\n> * הגשר", "ltr", GUARDED),
        (
            "הגשר של הנהר הארוך והישן\n\nHe left.",
            "ltr",
            '<p dir="rtl">הגשר של הנהר הארוך והישן</p>\n<p dir="ltr">He left.</p>',
        ),
    ],
)
def test_runs_against_the_direction_are_isolated(markdown: str, direction: str, html: str) -> None:
    assert markdown_to_html(markdown, direction) == html


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("a *b* `c`\nd", "a *b* c d"),
        ("one\n\ntwo", "one\n\ntwo"),
        ("see [this](https://example.org/x) now", "see this now\n<https://example.org/x>"),
        ("<https://example.org/x>", "https://example.org/x"),
        (
            "[a](https://example.org/1), [b](https://example.org/2)",
            "a [1], b [2]\n[1]\n<https://example.org/1>\n[2]\n<https://example.org/2>",
        ),
        ("* a\n* b", "* a\n* b"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("> a\n>\n> b", "> a\n>\n> b"),
        ("* a\n  * b\n    1. c\n* d", f"* a\n{N}{N}* b\n{N}{N}{N}{N}1. c\n* d"),
        ("10. a\n    * b", f"10. a\n{N}{N}{N}{N}* b"),
        ("* a\n\n  b\n\n  > c", f"* a\n\n{N}{N}b\n\n{N}{N}> c"),
        ("* a\n\n  ```\n  x\n  ```", "* a\n\n      x"),
        ("* [a](https://example.org/x)\n  * b", f"* a\n{N}{N}<https://example.org/x>\n{N}{N}* b"),
        ("See [a](https://example.org/x):\n\n> b", "See a [1]:\n\n> b\n\n[1]\n<https://example.org/x>"),
        ("*[a](https://example.org/x):*\n\n* b\n\nc", "*a [1]:*\n\n* b\n\n[1]\n<https://example.org/x>\n\nc"),
        ("See [a](https://example.org/x):\n\nb", "See a:\n<https://example.org/x>\n\nb"),
        ("See [a](https://example.org/x).\n\n> b", "See a.\n<https://example.org/x>\n\n> b"),
        ("a\\\nb", "a\nb"),
        ("***", "* * *"),
        ("```\nx = 1\n```", "    x = 1"),
        ("[He](sic) [x]", "[He](sic) [x]"),
    ],
)
def test_markdown_becomes_text(markdown: str, text: str) -> None:
    assert markdown_to_text(markdown, "ltr") == text


def test_wrapped_lines_of_nested_lists_keep_their_indent() -> None:
    text = markdown_to_text(f"* {'outer ' * 30}\n  * {'inner ' * 30}\n    * deepest", "ltr")
    lines = flowed(text, re.compile("(?!)"), len).splitlines()
    assert all(len(line) <= 72 for line in lines)
    assert lines[0].startswith("* outer")
    assert [line.lstrip(N) for line in lines if line.startswith(N)] == [
        next(line.lstrip(N) for line in lines if "* inner" in line),
        "* deepest",
    ]
    assert next(line for line in lines if "deepest" in line) == f"{N * 4}* deepest"


L, R = "\u200e", "\u200f"


@pytest.mark.parametrize(
    ("markdown", "direction", "text"),
    [
        ("שלום NATO (2017), שלום", "rtl", f"שלום {R}NATO (2017){L}{R}, שלום"),
        ("NATO שלום שלום", "rtl", f"{R}NATO{R} שלום שלום"),
        ("שלום שלום The *Daily* News, שלום", "rtl", f"שלום שלום {R}The *Daily* News{R}, שלום"),
        ("All in English.", "rtl", "All in English."),
        ("NATO על הגשר של הנהר", "ltr", f"{R}NATO{R} על הגשר של הנהר"),
        ("`x` שלום שלום", "ltr", f"{R}x שלום שלום"),
        ("* הגשר של הנהר\n* NATO", "rtl", "* הגשר של הנהר\n* NATO"),
        ("<https://example.org/x> שלום שלום", "rtl", f"{R}https://example.org/x שלום שלום"),
        (
            "[https://example.org](https://example.org) שלום שלום שלום",
            "rtl",
            f"{R}https://example.org{R} שלום שלום שלום",
        ),
    ],
)
def test_runs_against_the_direction_are_marked_in_text(markdown: str, direction: str, text: str) -> None:
    assert markdown_to_text(markdown, direction) == text


pieces = st.sampled_from(
    [
        "<script>",
        "javascript:",
        "[a](",
        ")",
        "](data:text/html,x)",
        "<a href=",
        "onerror=",
        "`",
        "*",
        "\n\n",
        "> ",
        "![",
        "]",
        "&#106;avascript:alert(1)",
        "<https://example.org>",
        "\x00",
        "\u202e",
        "{{",
        "מ",
        '"',
        "'",
        "<!--",
        "[x]: ",
        "java\nscript:",
    ]
)


@given(st.lists(pieces | st.text(max_size=8), max_size=14).map("".join), st.sampled_from(["ltr", "rtl"]))
def test_rendered_markdown_contains_no_active_content(markdown: str, direction: str) -> None:
    fragment = lxml_html.fragment_fromstring(markdown_to_html(markdown, direction), create_parent="div")
    allowed = {
        "a",
        "bdi",
        "blockquote",
        "br",
        "code",
        "em",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "span",
        "strong",
        "ul",
        "div",
    }
    for element in fragment.iter():
        assert element.tag in allowed
        assert set(element.attrib) <= {"href", "start", "dir", "style"}
        assert re.match(r"https?://|mailto:|$", element.get("href", ""), re.IGNORECASE)
    assert isinstance(markdown_to_text(markdown, direction), str)


TABLE = """\
Trains:

| Line | From | Price |
|:--|:-:|--:|
| *Night* | Vienna | 29 |
| [Day](https://example.org/day) | 京都駅 | 7 |
| Dawn |
"""


def test_a_table_is_a_grid_with_heads_and_a_paragraph_in_each_cell() -> None:
    table = lxml_html.fromstring(markdown_to_html(TABLE, "ltr")).find(".//table")
    assert table is not None
    assert dict(table.attrib) == {"class": "grid", "cellpadding": "4", "cellspacing": "0"}
    assert [(cell.get("scope"), cell.get("align"), cell.text_content().strip()) for cell in table.iter("th")] == [
        *(("col", "left", "Line"), ("col", "center", "From"), ("col", "right", "Price")),
    ]
    rows = [[cell.text_content().strip() for cell in row.iter("td")] for row in table.find("tbody")]
    assert rows == [["Night", "Vienna", "29"], ["Day", "京都駅", "7"], ["Dawn", "", ""]]
    assert all(cell.find("p") is not None for cell in table.iter("td", "th"))


def test_short_words_in_a_table_are_not_broken_on_a_phone() -> None:
    table = lxml_html.fromstring(markdown_to_html("|Hospital|b|\n|-|-|\n|€11.00|a b|\n|https://example.org/|c|", "ltr"))
    short = [cell.text_content().strip() for cell in table.iter("th", "td") if cell.get("class") == "short"]
    assert short == ["Hospital", "b", "€11.00", "c"]


def test_a_table_is_text_in_columns_with_its_addresses_below() -> None:
    assert markdown_to_text(TABLE, "ltr") == (
        "Trains:\n\n"
        "Line      From   Price\n-------  ------  -----\n*Night*  Vienna     29\nDay [1]  京都駅      7\nDawn\n\n"
        "[1]\n<https://example.org/day>"
    )


def test_a_table_that_is_too_wide_for_text_is_printed_row_by_row() -> None:
    long = "words " * 10
    text = markdown_to_text(f"|A|{long}|C|\n|-|-|-|\n|1|{long}|3|\n|4||6|\n", "ltr")
    assert text == f"A: 1\n{long.strip()}: {long.strip()}\nC: 3\n\nA: 4\nC: 6"


def test_a_table_with_an_empty_head_has_none() -> None:
    assert "<th" not in markdown_to_html("| | |\n|-|-|\n| a | b |", "ltr")
    assert markdown_to_text("| | |\n|-|-|\n| a | b |", "ltr") == "a    b"


def test_a_table_runs_in_the_direction_of_its_words() -> None:
    assert '<table dir="ltr"' in markdown_to_html("|One|Two|\n|-|-|\n|English|words|", "rtl").replace(
        'class="grid" cellpadding="4" cellspacing="0" ', ""
    )
    hebrew = markdown_to_html("|הגשר|הנהר|\n|-|-|\n|של|מזמזם|", "rtl")
    assert "dir=" not in hebrew
    assert hebrew.count('align="right"') == 2  # the heads'; cells inherit theirs
    mixed = markdown_to_html("|One|Two|\n|-|-|\n|English|הגשר של הנהר|", "ltr")
    assert '<p dir="rtl">הגשר של הנהר</p>' in mixed


@given(st.text(alphabet="ab |-:\n>\\`*אב", max_size=60))
def test_any_table_becomes_html_and_text(markdown: str) -> None:
    for direction in ("ltr", "rtl"):
        assert "style" not in markdown_to_html(markdown, direction)
        flowed(markdown_to_text(markdown, direction), re.compile(r"(?!)"), len)
