"""SMTP submission (RFC 5321, RFC 6409) to a relay, over connections that are kept between batches.

Each recipient gets a transaction of their own. What the server says decides: refused (5xx), deferred (4xx, or the
connection was lost before the message was complete), uncertain (lost after that), a pause for all (421, 454), or the
provider refuses altogether.
"""

import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from newsletter.domain.bounce_reasons import explained
from newsletter.domain.delivery import DeliveryStatus as S
from newsletter.domain.delivery import Receipt
from newsletter.errors import ProviderError, SecretError
from newsletter.message.encoding import ascii_domain
from newsletter.message.mime import Letter
from newsletter.providers.options import Options, option_path, read_options
from newsletter.providers.smtp.batch import Batch, receipt
from newsletter.providers.smtp.pool import Pool, Timer
from newsletter.providers.smtp.replies import SmtpReply, Step, hint_for_all, queue_id
from newsletter.providers.smtp.session import Security, Server, Session, UnavailableError
from newsletter.providers.smtp.transactions import Outgoing

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
    batch_size: int = Field(default=5, ge=1, le=1000)  # after a kill nobody knows of what was in hand: keep it small
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


_TIMER = Timer()
_LATER = "try again later with --resume"
MOST_LOST = 1  # messages in a row over which the connection is lost before the rest of a batch is not handed over


def open_smtp(
    options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str], timer: Timer = _TIMER
) -> "Smtp":
    """The relay that newsletter.toml describes. Connects to nothing yet. Raises SettingsError."""
    given = read_options(SmtpOptions, "smtp", options)
    password = environment.get(PASSWORD, "") if given.username else ""
    if given.username and not password:
        raise SecretError(
            f"[provider] username is set, and {PASSWORD} is not", hint=f"export {PASSWORD}, or leave username out"
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
        timer,
    )


class Smtp:
    """A relay. ``submit`` may be called from as many threads as there are ``connections``."""

    repeatable = False
    reports_within = 0

    def __init__(self, server: Server, options: SmtpOptions, root: Path, timer: Timer) -> None:
        self.batch_size = options.batch_size
        self.concurrency = options.connections
        self._server = server
        self._pool = Pool(
            server,
            size=options.connections,
            messages_per_connection=options.messages_per_connection,
            timer=timer,
        )
        self._dkim = None
        if options.dkim_key and options.dkim_domain and options.dkim_selector:
            from newsletter.providers.smtp.dkim import DkimSigner, read_key  # cryptography is slow to import

            key = read_key(option_path(root, options.dkim_key))
            self._dkim = DkimSigner(domain=options.dkim_domain, selector=options.dkim_selector, key=key)

    def check(self, sender: str) -> None:
        """Connect, encrypt, log in and name the sender; the connection is kept for the first batch.

        Raises ProviderError.
        """
        session = self._pool.open_first()
        try:
            refusal = session.refusal_of(ascii_domain(sender))
            if refusal is not None:
                session.abort()
                hint = hint_for_all(refusal) or "try again later"
                refused = UnavailableError if refusal.lost or refusal.code < 500 else ProviderError
                raise refused(f"{self._server} refuses: {refusal}", hint=hint)
            self._pool.forgive()
        finally:
            self._pool.give(session)

    def submit(self, letters: Sequence[Letter]) -> Iterator[Receipt]:
        """One transaction for each letter. Raises ProviderError as soon as the server refuses altogether."""
        batch = Batch(letters, self._dkim.signed if self._dkim else None)
        lost = 0  # in a row
        unclear = ""
        while batch.ready():
            session = self._pool.take()
            try:
                for found in self._handed_over(batch, session):
                    lost = lost + 1 if found.lost else 0
                    if found.status is S.UNCERTAIN or lost > MOST_LOST:
                        unclear = found.detail
                    yield found
            except BaseException:
                session.abort()
                raise
            finally:
                self._pool.give(session)
            if unclear and batch.ready():
                raise UnavailableError(f"{self._server} gives no clear answer: {unclear}", hint=_LATER)
        yield from batch.refused()

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    def _handed_over(self, batch: Batch, session: Session) -> Iterator[Receipt]:
        """Receipts for what goes over one connection. What then has none waits for another."""
        first = True
        for letter, answer in session.hand_over(self._letters(batch, session)):
            yield from batch.refused()
            judged = self._judged(batch, session, letter, answer, first=first)
            if judged is not None:
                yield judged
            first = False

    def _letters(self, batch: Batch, session: Session) -> Iterator[Outgoing]:
        """The batch, as far as this connection may carry it."""
        while session.age == self._pool.age and not self._pool.full(session) and batch.ready():
            letter = batch.next()
            if letter.address.isascii() or session.smtputf8:
                yield letter
            else:
                batch.refuse(letter.recipient, f"{self._server} does not take addresses beyond ASCII (SMTPUTF8)")

    def _judged(
        self, batch: Batch, session: Session, letter: Outgoing, answer: SmtpReply, *, first: bool
    ) -> Receipt | None:
        """The receipt that an answer makes; none where the letter goes another time.

        Raises ProviderError where the answer is about all recipients.
        """
        if answer.submitted:
            self._pool.took_one(session)
            return receipt(letter.recipient, S.SUBMITTED, answer.words, provider_id=queue_id(answer.words))
        # Servers close a connection that was idle or has carried enough, some with 421, some without a word.
        # Nothing was handed over, so another connection, in the end a fresh one, may try the same once more.
        idled = first and session.kept and answer.step is Step.MAIL and answer.code == 421
        fresh = first and not session.kept
        replaced = (answer.lost or answer.meaningless) and not answer.handed_over and not fresh
        # What is said of all mail may be the answer to something else: it counts on a connection that is new.
        doubted = answer.code >= 500 and not answer.handed_over and not fresh and bool(hint_for_all(answer))
        session.spent = session.spent or doubted
        if idled or replaced or doubted:
            batch.put_first(letter)
            return None
        if answer.busy:
            self._back_off(session, _about_nobody(answer, letter))
            if batch.put_last(letter, self._pool.accepted):
                return None
            return receipt(letter.recipient, S.DEFERRED, str(answer))
        if (answer.lost or answer.meaningless) and fresh:
            self._back_off(session, _about_nobody(answer, letter))  # a connection that never was of use
        return self._final(letter, answer)

    def _final(self, letter: Outgoing, answer: SmtpReply) -> Receipt:
        hint = "" if answer.lost else hint_for_all(answer)
        if hint:
            raise ProviderError(f"{self._server} refuses: {_about_nobody(answer, letter)}", hint=hint)
        if answer.code // 100 == 5:
            refused = receipt(letter.recipient, S.REFUSED, str(answer))
            return replace(refused, gone=explained(refused.detail).gone)
        if answer.code // 100 == 4 or not answer.handed_over:
            deferred = receipt(letter.recipient, S.DEFERRED, str(answer))
            return replace(deferred, lost=answer.lost or answer.meaningless)
        return receipt(letter.recipient, S.UNCERTAIN, str(answer))

    def _back_off(self, session: Session, answer: SmtpReply) -> None:
        hint = hint_for_all(answer) or _LATER
        why = UnavailableError(f"{self._server} refuses: {answer}", hint=hint, said=answer.words)
        self._pool.back_off(session.age, why)


def _about_nobody(answer: SmtpReply, letter: Outgoing) -> SmtpReply:
    """Return an answer without the reader's address: what is said of all mail is kept with the send, and mailed."""
    names = "|".join(map(re.escape, {letter.address, letter.recipient.address}))
    return replace(answer, words=re.sub(f"<?({names})>?", "<address>", answer.words, flags=re.IGNORECASE))


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
