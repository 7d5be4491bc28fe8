"""Any bytes at all give clean values: nothing fails, and nothing invisible, endless or executable gets through."""

import json
import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.capture import FIELDS, Article, PageFacts, read_page
from newsletter.capture.cleaning import LONGEST_URL

URL = "https://example.org/2026/piece"


def read(html: bytes | str, content_type: str = "") -> PageFacts:
    data = html if isinstance(html, bytes) else html.encode("utf-8", errors="surrogatepass")
    return read_page(data, URL, content_type, extract=lambda *_: Article())


def assert_clean(facts: PageFacts) -> None:
    assert set(facts.values) <= set(FIELDS)
    for name, value in facts.values.items():
        assert value.value
        assert value.origin
        assert value.value == value.value.strip()
        for character in value.value:
            assert unicodedata.category(character) not in ("Cc", "Cs", "Co", "Zl", "Zp")
            assert character not in "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
        if name in ("canonical_url", "image"):
            assert re.match(r"https?://[^\s<>\"]+$", value.value)
            assert len(value.value) <= LONGEST_URL * 3
        else:
            assert len(value.value) <= 1300
    assert facts.value("title")
    assert facts.value("source")
    assert facts.date is None or facts.date.year >= 1600
    assert facts.minutes is None or facts.minutes >= 1


def head(inside: str) -> str:
    return f"<html><head>{inside}</head><body><p>text</p></body></html>"


def in_json_ld(value: object) -> str:
    return head(f'<script type="application/ld+json">{json.dumps(value)}</script>')


@pytest.mark.parametrize(
    "make",
    [
        lambda: "<div>" * 100_000 + "<title>Deep</title>",
        lambda: head("<title>" + "x" * 1_000_000 + "</title>"),
        lambda: head("<title>" + "word " * 300_000),
        lambda: head(f"<meta property='og:title' content='{'x' * 1_000_000}'>"),
        lambda: head("<meta property='og:title' " + "a=b " * 200_000 + ">"),
        lambda: head("<meta property='og:title' content='a'>" * 50_000),
        lambda: head("".join(f"<meta name='n{n}' content='a'>" for n in range(50_000))),
        lambda: head('<script type="application/ld+json">' + "[" * 200_000),
        lambda: head('<script type="application/ld+json">' + '{"mainEntity":' * 50_000),
        lambda: head('<script type="application/ld+json">{"@type":"Article","wordCount":' + "9" * 50_000 + "}"),
        lambda: head('<script type="application/ld+json">{}-->' + " " * 500_000 + "x"),
        lambda: head('<script type="application/ld+json">' + "// ]]>" * 100_000),
        lambda: in_json_ld([{"@type": "Article", "headline": f"{n}"} for n in range(50_000)]),
        lambda: in_json_ld({"@type": "Article", "author": [[[[[[[["deep"]]]]]]]], "headline": ["x"], "image": [[]]}),
        lambda: in_json_ld({"@type": ["Article", 3, None], "headline": {"@value": 7}, "datePublished": 20261123}),
        lambda: in_json_ld({"@type": "Article", "author": {"@id": "#a"}, "@id": "#a", "name": {"@id": "#a"}}),
        lambda: in_json_ld({"@graph": [{"@id": "#a", "name": {"@id": "#b"}}, {"@id": "#b", "name": {"@id": "#a"}}]}),
        lambda: in_json_ld({"@type": "Article", "headline": "\u202egnp.exe\0\u0007", "image": "javascript:x()"}),
        lambda: in_json_ld({"@type": "VideoObject", "name": True, "duration": "PT99999999999M", "url": "https://[::1"}),
        lambda: "<!DOCTYPE x [" + '<!ENTITY a "lol">' + '<!ENTITY b "&a;&a;&a;">' * 9 + "]><title>&b;</title>",
        lambda: head("<title>\0\0NUL\0</title><base href='javascript:x'><link rel=canonical href='/x\0y'>"),
        lambda: head("<title></title><title> </title><meta property=og:title content=''><meta name=author>"),
        lambda: head("<link rel=canonical href='https://user:secret@example.org/'><meta name=author content='http://x'>"),
        lambda: head("<link rel=canonical href='https://example.org/a b\"onclick=x'>"),
        lambda: head(f"<link rel=canonical href='https://example.org/{'x' * 5000}'>"),
        lambda: head("<meta property=og:image content='https://example.org/é<x>.png'>"),
        lambda: "<svg>" * 30_000 + "<title>In a picture</title>",
        lambda: "<h1>" * 30_000 + "Headings" + "<time>" * 30_000,
        lambda: "\ud800<title>half a character \udfff</title>",
        lambda: "\ufeff" * 10,
        lambda: "",
        lambda: " \n\t",
        lambda: b"\xff\xfe",
        lambda: b"\xff\xfe\x00",
        lambda: b"\x80\x81\xfe\xff" * 1000,
        lambda: b"%PDF-1.7 not a page",
    ],
)  # fmt: skip
def test_a_hostile_page_has_clean_values(make: Callable[[], str | bytes]) -> None:
    assert_clean(read(make()))


PIECES = st.sampled_from(
    [
        *(
            "<html lang=",
            "<head>",
            "<title>",
            "</title>",
            "<meta property='og:title' content='",
            "<meta name=author content='",
        ),
        *(
            "'>",
            '">',
            "<link rel=canonical href='",
            "<script type='application/ld+json'>",
            "</script>",
            "<time datetime='",
        ),
        *(
            '{"@type":"Article","headline":',
            '"',
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            '"author":',
            '"datePublished":',
            "null",
            "-1e9999",
        ),
        *(
            "2026-11-23",
            "9999-99-99",
            "https://example.org/",
            "javascript:",
            "\u202e",
            "\0",
            "&amp;",
            "&#0;",
            "&#xD800;",
            "<!--",
        ),
        *(
            "By Ada",
            " | ",
            "é",
            "\u2028",
            "\ud800",
            "<svg>",
            "<h1>",
            "<base href='//",
            "]]>",
            "<![CDATA[",
            "PT5M",
            "en_US",
        ),
    ]
)


@settings(max_examples=150)
@given(st.one_of(st.lists(PIECES, max_size=25).map("".join), st.text(max_size=200)))
def test_any_markup_has_clean_values(html: str) -> None:
    assert_clean(read(html))


@settings(max_examples=80)
@given(
    st.binary(max_size=300),
    st.sampled_from(
        [
            *("", "text/html; charset=utf-7", "text/html; charset=nonsense", "text/html; charset=shift_jis"),
            *("charset=idna", "charset=hex", "charset=utf-16", "charset=iso-2022-jp", "charset=undefined"),
            *("charset=\0", "charset=cp1255", "charset=unicode_escape", "charset=hz", "charset=mbcs"),
        ]
    ),
)
def test_any_bytes_in_any_charset_have_clean_values(html: bytes, content_type: str) -> None:
    assert_clean(read(b"<title>" + html, content_type))
