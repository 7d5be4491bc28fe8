"""SMTP submission (RFC 5321, RFC 6409) to a relay, over connections that are kept between batches.

Each recipient gets a transaction of their own. The server's answer decides: refused (5xx), deferred (4xx, or the
connection was lost before the message was complete), uncertain (lost after that), a pause for all connections (421,
454), or an error that stops the whole send.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from newsletter.domain.bounce_reasons import explain
from newsletter.domain.delivery import DeliveryStatus as S
from newsletter.domain.delivery import Receipt
from newsletter.errors import ProviderError
from newsletter.message.encoding import ascii_domain
from newsletter.message.mime import Letter
from newsletter.providers.options import option_path, read_options
from newsletter.providers.receipts import receipt
from newsletter.providers.smtp.batch import Batch
from newsletter.providers.smtp.options import SmtpOptions, configured_relay
from newsletter.providers.smtp.pool import Pool, Timer
from newsletter.providers.smtp.relay import Relay, UnavailableError
from newsletter.providers.smtp.replies import SmtpReply, Step, hint_for_all, queue_id
from newsletter.providers.smtp.session import Session
from newsletter.providers.smtp.transactions import Outgoing

_TIMER = Timer()
_LATER = "try again later"
MOST_LOST = 1  # messages in a row that may lose their connection before the rest of the batch is given up


def open_smtp(
    options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str], timer: Timer = _TIMER
) -> "Smtp":
    """Set up the relay configured in newsletter.toml, without connecting yet. Raise SettingsError."""
    given = read_options(SmtpOptions, "smtp", options)
    return Smtp(configured_relay(given, root=root, environment=environment), given, root, timer)


class Smtp:
    """A provider that sends through a relay. ``submit`` may run in as many threads as there are ``connections``."""

    deduplicates = False
    reports_within = 0

    def __init__(self, server: Relay, options: SmtpOptions, root: Path, timer: Timer) -> None:
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

    def check_sender(self, sender: str) -> None:
        """Connect, encrypt, log in and name the sender; keep the connection for the first batch.

        Raise ProviderError if one of these fails.
        """
        session = self._pool.open_first()
        try:
            refusal = session.refusal_of(ascii_domain(sender))
            if refusal is not None:
                session.abort()
                hint = hint_for_all(refusal) or "try again later"
                refused = UnavailableError if refusal.lost or refusal.code < 500 else ProviderError
                raise refused(f"{self._server} refuses: {refusal}", hint=hint)
            self._pool.end_wait()
        finally:
            self._pool.release(session)

    def submit(self, letters: Sequence[Letter]) -> Iterator[Receipt]:
        """Run one transaction per letter. Raise ProviderError as soon as the server refuses all mail."""
        batch = Batch(letters, self._dkim.signed if self._dkim else None)
        lost = 0  # in a row
        unclear = ""
        while batch.ready():
            session = self._pool.acquire()
            try:
                for answered in self._hand_over(batch, session):
                    lost = lost + 1 if answered.lost else 0
                    if answered.status is S.UNCERTAIN or lost > MOST_LOST:
                        unclear = answered.detail
                    yield answered
            except BaseException:
                session.abort()
                raise
            finally:
                self._pool.release(session)
            if unclear and batch.ready():
                raise UnavailableError(f"{self._server} gives no clear answer: {unclear}", hint=_LATER)
        yield from batch.new_refusals()

    def close(self) -> None:
        """Close every connection. ``check_sender`` and ``submit`` open new ones."""
        self._pool.close()

    def _hand_over(self, batch: Batch, session: Session) -> Iterator[Receipt]:
        """Hand letters over on one connection and yield their receipts. Letters without one wait for another."""
        first = True
        for letter, answer in session.hand_over(self._letters(batch, session)):
            yield from batch.new_refusals()
            final = self._receipt_for(batch, session, letter, answer, first=first)
            if final is not None:
                yield final
            first = False

    def _letters(self, batch: Batch, session: Session) -> Iterator[Outgoing]:
        """Yield the letters that this connection may carry."""
        while session.age == self._pool.age and not self._pool.full(session) and batch.ready():
            letter = batch.pop()
            if letter.address.isascii() or session.smtputf8:
                yield letter
            else:
                batch.refuse(letter.recipient, f"{self._server} does not take addresses beyond ASCII (SMTPUTF8)")

    def _receipt_for(
        self, batch: Batch, session: Session, letter: Outgoing, answer: SmtpReply, *, first: bool
    ) -> Receipt | None:
        """Return the receipt for an answer, or None if the letter will be tried again.

        Raise ProviderError if the answer concerns all recipients.
        """
        if answer.submitted:
            self._pool.count_accepted(session)
            return receipt(letter.recipient, S.SUBMITTED, answer.words, provider_id=queue_id(answer.words))
        # Servers close connections that were idle or have carried enough, some with 421, some without an answer.
        # Nothing was handed over, so another connection (finally a fresh one) may try again.
        idled = first and session.kept and answer.step is Step.MAIL and answer.code == 421
        fresh = first and not session.kept
        replaced = (answer.lost or answer.meaningless) and not answer.handed_over and not fresh
        # An answer about all mail may belong to something else: it counts only on a new connection.
        doubted = answer.code >= 500 and not answer.handed_over and not fresh and bool(hint_for_all(answer))
        session.spent = session.spent or doubted
        if idled or replaced or doubted:
            batch.put_first(letter)
            return None
        if answer.busy:
            self._back_off(session, _without_address(answer, letter))
            if batch.put_last(letter, self._pool.accepted):
                return None
            return receipt(letter.recipient, S.DEFERRED, str(answer))
        if (answer.lost or answer.meaningless) and fresh:
            self._back_off(session, _without_address(answer, letter))  # the connection never worked
        return self._final(letter, answer)

    def _final(self, letter: Outgoing, answer: SmtpReply) -> Receipt:
        hint = "" if answer.lost else hint_for_all(answer)
        if hint:
            raise ProviderError(f"{self._server} refuses: {_without_address(answer, letter)}", hint=hint)
        if answer.code // 100 == 5:
            refused = receipt(letter.recipient, S.REFUSED, str(answer))
            return replace(refused, gone=explain(refused.detail).gone)
        if answer.code // 100 == 4 or not answer.handed_over:
            deferred = receipt(letter.recipient, S.DEFERRED, str(answer))
            return replace(deferred, lost=answer.lost or answer.meaningless)
        return receipt(letter.recipient, S.UNCERTAIN, str(answer))

    def _back_off(self, session: Session, answer: SmtpReply) -> None:
        hint = hint_for_all(answer) or _LATER
        why = UnavailableError(f"{self._server} refuses: {answer}", hint=hint, words=answer.words)
        self._pool.back_off(session.age, why)


def _without_address(answer: SmtpReply, letter: Outgoing) -> SmtpReply:
    """Return an answer without the reader's address, because the send keeps it and notifications quote it."""
    names = "|".join(map(re.escape, {letter.address, letter.recipient.address}))
    return replace(answer, words=re.sub(f"<?({names})>?", "<address>", answer.words, flags=re.IGNORECASE))
