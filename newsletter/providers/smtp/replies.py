"""Classification of SMTP replies: they may concern one reader, one connection, or all mail."""

import re
from dataclasses import dataclass
from enum import StrEnum

from newsletter.domain.delivery import clean_text


class Step(StrEnum):
    """A step of a transaction, in order."""

    MAIL = "MAIL FROM"  # names the sender
    RCPT = "RCPT TO"  # names the reader; many servers report problems with the sender only now
    DATA = "DATA"  # announces the message
    BODY = "the message"  # a connection lost here has not delivered anything: the final dot was never sent
    ANSWER = "the answer to the message"  # lost here, the message may have arrived


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpReply:
    """A server's last reply and the step it answered. ``code`` is 0 if the connection was lost instead."""

    step: Step
    code: int
    words: str

    @property
    def lost(self) -> bool:
        """Return whether there was no answer."""
        return self.code == 0

    @property
    def handed_over(self) -> bool:
        """Return whether the message was complete. Until then no server keeps it (RFC 5321 §4.1.1.4)."""
        return self.step is Step.ANSWER

    @property
    def accepted(self) -> bool:
        """Return whether the server accepted the step."""
        return self.code // 100 == (3 if self.step is Step.DATA else 2)

    @property
    def submitted(self) -> bool:
        """Return whether the server accepted the message."""
        return self.handed_over and self.accepted

    @property
    def busy(self) -> bool:
        """Return whether the server is too busy for any mail at the moment.

        421 closes the connection (RFC 5321 §3.8). Services such as SES throttle their clients with 454.
        """
        return self.code in (421, 454)

    @property
    def meaningless(self) -> bool:
        """Return whether the reply makes no sense at this step, so that later ones may belong to other commands."""
        return not self.accepted and self.code // 100 not in (4, 5)

    def __str__(self) -> str:
        return f"{self.words} (at {self.step})" if self.lost else f"{self.code} {self.words} (to {self.step})"


_LOGIN_CODES = frozenset({530, 534, 535, 538})  # RFC 4954 §6
# Postfix reports problems with sender or client only in answer to RCPT (smtpd_delay_reject), SES after the message.
_RELAYING = re.compile(
    r"relay(ing)? (access )?(denied|not (permitted|allowed))|client host (rejected|blocked)", re.IGNORECASE
)
_SENDER = re.compile(
    r"sender address rejected|not verified|not (authori[sz]ed|allowed|permitted) to send", re.IGNORECASE
)
_QUOTA = re.compile(r"(quota|limit|rate) (was |has been )?(exceeded|reached)|sending (is )?paused", re.IGNORECASE)
_MAILBOX = re.compile(r"mailbox|recipient|\b[45]\.2\.\d|over ?quota", re.IGNORECASE)  # about this recipient after all


def hint_for_all(answer: SmtpReply) -> str:
    """Return a hint if every recipient would get this answer, or "" if it concerns only this one."""
    if answer.code in _LOGIN_CODES:
        return "set [provider] username, NEWSLETTER_SMTP_PASSWORD and the submission port"
    if answer.code < 500 and not answer.busy:
        return ""
    if _RELAYING.search(answer.words):
        return "log in with [provider] username, or allow this machine to relay through the server"
    if answer.code >= 500 and (answer.step is Step.MAIL or _SENDER.search(answer.words)):
        return "verify the sender with the provider, or change `from` in newsletter.toml"
    if _QUOTA.search(answer.words) and not _MAILBOX.search(answer.words):
        return "wait until the provider's limit allows more"
    if answer.busy:
        return "try again later; fewer [provider] connections may help"
    return ""


# Postfix, Exim, Sendmail, Exchange, Gmail and Yahoo all word it differently.
_CONNECTIONS = re.compile(
    r"(too many|maximum|concurren|limit)\b.*\b(connections?|sessions?)|(connections?|sessions?)\b.*\b(limit|exceed)",
    re.IGNORECASE,
)


def too_many_connections(words: str) -> bool:
    """Return whether a server asks for fewer simultaneous connections."""
    return bool(_CONNECTIONS.search(words))


_QUEUE_ID = re.compile(r"(?:queued as |id=|^(?:2\.0\.0 )?Ok )([\w.-]+)", re.IGNORECASE)


def queue_id(words: str) -> str:
    """Return the id in Postfix's (``queued as 4B7C…``), Exim's (``id=1u2…``) or SES's (``Ok 0100…``) reply, or ""."""
    match = _QUEUE_ID.search(words)
    return match[1] if match else ""


def reply_text(reply: bytes | str) -> str:
    """Return a server's words on one line, without control characters."""
    text = reply if isinstance(reply, str) else reply.decode("utf-8", "replace")
    return clean_text(" ".join(text.split()))
