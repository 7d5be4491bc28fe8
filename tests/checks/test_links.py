"""Links that don't work from an email, and link texts that name another host."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.checks.links import address_findings, disguise
from newsletter.checks.markdown import markdown_findings
from newsletter.domain.web_addresses import canonical_address
from newsletter.errors import Place, Severity

HERE = Place(path="issues/entries/a.md", line=3)


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("//example.org/page", "url-unfit"),
        ("example.org/page", "url-unfit"),
        ("/page", "url-unfit"),
        ("https:///page", "url-unfit"),
        ("https://", "url-unfit"),
        ("https://[::1/page", "url-unfit"),
        ("https://example.org:port/", "url-unfit"),
        ("javascript:alert(1)", "url-unfit"),
        ("data:text/html,hello", "url-unfit"),
        ("ftp://example.org/", "url-unfit"),
        ("https://example.org/a b", "url-unfit"),
        ("https://example.org/a\u202eb", "url-unfit"),
        ("https://example.org/a\u200bb", "url-unfit"),
        ("https://review.example.org@example.net/", "url-userinfo"),
        ("https://user:word@example.net/", "url-userinfo"),
        ("https://@example.net/", "url-userinfo"),
        ("http://example.org/", "url-http"),
    ],
)
def test_a_url_that_does_not_work_is_reported(url: str, rule: str) -> None:
    assert [finding.rule for finding in address_findings(url, HERE, "the url")] == [rule]


@pytest.mark.parametrize(
    "url", ["https://example.org", "HTTPS://EXAMPLE.org:8443/ä?q=1#x", "https://münchen.example/", "https://e.org/@me"]
)
def test_a_complete_https_url_has_no_findings(url: str) -> None:
    assert list(address_findings(url, HERE, "the url")) == []


@pytest.mark.parametrize(
    ("url", "severity"), [("http://example.org/", Severity.WARNING), ("https://a@example.org/", Severity.ERROR)]
)
def test_http_is_a_warning_and_userinfo_is_an_error(url: str, severity: Severity) -> None:
    assert [finding.severity for finding in address_findings(url, HERE, "the url")] == [severity]


@given(st.text())
def test_any_text_can_be_checked_as_a_url(url: str) -> None:
    assert all(str(finding).isprintable() for finding in address_findings(url, HERE, "the url"))
    assert canonical_address(canonical_address(url)) == canonical_address(url)
    named = disguise(url, "https://example.org/")
    assert named is None or named[1] == "example.org"
    target = disguise("example.net", url)
    assert target is None or target[0] == "example.net"


def test_spellings_of_the_same_url_have_one_canonical_form() -> None:
    ways = {
        "https://example.org/piece",
        "http://www.example.org/piece/",
        "https://EXAMPLE.org/piece#top",
        "https://example.org/piece?utm_source=letter&utm_medium=email",
    }
    assert len({canonical_address(way) for way in ways}) == 1
    assert canonical_address("https://example.org/piece?id=2") != canonical_address("https://example.org/piece?id=3")


@pytest.mark.parametrize(
    ("text", "target", "expected"),
    [
        (
            "https://bank.example.org/login",
            "https://other.example.net/",
            ("bank.example.org", "other.example.net", True),
        ),
        ("www.example.org", "https://example.net/", ("example.org", "example.net", True)),
        ("example.org/page", "https://example.net/", ("example.org", "example.net", True)),
        ("the people of example.org", "https://example.net/", ("example.org", "example.net", False)),
        ("example.org", "https://example.net/", ("example.org", "example.net", False)),
    ],
)
def test_link_text_that_names_another_host_is_reported(text: str, target: str, expected: tuple[str, str, bool]) -> None:
    assert disguise(text, target) == expected


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("example.org", "https://www.example.org/page"),
        ("https://news.example.org", "https://example.org/"),
        ("münchen.de", "https://xn--mnchen-3ya.de/"),
        ("a small thing in Node.js", "https://example.org/"),
        ("main.py and README.md", "https://example.org/"),
        ("U.S. policy, e.g. on trade", "https://example.org/"),
        ("the end.The beginning", "https://example.org/"),
        ("write to me@example.com", "https://example.org/"),
        ("version 3.11", "https://example.org/"),
    ],
)
def test_link_text_that_names_no_other_host_is_not_reported(text: str, target: str) -> None:
    assert disguise(text, target) is None


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://example.org/a?utm_source=x&b=1", "utm_source"),
        ("https://example.org/a?b=1&fbclid=x", "fbclid"),
        ("https://bit.ly/3xyz", "bit.ly"),
        ("https://letter.us1.list-manage.com/track/click?u=1", "list-manage.com"),
        ("https://substack.com/redirect/0a1b?j=2", "substack.com"),
        ("https://t.co/x", "t.co"),
        ("https://www.google.com/url?q=https://example.org/", "google.com"),
        ("https://www.google.co.uk/amp/s/example.org/a", "AMP"),
        ("https://example-org.cdn.ampproject.org/c/s/example.org/a", "AMP"),
        ("https://example.org/news/a/amp/", "AMP"),
        ("https://example.org/news/a.amp.html", "AMP"),
        ("https://amp.example.org/a", "AMP"),
        ("https://example.org/amp/story", "AMP"),
        ("https://example.org/story?amp=1", "AMP"),
        ("https://example.org/story?id=3&amp", "AMP"),
        ("https://example.org/story?outputType=amp", "AMP"),
        ("https://nam02.safelinks.protection.outlook.com/?url=x", "safelinks"),
        ("https://news.google.com/rss/articles/x", "news.google.com"),
        ("https://example.org/a?igshid=x", "igshid"),
        ("https://192.168.1.5/a", "private network"),
        ("https://localhost/a", "this computer"),
        ("https://127.0.0.1:8026/a", "this computer"),
    ],
)
def test_a_link_that_redirects_is_reported(url: str, why: str) -> None:
    (finding,) = address_findings(url, Place(path="a.md"), "the url")
    assert (finding.rule, why in finding.what) == ("url-detour", True)
    (in_text,) = markdown_findings(f"See [this]({url}).", Place(path="a.md", line=3))
    assert (in_text.rule, in_text.place.line) == ("url-detour", 3)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/amplifier",
        "https://example.org/camp",
        "https://example.org/camp/site?ramp=1&amp_hours=3",
        "https://news.google.com/topics/x",
        "https://10.example.org/a",
        "https://example.org/a?page=2&id=3",
        "https://www.google.com/search?q=x",
        "https://notbit.ly/a",
        "https://lamp.example.org/a",
    ],
)
def test_a_link_that_leads_straight_to_its_page_is_not_reported(url: str) -> None:
    assert list(address_findings(url, Place(path="a.md"), "the url")) == []
    assert list(markdown_findings(f"See [this]({url}).", Place(path="a.md", line=3))) == []
