"""Returned messages: correct reports, reports in other forms, and messages that are not reports.

The samples are invented, in the forms that mail servers and mailbox providers write.
"""

import base64
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.events import Bounce, EventKind
from newsletter.domain.mail_reports import MailReport, ReportedRecipient
from newsletter.feedback.bounce_parser import parse_report
from newsletter.message.verp import return_path
from newsletter.tokens import Signer
from tests import incoming_mail, make

K = EventKind
ADA = "ada@example.com"
MAC = "b" * 32
OURS = f"<2026-11-23.{make.KEY}.{MAC}@news.example.org>"
PATH = return_path("bounces@news.example.org", Signer(make.SECRET), issue="2026-11-23", key=make.KEY, address=ADA)


def mail(text: str) -> bytes:
    """Return a message with CRLF line endings."""
    return dedent(text).lstrip("\n").replace("\n", "\r\n").encode()


def multipart(kind: str, *parts: str) -> bytes:
    """Return a multipart report, each part with its own headers."""
    content = f'Content-Type: multipart/report; report-type={kind}; boundary="b"'
    head = f"From: MAILER-DAEMON@mx.example.net\nTo: {PATH}\n{content}\n\n"
    body = "".join(f"--b\n{dedent(part).strip()}\n\n" for part in parts)
    return mail(f"{head}{body}--b--\n")


WORDS = "Content-Type: text/plain\n\nA message could not be delivered."
CAME = f"Content-Type: message/rfc822\n\nMessage-ID: {OURS}\nTo: {ADA}\nSubject: Good morning\n\nHello."


def status(*blocks: str, kind: str = "message/delivery-status") -> bytes:
    """Return a delivery status notification for some recipients."""
    fields = "\n\n".join(["Reporting-MTA: dns; mx.example.net", *(dedent(block).strip() for block in blocks)])
    return multipart("delivery-status", WORDS, f"Content-Type: {kind}\n\n{fields}", CAME)


def only(report: MailReport) -> ReportedRecipient:
    """Return the only recipient of a report."""
    (recipient,) = report.recipients
    return recipient


# Delivery status notifications ---------------------------------------------------------------------------------------

P, T, U = Bounce.PERMANENT, Bounce.TRANSIENT, Bounce.UNDETERMINED


@pytest.mark.parametrize(
    ("code", "words", "bounce", "expected"),
    [
        ("5.1.1", "smtp; 550 5.1.1 <ada@example.com>: Recipient address rejected: User unknown", P, "5.1.1"),
        ("5.0.0", "smtp; 550 5.1.1 no such user", P, "5.1.1"),  # vague in one field, clear in the other
        ("5.0.0", "smtp; 550 Mailbox not found", P, "5.0.0"),
        ("5.5.0", "smtp; 550 Requested action not taken: mailbox unavailable", U, "5.5.0"),
        ("5.1.2", "X-Postfix; Host or domain name not found", P, "5.1.2"),
        ("5.1.10", "smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by SMTP address lookup", P, "5.1.10"),
        ("5.2.1", "smtp; 550 5.2.1 The account is disabled", U, "5.2.1"),
        ("5.2.2", "smtp; 552 5.2.2 Mailbox full", T, "5.2.2"),
        ("5.7.1", "smtp; 550 5.7.1 Message rejected as spam", T, "5.7.1"),
        ("5.1.1", "smtp; 550 5.1.1 sender address blocked by policy", U, "5.1.1"),
        ("4.4.7", "smtp; 451 4.4.7 delivery time expired", T, "4.4.7"),
        ("4.2.2 (mailbox full)", "smtp; 452 over quota", T, "4.2.2"),
        ("5", "smtp; nonsense", U, ""),
        ("5.2.0", "smtp; 550 Unknown user ada@example.com", P, "5.2.0"),
        ("5.3.0", "smtp; 553 5.3.0 <ada@example.com>... Address does not     exist", P, "5.3.0"),
        ("5.7.1", "smtp; 550 5.7.1 No such user", P, "5.7.1"),
        ("5.0.0", "smtp; 550 <ada@example.com> is not a known user on this system", P, "5.0.0"),
        # About the sender, the size or the route, not the address:
        ("5.0.0", "smtp; 550 <bounces@news.example.org>: Sender address rejected: Domain not found", U, "5.0.0"),
        ("5.7.1", "smtp; 554 5.7.1 Sender address does not exist", T, "5.7.1"),
        ("5.1.1", "smtp; 550 5.1.1 RCPT TO:<ada@example.com> max message size exceeded", U, "5.1.1"),
        ("5.0.0", "smtp; 550 mx.example.com[5.1.1.7] said: no", U, "5.0.0"),
    ],
)
def test_a_failure_is_classified_as_permanent_or_not(code: str, words: str, bounce: Bounce, expected: str) -> None:
    report = only(
        parse_report(
            status(f"Final-Recipient: rfc822; {ADA}\nAction: failed\nStatus: {code}\nDiagnostic-Code: {words}")
        )
    )
    assert (report.kind, report.address, report.bounce, report.status) == (K.BOUNCED, ADA, bounce, expected)
    assert report.detail == words.partition("; ")[2]


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("failed (bad destination mailbox address)", K.BOUNCED),
        ("FAILED; and more", K.BOUNCED),
        ("delayed", K.DEFERRED),
        ("delivered", K.DELIVERED),
        ("relayed", K.SUBMITTED),
        ("expanded", K.DELIVERED),
    ],
)
def test_each_action_has_its_kind(action: str, kind: EventKind) -> None:
    report = only(parse_report(status(f"Final-Recipient: rfc822;{ADA}\nAction: {action}\nStatus: 2.0.0")))
    assert report.kind is kind
    assert (report.bounce is None) == (kind is not K.BOUNCED)


def test_the_original_recipient_is_the_reader() -> None:
    block = f"Original-Recipient: rfc822;{ADA}\nFinal-Recipient: rfc822; elsewhere@example.net\nAction: failed"
    assert only(parse_report(status(block))).address == ADA


def test_each_recipient_is_reported_once() -> None:
    blocks = [f"Final-Recipient: rfc822; r{n}@example.com\nAction: failed\nStatus: 5.1.1" for n in (1, 2, 2)]
    assert [recipient.address for recipient in parse_report(status(*blocks)).recipients] == [
        "r1@example.com",
        "r2@example.com",
    ]


@pytest.mark.parametrize("kind", ["message/delivery-status", "message/global-delivery-status"])
def test_a_report_with_an_unreadable_address_is_still_read(kind: str) -> None:
    block = "Final-Recipient: utf-8; jörg@bücher.example\nAction: failed\nStatus: 5.1.1"
    report = parse_report(status(block, kind=kind))
    # Not ASCII: if the fields are unreadable, the text and the returned message still are readable.
    assert [(recipient.kind, recipient.address, recipient.bounce) for recipient in report.recipients] in (
        [(K.BOUNCED, "", P)],
        [(K.BOUNCED, ADA, U)],
    )
    assert report.signatures == (PATH[len("bounces+") : PATH.index("@")],)


@pytest.mark.parametrize("address", ["rfc822; postmaster", "x400; c=us; admd= ;"])
def test_a_report_without_a_valid_address_is_still_read(address: str) -> None:
    report = parse_report(status(f"Final-Recipient: {address}\nAction: failed\nStatus: 5.1.1"))
    assert (only(report).address, only(report).bounce) == ("", P)


@pytest.mark.parametrize(
    "fields", ["", "Action: failed", f"Final-Recipient: rfc822; {ADA}", f"Action: sung\nFinal-Recipient: {ADA}"]
)
def test_a_report_without_action_or_recipient_is_read_from_its_text(fields: str) -> None:
    unclear = status(f"Status: 5.1.1\n{fields}".strip())
    assert (only(parse_report(unclear)).kind, only(parse_report(unclear)).bounce) == (K.BOUNCED, U)
    assert parse_report(unclear.replace(b"A message could not be delivered.", b"See below.")).recipients == ()


# Complaints ----------------------------------------------------------------------------------------------------------


def arf(fields: str, came: str = CAME) -> bytes:
    """Return a feedback report."""
    return multipart("feedback-report", WORDS, f"Content-Type: message/feedback-report\n\n{fields}", came)


@pytest.mark.parametrize("feedback", ["abuse", "fraud", "virus", "other", "not-spam"])
def test_each_type_of_complaint_is_recognized(feedback: str) -> None:
    fields = f"Feedback-Type: {feedback}\nUser-Agent: Loop/1.0\nVersion: 1\nOriginal-Rcpt-To: <{ADA}>"
    assert only(parse_report(arf(fields))) == ReportedRecipient(kind=K.COMPLAINED, address=ADA, feedback=feedback)


def test_a_complaint_with_a_redacted_recipient_is_about_the_returned_message() -> None:
    redacted = CAME.replace(ADA, "redacted@example.net")
    report = parse_report(arf("Feedback-Type: abuse\nVersion: 1", redacted))
    assert only(report).kind is K.COMPLAINED
    assert report.deliveries == (("2026-11-23", make.KEY, MAC),)
    nobody = parse_report(arf("Feedback-Type: abuse\nVersion: 1", CAME.replace(f"To: {ADA}", "To: undisclosed")))
    assert only(nobody) == ReportedRecipient(kind=K.COMPLAINED, feedback="abuse")


def test_the_headers_of_the_returned_message_are_enough() -> None:
    headers = f"Content-Type: text/rfc822-headers\n\nMessage-ID: {OURS}\nTo: {ADA}"
    report = parse_report(arf("Feedback-Type: abuse", headers))
    assert (only(report).address, report.deliveries) == (ADA, (("2026-11-23", make.KEY, MAC),))


def test_an_encoded_report_is_read() -> None:
    inner = base64.b64encode(f"Feedback-Type: abuse\r\nOriginal-Rcpt-To: {ADA}\r\n".encode()).decode()
    part = f"Content-Type: message/feedback-report\nContent-Transfer-Encoding: base64\n\n{inner}"
    assert only(parse_report(multipart("feedback-report", WORDS, part, CAME))).address == ADA


def test_opt_outs_and_authentication_failures_are_not_complaints() -> None:
    assert only(parse_report(arf(f"Feedback-Type: opt-out\nRemoval-Recipient: {ADA}"))).kind is K.UNSUBSCRIBED
    assert only(parse_report(arf(f"Feedback-Type: auth-failure\nOriginal-Rcpt-To: {ADA}"))).kind is K.UNKNOWN


def test_a_complaint_without_a_report_part_is_recognized() -> None:
    came = f"Content-Type: message/rfc822\n\nX-HmXmrOriginalRecipient: {ADA}\nMessage-ID: {OURS}\nSubject: x\n\nHello."
    report = parse_report(multipart("feedback-report", WORDS, came))
    assert only(report) == ReportedRecipient(kind=K.COMPLAINED, address=ADA, feedback="abuse")
    assert report.deliveries == (("2026-11-23", make.KEY, MAC),)


# In words ------------------------------------------------------------------------------------------------------------

QMAIL = """
    From: MAILER-DAEMON@mx.example.net
    To: {path}
    Subject: failure notice

    Hi. This is the qmail-send program at mx.example.net.
    I'm afraid I wasn't able to deliver your message to the following addresses.
    This is a permanent error; I've given up. Sorry it didn't work out.

    <ada@example.com>:
    Sorry, no mailbox here by that name. (#5.1.1)

    --- Below this line is a copy of the message.

    """
EXIM = """
    From: Mail Delivery System <Mailer-Daemon@mx.example.net>
    To: {path}
    Subject: Mail delivery failed: returning message to sender
    X-Failed-Recipients: ada@example.com
    Auto-Submitted: auto-replied

    This message was created automatically by mail delivery software.

    A message that you sent could not be delivered to one or more of its
    recipients. This is a permanent error. The following address(es) failed:

      ada@example.com
        host mx.example.com [192.0.2.1]: 550 5.1.1 <ada@example.com>: user unknown

    """
SENDMAIL = """
    From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example.net>
    To: {path}
    Subject: Returned mail: User unknown

    The original message was received at Mon, 23 Nov 2026 07:00:00 GMT
    from mx.example.net

       ----- The following addresses had permanent fatal errors -----
    <ada@example.com>

       ----- Transcript of session follows -----
    550 <ada@example.com>... User unknown
    """
YAHOO = """
    From: MAILER-DAEMON@yahoo.com
    To: {path}
    Subject: Delivery failure

    Message from  yahoo.com.
    Unable to deliver message to the following address(es).

    <ada@example.com>:
    This user doesn't have a yahoo.com account (ada@example.com) [-5]

    --- Original message follows.

    """
POSTFIX = """
    From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
    To: {path}
    Subject: Undelivered Mail Returned to Sender
    Content-Type: multipart/mixed; boundary="b"

    --b
    Content-Description: Notification
    Content-Type: text/plain

    This is the Postfix program at host mx.example.net.

    I'm sorry to have to inform you that the message returned
    below could not be delivered to one or more destinations.

                            The Postfix program

    <ada@example.com>: unknown user: "ada"

    --b
    Content-Type: message/rfc822

    Subject: Good morning

    Hello.
    --b--
    """
FULL = """
    From: MAILER-DAEMON@mx.example.net
    To: {path}
    Subject: failure notice

    Hi. This is the qmail-send program at mx.example.net.
    I'm afraid I wasn't able to deliver your message to the following addresses.
    This is a permanent error; I've given up. Sorry it didn't work out.

    <ada@example.com>:
    The user's mailbox is over quota: mailbox full. (#5.2.2)

    --- Below this line is a copy of the message.

    """


@pytest.mark.parametrize(
    ("text", "bounce"),
    [(QMAIL, P), (EXIM, P), (SENDMAIL, P), (YAHOO, P), (POSTFIX, P), (FULL, T)],
    ids=["qmail", "exim", "sendmail", "yahoo", "postfix", "full"],
)
def test_bounces_written_for_people_are_read(text: str, bounce: Bounce) -> None:
    report = parse_report(mail(text.format(path=PATH)))
    reported = only(report)
    assert (reported.kind, reported.address, reported.bounce) == (K.BOUNCED, ADA, bounce)
    assert report.signatures == (PATH[len("bounces+") : PATH.index("@")],)


# From mail systems that follow neither RFC 3464 nor a format known to flufl.bounce.
SYSTEMS = {
    "listed": (
        """
        From: Mail Administrator <postmaster@mx.example.net>
        Subject: Undeliverable message
        Content-Type: text/plain; charset=utf-8

        ------ Failure Reasons ------

        Not in the directory
        ada@example.com

        ------ Returned Message ------
        """,
        U,
    ),
    "affected": (
        """
        From: postmaster@mx.example.net
        Subject: Undeliverable Mail: "Good morning"
        Content-Type: text/plain; charset=utf-8

        Your message:
           From:    bounces@news.example.org
           Subject: Good morning

        Could not be delivered because of

        550 5.1.1 User unknown

        The following recipients were affected:
            ada@example.com
        """,
        P,
    ),
    "a line each": (
        """
        From: Mailer Daemon <MAILER-DAEMON@mx.example.net>
        Subject: Delivery status notification: error
        Content-Type: text/plain; charset=utf-8

            An error has occurred while attempting to deliver a message for
            the following list of recipients:

        ada@example.com: 550 5.1.1 https://mail.example.com/?answer=6596

            Below is a copy of the original message:
        """,
        P,
    ),
    "no address of its own": (
        """
        From: MAILER-DAEMON <>
        Subject: Mail delivery failed
        Content-Type: text/plain; charset=utf-8

        There was an error delivering your mail to <ada@example.com>.

        mx.example.com [192.0.2.7] did not like our DATA:
        550 5.7.26 Unauthenticated

        Message headers follow.
        """,
        T,
    ),
    "a dialogue": (
        """
        From: "Gateway" <postmaster@mx.example.net>
        Subject: =?utf-8?b?44Ov?=
        Content-Type: text/plain; charset=utf-8

        Sent <<< RCPT TO:<ada@example.com>
        Received >>> 550 5.1.1 <ada@example.com>... user unknown
        """,
        P,
    ),
    "two forms of one address": (
        """
        From: MAILER-DAEMON@mx.example.net
        Subject: FAILURE NOTICE : Good morning
        Content-Type: text/plain; charset=utf-8

          ----- The following addresses had permanent fatal errors -----

        >>> ada@example.com <ada@example.com>

          ----- Transcript of session follows -----
        550 sorry, no mailbox here by that name (#5.1.1 - chkusr)
        """,
        P,
    ),
    "a phone": (
        """
        From: no-reply@mobile.example.net
        Subject: Good morning
        Content-Type: text/plain; charset=utf-8

        Your mail sent on: Thu, 26 Nov 2026 23:45:22 +0900
             Could not be delivered to: <ada@example.com>
             As their mailbox is full.
        """,
        U,
    ),
    "on the whole": (
        """
        From: Mailer-Daemon@mx.example.net
        Subject: Message status - undeliverable
        Content-Type: text/plain; charset=utf-8

        The message that you sent was undeliverable to the following:

            ada@example.com (user not found)
        """,
        P,
    ),
    "unsent": (
        """
        From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example.net>
        Subject: Returned mail: Cannot send message for 4 days
        Content-Type: text/plain; charset=utf-8

           ----- Transcript of session follows -----
        421 Deferred: Connection timed out

           ----- Unsent message follows -----
        From: news@news.example.org
        To: ada@example.com
        """,
        U,
    ),
    "fields in the text": (
        """
        From: System Administrator <postmaster@mx.example.net>
        Subject: Non delivery report
        Content-Type: text/plain; charset=utf-8

        Reporting-MTA: dns; mx.example.net

        Final-Recipient: rfc822; ada@example.com
        Action: failed
        Status: 5.1.1
        """,
        P,
    ),
    "passed on": (
        """
        From: Ben <ben@example.com>
        Subject: Fwd: Returned mail
        Content-Type: text/plain; charset=utf-8

        > Final-Recipient: RFC822; ada@example.com
        > Action: failed
        > Status: 5.1.1
        """,
        P,
    ),
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_bounces_of_other_mail_systems_are_read(name: str) -> None:
    text, bounce = SYSTEMS[name]
    reported = only(parse_report(f"To: {PATH}\r\n".encode() + mail(text)))
    assert (reported.kind, reported.address, reported.bounce) == (K.BOUNCED, ADA, bounce)


def test_a_bounce_without_its_recipients_address_is_recognized() -> None:
    text = QMAIL.format(path=PATH).replace("<ada@example.com>:\n", "").replace("Sorry, no mailbox", "No mailbox")
    assert (only(parse_report(mail(text))).kind, only(parse_report(mail(text))).address) == (K.BOUNCED, "")


def test_a_delay_notice_is_a_deferral() -> None:
    head = f"From: MAILER-DAEMON@mx.example.net\nTo: {PATH}\nSubject: Delivery problem\n\n"
    reported = only(parse_report(f"{head}Not yet delivered to:\n  ada@example.com\nWe will keep trying.\n".encode()))
    assert (reported.kind, reported.address, reported.bounce) == (K.DEFERRED, ADA, None)


def test_text_of_the_returned_message_is_not_the_reason() -> None:
    words = "The user's mailbox is over quota: mailbox full. (#5.2.2)"
    text = FULL.format(path=PATH).replace(words, "Remote host said no.") + "Version 5.1.1: no such user\n"
    reported = only(parse_report(mail(text)))
    assert (reported.bounce, reported.status) == (U, "")
    assert "Version" not in reported.detail


def test_a_web_page_is_read_without_its_tags() -> None:
    head = "From: postmaster@mx.example.net\nSubject: Undeliverable\nContent-Type: text/html\n\n"
    reported = only(parse_report(f"{head}<p>To <b>ada@example.com</b>: 550 5.1.1 <i>unknown</i> user</p>".encode()))
    assert (reported.address, reported.bounce, reported.status) == (ADA, P, "5.1.1")


def test_a_bounce_with_an_unusual_sender_is_recognized() -> None:
    text = QMAIL.format(path=PATH).replace("From: MAILER-DAEMON@mx.example.net\n", "")
    assert only(parse_report(mail(text))).address == ADA


# What is no report, and what is strange ------------------------------------------------------------------------------


def test_automatic_replies_and_personal_mail_are_not_bounces() -> None:
    absent = parse_report(incoming_mail.absent(PATH))
    assert (absent.recipients, absent.automatic) == ((), True)
    letter = parse_report(incoming_mail.letter(PATH))
    assert (letter.recipients, letter.automatic) == ((), False)


@pytest.mark.parametrize(
    ("header", "automatic"),
    [
        ("Auto-Submitted: auto-replied", True),
        ("Precedence: auto_reply", True),
        ("Subject: Automatic reply: Good morning", True),
        ("Subject: AUTO: Ada is out of the office", True),
        ("X-Nothing: of this", False),
    ],
)
def test_a_departed_readers_reply_that_names_others_is_not_a_bounce(header: str, automatic: bool) -> None:
    words = "This address is no longer in use. Write to us, ben@example.com, or call."
    report = parse_report(f"From: Ada <ada@example.com>\nTo: {PATH}\n{header}\n\n{words}\n".encode())
    assert (report.recipients, report.automatic) == ((), automatic)


def assert_safe(report: MailReport) -> None:
    """Assert that every database can store the report's recipients."""
    for recipient in report.recipients:
        assert "\0" not in recipient.address + recipient.detail
        assert len(recipient.detail) <= 1000


@given(st.binary(max_size=400))
def test_any_bytes_are_read_without_an_error(octets: bytes) -> None:
    assert_safe(parse_report(octets))


_LINES = [
    line
    for text in (status(f"Final-Recipient: rfc822; {ADA}\nAction: failed"), arf("Feedback-Type: abuse"))
    for line in text.split(b"\r\n")
]


@given(st.lists(st.sampled_from(_LINES) | st.binary(max_size=30), max_size=40))
def test_any_lines_of_reports_are_read_without_an_error(lines: list[bytes]) -> None:
    assert_safe(parse_report(b"\r\n".join(lines)))


def test_endless_and_deeply_nested_reports_are_read() -> None:
    endless = status(f"Final-Recipient: rfc822; {ADA}\nAction: failed") + b"x" * 3_000_000
    assert only(parse_report(endless)).address == ADA
    nested = b"Content-Type: message/rfc822\r\n\r\n" * 2000
    assert parse_report(nested) == MailReport()


@pytest.mark.parametrize("date", ["Mon, 23 Nov 2026 07:00:00 +0000", "Mon, 23 Nov 2026 07:00:00 -0000"])
def test_the_time_of_a_report_is_its_date(date: str) -> None:
    report = parse_report(f"Date: {date}\r\n\r\n".encode())
    assert report.at is not None
    assert report.at.isoformat() == "2026-11-23T07:00:00+00:00"
    assert parse_report(b"Date: yesterday\r\n\r\n").at is None
