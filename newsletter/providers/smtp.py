"""SMTP submission (RFC 5321, RFC 6409) to a relay, over connections that are kept between batches.

Each recipient gets a transaction of their own. What the server says decides: refused (5xx), deferred (4xx, or the
connection was lost before the message was complete), uncertain (lost after that), or the provider refuses altogether.
"""

import re
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from newsletter.delivery import DeliveryStatus, Receipt
from newsletter.encoding import ascii_domain
from newsletter.errors import ProviderError, SettingsError
from newsletter.message import Letter, Recipient
from newsletter.providers.options import Options, option_path, read_options
from newsletter.providers.smtp_session import Answer, Security, Server, Session, Step

PASSWORD = "NEWSLETTER_SMTP_PASSWORD"  # noqa: S105 the variable's name
_PORTS: Mapping[Security, int] = {"starttls": 587, "tls": 465, "none": 25}


class SmtpOptions(Options):
    """``[provider] name = "smtp"``."""

    host: str = Field(min_length=1, pattern=r"^[^\s/@]+$")
    port: int | None = Field(default=None, ge=1, le=65535)
    security: Security = "starttls"
    allow_unencrypted: bool = False
    username: str = ""
    ca_file: str | None = None
    hello: str | None = Field(default=None, pattern=r"^[A-Za-z0-9.:\[\]-]+$")
    connections: int = Field(default=4, ge=1, le=100)
    batch_size: int = Field(default=20, ge=1, le=1000)
    messages_per_connection: int = Field(default=100, ge=1)
    timeout: int = Field(default=60, ge=1, le=600)
    dkim_domain: str | None = Field(default=None, pattern=r"^[A-Za-z0-9.-]+$")
    dkim_selector: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]+$")
    dkim_key: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.security == "none" and not self.allow_unencrypted and not _is_loopback(self.host):
            raise ValueError(
                f'security = "none" would send everything readable for all to {self.host}: use "starttls" or "tls",'
                " or set allow_unencrypted = true"
            )
        given = [value is not None for value in (self.dkim_domain, self.dkim_selector, self.dkim_key)]
        if any(given) and not all(given):
            raise ValueError("dkim_domain, dkim_selector and dkim_key come together or not at all")
        return self


def open_smtp(options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> "Smtp":
    """The relay that newsletter.toml describes. Connects to nothing yet. Raises SettingsError."""
    given = read_options(SmtpOptions, "smtp", options)
    password = environment.get(PASSWORD, "") if given.username else ""
    if given.username and not password:
        raise SettingsError(
            f"[provider] username is set, and {PASSWORD} is not", mend=f"export {PASSWORD}, or leave username out"
        )
    return Smtp(
        Server(
            host=given.host,
            port=given.port or _PORTS[given.security],
            security=given.security,
            timeout=given.timeout,
            hello=given.hello or _own_name(),
            username=given.username,
            password=password,
            ca_file=str(option_path(root, given.ca_file)) if given.ca_file else None,
        ),
        given,
        root,
    )


class Smtp:
    """A relay. ``submit`` may be called from as many threads as there are ``connections``."""

    repeatable = False

    def __init__(self, server: Server, options: SmtpOptions, root: Path) -> None:
        self.batch_size = options.batch_size
        self.concurrency = options.connections
        self._server = server
        self._messages_per_connection = options.messages_per_connection
        self._idle: list[Session] = []
        self._lock = threading.Lock()
        self._dkim = None
        if options.dkim_key and options.dkim_domain and options.dkim_selector:
            from newsletter.providers.dkim import DkimSigner, read_key  # cryptography is slow to import

            key = read_key(option_path(root, options.dkim_key))
            self._dkim = DkimSigner(domain=options.dkim_domain, selector=options.dkim_selector, key=key)

    def check(self, sender: str) -> None:
        """Connect, encrypt, log in and name the sender; the connection is kept for the first batch.

        Raises ProviderError.
        """
        session = Session.open(self._server)
        refusal = session.refusal_of(ascii_domain(sender))
        if refusal is not None:
            session.close()
            mend = _mend_for_all(refusal) or "try again later"
            raise ProviderError(f"{self._server} refuses: {refusal}", mend=mend)
        with self._lock:
            self._idle.append(session)

    def submit(self, letters: Sequence[Letter]) -> Iterator[Receipt]:
        """One transaction for each letter. Raises ProviderError as soon as the server refuses altogether."""
        for letter in letters:
            recipient = letter.recipient
            sender = ascii_domain(letter.wire.email.sender.address)
            try:
                message = letter.message()
            except ValueError as err:
                yield _receipt(recipient, DeliveryStatus.REFUSED, f"the message cannot be made: {err}")
                continue
            answer = self._transact(sender, recipient.envelope, self._dkim.signed(message) if self._dkim else message)
            if isinstance(answer, Answer):
                yield self._judged(recipient, answer)
            else:
                yield _receipt(recipient, DeliveryStatus.REFUSED, answer)

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            sessions, self._idle = self._idle, []
        for session in sessions:
            session.close()

    def _transact(self, sender: str, recipient: str, message: bytes) -> Answer | str:
        """What the server answered, or why it was not asked."""
        while True:
            with self._session() as (session, fresh):
                if not recipient.isascii() and not session.smtputf8:
                    return f"{self._server} does not take addresses beyond ASCII (SMTPUTF8)"
                answer = session.transact(sender, recipient, message)
            # Servers close a connection that was idle or has carried enough, some with 421, some without a word.
            # Nothing was handed over, so another connection, in the end a fresh one, may try the same once more.
            if fresh or not (answer.code == 421 or answer.not_handed_over):
                return answer

    @contextmanager
    def _session(self) -> Iterator[tuple[Session, bool]]:
        """A connection, and whether it was opened just now; given back afterwards if it is fit for more."""
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        session = kept or Session.open(self._server)
        try:
            yield session, kept is None
        except BaseException:
            session.abort()
            raise
        if session.transactions >= self._messages_per_connection:
            session.close()
        elif not session.closed:
            with self._lock:
                self._idle.append(session)

    def _judged(self, recipient: Recipient, answer: Answer) -> Receipt:
        """The receipt that an answer makes. Raises ProviderError where the answer is about all recipients."""
        if answer.submitted:
            return _receipt(recipient, DeliveryStatus.SUBMITTED, answer.words, provider_id=_queue_id(answer.words))
        mend = _mend_for_all(answer)
        if mend:
            raise ProviderError(f"{self._server} refuses: {answer}", mend=mend)
        if answer.code // 100 == 5:
            return _receipt(recipient, DeliveryStatus.REFUSED, str(answer))
        if answer.code // 100 == 4 or answer.step is not Step.ANSWER:
            return _receipt(recipient, DeliveryStatus.DEFERRED, str(answer))
        return _receipt(recipient, DeliveryStatus.UNCERTAIN, str(answer))


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


def _mend_for_all(answer: Answer) -> str:
    """What to do where an answer would be the same for every recipient; empty where it is about this one."""
    if answer.code == 421:
        return "try again later with --resume; fewer [provider] connections may help"
    if answer.code in _LOGIN_CODES:
        return "set [provider] username and NEWSLETTER_SMTP_PASSWORD, and the port for submission"
    if answer.code < 500:
        return ""
    if _RELAYING.search(answer.words):
        return "log in with [provider] username, or let the server relay for this machine"
    if answer.step is Step.MAIL or _SENDER.search(answer.words):
        return "verify the sender with the provider, or change `from` in newsletter.toml"
    if _QUOTA.search(answer.words) and not _MAILBOX.search(answer.words):
        return "wait until the provider's limit allows more, then go on with --resume"
    return ""


def _queue_id(words: str) -> str:
    """The id that Postfix (``queued as 4B7C…``), Exim (``id=1u2…``) and SES (``Ok 0100…``) give an accepted message."""
    found = re.search(r"(?:queued as |id=|^(?:2\.0\.0 )?Ok )([\w.-]+)", words, re.IGNORECASE)
    return found[1] if found else ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _own_name() -> str:
    """What EHLO says: this machine's name where it is a full one, else an address literal (RFC 5321 §4.1.3)."""
    name = socket.gethostname()  # getfqdn() would ask a name server, and can wait for it
    return name if "." in name and name.isascii() else "[127.0.0.1]"


def _receipt(recipient: Recipient, status: DeliveryStatus, detail: str, *, provider_id: str = "") -> Receipt:
    return Receipt(subscriber=recipient.subscriber, status=status, provider_id=provider_id, detail=detail)
