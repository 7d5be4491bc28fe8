"""Finding and listing readers."""

from datetime import timedelta

import pytest

from newsletter.domain.consent import Confirmation, ConfirmationKind, MailRequest, ServiceKind, ServiceMessage
from newsletter.domain.subscriber import Subscriber, SubscriberStatus, SuppressionReason
from newsletter.store import ReaderTotals, Store
from tests import make
from tests.rows import query_plans

UNSUBSCRIBED, UNCONFIRMED = SubscriberStatus.UNSUBSCRIBED, SubscriberStatus.UNCONFIRMED


def add(store: Store, address: str, first_name: str = "", last_name: str = "", **values: object) -> None:
    reader = Subscriber(address=address, first_name=first_name, last_name=last_name, **values)  # type: ignore[arg-type]
    store.subscribers.merge([[reader]], now=make.WHEN)


def addresses(store: Store, text: str, most: int = 50) -> list[str]:
    return [reader.address for reader in store.reader_search.find(text, most=most)]


def test_readers_are_found_by_the_beginning_of_address_or_name(store: Store) -> None:
    add(store, "ada@example.org", "Ada", "Lovelace")
    add(store, "ada.byron@example.org")
    add(store, "Mueller@example.com", "Émile", "Müller")
    add(store, "love@example.com", "%", "_")
    add(store, "info@münchen.example", "Zoë")
    both = ["ada.byron@example.org", "ada@example.org"]
    for text, expected in (
        ("ada", both),
        ("ADA", both),
        ("ada@", ["ada@example.org"]),
        ("Ada Love", ["ada@example.org"]),
        ("Lovelace, A", ["ada@example.org"]),
        ("love", ["ada@example.org", "love@example.com"]),
        ("muller", ["Mueller@example.com"]),
        ("MÜLL", ["Mueller@example.com"]),
        ("emile mu", ["Mueller@example.com"]),
        ("Ada <ada@example.org>", ["ada@example.org"]),
        ("mailto:ada@example.org", ["ada@example.org"]),
        ("info@MÜNCHEN.example", ["info@münchen.example"]),
        ("lace", []),
        ("%", ["love@example.com"]),
        ("", []),
        (" ,\0", []),
        ("x" * 5000, []),
    ):
        assert addresses(store, text) == expected, text


def test_an_exact_address_comes_first_and_a_search_has_a_limit(store: Store) -> None:
    for name in ("ada", "ada.b", "ada.c", "ada-d"):
        add(store, f"{name}@example.org", "Ada")
    add(store, "zed@example.org", "ada@example.org")
    assert addresses(store, "ADA@example.org")[0] == "ada@example.org"
    assert len(addresses(store, "ada", most=3)) == 3


def test_a_changed_name_is_found_and_the_former_one_is_not(store: Store) -> None:
    add(store, "ada@example.org", "Ada", "Byron")
    add(store, "ada@example.org", "Ada", "Lovelace")
    assert addresses(store, "lovelace") == ["ada@example.org"]
    assert addresses(store, "byron") == []


def test_readers_are_listed_from_the_latest_page_by_page(store: Store) -> None:
    for at in range(5):
        add(store, f"r{at}@example.org", status=UNSUBSCRIBED if at % 2 else SubscriberStatus.CONFIRMED)
    first = store.reader_search.page(most=2)
    assert [reader.address for reader in first] == ["r4@example.org", "r3@example.org"]
    second = store.reader_search.page(before=first[-1].id, most=2)
    assert [reader.address for reader in second] == ["r2@example.org", "r1@example.org"]
    left = store.reader_search.page(status=UNSUBSCRIBED, most=9)
    assert [reader.address for reader in left] == ["r3@example.org", "r1@example.org"]
    assert len(store.reader_search.page(status=SubscriberStatus.CONFIRMED, most=9)) == 3


def test_suppressed_addresses_are_listed_with_their_readers_if_any(store: Store) -> None:
    add(store, "ada@example.org")
    for at, address in enumerate(("ada@example.org", "gone@example.org", "also@example.org")):
        when = make.WHEN + timedelta(days=min(at, 1))
        store.suppressions.add(address, SuppressionReason.BOUNCED, when)
    listed = store.reader_search.suppressed(most=9)
    assert [item.suppression.address_key for item in listed] == [
        "gone@example.org", "also@example.org", "ada@example.org",
    ]  # fmt: skip
    assert [item.reader is not None for item in listed] == [False, False, True]
    last = listed[1].suppression
    rest = store.reader_search.suppressed(before=(last.since, last.address_key), most=9)
    assert [item.suppression.address_key for item in rest] == ["ada@example.org"]
    reader = store.subscribers.get("ada@example.org")
    assert reader
    assert list(store.reader_search.suppressed_among([reader])) == [reader.key]


def test_sign_ups_that_wait_are_found_and_counted(store: Store) -> None:
    for at, address in enumerate(("ada@example.org", "bea@example.org")):
        about = Confirmation(
            key=f"{at:032}", kind=ConfirmationKind.SIGN_UP, address=address, requested=make.WHEN, how="page"
        )
        message = ServiceMessage(kind=ServiceKind.CONFIRM, address=address, created=make.WHEN, about=about.key)
        store.confirmations.request([MailRequest(message=message, about=about)])
    add(store, "c@example.org", status=UNCONFIRMED)
    add(store, "d@example.org")
    assert [item.address for item in store.reader_search.waiting("Be", most=9)] == ["bea@example.org"]
    assert len(store.reader_search.waiting("", most=9)) == 2
    totals = ReaderTotals(confirmed=1, unconfirmed=1, unsubscribed=0, suppressed=0, waiting=2)
    assert store.reader_search.totals() == totals
    assert totals.readers == 2


@pytest.mark.parametrize("text", ["ada", "ada@example.org"])
def test_a_search_reads_indexes_and_not_the_table(store: Store, text: str) -> None:
    with query_plans(store) as plans:
        store.reader_search.find(text, most=50)
        store.reader_search.page(status=UNSUBSCRIBED, before=7, most=50)
        store.reader_search.suppressed(most=50)
    assert len(plans) >= 4
    for plan in plans:
        assert "SCAN subscriber" not in plan or "USING INDEX" in plan, plan
        assert "Seq Scan" not in plan, plan
