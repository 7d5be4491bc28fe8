"""Invented mail for the bounce mailbox, in the formats of mail servers and mailbox providers."""

from datetime import UTC, datetime
from email.message import EmailMessage, Message
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import Parser
from email.utils import format_datetime

DATE = format_datetime(datetime.now(UTC))


def notification(
    to: str, address: str, *, action: str = "failed", status: str = "5.1.1", words: str = "550 5.1.1 no such user"
) -> bytes:
    """Return a delivery status notification (RFC 3464) to a return path."""
    mail = MIMEMultipart("report", report_type="delivery-status")
    mail["From"] = "Mail Delivery System <MAILER-DAEMON@mx.example.net>"
    mail["To"] = to
    mail["Date"] = DATE
    mail["Subject"] = "Undelivered mail"
    mail.attach(MIMEText("A message could not be delivered."))
    mail.attach(
        _fields(
            "message/delivery-status",
            "Reporting-MTA: dns; mx.example.net\n\n"
            f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {words}\n",
        )
    )
    return mail.as_bytes()


def complaint(message_id: str, *, feedback: str = "abuse", address: str = "", headers: str = "") -> bytes:
    """Return a feedback report (RFC 5965) with the headers of the message; it names a recipient only if given."""
    mail = MIMEMultipart("report", report_type="feedback-report")
    mail["From"] = "feedback@mailboxes.example.net"
    mail["To"] = "complaints@news.example.org"
    mail["Date"] = DATE
    mail["Subject"] = "FW: Good morning"
    mail.attach(MIMEText("A user has reported this message."))
    named = f"Original-Rcpt-To: {address}\n" if address else ""
    mail.attach(
        _fields("message/feedback-report", f"Feedback-Type: {feedback}\nUser-Agent: Loop/1.0\nVersion: 1\n{named}")
    )
    mail.attach(
        _fields("text/rfc822-headers", f"Message-ID: {message_id}\n{headers}To: redacted@mailboxes.example.net\n")
    )
    return mail.as_bytes()


def in_words(to: str, address: str) -> bytes:
    """Return a bounce written for people, as by qmail."""
    mail = EmailMessage()
    mail["From"] = "MAILER-DAEMON@mx.example.net"
    mail["To"] = to
    mail["Date"] = DATE
    mail["Subject"] = "failure notice"
    mail.set_content(
        "Hi. This is the qmail-send program at mx.example.net.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        f"<{address}>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
        "--- Below this line is a copy of the message.\n\n"
    )
    return mail.as_bytes()


def absent(to: str) -> bytes:
    """Return a reader's automatic reply (RFC 3834)."""
    mail = _letter(to, "Out of the office", "I am away until Monday.")
    mail["Auto-Submitted"] = "auto-replied"
    return mail.as_bytes()


def apple_mail(to: str, *, subject: str = "unsubscribe") -> bytes:
    """Return the message that Apple Mail sends to a ``mailto:`` of List-Unsubscribe."""
    words = "Apple Mail sent this email to unsubscribe from the message “Good morning”."
    return _letter(to, subject, words).as_bytes()


def letter(to: str) -> bytes:
    """Return a personal message to the address."""
    return _letter(to, "A question", "Who chooses these pieces?").as_bytes()


def _letter(to: str, subject: str, words: str) -> Message:
    mail = EmailMessage()
    mail["From"] = "ada@example.com"
    mail["To"] = to
    mail["Date"] = DATE
    mail["Subject"] = subject
    mail.set_content(words)
    return mail


def _fields(kind: str, text: str) -> Message:
    """Return a part made of fields, unencoded as servers write it."""
    if kind == "message/delivery-status":
        part = Message()
        part["Content-Type"] = kind
        part.set_payload([Parser().parsestr(block + "\n") for block in text.split("\n\n")])
        return part
    part = MIMEApplication(b"", _encoder=lambda _: None)
    part.replace_header("Content-Type", kind)
    part.set_payload(text)
    return part
