"""Tell automatic replies and programs' mail from messages that a person wrote."""

import re
from email.message import Message

from newsletter.feedback.bounce_phrases import is_mail_system
from newsletter.feedback.mail_fields import field, header_values

_ABSENT = re.compile(
    r"\W*(auto(mati[ck]\w*|mated)?[- ]?(reply|response|antwort)|auto:|out of (the )?office|automatische antwort|abwesen"
    r"|r[ée]ponse automatique|respuesta autom[áa]tica|risposta automatica|automatyczna)",
    re.IGNORECASE,
)


def is_automatic_reply(mail: Message) -> bool:
    """Return whether a message is an automatic reply: by RFC 3834 §5, by older headers, or by its subject."""
    submitted = field(mail, "Auto-Submitted").casefold()
    return (
        submitted.startswith("auto-replied")
        or any(mail[name] for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponse"))
        or "auto_reply" in field(mail, "Precedence").casefold()
        or bool(_ABSENT.match(field(mail, "Subject")))
    )


def is_by_program(mail: Message) -> bool:
    """Return whether a program wrote the message: an out-of-office reply, a report, a mailing list's mail.

    A mail client that unsubscribes its reader doesn't count: it may mark its message automatic, but uses our subject.
    """
    submitted = field(mail, "Auto-Submitted").partition(";")[0].strip().casefold()
    by_client = submitted == "auto-generated" and field(mail, "Subject").casefold() == "unsubscribe"
    return (
        is_automatic_reply(mail)
        or (submitted not in ("", "no") and not by_client)  # RFC 3834 §5
        or field(mail, "Precedence").casefold() in ("bulk", "junk", "list")
        or "<>" in header_values(mail, ("Return-Path",))  # RFC 5321 §4.5.5
        or mail.get_content_type() == "multipart/report"
        or is_mail_system(field(mail, "From"))
    )
