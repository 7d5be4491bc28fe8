"""The client for untrusted URLs, against a real server on the loopback."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_address

import pytest

from newsletter.fetching import PAGE_LIMIT, FetchError, IPAddress, WebClient, fetch_page
from tests.web_site import PIECE, WebSite, web_site


@pytest.fixture(scope="module")
def site() -> Iterator[WebSite]:
    with web_site() as running:
        yield running


def failure(client: WebClient, url: str) -> str:
    with pytest.raises(FetchError) as failed:
        fetch_page(client, url)
    return failed.value.what


@pytest.mark.parametrize("path", ["piece", "packed", "deflated", "deflated/raw", "redirect/3", "untyped"])
def test_a_page_is_fetched_and_unpacked(site: WebSite, path: str) -> None:
    page = fetch_page(site.client, f"{site.url}/{path}")

    assert page.html == PIECE
    assert not page.is_cut


def test_the_url_is_that_after_the_redirects(site: WebSite) -> None:
    assert fetch_page(site.client, f"{site.url}/redirect/2").url == f"{site.url}/piece?utm_source=rss"


def test_a_request_tells_nothing_about_the_editor(site: WebSite) -> None:
    fetch_page(site.client, f"{site.url}/piece?no")

    sent = site.headers[site.requested.index("/piece?no")]
    assert set(sent) == {"Host", "Accept", "Accept-Encoding", "User-Agent"}
    assert sent["User-Agent"] == "Mozilla/5.0 (compatible; newsletter)"


def test_unusual_characters_in_an_address_are_escaped(site: WebSite) -> None:
    fetch_page(site.client, f"{site.url}/piece?name=Zoë x")

    assert site.requested[-1] == "/piece?name=Zo%C3%AB%20x"


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("circle", "the page is behind more than 3 redirects"),
        ("redirect/4", "the page is behind more than 3 redirects"),
        ("to/http:__169.254.169.254_latest", "the page leads to 169.254.169.254, which isn't on the public internet"),
        ("to/__10.0.0.1_", "the page leads to 10.0.0.1, which isn't on the public internet"),
        ("to/http:__[fd00::1]_", "the page leads to fd00::1, which isn't on the public internet"),
        ("to/ftp:__example.org_", "the page leads to an address that isn't plain http or https"),
        ("to/file:___etc_passwd", "the page leads to an address that isn't plain http or https"),
        ("to/http:__me:secret@example.org_", "the page leads to an address that isn't plain http or https"),
        ("to/http:__example.org:25_", "the page leads to port 25, which is for other services than web pages"),
        ("hangup", "the page can't be loaded: the server closed the connection"),
        ("status/404", "the page doesn't exist (status 404)"),
        ("status/403", "the page may not be loaded by programs (status 403)"),
        ("status/503", "the page can't be loaded: the server responded with status 503"),
        ("file/application/pdf", "the page is a PDF, not a web page"),
        ("file/image/png", "the page is a picture, not a web page"),
        ("file/application/x-unknown", "the page is a file of the type application/x-unknown, not a web page"),
        ("file", "the page is a file of an unknown type, not a web page"),
        ("brotli", 'the page can\'t be read: it is compressed as "br"'),
        ("damaged", "the page can't be read: the transfer broke off or is damaged"),
    ],
)
def test_what_is_no_page_or_may_not_be_requested_is_refused(site: WebSite, path: str, what: str) -> None:
    assert failure(site.client, f"{site.url}/{path}") == what


def test_a_bomb_is_unpacked_only_to_the_limit(site: WebSite) -> None:
    page = fetch_page(site.client, f"{site.url}/bomb")

    assert page.html == bytes(PAGE_LIMIT)
    assert page.is_cut


def test_of_a_large_page_the_beginning_is_read(site: WebSite) -> None:
    page = fetch_page(site.client, f"{site.url}/large")

    assert len(page.html) == PAGE_LIMIT
    assert page.html.startswith(PIECE[:100])
    assert page.is_cut


def test_of_a_page_that_breaks_off_the_beginning_is_read(site: WebSite) -> None:
    page = fetch_page(site.client, f"{site.url}/broken-off")

    assert page.html == PIECE
    assert page.is_cut


@pytest.mark.parametrize("path", ["silent", "drip"])
def test_a_server_that_is_slow_or_never_finishes_is_abandoned(site: WebSite, path: str) -> None:
    what = failure(replace(site.client, seconds=0.3), f"{site.url}/{path}")

    assert what == "the page didn't load within 0.3 seconds"


def test_the_loopback_is_not_contacted_by_default(site: WebSite) -> None:
    assert "isn't on the public internet" in failure(WebClient(), f"{site.url}/piece?never")
    assert "/piece?never" not in site.requested


def test_a_host_with_public_and_private_addresses_is_refused(site: WebSite) -> None:
    mixed = [ip_address("93.184.216.34"), ip_address("127.0.0.1")]

    assert "isn't on the public internet" in failure(WebClient(resolve=lambda *_: mixed), "http://mixed.example/")


def test_a_host_is_resolved_once_and_the_connection_goes_to_that_address(site: WebSite) -> None:
    answers: list[Sequence[IPAddress]] = [[ip_address("127.0.0.1")], [ip_address("10.0.0.1")]]
    client = replace(site.client, resolve=lambda *_: answers.pop(0))
    port = site.url.rpartition(":")[2]

    assert fetch_page(client, f"http://rebound.example:{port}/piece").html == PIECE
    assert site.headers[-1]["Host"] == f"rebound.example:{port}"
    assert len(answers) == 1


def test_an_international_host_is_asked_for_in_ascii(site: WebSite) -> None:
    client = replace(site.client, resolve=lambda *_: [ip_address("127.0.0.1")])
    port = site.url.rpartition(":")[2]

    assert fetch_page(client, f"http://bücher.example:{port}/piece").html == PIECE
    assert site.headers[-1]["Host"] == f"xn--bcher-kva.example:{port}"


def test_a_redirect_in_utf_8_is_followed(site: WebSite) -> None:
    fetch_page(site.client, f"{site.url}/to/_piece?zoë")

    assert site.requested[-1] == "/piece?zo%C3%AB"


def test_a_host_that_does_not_exist_is_named_in_plain_words() -> None:
    assert failure(WebClient(), "https://nowhere.invalid/") == "the page can't be loaded: there is no such host"


def test_the_next_address_is_tried_if_one_does_not_answer(site: WebSite) -> None:
    both = [ip_address("::1"), ip_address("127.0.0.1")]  # the server listens on the second only
    client = replace(site.client, resolve=lambda *_: both)

    assert fetch_page(client, f"http://localhost:{site.url.rpartition(':')[2]}/piece").html == PIECE
