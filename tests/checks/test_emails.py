"""A rendered email: size, headings, images."""

import pytest

from newsletter.checks import ENCODED_LIMIT, HTML_LIMIT, email_findings, html_sizes, share_of_limit
from newsletter.errors import Finding, Place, Severity
from newsletter.message.template import Slot
from tests import make

THEME = Place(path="templates/email/default/issue.mjml")
TOP = "<!DOCTYPE html><html><body><h1>The Daily Test</h1>"


def findings(html: str) -> list[Finding]:
    return email_findings(make.issue(), make.email(html=(html,)), THEME)


def test_a_good_email_has_no_findings() -> None:
    html = f'{TOP}<h2>One</h2><h3>Two</h3><h2>Three</h2><img src="x" alt=""></body></html>'

    assert findings(html) == []


def test_an_email_that_gmail_would_clip_is_an_error_in_its_issue() -> None:
    (finding,) = findings(TOP + "<p>" + "x" * HTML_LIMIT + "</p>")

    assert (finding.rule, finding.severity) == ("email-large", Severity.ERROR)
    assert finding.place == Place(path="issues/2026-11-23.md", line=1)


def test_an_email_that_is_too_large_only_once_encoded_is_an_error() -> None:
    html = TOP + "<p>" + "י" * 20_000 + "</p>"
    decoded, encoded = html_sizes(make.email(html=(html,)))

    assert decoded < HTML_LIMIT
    assert encoded > ENCODED_LIMIT
    assert [finding.rule for finding in findings(html)] == ["email-large"]


def test_the_size_includes_the_readers_links() -> None:
    short, long = make.email(html=(TOP,)), make.email(html=(TOP, Slot("links.unsubscribe")))

    assert html_sizes(long)[0] > html_sizes(short)[0] + 50
    assert 0 < share_of_limit(short) < share_of_limit(long) < 0.01


@pytest.mark.parametrize(
    ("html", "what"),
    [
        ("<p>No heading</p>", "the message has no first-level headings; it needs exactly one"),
        ("<h1>One</h1><h1>Two</h1>", "the message has 2 first-level headings; it needs exactly one"),
        ("<h1>One</h1><h3>Three</h3><h3>Four</h3>", "a level 3 heading follows a level 1 heading"),
    ],
)
def test_headings_out_of_order_are_reported_in_the_theme(html: str, what: str) -> None:
    (finding,) = findings(html)

    assert (finding.rule, finding.place, finding.what) == ("heading-order", THEME, what)


def test_an_image_without_alt_text_is_reported_in_the_theme() -> None:
    assert [finding.rule for finding in findings(f'{TOP}<img src="https://example.org/a.png">')] == ["email-image-alt"]
