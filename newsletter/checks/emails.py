"""Checks of a rendered email: size, headings and images."""

from collections.abc import Iterator
from itertools import pairwise

from lxml.html import HtmlElement, document_fromstring

from newsletter.checks.rules import make_finding
from newsletter.domain.issue import Issue
from newsletter.errors import Finding, Place
from newsletter.message.encoding import quoted_printable
from newsletter.message.link_slots import LINKS, OWN
from newsletter.message.mime import Email
from newsletter.message.template import fill_html

# Gmail clips at about 102 KB. Sources disagree on whether a KB is 1,000 or 1,024 bytes and whether the decoded or the
# encoded part counts, so these limits satisfy all of them.
HTML_LIMIT = 90_000
ENCODED_LIMIT = 100_000

_TYPICAL_ADDRESS = "alexander.longname@mail.example.org"


def email_findings(issue: Issue, email: Email, theme: Place) -> list[Finding]:
    """Return the findings of an issue's email: its size at the issue's place, its elements at the theme's."""
    html = _filled(email)
    return [*_size(issue, html), *_elements(html, theme)]


def html_sizes(email: Email) -> tuple[int, int]:
    """Return the bytes of the HTML for a typical reader, decoded and as quoted-printable."""
    return _sizes(_filled(email))


def share_of_limit(email: Email) -> float:
    """Return the HTML's size as a share of the limit, at which Gmail clips (1.0)."""
    decoded, encoded = html_sizes(email)
    return max(decoded / HTML_LIMIT, encoded / ENCODED_LIMIT)


def _filled(email: Email) -> str:
    """Return the HTML with values as long as a real reader's."""
    token = "x" * 48
    votes = dict.fromkeys(email.votes, f"https://newsletter.example.org/vote/2026-11-23/1/{token}")
    links = {f"{LINKS}{name}": f"https://newsletter.example.org/{name}/2026-11-23/{token}" for name in OWN}
    return fill_html(email.html, {**links, **votes, "subscriber.email": _TYPICAL_ADDRESS})


def _sizes(html: str) -> tuple[int, int]:
    return len(html.encode()), len(quoted_printable(html))


def _size(issue: Issue, html: str) -> Iterator[Finding]:
    decoded, encoded = _sizes(html)
    over = max(decoded - HTML_LIMIT, encoded - ENCODED_LIMIT)
    if over > 0:
        limits = f"{HTML_LIMIT:,} ({ENCODED_LIMIT:,} encoded)"
        what = f"the HTML has {decoded:,} bytes ({encoded:,} encoded) and Gmail would clip it; the limit is {limits}"
        yield make_finding(
            "email-large", issue.place(), what, f"remove entries or text: it is {over:,} bytes too large"
        )


_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def _elements(html: str, theme: Place) -> Iterator[Finding]:
    document = document_fromstring(html)
    for image in document.iter("img"):
        if image.get("alt") is None:
            yield make_finding("email-image-alt", theme, f'the image "{image.get("src", "")}" has no alt attribute')
    yield from _headings(document, theme)


def _headings(document: HtmlElement, theme: Place) -> Iterator[Finding]:
    levels = [int(element.tag[1]) for element in document.iter(*_HEADINGS)]
    if levels.count(1) != 1:
        count = levels.count(1) or "no"
        yield make_finding(
            "heading-order", theme, f"the message has {count} first-level headings; it needs exactly one"
        )
    for above, level in dict.fromkeys(pairwise(levels)):
        if level > above + 1:
            yield make_finding("heading-order", theme, f"a level {level} heading follows a level {above} heading")
