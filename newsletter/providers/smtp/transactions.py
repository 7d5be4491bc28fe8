"""Mail transactions over one connection, pipelined (RFC 2920) where the server offers that.

Pipelined, one write carries a message and the commands of the next one: content may begin a group, and DATA ends it
(RFC 2920 §3.1). So nothing is unanswered when a message is written, and at most one message is ahead of its answer.
"""

import smtplib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from newsletter.files import library_errors
from newsletter.message.mime import Letter, Recipient
from newsletter.providers.smtp.replies import SmtpReply, Step
from newsletter.providers.smtp.reply_reader import Answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A letter whose message is made. ``message`` ends with CRLF and no line of it begins with a dot."""

    letter: Letter
    sender: str
    address: str
    message: bytes

    @property
    def recipient(self) -> Recipient:
        """Whom it goes to."""
        return self.letter.recipient

    @property
    def commands(self) -> tuple[bytes, bytes, bytes]:
        """What opens its transaction."""
        # RFC 6531 §3.4: a local part beyond ASCII needs the parameter.
        parameters = "" if (self.sender + self.address).isascii() else " SMTPUTF8 BODY=8BITMIME"
        mail, rcpt = f"MAIL FROM:<{self.sender}>{parameters}\r\n", f"RCPT TO:<{self.address}>\r\n"
        return mail.encode(), rcpt.encode(), b"DATA\r\n"


class Lost(Exception):  # noqa: N818 it is no error of ours
    """The connection is gone, or what came over it was not SMTP. ``written`` octets had left by then."""

    def __init__(self, words: str, *, written: int = 0, silent: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.written = written
        self.silent = silent


class SmtpSocket:
    """The socket of a connection that smtplib has set up: whole writes, and answers in their order."""

    def __init__(self, connection: smtplib.SMTP) -> None:
        if connection.sock is None or connection.file is None:
            raise smtplib.SMTPServerDisconnected("closed before the first message")
        self._socket = connection.sock
        self._answers: Answers = connection.file
        self.unasked = self._answers.unasked
        # The end of a message must not wait until what was before it is acknowledged (RFC 1122 §4.2.3.4).
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def write(self, data: bytes, ask: Callable[[], None] | None = None) -> None:
        """Give everything to the system. Raises Lost, which knows how much that was; or what ``ask`` raises, right
        before a part of it would leave."""
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
        """The next answer (RFC 5321 §4.2): its code and the words of all its lines. Raises Lost."""
        words = []
        self._answers.begin()
        for _ in range(_MOST_LINES):
            try:
                line = self._answers.readline(_LONGEST)
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
_UNASKED = "the server answered more than it was asked"


class Transactions:
    """One letter after another over one line; ``readable`` makes words of what the server says.

    ``over`` says that the line is not fit for more: it is lost, the server closes it, or wants nothing for now.
    """

    def __init__(self, line: SmtpSocket, *, pipelining: bool, readable: Callable[[bytes], str]) -> None:
        self._line = line
        self._pipelining = pipelining
        self._readable = readable
        self.over = False

    def hand_over(self, letters: Iterator[Outgoing]) -> Iterator[tuple[Outgoing, SmtpReply]]:
        """Each letter that was drawn, and what became of it; when the line is over no more are drawn."""
        letter = next(letters, None)
        announced = False  # whether the letter's commands were written with the message before
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
        """The answer that decides whether the message may follow, and whether the server waits for one."""
        confused = self._confused(Step.MAIL)
        if confused is not None:
            return confused, False
        if self._pipelining:
            lost = self._written(Step.MAIL, b"".join(letter.commands))
            return (lost, False) if lost else self._announced()
        for step, command in zip(_OPENING, letter.commands, strict=True):
            answer = self._written(step, command) or self._answer(step)
            if not answer.accepted:
                break
        return answer, answer.accepted

    def _announced(self) -> tuple[SmtpReply, bool]:
        """The same for a group of commands that is written: each has its answer, also behind a refused one."""
        verdict = answer = self._answer(Step.MAIL)
        for step in (Step.RCPT, Step.DATA):
            if self.over:
                return verdict, False
            answer = self._answer(step)
            verdict = answer if verdict.accepted else verdict
        return verdict, answer.accepted

    def _finish(self, letter: Outgoing, ahead: bytes) -> SmtpReply:
        """What became of a message that the server waits for. Raises what the letter raises when it is asked."""
        confused = self._confused(Step.DATA)
        if confused is not None:
            return confused
        whole = len(letter.message) + len(_DOT)
        try:
            # It was asked when it was made, which may be a while ago: with pipelining, before the message before it.
            self._line.write(letter.message + _DOT + ahead, letter.letter.ask)
        except Lost as lost:
            self.over = True
            step = Step.ANSWER if lost.written >= whole else Step.BODY
            # A server that wants no more says why, and closes; what it said is still to be read.
            said = None if lost.silent else self._answer(step)
            if said is None or said.lost or (step is Step.BODY and said.code // 100 not in (4, 5)):
                return SmtpReply(step=step, code=0, words=f"the connection was lost: {lost.words}")
            return said
        return self._answer(Step.ANSWER)

    def _give_up(self, ahead: bytes, *, wants_data: bool) -> None:
        """End a transaction without a message, so that another may begin."""
        # RFC 2920 §3.1: DATA may be taken without any recipient, and then takes a message that is one dot.
        closing = _DOT if wants_data else b"RSET\r\n"
        if self._confused(Step.MAIL) is None and self._written(Step.MAIL, closing + ahead) is None:
            answer = self._answer(Step.MAIL)
            self.over = self.over or answer.busy

    def _confused(self, step: Step) -> SmtpReply | None:
        """None, or why the connection is of no use: what the server says next would be taken for something else."""
        if not self._line.unasked():
            return None
        self.over = True
        return SmtpReply(step=step, code=0, words=_UNASKED)

    def _written(self, step: Step, data: bytes) -> SmtpReply | None:
        """None, or that the connection was lost over it."""
        try:
            self._line.write(data)
        except Lost as lost:
            said = None if lost.silent else self._answer(step)  # such as 421, before it closed
            self.over = True
            if said is not None and said.busy:
                return said
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
