"""What SMTP servers say, and whom it is about: one reader, a connection, or everybody."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """How far a transaction came."""

    MAIL = "MAIL FROM"
    RCPT = "RCPT TO"
    DATA = "DATA"
    BODY = "the message"
    ANSWER = "the answer to the message"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpReply:
    """What a server said last, and at which step. ``code`` is 0 where the connection was lost instead."""

    step: Step
    code: int
    words: str

    @property
    def lost(self) -> bool:
        """Whether there was no answer."""
        return self.code == 0

    @property
    def handed_over(self) -> bool:
        """Whether the message was complete: before that, no server keeps it (RFC 5321 §4.1.1.4)."""
        return self.step is Step.ANSWER

    @property
    def accepted(self) -> bool:
        """Whether the server agrees with the step."""
        return self.code // 100 == (3 if self.step is Step.DATA else 2)

    @property
    def submitted(self) -> bool:
        """Whether the server accepted the message."""
        return self.handed_over and self.accepted

    @property
    def busy(self) -> bool:
        """Whether it says that there is too much now, for any reader.

        421 closes the connection (RFC 5321 §3.8). 454 is what services say to whom they throttle, SES for one.
        """
        return self.code in (421, 454)

    @property
    def meaningless(self) -> bool:
        """Whether no server says this here: what it says next would be taken for another command's answer."""
        return not self.accepted and self.code // 100 not in (4, 5)

    def __str__(self) -> str:
        return f"{self.words} (at {self.step})" if self.lost else f"{self.code} {self.words} (to {self.step})"


_LOGIN_CODES = frozenset({530, 534, 535, 538})  # RFC 4954 §6
# Postfix says what is wrong with sender or client only in answer to RCPT (smtpd_delay_reject), SES after the message.
_RELAYING = re.compile(
    r"relay(ing)? (access )?(denied|not (permitted|allowed))|client host (rejected|blocked)", re.IGNORECASE
)
_SENDER = re.compile(
    r"sender address rejected|not verified|not (authori[sz]ed|allowed|permitted) to send", re.IGNORECASE
)
_QUOTA = re.compile(r"(quota|limit|rate) (was |has been )?(exceeded|reached)|sending (is )?paused", re.IGNORECASE)
_MAILBOX = re.compile(r"mailbox|recipient|\b[45]\.2\.\d|over ?quota", re.IGNORECASE)  # about this recipient after all


def hint_for_all(answer: SmtpReply) -> str:
    """What to do where an answer would be the same for every recipient; empty where it is about this one."""
    if answer.code in _LOGIN_CODES:
        return "set [provider] username and NEWSLETTER_SMTP_PASSWORD, and the port for submission"
    if answer.code < 500 and not answer.busy:
        return ""
    if _RELAYING.search(answer.words):
        return "log in with [provider] username, or let the server relay for this machine"
    if answer.code >= 500 and (answer.step is Step.MAIL or _SENDER.search(answer.words)):
        return "verify the sender with the provider, or change `from` in newsletter.toml"
    if _QUOTA.search(answer.words) and not _MAILBOX.search(answer.words):
        return "wait until the provider's limit allows more, then go on with --resume"
    if answer.busy:
        return "try again later with --resume; fewer [provider] connections may help"
    return ""


# Postfix, Exim, Sendmail, Exchange, Gmail and Yahoo each put it in their own words.
_CONNECTIONS = re.compile(
    r"(too many|maximum|concurren|limit)\b.*\b(connections?|sessions?)|(connections?|sessions?)\b.*\b(limit|exceed)",
    re.IGNORECASE,
)


def too_many_connections(words: str) -> bool:
    """Whether a server wants fewer connections at a time."""
    return bool(_CONNECTIONS.search(words))


_QUEUE_ID = re.compile(r"(?:queued as |id=|^(?:2\.0\.0 )?Ok )([\w.-]+)", re.IGNORECASE)


def queue_id(words: str) -> str:
    """The id that Postfix (``queued as 4B7C…``), Exim (``id=1u2…``) and SES (``Ok 0100…``) give an accepted message."""
    found = _QUEUE_ID.search(words)
    return found[1] if found else ""
