"""Amazon SES (SESv2, through boto3): up to 50 recipients a call, each with a message, links and tags of their own."""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.rate_limits import Limits
from newsletter.errors import OutageError, StoppedError
from newsletter.message.encoding import ascii_domain, mailbox_header
from newsletter.message.mime import Letter, Recipient, Wire
from newsletter.providers.options import TOPIC, Options, read_options
from newsletter.providers.ses.account import Account, SesReply, open_account
from newsletter.providers.ses.bulk import ENTRIES, BulkEmail, destination, tags
from newsletter.providers.ses.replies import NO_ANSWER, NOT_AS_IT_IS, AskEach, Stop, Throttled, Verdict, stopped

_Entry = tuple[Letter, str]  # with the entry as JSON


class SesOptions(Options):
    """``[provider] name = "ses"``. Credentials come from AWS's own chain."""

    region: str | None = Field(default=None, pattern=r"^[a-z0-9-]+$")
    configuration_set: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    sandbox: bool = False
    concurrency: int = Field(default=4, ge=1, le=50)
    timeout: int = Field(default=60, ge=1, le=600)
    endpoint_url: str | None = Field(default=None, pattern=r"^https?://[^\s@]+$")
    topics: list[Annotated[str, Field(pattern=TOPIC)]] = Field(default=[], max_length=100)


def open_ses(options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> "Ses":
    """SES as newsletter.toml describes it. Connects to nothing yet. Raises SettingsError."""
    del root
    return Ses(read_options(SesOptions, "ses", options), environment)


class Ses:
    """SES in one region. ``submit`` may be called from as many threads as ``concurrency`` says."""

    batch_size = ENTRIES
    repeatable = False

    def __init__(self, options: SesOptions, environment: Mapping[str, str]) -> None:
        self.concurrency = options.concurrency
        self.reports_within = 600 if options.configuration_set else 0  # only then are there events
        self._options = options
        self._environment = environment
        self._lock = threading.Lock()
        self._account: Account | None = None
        # Each thread is at an edition or two; a template is some 100 KB.
        self._bulk = lru_cache(maxsize=2 * self.concurrency)(self._made)
        self._taken = False  # whether SES has accepted this issue for anybody

    def check(self, sender: str) -> Limits | None:
        """Whether there are credentials, SES lets this account send now, and the sender is verified.

        Returns the account's rate and quota. Raises ProviderError.
        """
        account = self._open()
        limits = account.check(sandbox=self._options.sandbox)
        account.verify_sender(ascii_domain(sender))
        return limits

    def submit(self, letters: Sequence[Letter]) -> Iterator[Receipt]:
        """Calls of up to 50 recipients of one edition, within SES's limits; a message too large for that goes alone."""
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
                yield _unmade(recipient, err)
        for call in _calls(entries, bulk.room):
            _stop_if(unclear)
            answers = self._hand_over(bulk, call)
            if len(call) > 1 and isinstance(answers[0].verdict, AskEach):
                yield from self._one_by_one(bulk, call, unclear)
            else:
                yield from self._receipts(answers)
            unclear += _words_of_unclear(answers)
        for letter in whole:
            try:
                message = letter.message()
            except ValueError as err:
                yield _unmade(letter.recipient, err)
            else:
                _stop_if(unclear)
                answers = [self._hand_over_whole(letter, message)]
                yield from self._receipts(answers)
                unclear += _words_of_unclear(answers)

    def close(self) -> None:
        """Give connections back."""
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
        # All letters of a send ask the same lease.
        return self._open().send_bulk(body, [letter.recipient for letter, _ in call], call[0][0].ask)

    def _one_by_one(self, bulk: BulkEmail, call: Sequence[_Entry], unclear: list[str]) -> Iterator[Receipt]:
        """Where SES refuses a call as a whole, one for each: so that one recipient's data stops no other."""
        answers: list[SesReply] = []
        try:
            for entry in call:
                answers += self._hand_over(bulk, [entry])
                unclear += _words_of_unclear(answers[-1:])
                if unclear or isinstance(answers[-1].verdict, Stop):
                    break
        except StoppedError:
            yield from self._receipts(answers)
            raise
        yield from self._receipts(answers)
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

    def _receipts(self, answers: Sequence[SesReply]) -> Iterator[Receipt]:
        """Receipts for all that have one; then ProviderError where SES refused the rest altogether."""
        self._taken = self._taken or any(answer.verdict is DeliveryStatus.SUBMITTED for answer in answers)
        # SES took the issue for others, so it is this recipient's data; if for nobody, it is the issue.
        refused: Verdict = DeliveryStatus.REFUSED if self._taken else NOT_AS_IT_IS
        stop: tuple[Stop, str] | None = None
        for answer in answers:
            verdict = refused if isinstance(answer.verdict, AskEach) else answer.verdict
            if isinstance(verdict, Stop):
                stop = (verdict, answer.words)
            elif isinstance(verdict, Throttled):
                yield _receipt(answer.recipient, DeliveryStatus.DEFERRED, answer.words, throttled=True)
            else:
                yield _receipt(answer.recipient, verdict, answer.words, provider_id=answer.message_id)
        if stop:
            raise stopped(*stop)


def _calls(entries: Sequence[_Entry], room: int) -> Iterator[Sequence[_Entry]]:
    """The entries in calls of at most 50, each within SES's limit."""
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
    """Return what SES said where nobody knows of any recipient whether it accepted the message."""
    if answers and all(answer.verdict is DeliveryStatus.UNCERTAIN for answer in answers):
        return [answers[0].words]
    return []


def _stop_if(unclear: Sequence[str]) -> None:
    """Raise OutageError if an earlier call had no clear answer: the rest of the batch need not share its fate."""
    if unclear:
        raise OutageError(f"SES gives no clear answer: {unclear[0]}", hint=NO_ANSWER.hint)


def _receipt(
    recipient: Recipient, status: DeliveryStatus, detail: str, *, provider_id: str = "", throttled: bool = False
) -> Receipt:
    return Receipt(
        subscriber=recipient.subscriber, status=status, detail=detail, provider_id=provider_id, throttled=throttled
    )


def _unmade(recipient: Recipient, why: ValueError) -> Receipt:
    return _receipt(recipient, DeliveryStatus.REFUSED, f"the message cannot be made: {why}")
