"""One connection to an SMTP server. smtplib opens it (EHLO, STARTTLS, AUTH) and closes it; letters go in between."""

import base64
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Self

from newsletter.domain.delivery import clean_text
from newsletter.errors import OutageError, ProviderError
from newsletter.providers.smtp.replies import SmtpReply, Step
from newsletter.providers.smtp.reply_reader import PlainSmtp, TlsSmtp
from newsletter.providers.smtp.transactions import Outgoing, SmtpSocket, Transactions, reason

Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """A relay and how to connect to it. ``timeout`` is in seconds per answer; ``password`` is never printed."""

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
        """Return a server's words with the password masked in all its forms: servers may repeat what they received."""
        if not self.password:
            return words
        plain = f"\0{self.username}\0{self.password}"
        for secret in (plain, self.password):
            words = words.replace(base64.b64encode(secret.encode()).decode("ascii"), "***").replace(secret, "***")
        return words


class UnavailableError(OutageError):
    """A server without a connection or a clear answer for now. ``words`` is its reply, if there was one."""

    code = "smtp-unavailable"

    def __init__(self, what: str, *, hint: str, words: str = "") -> None:
        self.words = words
        super().__init__(what, hint=hint)

    def copy(self) -> "UnavailableError":
        """Return the same error without a traceback, for another thread to raise."""
        return UnavailableError(self.what, hint=self.hint, words=self.words)


class Session:
    """A connection that is ready for transactions. Not thread-safe."""

    def __init__(self, server: Relay, connection: smtplib.SMTP, *, age: int = 0) -> None:
        self._server = server
        self._connection = connection
        self._transactions: Transactions | None = None
        # Non-ASCII local parts need it (RFC 6531 §3.4); other commands are the same in both encodings.
        connection.command_encoding = "utf-8"
        self.transactions = 0
        self.age = age
        self.spent = False
        """True if its answers are no longer reliable, so it carries nothing more."""
        self.kept = False
        """True if it was used and kept: the server may have closed it since."""

    @classmethod
    def open(cls, server: Relay, *, age: int = 0) -> Self:
        """Connect, encrypt and log in. ``age`` is the pool's.

        Raise a ProviderError that names the failed step: UnavailableError if a later attempt may succeed.
        """
        try:
            return cls(server, _connected(server), age=age)
        except smtplib.SMTPAuthenticationError as err:
            raise _login_failed(server, err) from None
        except smtplib.SMTPResponseException as err:
            words = server.without_secrets(_words(err.smtp_error))
            what = f"{server} rejects this connection: {err.smtp_code} {words}"
            if err.smtp_code < 500:
                raise UnavailableError(what, hint="try again later", words=words) from None
            raise ProviderError(what, hint="ask the server's operator why") from None
        except ssl.SSLCertVerificationError as err:
            raise ProviderError(
                f"the certificate of {server} is not valid: {err.verify_message}",
                hint="set [provider] host to the name in the certificate, or ca_file to the authority that signed it",
            ) from err
        except (OSError, smtplib.SMTPException) as err:
            raise UnavailableError(
                f"no connection to {server} with security = {server.security!r}: {reason(err)}",
                hint="check [provider] host, port and security, and that this machine may connect to it",
            ) from err

    @property
    def smtputf8(self) -> bool:
        """Return whether the server accepts non-ASCII addresses (RFC 6531)."""
        return self._connection.has_extn("smtputf8")

    def hand_over(self, letters: Iterator[Outgoing]) -> Iterator[tuple[Outgoing, SmtpReply]]:
        """Hand letters over, and yield each one with its reply.

        If the connection is lost or the server is busy, close it and draw no more letters. The last reply may then be
        for a letter that was drawn but not begun.
        """
        if self._transactions is None:
            self._transactions = Transactions(
                SmtpSocket(self._connection),
                pipelining=self._connection.has_extn("pipelining"),
                readable=self._readable,
            )
        for letter, answer in self._transactions.hand_over(self._counted(letters)):
            if self._transactions.over:
                self.abort()
            yield letter, answer
        if self._transactions.over:
            self.abort()

    def _counted(self, letters: Iterator[Outgoing]) -> Iterator[Outgoing]:
        for letter in letters:
            self.transactions += 1
            yield letter

    def refusal_of(self, sender: str) -> SmtpReply | None:
        """Return the server's objection to a sender, or None. The transaction is reset at once."""
        try:
            code, words = self._connection.docmd(f"MAIL FROM:<{sender}>")
            answer = SmtpReply(step=Step.MAIL, code=max(code, 0), words=self._readable(words))
            if answer.busy or answer.meaningless:
                self.abort()
            else:
                self._connection.rset()
        except (OSError, smtplib.SMTPException) as err:
            self.abort()
            return SmtpReply(step=Step.MAIL, code=0, words=f"the connection was lost: {reason(err)}")
        return None if answer.accepted else answer

    def close(self) -> None:
        """Close the connection with QUIT."""
        try:
            self._connection.quit()
        except (OSError, smtplib.SMTPException):
            self.abort()

    def abort(self) -> None:
        """Close the connection without QUIT."""
        self._connection.close()

    def _readable(self, reply: bytes) -> str:
        return self._server.without_secrets(_words(reply))

    @property
    def closed(self) -> bool:
        """Return whether the connection is closed."""
        return self._connection.sock is None


def _connected(server: Relay) -> smtplib.SMTP:
    connection: smtplib.SMTP
    if server.security == "tls":
        connection = TlsSmtp(server.host, server.port, server.hello, timeout=server.timeout, context=_context(server))
    else:
        connection = PlainSmtp(server.host, server.port, server.hello, timeout=server.timeout)
    try:
        _greet(connection)
        if server.security == "starttls":
            _start_tls(connection, server)
        if server.username:
            _log_in(connection, server)
    except BaseException:
        connection.close()
        raise
    return connection


def _greet(connection: smtplib.SMTP) -> None:
    reply = connection.ehlo()
    # RFC 5321 §3.2: a server that does not know EHLO may know HELO, and then has no extensions.
    _require(connection.helo() if reply[0] in (500, 502, 504, 550) else reply)


def _start_tls(connection: smtplib.SMTP, server: Relay) -> None:
    if not connection.has_extn("starttls"):
        raise ProviderError(
            f"{server} does not offer STARTTLS, and mail is never sent unencrypted",
            hint='try [provider] security = "tls" with its port, usually 465',
        )
    try:
        connection.starttls(context=_context(server))
    except smtplib.SMTPResponseException as err:
        refused = UnavailableError if err.smtp_code < 500 else ProviderError
        raise refused(
            f"{server} refused STARTTLS: {err.smtp_code} {_words(err.smtp_error)}",
            hint='try again later, or set [provider] security = "tls" with its port, usually 465',
        ) from None
    _greet(connection)


def _log_in(connection: smtplib.SMTP, server: Relay) -> None:
    try:
        connection.login(server.username, server.password)
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPServerDisconnected):
        raise
    except smtplib.SMTPException:
        raise ProviderError(
            f"{server} offers no login on this port, or none that this program supports",
            hint="remove [provider] username, or set the submission port",
        ) from None
    except UnicodeEncodeError:  # its traceback would show the password
        raise ProviderError(
            "the username or password has non-ASCII characters, which this login does not support",
            hint="choose a password of ASCII characters",
        ) from None


def _login_failed(server: Relay, err: smtplib.SMTPAuthenticationError) -> ProviderError:
    words = server.without_secrets(_words(err.smtp_error))
    if 500 <= err.smtp_code < 600:
        return ProviderError(
            f"{server} refused the login of {server.username}: {err.smtp_code} {words}",
            hint="check [provider] username and the password in NEWSLETTER_SMTP_PASSWORD",
        )
    return UnavailableError(
        f"{server} cannot log {server.username} in right now: {err.smtp_code} {words}",
        hint="try again later",
    )


def _context(server: Relay) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=server.ca_file)
    except OSError as err:  # including ssl.SSLError
        why = "contains no certificates" if isinstance(err, ssl.SSLError) else f"can't be read: {reason(err)}"
        raise ProviderError(f"[provider] ca_file: {server.ca_file} {why}", hint="name a PEM file") from err
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _require(reply: tuple[int, bytes]) -> None:
    code, words = reply
    if code // 100 != 2:
        raise smtplib.SMTPResponseException(code, words)


def _words(reply: bytes | str) -> str:
    text = reply if isinstance(reply, str) else reply.decode("utf-8", "replace")
    return clean_text(" ".join(text.split()))
