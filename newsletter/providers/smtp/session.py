"""One connection to a relay. smtplib opens it (EHLO, STARTTLS, AUTH) and closes it; letters go in between."""

import smtplib
from collections.abc import Iterator
from typing import Self

from newsletter.providers.smtp.connecting import connect
from newsletter.providers.smtp.relay import Relay
from newsletter.providers.smtp.replies import SmtpReply, Step, reply_text
from newsletter.providers.smtp.transactions import Outgoing, SmtpSocket, Transactions, reason


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

        Raise ProviderError: UnavailableError if a later attempt may succeed.
        """
        return cls(server, connect(server), age=age)

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
        return self._server.without_secrets(reply_text(reply))

    @property
    def closed(self) -> bool:
        """Return whether the connection is closed."""
        return self._connection.sock is None
