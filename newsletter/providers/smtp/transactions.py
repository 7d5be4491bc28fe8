"""Mail transactions over one connection, pipelined (RFC 2920) if the server offers that.

When pipelined, one write carries a message and the commands of the next one: content may begin a group, and DATA ends
it (RFC 2920 §3.1). So no command is unanswered when a message is written, and at most one message awaits its answer.
"""

import smtplib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from newsletter.files import library_errors
from newsletter.message.mime import Letter, Recipient
from newsletter.providers.smtp.replies import SmtpReply, Step
from newsletter.providers.smtp.reply_reader import ReplyReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A letter with its finished message. ``message`` ends with CRLF, and none of its lines begins with a dot."""

    letter: Letter
    sender: str
    address: str
    message: bytes

    @property
    def recipient(self) -> Recipient:
        """Return the letter's recipient."""
        return self.letter.recipient

    @property
    def commands(self) -> tuple[bytes, bytes, bytes]:
        """Return the commands that open its transaction."""
        # RFC 6531 §3.4: a non-ASCII local part needs the parameter.
        parameters = "" if (self.sender + self.address).isascii() else " SMTPUTF8 BODY=8BITMIME"
        mail, rcpt = f"MAIL FROM:<{self.sender}>{parameters}\r\n", f"RCPT TO:<{self.address}>\r\n"
        return mail.encode(), rcpt.encode(), b"DATA\r\n"


class Lost(Exception):  # noqa: N818 not one of our errors
    """A lost connection, or an answer that was not SMTP. ``written`` octets had been sent by then."""

    def __init__(self, words: str, *, written: int = 0, silent: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.written = written
        self.silent = silent


class SmtpSocket:
    """A socket that smtplib has set up, for complete writes and for reading answers in order."""

    def __init__(self, connection: smtplib.SMTP) -> None:
        if connection.sock is None or connection.file is None:
            raise smtplib.SMTPServerDisconnected("closed before the first message")
        self._socket = connection.sock
        self._replies: ReplyReader = connection.file
        self.unsolicited = self._replies.unsolicited
        # The end of a message must not wait for the acknowledgement of earlier data (RFC 1122 §4.2.3.4).
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def write(self, data: bytes, ask: Callable[[], None] | None = None) -> None:
        """Write all data. ``ask`` is called right before each part leaves; its exceptions pass.

        Raise Lost, with the number of octets written, if the connection fails.
        """
        written = 0
        try:
            if ask is not None:
                ask()
            written = self._socket.send(data)
            if written < len(data):
                with memoryview(data) as view:
                    while written < len(data):
                        if ask is not None:
                            ask()
                        written += self._socket.send(view[written:])
        except (OSError, ValueError) as err:
            raise Lost(reason(err), written=written, silent=isinstance(err, TimeoutError)) from err

    def read(self) -> tuple[int, bytes]:
        """Return the next answer (RFC 5321 §4.2): its code and the words of all its lines. Raise Lost."""
        words = []
        self._replies.begin()
        for _ in range(_MOST_LINES):
            try:
                line = self._replies.readline(_LONGEST)
            except (OSError, ValueError) as err:
                raise Lost(reason(err), silent=isinstance(err, TimeoutError)) from err
            if not line.endswith(b"\n"):
                raise Lost(_NOT_SMTP if len(line) >= _LONGEST else "the server closed it")
            words.append(line[4:].strip())
            if line[3:4] != b"-":
                if not (line[:3].isdigit() and line[3:4].isspace() and 200 <= int(line[:3]) < 600):
                    raise Lost(_NOT_SMTP)
                return int(line[:3]), b" ".join(words)
        raise Lost(_NOT_SMTP)


_LONGEST = 8192  # octets of a line; RFC 5321 §4.5.3.1.5 has 512
_MOST_LINES = 100
_NOT_SMTP = "the server's answer was not SMTP"
_UNSOLICITED = "the server sent more replies than it got commands"


class Transactions:
    """A sequence of transactions over one connection. ``readable`` decodes the server's words.

    ``over`` is true once the connection is unusable: it is lost, the server is closing it, or the server is busy.
    """

    def __init__(self, line: SmtpSocket, *, pipelining: bool, readable: Callable[[bytes], str]) -> None:
        self._line = line
        self._pipelining = pipelining
        self._readable = readable
        self.over = False

    def hand_over(self, letters: Iterator[Outgoing]) -> Iterator[tuple[Outgoing, SmtpReply]]:
        """Hand letters over, and yield each one with its reply. No more letters are drawn once ``over`` is true."""
        letter = next(letters, None)
        announced = False  # True if the letter's commands were written together with the previous message
        while letter is not None:
            opened, wants_data = self._announced() if announced else self._open(letter)
            if not opened.accepted:
                yield letter, opened
                if self.over:
                    return
            following = next(letters, None)
            announced = self._pipelining and following is not None
            ahead = b"".join(following.commands) if following is not None and announced else b""
            if opened.accepted:
                yield letter, self._finish(letter, ahead)
            else:
                self._give_up(ahead, wants_data=wants_data)
            if following is not None and self.over:
                yield following, SmtpReply(step=Step.MAIL, code=0, words="the connection ended before its turn")
                return
            letter = following

    def _open(self, letter: Outgoing) -> tuple[SmtpReply, bool]:
        """Send a letter's commands. Return the deciding answer, and whether the server now expects a message."""
        unsolicited = self._unsolicited_reply(Step.MAIL)
        if unsolicited is not None:
            return unsolicited, False
        if self._pipelining:
            lost = self._written(Step.MAIL, b"".join(letter.commands))
            return (lost, False) if lost else self._announced()
        for step, command in zip(_OPENING, letter.commands, strict=True):
            answer = self._written(step, command) or self._answer(step)
            if not answer.accepted:
                break
        return answer, answer.accepted

    def _announced(self) -> tuple[SmtpReply, bool]:
        """Read the answers to a group of commands already written; each command has one, even after a refusal.

        Return the same as ``_open``.
        """
        verdict = answer = self._answer(Step.MAIL)
        for step in (Step.RCPT, Step.DATA):
            if self.over:
                return verdict, False
            answer = self._answer(step)
            verdict = answer if verdict.accepted else verdict
        return verdict, answer.accepted

    def _finish(self, letter: Outgoing, ahead: bytes) -> SmtpReply:
        """Send the message that the server expects, and return its reply. Exceptions from ``Letter.ask`` pass."""
        unsolicited = self._unsolicited_reply(Step.DATA)
        if unsolicited is not None:
            return unsolicited
        whole = len(letter.message) + len(_DOT)
        try:
            # The letter was checked when it was built, but with pipelining that was before the previous message.
            self._line.write(letter.message + _DOT + ahead, letter.letter.ask)
        except Lost as lost:
            self.over = True
            step = Step.ANSWER if lost.written >= whole else Step.BODY
            # The server may have said why before it closed the connection: read that.
            farewell = None if lost.silent else self._answer(step)
            if farewell is None or farewell.lost or (step is Step.BODY and farewell.code // 100 not in (4, 5)):
                return SmtpReply(step=step, code=0, words=f"the connection was lost: {lost.words}")
            return farewell
        return self._answer(Step.ANSWER)

    def _give_up(self, ahead: bytes, *, wants_data: bool) -> None:
        """End a transaction without a message, so that the next one can begin."""
        # RFC 2920 §3.1: a server may accept DATA without any recipient, and then expects a message: a single dot.
        closing = _DOT if wants_data else b"RSET\r\n"
        if self._unsolicited_reply(Step.MAIL) is None and self._written(Step.MAIL, closing + ahead) is None:
            answer = self._answer(Step.MAIL)
            self.over = self.over or answer.busy

    def _unsolicited_reply(self, step: Step) -> SmtpReply | None:
        """Return why the connection is unusable if the server sent a reply without a command, else None.

        Later answers could then be mistaken for those to other commands.
        """
        if not self._line.unsolicited():
            return None
        self.over = True
        return SmtpReply(step=step, code=0, words=_UNSOLICITED)

    def _written(self, step: Step, data: bytes) -> SmtpReply | None:
        """Write data. Return None, or a reply that says the connection was lost."""
        try:
            self._line.write(data)
        except Lost as lost:
            farewell = None if lost.silent else self._answer(step)  # such as 421, before it closed
            self.over = True
            if farewell is not None and farewell.busy:
                return farewell
            return SmtpReply(step=step, code=0, words=f"the connection was lost: {lost.words}")
        return None

    def _answer(self, step: Step) -> SmtpReply:
        try:
            code, words = self._line.read()
        except Lost as lost:
            self.over = True
            return SmtpReply(step=step, code=0, words=f"the connection was lost: {lost.words}")
        answer = SmtpReply(step=step, code=code, words=self._readable(words))
        if answer.busy or answer.meaningless:
            self.over = True
        return answer


_OPENING = (Step.MAIL, Step.RCPT, Step.DATA)
_DOT = b".\r\n"


def reason(err: Exception) -> str:
    """Return why a connection failed, in the system's or the library's words."""
    if isinstance(err, OSError) and not isinstance(err, smtplib.SMTPException):  # which is an OSError too
        return library_errors.of_system(err)
    return str(err) or type(err).__name__
