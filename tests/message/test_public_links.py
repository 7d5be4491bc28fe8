"""Links of an issue that are the same for all readers."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from newsletter.domain.addresses import Mailbox
from newsletter.message.public_links import public_links
from tests import make


def test_an_issue_links_to_the_archive_and_the_sign_up_page() -> None:
    links = public_links(make.issue(), make.newsletter(base_url="https://example.org/news"))
    assert links["archive"] == "https://example.org/news/"
    assert links["subscribe"] == "https://example.org/news/subscribe"


@pytest.mark.parametrize(
    ("subject", "reply"),
    [
        ("Night trains & other <quiet> things?", "Re: Night trains & other <quiet> things?"),
        ("גשרים וקומקומים, 100 %", "Re: גשרים וקומקומים, 100 %"),
        ("A line\r\nBcc: everybody@example.com", "Re: A line Bcc: everybody@example.com"),
        ('For {{ subscriber.first_name | default("you") }}', "Re: For you"),
        ("{{ edition.titles[0] }} and more", "Re: The Daily Test, 2026-11-23"),
    ],
)
def test_a_reply_has_the_issues_subject(subject: str, reply: str) -> None:
    parts = urlsplit(public_links(make.issue(subject=subject), make.newsletter())["reply"])
    assert parts.scheme == "mailto"
    assert parts.path == make.SENDER
    assert parse_qs(parts.query) == {"subject": [reply]}
    assert "+" not in parts.query  # a plus stays a plus in mailto: (RFC 6068)


def test_a_reply_goes_to_the_address_for_replies() -> None:
    newsletter = make.newsletter(reply_to=Mailbox(address="50%?&editor@münchen.example"))
    reply = public_links(make.issue(), newsletter)["reply"]
    assert unquote(urlsplit(reply).path) == "50%?&editor@xn--mnchen-3ya.example"
