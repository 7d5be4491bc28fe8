"""Amazon SES (SESv2, through boto3): up to 50 recipients a call, each with a message, links and tags of their own."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import Field

from newsletter.delivery import DeliveryStatus, Receipt
from newsletter.encoding import ascii_domain, mailbox_header
from newsletter.message import Letter, Recipient, Wire
from newsletter.pace import Limits
from newsletter.providers.options import Options, read_options
from newsletter.providers.ses_account import Account, Answer, open_account
from newsletter.providers.ses_answers import NOT_AS_IT_IS, AskEach, Stop, Throttled, Verdict, stopped
from newsletter.providers.ses_bulk import ENTRIES, REQUEST, BulkEmail, destination, most_size, request_size, tags

_Entry = tuple[Recipient, Mapping[str, Any]]


class SesOptions(Options):
    """``[provider] name = "ses"``. Credentials come from AWS's own chain."""

    region: str | None = Field(default=None, pattern=r"^[a-z0-9-]+$")
    configuration_set: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    sandbox: bool = False
    concurrency: int = Field(default=4, ge=1, le=50)
    timeout: int = Field(default=60, ge=1, le=600)
    endpoint_url: str | None = Field(default=None, pattern=r"^https?://[^\s@]+$")


def open_ses(options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> "Ses":
    """SES as newsletter.toml describes it. Connects to nothing yet. Raises SettingsError."""
    del root
    given = read_options(SesOptions, "ses", options)
    return Ses(given, environment)


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
        self._bulk = lru_cache(maxsize=2 * self.concurrency)(BulkEmail)
        self._taken = False  # whether SES has accepted this issue for anybody

    def check(self, sender: str) -> Limits | None:
        """Whether there are credentials, SES lets this account send now, and the sender is verified.

        Returns the account's rate and quota. Raises ProviderError.
        """
        with self._lock:
            account = self._open()
        limits = account.check(sandbox=self._options.sandbox)
        account.verify_sender(ascii_domain(sender))
        return limits

    def submit(self, letters: Sequence[Letter]) -> Iterator[Receipt]:
        """Calls of up to 50 recipients of one edition, within SES's limits; a message too large for that goes alone."""
        for wire, same in groupby(letters, lambda letter: letter.wire):
            of_one = list(same)
            yield from self._submit(wire, [letter.recipient for letter in of_one], of_one[0].ask)

    def _submit(self, wire: Wire, recipients: Sequence[Recipient], ask: Callable[[], None]) -> Iterator[Receipt]:
        account, bulk = self._prepare(wire)
        entries: list[_Entry] = []
        whole: list[tuple[Recipient, bytes]] = []
        for recipient in recipients:
            try:
                to = destination(recipient)
                entry = bulk.entry(recipient, to)
                if entry is None or not _fits(bulk, [(recipient, entry)]):
                    whole.append((recipient, wire.message(recipient)))
                else:
                    entries.append((recipient, entry))
            except ValueError as err:
                yield _receipt(recipient, DeliveryStatus.REFUSED, f"the message cannot be made: {err}")
        for call in _calls(bulk, entries, most=ENTRIES):
            ask()
            yield from self._receipts(self._hand_over(account, bulk, call))
        for recipient, message in whole:
            ask()
            yield from self._receipts([self._hand_over_whole(account, wire, recipient, message)])

    def close(self) -> None:
        """Give connections back."""
        with self._lock:
            account, self._account = self._account, None
        if account:
            account.close()

    def _open(self) -> Account:
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

    def _prepare(self, wire: Wire) -> tuple[Account, BulkEmail]:
        with self._lock:
            account = self._open()
        return account, self._bulk(wire)

    def _hand_over(self, account: Account, bulk: BulkEmail, call: Sequence[_Entry]) -> list[Answer]:
        """One call, or where SES refuses it as a whole, one for each: so that one recipient's data stops no other."""
        request = self._request(bulk.wire) | {"DefaultContent": bulk.content}
        if bulk.wire.email.reply_to:
            request["ReplyToAddresses"] = [mailbox_header(bulk.wire.email.reply_to)]
        answers = account.send_bulk(request, call)
        if len(call) > 1 and isinstance(answers[0].verdict, AskEach):
            answers = []
            for entry in call:
                answers += account.send_bulk(request, [entry])
                if isinstance(answers[-1].verdict, Stop):
                    break
        return answers

    def _hand_over_whole(self, account: Account, wire: Wire, recipient: Recipient, message: bytes) -> Answer:
        request = self._request(wire) | {
            "Destination": {"ToAddresses": [destination(recipient)]},
            "Content": {"Raw": {"Data": message}},
            "EmailTags": tags(wire, recipient),
        }
        return account.send_whole(request, recipient)

    def _request(self, wire: Wire) -> dict[str, Any]:
        request: dict[str, Any] = {"FromEmailAddress": mailbox_header(wire.email.sender)}
        if self._options.configuration_set:
            request["ConfigurationSetName"] = self._options.configuration_set
        return request

    def _receipts(self, answers: Sequence[Answer]) -> Iterator[Receipt]:
        """Receipts for all that have one; then ProviderError where SES refused the rest altogether."""
        self._taken = self._taken or any(answer.verdict is DeliveryStatus.SUBMITTED for answer in answers)
        stop: tuple[Stop, str] | None = None
        for answer in answers:
            # SES took the issue for others, so it is this recipient's data; if for nobody, it is the issue.
            refused: Verdict = DeliveryStatus.REFUSED if self._taken else NOT_AS_IT_IS
            verdict = refused if isinstance(answer.verdict, AskEach) else answer.verdict
            if isinstance(verdict, Stop):
                stop = (verdict, answer.words)
            elif isinstance(verdict, Throttled):
                yield replace(_receipt(answer.recipient, DeliveryStatus.DEFERRED, answer.words), throttled=True)
            else:
                yield replace(_receipt(answer.recipient, verdict, answer.words), provider_id=answer.message_id)
        if stop:
            raise stopped(*stop)


def _fits(bulk: BulkEmail, entries: Sequence[_Entry]) -> bool:
    """Whether a call may have them all; mostly that is plain without writing them out."""
    if bulk.most + sum(most_size(entry) for _, entry in entries) <= REQUEST:
        return True
    return bulk.size + sum(request_size(entry) for _, entry in entries) <= REQUEST


def _calls(bulk: BulkEmail, entries: Sequence[_Entry], *, most: int) -> Iterator[Sequence[_Entry]]:
    """The entries in calls of at most ``most``, each within SES's limit."""
    if _fits(bulk, entries[:most]) and len(entries) <= most:
        if entries:
            yield entries
        return
    room = REQUEST - bulk.size
    call: list[_Entry] = []
    size = 0
    for entry in entries:
        more = request_size(entry[1])
        if call and (len(call) == most or size + more > room):
            yield call
            call, size = [], 0
        call.append(entry)
        size += more
    if call:
        yield call


def _receipt(recipient: Recipient, status: DeliveryStatus, detail: str) -> Receipt:
    return Receipt(subscriber=recipient.subscriber, status=status, detail=detail)
