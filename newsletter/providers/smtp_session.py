"""One connection to an SMTP server: set up by smtplib, then one transaction after another.

Setting up (EHLO, STARTTLS, AUTH) and a transaction are apart, so that either can be replaced.
"""

import base64
import smtplib
import socket
import ssl
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Self

from newsletter.errors import ProviderError

Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where to connect and how. ``timeout`` is in seconds and counts for each answer; ``password`` is never printed."""

    host: str
    port: int
    security: Security
    timeout: float
    hello: str
    username: str = ""
    password: str = ""
    ca_file: str | None = None

    def __repr__(self) -> str:
        return f"{self.host}:{self.port}"

    def without_secrets(self, words: str) -> str:
        """A server's words, which may repeat what it was told, without the password in any of its forms."""
        if not self.password:
            return words
        plain = f"\0{self.username}\0{self.password}"
        for secret in (plain, self.password):
            words = words.replace(base64.b64encode(secret.encode()).decode("ascii"), "***").replace(secret, "***")
        return words


class Step(StrEnum):
    """How far a transaction came."""

    MAIL = "MAIL FROM"
    RCPT = "RCPT TO"
    DATA = "DATA"
    BODY = "the message"
    ANSWER = "the answer to the message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said last, and at which step. ``code`` is 0 where the connection was lost instead."""

    step: Step
    code: int
    words: str

    @property
    def lost(self) -> bool:
        """Whether there was no answer."""
        return self.code == 0

    @property
    def not_handed_over(self) -> bool:
        """Whether the connection was lost before the message was complete: no server keeps it (RFC 5321 §4.1.1.4)."""
        return self.lost and self.step is not Step.ANSWER

    @property
    def submitted(self) -> bool:
        """Whether the server accepted the message."""
        return self.step is Step.ANSWER and self.code // 100 == 2

    def __str__(self) -> str:
        return f"{self.words} (at {self.step})" if self.lost else f"{self.code} {self.words} (to {self.step})"


class Session:
    """A connection that is ready for transactions; used by one thread at a time."""

    def __init__(self, server: Server, connection: smtplib.SMTP) -> None:
        self._server = server
        self._connection = connection
        # Commands with a local part beyond ASCII need it (RFC 6531 §3.4); for others it is the same.
        connection.command_encoding = "utf-8"
        self.transactions = 0

    @classmethod
    def open(cls, server: Server) -> Self:
        """Connect, encrypt, log in. Raises ProviderError that says which of them failed, and the mend."""
        try:
            return cls(server, _connected(server))
        except smtplib.SMTPAuthenticationError as err:
            raise _login_failed(server, err) from None
        except smtplib.SMTPResponseException as err:
            words = server.without_secrets(_words(err.smtp_error))
            later = err.smtp_code < 500
            raise ProviderError(
                f"{server} does not take this connection: {err.smtp_code} {words}",
                mend="try again later with --resume" if later else "ask whoever runs the server why",
            ) from None
        except ssl.SSLCertVerificationError as err:
            raise ProviderError(
                f"the certificate of {server} is not valid for it: {err.verify_message}",
                mend="set [provider] host to the name in the certificate, or ca_file to the authority that signed it",
            ) from err
        except (OSError, smtplib.SMTPException) as err:
            raise ProviderError(
                f"no connection to {server} with security = {server.security!r}: {_reason(err)}",
                mend="check [provider] host, port and security, and that this machine may connect to it",
            ) from err

    @property
    def smtputf8(self) -> bool:
        """Whether the server takes addresses beyond ASCII (RFC 6531)."""
        return self._connection.has_extn("smtputf8")

    def transact(self, sender: str, recipient: str, message: bytes) -> Answer:
        """Hand one message over. ``message`` ends with CRLF and no line of it begins with a dot.

        Leaves the connection fit for another transaction, unless the answer says that it was lost.
        """
        self.transactions += 1
        step = Step.MAIL
        try:
            parameters = "" if (sender + recipient).isascii() else " SMTPUTF8 BODY=8BITMIME"
            for step, command in (
                (Step.MAIL, f"MAIL FROM:<{sender}>{parameters}"),
                (Step.RCPT, f"RCPT TO:<{recipient}>"),
                (Step.DATA, "DATA"),
            ):
                code, words = self._connection.docmd(command)
                if code // 100 != (3 if step is Step.DATA else 2):
                    answer = self._answer(step, code, words)
                    self._reset(answer)
                    return answer
            step = Step.BODY
            self._socket().sendall(message + b".\r\n")
            step = Step.ANSWER
            return self._answer(step, *self._connection.getreply())
        except (OSError, smtplib.SMTPException) as err:
            self.abort()
            return Answer(step=step, code=0, words=f"the connection was lost: {_reason(err)}")

    def refusal_of(self, sender: str) -> Answer | None:
        """What the server says against a sender, in a transaction that is given up at once."""
        try:
            answer = self._answer(Step.MAIL, *self._connection.docmd(f"MAIL FROM:<{sender}>"))
            self._reset(answer)
        except (OSError, smtplib.SMTPException) as err:
            self.abort()
            return Answer(step=Step.MAIL, code=0, words=f"the connection was lost: {_reason(err)}")
        return None if answer.code // 100 == 2 else answer

    def close(self) -> None:
        """Say goodbye."""
        try:
            self._connection.quit()
        except (OSError, smtplib.SMTPException):
            self.abort()

    def abort(self) -> None:
        """Close without a word."""
        self._connection.close()

    def _socket(self) -> socket.socket:
        if self._connection.sock is None:
            raise smtplib.SMTPServerDisconnected("closed before the message")
        return self._connection.sock

    def _answer(self, step: Step, code: int, words: bytes) -> Answer:
        if not 200 <= code < 600:  # smtplib gives -1 for an answer without a code
            self.abort()
            return Answer(step=step, code=0, words="the server's answer was not SMTP")
        return Answer(step=step, code=code, words=self._server.without_secrets(_words(words)))

    def _reset(self, answer: Answer) -> None:
        """Give the transaction up; a server that cannot even do that has closed the connection."""
        if answer.lost or answer.code == 421:
            self.abort()
            return
        try:
            self._connection.rset()
        except (OSError, smtplib.SMTPException):
            self.abort()

    @property
    def closed(self) -> bool:
        """Whether there is no connection any more."""
        return self._connection.sock is None


def _connected(server: Server) -> smtplib.SMTP:
    connection: smtplib.SMTP
    if server.security == "tls":
        connection = smtplib.SMTP_SSL(
            server.host, server.port, server.hello, timeout=server.timeout, context=_context(server)
        )
    else:
        connection = smtplib.SMTP(server.host, server.port, server.hello, timeout=server.timeout)
    try:
        _require(connection.ehlo())
        if server.security == "starttls":
            _start_tls(connection, server)
        if server.username:
            _log_in(connection, server)
    except BaseException:
        connection.close()
        raise
    return connection


def _start_tls(connection: smtplib.SMTP, server: Server) -> None:
    if not connection.has_extn("starttls"):
        raise ProviderError(
            f"{server} does not offer STARTTLS, and nothing is sent to it unencrypted",
            mend='try [provider] security = "tls" with its port, 465 as a rule',
        )
    try:
        connection.starttls(context=_context(server))
    except smtplib.SMTPResponseException as err:
        raise ProviderError(
            f"{server} refused STARTTLS: {err.smtp_code} {_words(err.smtp_error)}",
            mend='try again later, or [provider] security = "tls" with its port, 465 as a rule',
        ) from None
    _require(connection.ehlo())


def _log_in(connection: smtplib.SMTP, server: Server) -> None:
    try:
        connection.login(server.username, server.password)
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPServerDisconnected):
        raise
    except smtplib.SMTPException:
        raise ProviderError(
            f"{server} takes no login on this port, or none that this program knows",
            mend="leave [provider] username out, or set the port for submission",
        ) from None
    except UnicodeEncodeError:  # its traceback would show the password
        raise ProviderError(
            "the username or the password has characters beyond ASCII, which this login cannot carry",
            mend="set another password",
        ) from None


def _login_failed(server: Server, err: smtplib.SMTPAuthenticationError) -> ProviderError:
    words = server.without_secrets(_words(err.smtp_error))
    if 500 <= err.smtp_code < 600:
        return ProviderError(
            f"{server} refused the login of {server.username}: {err.smtp_code} {words}",
            mend="check [provider] username and the password in NEWSLETTER_SMTP_PASSWORD",
        )
    return ProviderError(
        f"{server} cannot log {server.username} in now: {err.smtp_code} {words}", mend="try again later with --resume"
    )


def _context(server: Server) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=server.ca_file)
    except (OSError, ssl.SSLError) as err:
        raise ProviderError(
            f"[provider] ca_file: {server.ca_file} holds no certificates: {_reason(err)}", mend="name a PEM file"
        ) from err
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _require(reply: tuple[int, bytes]) -> None:
    code, words = reply
    if code // 100 != 2:
        raise smtplib.SMTPResponseException(code, words)


def _words(reply: bytes | str) -> str:
    text = reply if isinstance(reply, str) else reply.decode("utf-8", "replace")
    return " ".join(text.split())


def _reason(err: Exception) -> str:
    if isinstance(err, TimeoutError):
        return "no answer in time"
    return (err.strerror if isinstance(err, OSError) else None) or str(err) or type(err).__name__
