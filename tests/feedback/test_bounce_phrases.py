"""Whether a bounce is permanent, from what a server says about the recipient or about us."""

import pytest

from newsletter.domain.bounce_classification import about_mailbox, is_gone
from newsletter.domain.events import Bounce
from newsletter.feedback.bounce_phrases import permanence

US = "bounces@news.example.org"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("5.1.0", f"host mx.example.net after MAIL FROM:<{US}>: 553 5.1.0 domain does not exist"),
        ("5.1.1", f"553 5.1.1 <{US}>: Sender address rejected: Domain not found"),
        ("5.1.0", "550 5.1.0 Unknown address error 550-'5.7.1 Access denied'"),
        ("5.1.1", "550 5.1.1 <ada@example.com> too many recipients this hour"),
        ("5.1.1", "550 5.1.1 User unknown; rate limited, 100 messages per hour"),
        ("5.1.10", "550 5.1.10 (in reply to MAIL FROM command)"),
        ("5.1.0", f"550 5.1.0 does not exist (in reply to MAIL FROM:{US})"),
        ("5.1.1", "550 5.1.1 Client host rejected: cannot find your hostname, [192.0.2.1]"),
        ("5.1.1", "550 5.1.1 reverse DNS lookup failed"),
        ("5.1.1", "550 5.1.1 Sorry, your domain has been banned"),
        ("5.1.1", "550 5.1.1 could not verify sender"),
        ("5.1.1", f"550 5.1.1 <{US}>: unknown sender"),
        ("5.1.1", "550 5.1.1 header From domain has no MX or A record"),
        ("5.1.1", "550 5.1.1 All messages from 192.0.2.1 will be permanently deferred"),
        ("5.2.1", "550 5.2.1 user unknown: receiving mail too quickly"),
    ],
)
def test_a_failure_on_our_side_is_not_about_the_address(status: str, words: str) -> None:
    assert not is_gone(status, words)
    assert permanence(status, words) is not Bounce.PERMANENT
    assert not about_mailbox(status, words)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("5.2.1", "550 5.2.1 <ada@example.com>... User Unknown"),
        ("5.1.351", "550 5.1.351 Remote server returned unknown recipient or mailbox unavailable"),
        ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)"),
        ("5.4.4", "Host or domain name not found. Name service error for name=example.invalid type=MX: Host not found"),
        ("5.1.2", "550 5.1.2 host unknown (Name server: example.invalid: no data known)"),
        ("5.0.0", "DNS Error: DNS type 'mx' lookup of example.invalid responded with code NXDOMAIN"),
        ("5.4.4", "554 5.4.4 no MX records found for example.invalid"),
        ("", "all relevant MX records point to non-existent hosts"),
    ],
)
def test_a_bounce_with_a_permanent_phrase_is_permanent(status: str, words: str) -> None:
    assert permanence(status, words) is Bounce.PERMANENT


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("5.2.1", "550 5.2.1 The email account that you tried to reach is disabled"),
        ("5.2.1", "550 5.2.1 mailbox unavailable"),
        ("5.4.1", "550 5.4.1 no answer from host"),
        ("4.4.4", "Host or domain name not found. Name service error for name=example.com type=MX: Host not found"),
        ("5.4.4", "Host not found, try again"),
        ("5.1.2", "550 5.1.2 sender domain does not exist"),
        ("5.0.0", "DNS Error: lookup of example.com responded with code SERVFAIL; domain not found"),
        ("5.1.1", "550 5.1.1 recipient is temporarily unavailable"),
        ("5.1.1", "550 5.1.1 mailbox unavailable, LDAP server down"),
        ("", "550 user unknown: DNS failure"),
        ("5.0.0", "550 5.0.0 invalid recipient: mailbox lookup failed"),
    ],
)
def test_a_temporary_failure_is_not_permanent(status: str, words: str) -> None:
    assert permanence(status, words) is not Bounce.PERMANENT


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("5.1.1", "550 5.1.1 <ada@example.com>: Recipient address rejected: User unknown in relay recipient table"),
        ("5.1.1", f">>> MAIL From:<{US}>\n<<< 250 ok\n>>> RCPT To:<x@y.example>\n<<< 550 5.1.1 User unknown"),
        ("5.1.1", "host mx.example.net said: 550 5.1.1 no such user (in reply to RCPT TO command)"),
        ("5.0.0", "after RCPT TO:<ada@example.com>: 550 No such user here"),
        ("5.1.1", "550 5.1.1 <policy@example.com>: user unknown"),
        ("5.1.1", "550 5.1.1 RCPT TO:ada@antispam.example: no such user"),
        ("5.1.1", "host mx.blocks-spam.example[192.0.2.1] said: 550 5.1.1 user unknown"),
    ],
)
def test_an_abandoned_address_is_gone(status: str, words: str) -> None:
    assert permanence(status, words) is Bounce.PERMANENT
