"""Amazon SES (SESv2, through boto3): up to 50 recipients per call, each with their own message, links and tags."""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.rate_limits import Limits
from newsletter.errors import OutageError, ProviderError
from newsletter.message.encoding import ascii_domain, mailbox_header
from newsletter.message.mime import Email, Letter, Wire
from newsletter.providers.options import read_options
from newsletter.providers.receipts import receipt, unbuildable
from newsletter.providers.ses.accepted_content import AcceptedContent
from newsletter.providers.ses.account import Account, SesReply, open_account
from newsletter.providers.ses.bulk import ENTRIES, BulkEmail, destination, tags
from newsletter.providers.ses.options import SesOptions
from newsletter.providers.ses.replies import (
    EMAIL_REJECTED,
    NO_ANSWER,
    RetrySingly,
    Stop,
    Throttled,
    Verdict,
    stop_error,
)

_Entry = tuple[Letter, str]  # a letter and its entry as JSON


def open_ses(options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> "Ses":
    """Set up SES as configured in newsletter.toml, without connecting yet. Raise SettingsError."""
    del root
    return Ses(read_options(SesOptions, "ses", options), environment)


class Ses:
    """A provider that sends through SES in one region. ``submit`` may run in ``concurrency`` threads at once."""

    batch_size = ENTRIES
    deduplicates = False

    def __init__(self, options: SesOptions, environment: Mapping[str, str]) -> None:
        self.concurrency = options.concurrency
        self.reports_within = 600 if options.configuration_set else 0  # no events without a configuration set
        self._options = options
        self._environment = environment
        self._lock = threading.Lock()
        self._account: Account | None = None
        # Each thread works on an edition or two; a template is about 100 KB.
        self._bulk = lru_cache(maxsize=2 * self.concurrency)(self._made)
        self._accepted = AcceptedContent()

    def check_sender(self, sender: str) -> Limits | None:
        """Check that there are credentials, that the account may send, and that the sender is verified.

        Return the account's rate and quota. Raise ProviderError if one of the checks fails.
        """
        account = self._open()
        limits = account.verify_account(sandbox=self._options.sandbox)
        account.verify_sender(ascii_domain(sender))
        return limits

    def submit(self, letters: Sequence[Letter]) -> Iterator[Receipt]:
        """Submit letters in calls of up to 50 recipients of one edition; messages too large for that go alone."""
        unclear: list[str] = []
        for wire, same in groupby(letters, lambda letter: letter.wire):
            yield from self._submit(wire, same, unclear)

    def _submit(self, wire: Wire, letters: Iterable[Letter], unclear: list[str]) -> Iterator[Receipt]:
        bulk = self._bulk(wire)
        entries: list[_Entry] = []
        whole: list[Letter] = []
        for letter in letters:
            recipient = letter.recipient
            try:
                entry = None if wire.email.plain else bulk.entry(recipient, destination(recipient))
                if entry is None or len(entry) > bulk.room:
                    whole.append(letter)
                else:
                    entries.append((letter, entry))
            except ValueError as err:
                yield unbuildable(recipient, err)
        for call in _calls(entries, bulk.room):
            _stop_if(unclear)
            answers = self._hand_over(bulk, call)
            if len(call) > 1 and isinstance(answers[0].verdict, RetrySingly):
                yield from self._one_by_one(bulk, call, unclear)
            else:
                yield from self._receipts(wire.email, answers)
            unclear += _words_of_unclear(answers)
        for letter in whole:
            try:
                message = letter.message()
            except ValueError as err:
                yield unbuildable(letter.recipient, err)
            else:
                _stop_if(unclear)
                answers = [self._hand_over_whole(letter, message)]
                yield from self._receipts(wire.email, answers)
                unclear += _words_of_unclear(answers)

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            account, self._account = self._account, None
        if account:
            account.close()

    def _open(self) -> Account:
        with self._lock:
            if self._account is None:
                options = self._options
                self._account = open_account(
                    self._environment,
                    region=options.region,
                    endpoint_url=options.endpoint_url,
                    connections=options.concurrency,
                    timeout=options.timeout,
                )
            return self._account

    def _made(self, wire: Wire) -> BulkEmail:
        reply_to = wire.email.reply_to
        return BulkEmail(
            wire, self._request(wire) | ({"ReplyToAddresses": [mailbox_header(reply_to)]} if reply_to else {})
        )

    def _hand_over(self, bulk: BulkEmail, call: Sequence[_Entry]) -> list[SesReply]:
        for letter, _ in call:
            letter.ask()
        body = bulk.request([entry for _, entry in call])
        # All letters of a send check the same lease.
        return self._open().send_bulk(body, [letter.recipient for letter, _ in call], call[0][0].ask)

    def _one_by_one(self, bulk: BulkEmail, call: Sequence[_Entry], unclear: list[str]) -> Iterator[Receipt]:
        """Repeat a refused call with one recipient at a time, so that one recipient's bad data stops no others."""
        answers: list[SesReply] = []
        try:
            for entry in call:
                answers += self._hand_over(bulk, [entry])
                unclear += _words_of_unclear(answers[-1:])
                if unclear or isinstance(answers[-1].verdict, Stop):
                    break
        except Exception:  # of ``Letter.ask``: the send was stopped, or its database doesn't answer
            with suppress(ProviderError):
                yield from self._receipts(bulk.wire.email, answers)
            raise
        yield from self._receipts(bulk.wire.email, answers)
        if len(answers) < len(call):
            _stop_if(unclear)

    def _hand_over_whole(self, letter: Letter, message: bytes) -> SesReply:
        request = self._request(letter.wire) | {
            "Destination": {"ToAddresses": [destination(letter.recipient)]},
            "Content": {"Raw": {"Data": message}},
            "EmailTags": tags(letter.wire, letter.recipient),
        }
        return self._open().send_whole(request, letter.recipient, letter.ask)

    def _request(self, wire: Wire) -> dict[str, Any]:
        request: dict[str, Any] = {"FromEmailAddress": mailbox_header(wire.email.sender)}
        if self._options.configuration_set:
            request["ConfigurationSetName"] = self._options.configuration_set
        return request

    def _receipts(self, email: Email, answers: Sequence[SesReply]) -> Iterator[Receipt]:
        """Yield the receipts of these answers, then raise ProviderError if SES refuses all further mail."""
        if any(answer.verdict is DeliveryStatus.SUBMITTED for answer in answers):
            self._accepted.add(email)
        refused: Verdict = DeliveryStatus.REFUSED if email in self._accepted else EMAIL_REJECTED
        stop: tuple[Stop, str] | None = None
        for answer in answers:
            verdict = refused if isinstance(answer.verdict, RetrySingly) else answer.verdict
            if isinstance(verdict, Stop):
                stop = (verdict, answer.words)
            elif isinstance(verdict, Throttled):
                yield receipt(answer.recipient, DeliveryStatus.DEFERRED, answer.words, throttled=True)
            else:
                yield receipt(answer.recipient, verdict, answer.words, provider_id=answer.message_id)
        if stop:
            raise stop_error(*stop)


def _calls(entries: Sequence[_Entry], room: int) -> Iterator[Sequence[_Entry]]:
    """Split entries into calls of at most 50, each within SES's size limit."""
    call: list[_Entry] = []
    size = 0
    for entry in entries:
        more = len(entry[1]) + 1  # and a comma
        if call and (len(call) == ENTRIES or size + more > room):
            yield call
            call, size = [], 0
        call.append(entry)
        size += more
    if call:
        yield call


def _words_of_unclear(answers: Sequence[SesReply]) -> list[str]:
    """Return SES's words if the outcome is uncertain for all recipients of a call, else nothing."""
    if answers and all(answer.verdict is DeliveryStatus.UNCERTAIN for answer in answers):
        return [answers[0].words]
    return []


def _stop_if(unclear: Sequence[str]) -> None:
    """Raise OutageError if an earlier call had no clear answer, to spare the rest of the batch the same fate."""
    if unclear:
        raise OutageError(f"SES gives no clear answer: {unclear[0]}", hint=NO_ANSWER.hint)
