"""A pytest suite that tests any provider against the contract in ``base``.

The authors of a provider subclass ``ProviderContract`` in their tests; docs/providers.md shows how. It needs pytest,
which the program itself doesn't.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from newsletter.domain.addresses import Mailbox
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.rate_limits import Limits
from newsletter.errors import OutageError, ProviderError, SettingsError, StoppedError, TakenOverError
from newsletter.message.mime import Email, Letter, Recipient, Wire
from newsletter.message.template import Slot
from newsletter.providers.base import Provider

_S = DeliveryStatus
_WHEN = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
_MOST = 60  # letters of a full batch, so that the suite stays quick


class ServiceUnderTest(ABC):
    """A service that receives a provider's messages: a test server, a stub or a folder. It accepts all mail at first.

    ``sender`` is an address that it accepts mail from.
    """

    sender = "editors@news.example.org"

    @abstractmethod
    def open(self, **options: Any) -> Provider:
        """Build a new provider for this service. ``options`` are added to those that it needs."""

    @abstractmethod
    def arrived(self) -> Sequence[str]:
        """Return the address of every message accepted so far, in any order; an address counts once per message."""

    def refuse(self) -> None:
        """Refuse all mail from now on, as for a sender that isn't verified. By default, skip the test."""
        pytest.skip("the service can't refuse all mail")

    def accept(self) -> None:
        """Accept mail again, after ``refuse``."""
        raise NotImplementedError("define `accept` if you define `refuse`")

    def disappear(self) -> None:
        """Accept no connection from now on. By default, skip the test."""
        pytest.skip("the service can't disappear")


class ProviderContract:
    """A suite for one provider. A subclass, whose name begins with ``Test``, overrides the fixture ``service``."""

    @pytest.fixture
    def service(self, tmp_path: Path) -> Iterator[ServiceUnderTest]:
        """A service that is empty at the beginning of each test."""
        raise NotImplementedError("override the fixture `service`")

    @pytest.fixture
    def provider(self, service: ServiceUnderTest) -> Iterator[Provider]:
        """A provider that hasn't been used yet."""
        opened = service.open()
        yield opened
        opened.close()

    def test_its_attributes_are_in_range(self, provider: Provider) -> None:
        assert provider.batch_size >= 1, "batch_size is at least 1"
        assert provider.concurrency >= 1, "concurrency is at least 1"
        assert provider.deduplicates in (True, False), "deduplicates is a bool"
        assert provider.reports_within >= 0, "reports_within is a number of seconds, or 0"

    def test_an_unknown_option_is_an_error(self, service: ServiceUnderTest) -> None:
        with pytest.raises(SettingsError, match="no_such_option"):
            service.open(no_such_option="x").close()

    def test_a_check_sends_nothing(self, service: ServiceUnderTest, provider: Provider) -> None:
        for _ in range(2):
            limits = provider.check_sender(service.sender)
            assert limits is None or isinstance(limits, Limits), "check_sender returns Limits or None"
        assert not service.arrived(), "check_sender sent a message"

    def test_each_recipient_of_a_full_batch_gets_one_message_and_one_receipt(
        self, service: ServiceUnderTest, provider: Provider
    ) -> None:
        number = min(provider.batch_size, _MOST)
        editions = [_wire(service, title) for title in ("trains", "rivers")]
        letters = [Letter(editions[at > number // 2], _recipient(at)) for at in range(1, number + 1)]
        assert _submit(provider, letters) == dict.fromkeys(range(1, number + 1), _S.SUBMITTED)
        _assert_arrived(service, range(1, number + 1))

    def test_an_empty_batch_has_no_receipts(self, service: ServiceUnderTest, provider: Provider) -> None:
        assert _submit(provider, []) == {}
        assert not service.arrived(), "an empty batch sent a message"

    def test_it_can_be_used_again_and_again(self, service: ServiceUnderTest, provider: Provider) -> None:
        wire = _wire(service)
        for number in (1, 2, 3):
            provider.check_sender(service.sender)
            assert _submit(provider, [Letter(wire, _recipient(number))]) == {number: _S.SUBMITTED}
        _assert_arrived(service, (1, 2, 3))

    def test_it_can_be_used_after_close(self, service: ServiceUnderTest, provider: Provider) -> None:
        wire = _wire(service)
        provider.close()
        for number in (1, 2):
            assert _submit(provider, [Letter(wire, _recipient(number))]) == {number: _S.SUBMITTED}
            provider.close()
            provider.close()
        provider.check_sender(service.sender)
        _assert_arrived(service, (1, 2))

    def test_threads_share_it(self, service: ServiceUnderTest, provider: Provider) -> None:
        size, batches = min(provider.batch_size, 3), min(2 * provider.concurrency, 10)
        wire = _wire(service)

        def submit(batch: int) -> dict[int, DeliveryStatus]:
            if batch % 3 == 2:
                provider.check_sender(service.sender)
            return _submit(provider, [Letter(wire, _recipient(1 + batch * size + at)) for at in range(size)])

        with ThreadPoolExecutor(provider.concurrency) as threads:
            statuses = {
                reader: status for part in threads.map(submit, range(batches)) for reader, status in part.items()
            }
        assert statuses == dict.fromkeys(range(1, 1 + batches * size), _S.SUBMITTED)
        _assert_arrived(service, range(1, 1 + batches * size))

    def test_a_message_that_cannot_be_built_is_refused_alone(
        self, service: ServiceUnderTest, provider: Provider
    ) -> None:
        wire = _wire(service)
        letters = [
            Letter(wire, _recipient(1)),
            Letter(wire, _recipient(2, first_name="\ud800")),  # half a surrogate pair has no encoding
            Letter(wire, _recipient(3, address="a b@example.com")),
            Letter(wire, _recipient(4, address="a@example.com>\r\nBcc: <b@example.com")),
            Letter(wire, _recipient(5)),
        ]
        expected = {1: _S.SUBMITTED, 2: _S.REFUSED, 3: _S.REFUSED, 4: _S.REFUSED, 5: _S.SUBMITTED}
        statuses = {
            reader: status
            for start in range(0, len(letters), provider.batch_size)
            for reader, status in _submit(provider, letters[start : start + provider.batch_size]).items()
        }
        assert statuses == expected
        _assert_arrived(service, (1, 5))

    def test_a_plain_notice_without_values_is_sent(self, service: ServiceUnderTest, provider: Provider) -> None:
        notice = Wire(_email(service, html_parts=(), text_parts=(("The send is paused.\n",),)), _WHEN)
        to = Recipient(subscriber=0, key=_key(0), address=_address(0), values={})
        assert _submit(provider, [Letter(notice, to)]) == {0: _S.SUBMITTED}
        _assert_arrived(service, (0,))

    @pytest.mark.parametrize("allowed", [0, 1, 3])
    def test_nothing_is_handed_over_once_the_send_is_stopped(
        self, service: ServiceUnderTest, provider: Provider, allowed: int
    ) -> None:
        wire, ask = _wire(service), _stopping_after(allowed)
        receipts: list[Receipt] = []
        with pytest.raises(StoppedError):
            _submit_singly(provider, [Letter(wire, _recipient(number), ask) for number in range(1, 5)], receipts)
        _assert_arrived(service, [receipt.subscriber for receipt in receipts])

    @pytest.mark.parametrize("allowed", [0, 1, 3])
    def test_a_batch_that_is_stopped_has_receipts_for_what_was_handed_over(
        self, service: ServiceUnderTest, provider: Provider, allowed: int
    ) -> None:
        wire, ask, number = _wire(service), _stopping_after(allowed), min(4, provider.batch_size)
        receipts: list[Receipt] = []
        with suppress(StoppedError):
            receipts.extend(provider.submit([Letter(wire, _recipient(at), ask) for at in range(1, number + 1)]))
        assert len(receipts) <= allowed, "messages were handed over without asking"
        _assert_arrived(service, [receipt.subscriber for receipt in receipts])

    def test_a_repeated_message_is_sent_once_if_it_deduplicates(
        self, service: ServiceUnderTest, provider: Provider
    ) -> None:
        if not provider.deduplicates:
            pytest.skip("the provider doesn't deduplicate")
        wire = _wire(service)
        for opened in (provider, provider, service.open()):
            assert _submit(opened, [Letter(wire, _recipient(1))]) == {1: _S.SUBMITTED}
            opened.close()
        _assert_arrived(service, (1,))

    def test_a_refusal_of_all_mail_is_a_provider_error_and_passes(
        self, service: ServiceUnderTest, provider: Provider
    ) -> None:
        wire = _wire(service)
        letters = [Letter(wire, _recipient(number)) for number in range(1, 1 + min(2, provider.batch_size))]
        service.refuse()
        with suppress(ProviderError):
            provider.check_sender(service.sender)  # it raises if the provider can tell without sending
        receipts: list[Receipt] = []
        with pytest.raises(ProviderError) as caught:
            receipts.extend(provider.submit(letters))
        assert caught.value.what, "the error says what is wrong"
        assert caught.value.hint, "the error says what to do"
        assert not isinstance(caught.value, OutageError), "a refusal is not an outage"
        assert receipts == [], "nobody was answered separately"
        assert not service.arrived(), "a message arrived nevertheless"
        service.accept()
        expected = {letter.recipient.subscriber: _S.SUBMITTED for letter in letters}
        assert _submit(provider, letters) == expected, "it doesn't work again after an error"

    def test_a_service_that_cannot_be_reached_is_an_outage(self, service: ServiceUnderTest, provider: Provider) -> None:
        letter = Letter(_wire(service), _recipient(1))
        service.disappear()
        with pytest.raises(OutageError) as checked:
            provider.check_sender(service.sender)
        with pytest.raises(OutageError) as submitted:
            list(provider.submit([letter]))
        for caught in (checked, submitted):
            assert caught.value.what, "the error says what is wrong"
            assert caught.value.hint, "the error says what to do"


def _submit(provider: Provider, letters: Sequence[Letter]) -> dict[int, DeliveryStatus]:
    """Submit a batch and return each recipient's status."""
    receipts = list(provider.submit(letters))
    readers = Counter(receipt.subscriber for receipt in receipts)
    assert readers == Counter(letter.recipient.subscriber for letter in letters), "one receipt for each recipient"
    assert {receipt.status for receipt in receipts} <= _ANSWERS, f"a receipt's status is one of {sorted(_ANSWERS)}"
    return {receipt.subscriber: receipt.status for receipt in receipts}


def _submit_singly(provider: Provider, letters: Sequence[Letter], receipts: list[Receipt]) -> None:
    """Submit each letter in a batch of its own, and add the receipts to a list that keeps them after an error."""
    for letter in letters:
        receipts.extend(provider.submit([letter]))


_ANSWERS = {_S.SUBMITTED, _S.REFUSED, _S.DEFERRED, _S.UNCERTAIN}


def _assert_arrived(service: ServiceUnderTest, numbers: Sequence[int]) -> None:
    """Raise AssertionError unless exactly one message has arrived for each of these readers, and no other."""
    arrived, expected = Counter(service.arrived()), Counter(map(_address, numbers))
    assert arrived == expected, f"arrived too often: {arrived - expected}; missing: {expected - arrived}"


def _stopping_after(allowed: int) -> Callable[[], None]:
    calls = count()

    def ask() -> None:
        if next(calls) >= allowed:
            raise TakenOverError(issue="2026-11-23")

    return ask


def _wire(service: ServiceUnderTest, title: str = "trains") -> Wire:
    """Return an edition about something, with a reader's values in subject, text and HTML."""
    name, link = Slot("subscriber.first_name", "reader"), Slot("links.unsubscribe")
    html = ("<p>Hello ", name, f', this is about {title}. <a href="', link, '">Unsubscribe</a></p>\n')
    text = ("Hello ", name, f", this is about {title}.\n\n<", link, ">\n")
    return Wire(_email(service, html_parts=(html,), text_parts=(text,)), _WHEN)


def _email(service: ServiceUnderTest, **parts: Any) -> Email:
    return Email(
        issue="2026-11-23",
        newsletter="The Daily Test",
        sender=Mailbox(address=service.sender, name="The Daily Test"),
        reply_to=None,
        list_id="the-daily-test.news.example.org",
        subject=("Good morning",),
        preheader=(),
        **parts,
    )


def _recipient(number: int, *, address: str = "", first_name: str = "Ada") -> Recipient:
    key = _key(number)
    values = {"subscriber.first_name": first_name, "links.unsubscribe": f"https://news.example.org/unsubscribe/{key}"}
    return Recipient(subscriber=number, key=key, address=address or _address(number), values=values)


def _key(number: int) -> str:
    return f"{number + 1:x}".rjust(32, "a")  # its first digits name files of the outbox, so they differ by address


def _address(number: int) -> str:
    return f"reader{number}@example.com"
