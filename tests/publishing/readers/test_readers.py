"""Readers whom the publisher adds, removes and erases by hand."""

import pytest

from newsletter.domain.subscriber import Subscriber
from newsletter.publishing.readers.readers import (
    ErasedReaderError,
    UnknownReaderError,
    add_reader,
    erase_reader,
    remove_reader,
)
from newsletter.settings import Settings
from newsletter.store import ReaderExistsError, Store
from newsletter.tokens import Signer
from tests.make import SECRET, WHEN
from tests.people import ADMIN

ADA = Subscriber(address="ada@example.com")


def test_a_reader_is_added_once(store: Store) -> None:
    added = add_reader(store, ADMIN, ADA, now=WHEN)
    assert (added.address, added.created) == (ADA.address, WHEN)
    with pytest.raises(ReaderExistsError):
        add_reader(store, ADMIN, ADA, now=WHEN)


def test_a_reader_who_had_their_data_deleted_is_not_added_again(store: Store) -> None:
    ada = add_reader(store, ADMIN, ADA, now=WHEN)
    store.self_service.erase(ada.key, WHEN, Signer(SECRET).fingerprints)
    with pytest.raises(ErasedReaderError) as erased:
        add_reader(store, ADMIN, ADA, now=WHEN)
    assert erased.value.address == ADA.address
    assert store.subscribers.get(ADA.address) is None


def test_a_removed_reader_can_be_added_again(settings: Settings, store: Store) -> None:
    add_reader(store, ADMIN, ADA, now=WHEN)
    removal = remove_reader(settings, store, ADMIN, ADA.address, now=WHEN)
    assert (removal.was_reader, removal.log_is_clean, removal.leftovers) == (True, True, ())
    assert add_reader(store, ADMIN, ADA, now=WHEN).address == ADA.address


def test_a_suppressed_address_need_not_be_a_readers(settings: Settings, store: Store) -> None:
    removal = remove_reader(settings, store, ADMIN, ADA.address, now=WHEN, suppress=True)
    assert not removal.was_reader
    assert store.suppressions.has(ADA.address)
    with pytest.raises(UnknownReaderError):
        remove_reader(settings, store, ADMIN, ADA.address, now=WHEN, suppress=True)


def test_an_erased_reader_is_gone_and_files_with_their_address_are_named(settings: Settings, store: Store) -> None:
    export = settings.root / "export.csv"
    export.write_text("address\nada@example.com\n")
    add_reader(store, ADMIN, ADA, now=WHEN)
    removal = erase_reader(settings, store, ADMIN, "Ada@Example.com", now=WHEN)
    assert [left.path for left in removal.leftovers] == [export]
    with pytest.raises(ErasedReaderError):
        add_reader(store, ADMIN, ADA, now=WHEN)


def test_nobody_is_removed_or_erased_by_an_address_that_no_reader_has(settings: Settings, store: Store) -> None:
    add_reader(store, ADMIN, ADA, now=WHEN)
    for act in (remove_reader, erase_reader):
        with pytest.raises(UnknownReaderError) as unknown:
            act(settings, store, ADMIN, "ben@example.com", now=WHEN)
        assert unknown.value.address == "ben@example.com"
    assert store.subscribers.get(ADA.address) is not None
