"""Bodies split into framing and quotation, and plain text escaped as Markdown."""

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from newsletter.content.markdown import escape_markdown, join_passages, split_passages
from newsletter.domain.autolinks import may_be_link
from newsletter.domain.issue import Passage, PassageKind

FRAMING, QUOTATION = PassageKind.FRAMING, PassageKind.QUOTATION
COMMONMARK = MarkdownIt("commonmark", {"html": False})
COMMONMARK.validateLink = may_be_link  # type: ignore[method-assign]  # the documented hook


def kinds(body: str) -> list[tuple[PassageKind, str]]:
    return [(passage.kind, passage.markdown) for passage in split_passages(body)]


def shape(markup: str) -> str:
    """Return HTML without the tags of block quotes, so that two in a row equal one."""
    return re.sub(r"\s+", " ", re.sub(r"</?blockquote>", "", markup)).strip()


def rendered(passages: tuple[Passage, ...]) -> str:
    return "\n".join(COMMONMARK.render(passage.markdown) for passage in passages)


def test_a_body_is_split_into_framing_and_quotation_with_their_lines() -> None:
    body = "One.\n\nTwo *more*,\non two lines:\n\n> Said\n> so.\n>\n> And so.\n\nAfter.\n"
    assert kinds(body) == [
        (FRAMING, "One.\n\nTwo *more*,\non two lines:"),
        (QUOTATION, "Said\nso.\n\nAnd so."),
        (FRAMING, "After."),
    ]
    assert [passage.line for passage in split_passages(body, line=9)] == [9, 14, 19]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", []),
        ("\n\n", []),
        (">", []),
        ("> a\nlazy", [(QUOTATION, "a\nlazy")]),
        ("> a\n===", [(QUOTATION, "a\n\\===")]),
        ("> a\n---", [(QUOTATION, "a"), (FRAMING, "---")]),
        (">a\n>b", [(QUOTATION, "a\nb")]),
        ("   > a", [(QUOTATION, "a")]),
        ("    > a", [(FRAMING, "    > a")]),
        (">\tcode?", [(QUOTATION, "  code?")]),
        (">     code", [(QUOTATION, "    code")]),
        ("> > deeper", [(QUOTATION, "> deeper")]),
        ("> a\n\n> b", [(QUOTATION, "a\n\nb")]),
        ("```\n> no quotation\n```", [(FRAMING, "```\n> no quotation\n```")]),
        ("- > in a list", [(FRAMING, "- > in a list")]),
        ("<!-- > -->", [(FRAMING, "<!-- > -->")]),
        ("# Heading\n> a", [(FRAMING, "# Heading"), (QUOTATION, "a")]),
    ],
)
def test_quotations_are_recognized_as_in_commonmark(body: str, expected: list[tuple[PassageKind, str]]) -> None:
    assert kinds(body) == expected


def test_a_link_definition_at_the_end_reaches_every_block() -> None:
    body = 'See [one].\n\n> And [Two][t].\n\n[one]: https://example.org/1 "A \\"title\\""\n\n> [t]: https://example.org/2?a=b\n'
    framing, quotation = split_passages(body)
    assert '<a href="https://example.org/1" title="A &quot;title&quot;">one</a>' in COMMONMARK.render(framing.markdown)
    assert '<a href="https://example.org/2?a=b">Two</a>' in COMMONMARK.render(quotation.markdown)


def test_a_footnote_is_not_a_link_definition_and_stays_as_written() -> None:
    assert kinds("See.[^1]\n\n> b\n\n[^1]: foot") == [(FRAMING, "See.[^1]"), (QUOTATION, "b"), (FRAMING, "[^1]: foot")]


@given(st.text(alphabet="ab >\n-=+*_`[]():#1.\t\\!<&~\"'", max_size=60))
@example("> a\n===\n")
@example(">  \t1")
@example(">\t- a\n>\t\tb")
@example("[a]: https://example.org/b\n> [a]")
def test_the_blocks_render_like_the_whole_body(body: str) -> None:
    assert shape(rendered(split_passages(body))) == shape(COMMONMARK.render(body))


PARAGRAPH = st.text(
    alphabet=st.one_of(
        st.sampled_from("ab1 .,:;-+*_`[]()#>=~\\!<&\"'…“”\t|{}$@/^%?"),
        st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]),
    ),
    min_size=1,
    max_size=40,
).map(str.strip)


@given(PARAGRAPH)
@example("[The king](sic)")
@example("[a]: b")
@example("![a](b)")
@example("[a][b] &amp; &#38; &copy <b>")
@example("1. and 2) and 1984.")
@example("10) x")
@example("---")
@example("- - -")
@example("===")
@example("~~~ x")
@example("#")
@example("####### seven")
@example("+")
@example("-\tx")
@example("a\\")
@example("<https://example.org>")
@example("snake_case_ and __init__ and 2*3*4")
@example("[Contrary to claims], the end. . . .")
def test_escaped_text_renders_exactly_as_typed(paragraph: str) -> None:
    shown = COMMONMARK.render(escape_markdown(paragraph))
    assert shown == (f"<p>{html.escape(paragraph, quote=False).replace(chr(34), '&quot;')}</p>\n" if paragraph else "")


@pytest.mark.parametrize("plain", ["[The] king, . . . [sic].", "U.S. - a land", "1984 & after", "AT&T", "(a) b; c!"])
def test_text_without_markup_is_not_escaped(plain: str) -> None:
    assert escape_markdown(plain) == plain


@given(st.lists(st.lists(PARAGRAPH.filter(bool), min_size=1, max_size=4), max_size=4), st.booleans())
def test_joined_blocks_are_split_again(pieces: list[list[str]], quotation_first: bool) -> None:
    passages = tuple(
        Passage(
            kind=QUOTATION if (number % 2 == 0) == quotation_first else FRAMING,
            markdown="\n\n".join(escape_markdown(paragraph) for paragraph in paragraphs),
        )
        for number, paragraphs in enumerate(pieces)
    )
    assert split_passages(join_passages(passages)) == passages
