"""Bare web addresses become links, and nothing else changes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html
from markdown_it import MarkdownIt

from newsletter.domain.issue import Passage, PassageKind, Section
from newsletter.message.template import fill_html, fill_text
from newsletter.rendering import load_theme, render
from newsletter.rendering.markdown_html import markdown_to_html
from newsletter.rendering.markdown_text import markdown_to_text
from tests import make
from tests.proportional_time import assert_in_proportion
from tests.rendering.samples import NOWHERE

A = "https://example.org/a"


def links(markdown: str) -> list[tuple[str, str]]:
    page = lxml_html.fromstring(f"<div>{markdown_to_html(markdown, 'ltr')}</div>")
    return [(str(link.get("href")), link.text_content()) for link in page.iter("a")]


@pytest.mark.parametrize(
    ("markdown", "address"),
    [
        (f"See {A}.", A),
        (f"({A}), “{A}” and {A}?!", A),
        (f"{A}—so he says; *{A}* **{A}** _{A}_", A),
        (f"{A}… ‘{A}’ „{A}“ «{A}» '{A}'", A),
        (f"[he means {A}]: see {A}:", A),
        (f"> {A}", A),
        ("See https://example.org/a_b_c_(d), please", "https://example.org/a_b_c_(d)"),
        ("http://example.org", "http://example.org"),
        ("https://sub.example.org:8080/x?y=1,2&z=a.b#c!d.", "https://sub.example.org:8080/x?y=1,2&z=a.b#c!d"),
        ("https://example.org/a\\_b\\_", "https://example.org/a_b"),
        ("https://example.org/?a=1&amp;b=2&amp;", "https://example.org/?a=1&b=2"),
    ],
)
def test_a_bare_address_becomes_a_link_without_the_punctuation_around_it(markdown: str, address: str) -> None:
    assert set(links(markdown)) == {(address, address)}


def test_a_non_ascii_url_shows_its_letters_and_links_to_its_encoded_form() -> None:
    assert links("https://münchen.example/straße") == [
        ("https://xn--mnchen-3ya.example/stra%C3%9Fe", "https://münchen.example/straße")
    ]
    assert markdown_to_text("https://münchen.example/straße", "ltr") == "https://münchen.example/straße"


@pytest.mark.parametrize(
    "markdown",
    [
        f"`{A}` and ``x {A}``",
        f"```\n{A}\n```",
        "http://localhost:8000/ and https://intranet/",
        "https://review.example.org@other.example.net/",
        f"x{A} and ftp://example.org/",
        f"[a link]({A} that never ends",
        "https:// and https://.org",
    ],
)
def test_code_and_other_text_that_is_not_a_public_url_are_not_linked(markdown: str) -> None:
    assert links(markdown) == []


def test_a_link_keeps_its_target_whatever_its_text() -> None:
    assert links(f"[as {A} says](https://example.org/b)") == [("https://example.org/b", f"as {A} says")]
    assert links(f"<{A}>") == [(A, A)]


def test_urls_are_linked_in_the_html_of_an_entry_and_unchanged_in_its_text() -> None:
    newsletter = make.newsletter()
    passages = (
        Passage(kind=PassageKind.FRAMING, markdown=f"Read {A} first.", line=9),
        Passage(kind=PassageKind.QUOTATION, markdown="He wrote https://example.org/b, long ago.", line=11),
    )
    note = "More for {{ subscriber.first_name }}: https://example.org/note."
    issue = make.issue(sections=(Section(title=None, items=(make.entry(passages=passages),)),), note=note)
    email = render(issue, newsletter, load_theme(NOWHERE, newsletter))
    html = lxml_html.document_fromstring(fill_html(email.html, {"subscriber.first_name": "Ada"}))
    text = " ".join(fill_text(email.text, {"subscriber.first_name": "Ada"}).split())

    bare = [link.get("href") for link in html.iter("a") if link.text_content().startswith("https://example.org/")]
    assert bare == ["https://example.org/note", A, "https://example.org/b"]
    assert f"Read {A} first." in text
    assert "> He wrote https://example.org/b, long ago." in text
    assert "More for Ada: https://example.org/note." in text


_PIECES = st.sampled_from(
    [
        A,
        "https://example.org",
        "http://example.org/x_(y)?z=1&amp;q#r",
        *(" ", "\n", "\n\n", "> ", "* ", "words", "שלום", "é", "http", "://", "www.", "@", "{{ x }}"),
        *".,:;?!'\"()[]<>`*_~\\&…“”—/",
        "](",
        "](https://example.org/z)",
        "&amp;",
        "```\n",
    ]
)


@given(st.lists(_PIECES, max_size=25).map("".join))
def test_linking_changes_no_other_text(markdown: str) -> None:
    plain = MarkdownIt("commonmark", {"html": False}).disable(["heading", "lheading", "image", "code"])
    plain.validateLink = lambda url: bool(re.match(r"(?:https?://|mailto:)[^\s/]", url, re.IGNORECASE))  # type: ignore[method-assign]
    with_links = lxml_html.fromstring(f"<div>{markdown_to_html(markdown, 'ltr')}</div>")
    without = lxml_html.fromstring(f"<div>{plain.render(markdown)}</div>")

    # Emphasis marks within a URL belong to it; elsewhere they make no difference here.
    assert _letters(with_links) == _letters(without)
    assert [code.text_content() for code in with_links.iter("code")] == [
        code.text_content() for code in without.iter("code")
    ]
    assert {link.get("href") for link in without.iter("a")} <= {link.get("href") for link in with_links.iter("a")}
    assert not with_links.xpath("//a//a | //code//a")
    assert len(markdown_to_text(markdown, "ltr")) >= 0


def _letters(page: lxml_html.HtmlElement) -> str:
    return re.sub(r"[*_\s]", "", page.text_content())


@pytest.mark.parametrize(
    "sign", ["https://", "https://a.io/", "https://a.io/!", "https://a.io/)", "://", "https://a.io/[](", "!"]
)
def test_linking_the_longest_allowed_file_takes_time_in_proportion(sign: str) -> None:
    assert_in_proportion(
        lambda size, _: markdown_to_html("https://example.org/" + sign * (size // len(sign)), "ltr"), 64 * 1024
    )
