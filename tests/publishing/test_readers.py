"""Readers whom the publisher adds by hand."""

import pytest

from newsletter.domain.subscriber import Subscriber
from newsletter.errors import StoreError
from newsletter.publishing.readers import ErasedReaderError, add_reader
from newsletter.store import Store
from newsletter.tokens import Signer
from tests.make import SECRET, WHEN

ADA = Subscriber(address="ada@example.com")


def test_a_reader_is_added_once(store: Store) -> None:
    added = add_reader(store, ADA, now=WHEN)
    assert (added.address, added.created) == (ADA.address, WHEN)
    with pytest.raises(StoreError):
        add_reader(store, ADA, now=WHEN)


def test_a_reader_who_had_their_data_deleted_is_not_added_again(store: Store) -> None:
    ada = add_reader(store, ADA, now=WHEN)
    store.self_service.erase(ada.key, WHEN, Signer(SECRET).fingerprints)
    with pytest.raises(ErasedReaderError) as erased:
        add_reader(store, ADA, now=WHEN)
    assert erased.value.address == ADA.address
    assert store.subscribers.get(ADA.address) is None
