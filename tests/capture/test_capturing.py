"""Capture a link from a real server, or from what the browser sent."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from newsletter.capture import Article, Captured, capture
from tests.web_site import WebSite, web_site

SENT = "The bell, as the browser says"


@pytest.fixture(scope="module")
def site() -> Iterator[WebSite]:
    with web_site() as running:
        yield running


def without_text(_html: str, _url: str) -> Article:
    return Article()


def captured(site: WebSite, path: str, title: str = "") -> Captured:
    return capture(f"{site.url}/{path}", client=site.client, title=title, extract=without_text)


def test_a_page_is_captured_with_its_text(site: WebSite) -> None:
    result = capture(f"{site.url}/redirect/2?utm_source=rss", client=site.client, title=SENT)

    assert result.problem == ""
    assert result.url == f"{site.url}/piece"
    assert result.requested_url == f"{site.url}/redirect/2?utm_source=rss"
    assert (result.facts.value("title"), result.facts.origin("title")) == ("The bell on the mudflat", "page title")
    assert (result.facts.value("source"), result.facts.origin("source")) == ("The Breakwater Almanac", "OpenGraph")
    assert result.facts.text.endswith("like somebody who has thought better of it.")
    assert (result.facts.minutes, result.facts.origin("minutes")) == (1, "words of the text")


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("status/404", "the page doesn't exist (status 404)"),
        ("circle", "the page is behind more than 3 redirects"),
        ("to/http:__192.168.0.1_", "the page leads to 192.168.0.1, which isn't on the public internet"),
        ("file/application/pdf", "the page is a PDF, not a web page"),
        ("barrier", "the site shows programs another page (“Just a moment...”)"),
        (
            "refresh/http:__10.0.0.1_".replace("_", "/"),
            "the page leads to 10.0.0.1, which isn't on the public internet",
        ),
    ],
)
def test_a_page_that_cannot_be_read_becomes_what_the_browser_sent(site: WebSite, path: str, problem: str) -> None:
    result = captured(site, path, SENT)

    assert result.problem == problem
    assert (result.facts.value("title"), result.facts.origin("title")) == (SENT, "browser")
    assert (result.facts.value("source"), result.facts.origin("source")) == ("127.0.0.1", "address")


def test_without_a_browser_the_title_comes_from_the_address() -> None:
    result = capture("https://www.example.org/2026/11/05/the-night_train.html?utm_medium=x", client=None)

    assert result.url == "https://www.example.org/2026/11/05/the-night_train.html"
    assert {name: value.value for name, value in result.facts.values.items()} == {
        "title": "The night train",
        "source": "example.org",
        "date": "2026-11-05",
        "canonical_url": "https://www.example.org/2026/11/05/the-night_train.html",
    }
    assert {value.origin for value in result.facts.values.values()} == {"address"}
    assert result.problem == ""


def test_a_page_that_has_to_be_paid_for_is_marked(site: WebSite) -> None:
    assert captured(site, "status/402").facts.paywall


def test_a_shortener_that_answers_with_a_page_is_followed(site: WebSite) -> None:
    result = captured(site, "refresh")

    assert (result.url, result.facts.value("title")) == (f"{site.url}/piece", "The bell on the mudflat")


def test_a_large_page_is_read_as_far_as_the_limit_and_says_so(site: WebSite) -> None:
    result = captured(site, "large")

    assert result.facts.value("title") == "The bell on the mudflat"
    assert result.facts.notes == ("only the first 2 MiB of the page were read",)


def test_a_bomb_is_harmless(site: WebSite) -> None:
    result = captured(site, "bomb", SENT)

    assert result.facts.value("title") == SENT
    assert result.facts.notes == ("only the first 2 MiB of the page were read",)


def test_an_empty_page_has_the_browsers_title(site: WebSite) -> None:
    assert captured(site, "empty", SENT).facts.value("title") == SENT
    assert captured(site, "empty").facts.value("title") == "Empty"


def test_a_slow_server_ends_at_the_deadline(site: WebSite) -> None:
    result = capture(f"{site.url}/silent", client=replace(site.client, seconds=0.2), title=SENT)

    assert result.problem == "the page didn't load within 0.2 seconds"


@pytest.mark.parametrize("text", ["", "hello", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "\0"])
def test_text_that_is_no_address_is_captured_with_a_problem(site: WebSite, text: str) -> None:
    before = len(site.requested)

    result = capture(text, client=site.client, title=SENT)

    assert result.problem == "this is not an address of a web page (http or https)"
    assert result.facts.value("title") == SENT
    assert len(site.requested) == before
