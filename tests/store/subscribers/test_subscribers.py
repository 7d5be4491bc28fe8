"""Readers in both databases: added, found, removed, merged."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.domain.consent import Consent, ConsentEvent, UnsubscribeRequest
from newsletter.domain.segment import EVERYONE, Segment
from newsletter.domain.subscriber import Subscriber, SubscriberStatus, SuppressionReason
from newsletter.errors import BusyError
from newsletter.store import (
    AddressSuppressedError,
    ImportedDetails,
    MergeCounts,
    ReaderExistsError,
    Store,
    open_store,
)
from newsletter.store.subscribers.import_merge import merged
from tests import make
from tests.databases import sqlite3

NOW = make.WHEN
UNCONFIRMED, CONFIRMED, UNSUBSCRIBED = SubscriberStatus
ADA = Subscriber(
    address="Ada@example.com",
    first_name="Ada",
    last_name="Ñandú 🚂",
    topics=("asia", "nato"),
    excludes=("sport",),
    language="pt-BR",
    time_zone="America/Sao_Paulo",
    attributes={"city": "Köln", "note": 'a "quoted"\nline, {{ x }}'},
)


def counts(**some: int) -> MergeCounts:
    return MergeCounts(**({"added": 0, "changed": 0, "unchanged": 0, "kept_away": 0, "repeated": 0} | some))


def plain(reader: Subscriber | None) -> Subscriber:
    """Return a reader without the values that the store assigns."""
    assert reader is not None
    return replace(reader, id=0, key="", created=None)


def test_an_added_reader_is_read_back_unchanged(store: Store) -> None:
    added = store.subscribers.add(ADA, now=NOW)
    assert plain(added) == ADA
    assert len(bytes.fromhex(added.key)) == 16
    assert added.created is not None
    assert added.created.tzinfo is UTC
    assert store.subscribers.get("ada@EXAMPLE.com") == added
    assert list(store.subscribers.stream()) == [added]


def test_a_given_key_and_date_are_kept(store: Store) -> None:
    when = datetime(2020, 2, 29, 12, 30, tzinfo=UTC)
    added = store.subscribers.add(replace(ADA, key="ab" * 16, created=when), now=NOW)
    assert (added.key, added.created) == ("ab" * 16, when)


def test_an_address_is_added_once_in_any_case(store: Store) -> None:
    store.subscribers.add(ADA, now=NOW)
    with pytest.raises(ReaderExistsError, match="is a subscriber already, confirmed") as refused:
        store.subscribers.add(replace(ADA, address="ADA@example.com"), now=NOW)
    assert refused.value.fields == {"address": "ADA@example.com", "status": SubscriberStatus.CONFIRMED}


def test_a_suppressed_address_is_not_added(store: Store) -> None:
    store.suppressions.add("ada@example.com", SuppressionReason.COMPLAINED, now=NOW)
    with pytest.raises(AddressSuppressedError, match="is suppressed: complained") as refused:
        store.subscribers.add(ADA, now=NOW)
    assert refused.value.fields == {"address": ADA.address, "reason": SuppressionReason.COMPLAINED}
    assert list(store.subscribers.stream()) == []


def test_a_removed_readers_number_is_never_reused(store: Store) -> None:
    first = store.subscribers.add(ADA, now=NOW)
    assert store.subscribers.remove("ADA@example.com")
    assert not store.subscribers.remove("ADA@example.com")
    assert store.subscribers.get(ADA.address) is None
    assert store.subscribers.counts([Segment(slug="n", name="N", any=(frozenset({"nato"}),))], now=NOW) == {"n": 0}
    assert store.subscribers.add(ADA, now=NOW).id > first.id


def test_an_international_address_can_be_found_in_any_form(store: Store) -> None:
    store.subscribers.add(replace(ADA, address="jörg@bücher.example.com"), now=NOW)
    stored = store.subscribers.get("JöRG@xn--bcher-kva.example.com")
    assert stored is not None
    assert stored.address == "jörg@bücher.example.com"


def test_readers_stream_by_segment_and_status(store: Store) -> None:
    readers = [
        Subscriber(
            address=f"r{number}@example.com",
            topics=("asia",) if number % 2 else ("asia", "nato"),
            status=CONFIRMED if number % 3 else UNSUBSCRIBED,
        )
        for number in range(2500)
    ]
    store.subscribers.merge([readers], now=NOW)
    nato = Segment(slug="n", name="N", all=(frozenset({"nato"}),))
    assert [plain(reader) for reader in store.subscribers.stream()] == readers
    assert [plain(reader) for reader in store.subscribers.stream(segment=nato, status=CONFIRMED, now=NOW)] == [
        reader for reader in readers if "nato" in reader.topics and reader.status is CONFIRMED
    ]


def test_an_iteration_sees_one_state_while_others_write(store: Store) -> None:
    store.subscribers.merge([[Subscriber(address=f"r{number}@example.com") for number in range(1500)]], now=NOW)
    going = store.subscribers.stream()
    first = next(going)
    if store.warning is not None:
        pytest.skip("with a rollback journal, whoever writes waits until nobody reads")
    store.subscribers.merge([[Subscriber(address="late@example.com")]], now=NOW)
    assert len([first, *going]) == 1500


def test_attributes_are_named_once(store: Store) -> None:
    assert store.subscribers.attributes() == frozenset()
    store.subscribers.merge(
        [[ADA, Subscriber(address="b@example.com", attributes={"city": "Rome", "pet": "cat"})]], now=NOW
    )
    assert store.subscribers.attributes() == {"city", "note", "pet"}


def test_nul_characters_are_removed(store: Store) -> None:
    added = store.subscribers.add(
        Subscriber(address="a@example.com", first_name="A\0da ", attributes={"x": "\0"}), now=NOW
    )
    assert (added.first_name, added.attributes) == ("Ada", {})


# Merging -------------------------------------------------------------------------------------------------------------


def test_a_merge_adds_and_a_second_one_changes_nothing(store: Store) -> None:
    readers = [ADA, Subscriber(address="b@example.com", status=UNSUBSCRIBED)]
    assert store.subscribers.merge([readers], now=NOW) == counts(added=2)
    before = list(store.subscribers.stream())
    assert store.subscribers.merge([readers[:1], readers[1:]], now=NOW) == counts(unchanged=2)
    assert list(store.subscribers.stream()) == before


def test_a_merge_changes_only_stated_values(store: Store) -> None:
    before = store.subscribers.add(ADA, now=NOW)
    update = Subscriber(address="ada@example.com", first_name="Adele", topics=("film",), attributes={"city": "Rome"})
    assert store.subscribers.merge([[update]], now=NOW) == counts(changed=1)
    assert store.subscribers.get(ADA.address) == replace(
        before, first_name="Adele", topics=("film",), attributes={**ADA.attributes, "city": "Rome"}
    )
    moved = Subscriber(address=ADA.address, time_zone="Europe/Rome")
    assert store.subscribers.merge([[moved]], now=NOW) == counts(changed=1)
    stored = plain(store.subscribers.get(ADA.address))
    assert (stored.time_zone, stored.language, stored.first_name) == ("Europe/Rome", ADA.language, "Adele")


@pytest.mark.parametrize(
    ("topics", "excludes", "then"),
    [
        (("sport", "film"), (), (("film", "sport"), ())),
        ((), ("nato",), (("asia",), ("nato",))),
        (("film",), ("nato", "film"), ((), ("film", "nato"))),
        ((), (), (("asia", "nato"), ("sport",))),
    ],
)
def test_a_topic_is_never_both_followed_and_excluded(
    store: Store, topics: tuple[str, ...], excludes: tuple[str, ...], then: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    store.subscribers.add(ADA, now=NOW)
    store.subscribers.merge([[Subscriber(address=ADA.address, topics=topics, excludes=excludes)]], now=NOW)
    stored = plain(store.subscribers.get(ADA.address))
    assert (stored.topics, stored.excludes) == then


def test_excluding_a_topic_overrides_following_it(store: Store) -> None:
    added = store.subscribers.add(
        Subscriber(address="a@example.com", topics=("asia", "nato"), excludes=("asia",)), now=NOW
    )
    assert (added.topics, added.excludes) == (("nato",), ("asia",))


def test_a_merge_never_resubscribes_readers(store: Store) -> None:
    left = store.subscribers.add(Subscriber(address="left@example.com", status=UNSUBSCRIBED), now=NOW)
    bounced = store.subscribers.add(Subscriber(address="bounced@example.com"), now=NOW)
    store.suppressions.add(bounced.address, SuppressionReason.BOUNCED, now=NOW)
    store.suppressions.add("erased@example.com", SuppressionReason.ERASED, now=NOW)
    imported = [
        Subscriber(address=f"{name}@example.com", first_name="New", topics=("asia",))
        for name in ("LEFT", "bounced", "erased")
    ]
    assert store.subscribers.merge([imported], now=NOW) == counts(kept_away=3)
    assert list(store.subscribers.stream()) == [left, bounced]
    assert store.subscribers.counts([EVERYONE], now=NOW) == {"everyone": 0}


def test_a_file_can_unsubscribe(store: Store) -> None:
    store.subscribers.add(ADA, now=NOW)
    assert store.subscribers.merge([[replace(ADA, status=UNSUBSCRIBED)]], now=NOW) == counts(changed=1)
    assert plain(store.subscribers.get(ADA.address)).status is UNSUBSCRIBED


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in three"])
def test_a_repeated_reader_keeps_the_first_values_but_any_unsubscription(store: Store, together: bool) -> None:
    imported = [
        Subscriber(address="a@example.com", first_name="First"),
        Subscriber(address="A@example.com", first_name="Second"),
        Subscriber(address="a@example.com", status=UNSUBSCRIBED),
    ]
    batches = [imported] if together else [[reader] for reader in imported]
    assert store.subscribers.merge(batches, now=NOW) == counts(added=1, repeated=2)
    stored = plain(store.subscribers.get("a@example.com"))
    assert (stored.first_name, stored.status) == ("First", UNSUBSCRIBED)
    assert store.subscribers.merge(batches, now=NOW) == counts(kept_away=1, repeated=2)
    assert plain(store.subscribers.get("a@example.com")) == stored


def test_addresses_suppressed_by_a_file_are_no_longer_mailed(store: Store) -> None:
    in_file = {"a@example.com": ImportedDetails(suppressed=SuppressionReason.BOUNCED)}
    readers = [Subscriber(address="A@example.com"), Subscriber(address="b@example.com")]
    assert store.subscribers.merge([readers], details=in_file, now=NOW) == counts(added=2)
    assert store.suppressions.has("a@example.com")
    assert store.subscribers.counts([EVERYONE], now=NOW) == {"everyone": 1}
    assert store.subscribers.merge([readers], details=in_file, now=NOW) == counts(unchanged=2)


def test_consents_in_a_file_are_recorded_once(store: Store) -> None:
    earlier, later = (Consent(at=datetime(year, 1, 1, tzinfo=UTC), event=ConsentEvent.ASKED) for year in (2019, 2021))
    readers = [Subscriber(address="a@example.com"), Subscriber(address="b@example.com")]
    assert store.subscribers.merge(
        [readers], details={"a@example.com": ImportedDetails(consents=(later,))}, now=NOW
    ) == counts(added=2)
    both = {"a@example.com": ImportedDetails(consents=(later, earlier))}
    assert store.subscribers.merge([readers], details=both, now=NOW) == counts(changed=1, unchanged=1)
    assert store.subscribers.merge([readers, readers], details=both, now=NOW) == counts(unchanged=2, repeated=2)
    assert [list(done) for _, done in store.subscribers.stream_with_consents()] == [[earlier, later], []]


def test_no_consent_is_recorded_for_readers_kept_away(store: Store) -> None:
    request = Consent(at=datetime(2019, 1, 1, tzinfo=UTC), event=ConsentEvent.ASKED)
    left = Consent(at=datetime(2020, 1, 1, tzinfo=UTC), event=ConsentEvent.UNSUBSCRIBED)
    readers = [Subscriber(address="left@example.com"), Subscriber(address="gone@example.com")]
    store.subscribers.merge([[replace(readers[0], status=UNSUBSCRIBED), readers[1]]], now=NOW)
    store.suppressions.add("gone@example.com", SuppressionReason.BOUNCED, now=NOW)
    in_file = {reader.address: ImportedDetails(consents=(request,)) for reader in readers}
    assert store.subscribers.merge([readers], details=in_file, now=NOW) == counts(kept_away=2)
    assert [list(done) for _, done in store.subscribers.stream_with_consents()] == [[], []]
    leaving = [replace(reader, status=UNSUBSCRIBED) for reader in readers]
    in_file = {reader.address: ImportedDetails(consents=(left,)) for reader in readers}
    assert store.subscribers.merge([leaving], details=in_file, now=NOW) == counts(changed=2)
    assert [list(done) for _, done in store.subscribers.stream_with_consents()] == [[left], [left]]


def test_a_rehearsal_counts_and_changes_nothing(store: Store) -> None:
    store.subscribers.add(ADA, now=NOW)
    before = list(store.subscribers.stream_with_consents())
    request = Consent(at=datetime(2019, 1, 1, tzinfo=UTC), event=ConsentEvent.ASKED)
    readers = [replace(ADA, first_name="Augusta"), Subscriber(address="b@example.com", topics=("asia",))]
    in_file = {"b@example.com": ImportedDetails(consents=(request,), suppressed=SuppressionReason.BOUNCED)}
    assert store.subscribers.rehearse([readers], details=in_file, now=NOW) == counts(added=1, changed=1)
    assert list(store.subscribers.stream_with_consents()) == before
    assert not store.suppressions.has("b@example.com")
    assert store.subscribers.merge([readers], details=in_file, now=NOW) == counts(added=1, changed=1)


def test_a_failed_merge_keeps_whole_batches_and_can_be_repeated(store: Store) -> None:
    ben, cyd = Subscriber(address="ben@example.com"), Subscriber(address="cyd@example.com", topics=("x" * 90, "y"))

    def batches() -> Iterator[list[Subscriber]]:
        yield [ADA]
        yield [ben]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.subscribers.merge(batches(), now=NOW)
    assert [reader.address for reader in store.subscribers.stream()] == [ADA.address, ben.address]
    assert store.subscribers.merge([[ADA], [ben, replace(cyd, topics=())]], now=NOW) == counts(unchanged=2, added=1)


def test_others_write_between_two_batches_of_a_merge_and_of_a_rehearsal(store: Store) -> None:
    first = store.subscribers.add(Subscriber(address="first@example.com"), now=NOW)
    news = []

    def batches() -> Iterator[list[Subscriber]]:
        for number in range(3):
            yield [Subscriber(address=f"r{number}@example.com")]
            news.append(store.self_service.unsubscribe([UnsubscribeRequest(key=first.key, how="one click")], NOW))

    assert store.subscribers.rehearse(batches(), now=NOW) == counts(added=3)
    assert store.subscribers.merge(batches(), now=NOW) == counts(added=3)
    assert news == [{first.key}, *[frozenset()] * 5]
    stored = store.subscribers.get("first@example.com")
    assert stored == replace(first, status=UNSUBSCRIBED)


def test_a_rehearsal_needs_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.db"
    with open_store(f"sqlite:///{path}?timeout=0") as store, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert store.subscribers.rehearse([[ADA]], now=NOW) == counts(added=1)
        with pytest.raises(BusyError):
            store.subscribers.merge([[ADA]], now=NOW)


NUMBERS = count()


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Open one store for all examples: each has its own addresses."""
    with open_store(f"sqlite:///{tmp_path_factory.mktemp('merging') / 'newsletter.db'}") as store:
        yield store


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_rehearsal_predicts_the_counts_of_a_merge(apart: Store, data: st.DataObject) -> None:
    """Any readers in any batches, new or known, once or repeatedly."""
    number = next(NUMBERS)
    reader = st.builds(
        Subscriber,
        address=st.sampled_from([f"{name}{number}@example.com" for name in "abcdE"] + [f"e{number}@example.com"]),
        first_name=st.sampled_from(["", "Ada", "Ben"]),
        status=st.sampled_from(SubscriberStatus),
        topics=st.sampled_from([(), ("asia",), ("asia", "nato")]),
    )
    some = st.lists(st.lists(reader, max_size=4), max_size=4)
    before, batches = data.draw(some), data.draw(some)
    apart.subscribers.merge(before, now=NOW)
    apart.suppressions.add(f"c{number}@example.com", SuppressionReason.BOUNCED, now=NOW)
    in_file = {f"b{number}@example.com": ImportedDetails(suppressed=SuppressionReason.COMPLAINED)}
    rehearsed = apart.subscribers.rehearse(batches, details=in_file, now=NOW)
    assert apart.subscribers.merge(batches, details=in_file, now=NOW) == rehearsed


def test_thousands_merge_in_batches(store: Store) -> None:
    readers = [Subscriber(address=f"r{number}@example.com", topics=("asia", "nato")) for number in range(3000)]
    assert store.subscribers.merge([readers[:2000], readers[1000:]], now=NOW) == counts(added=3000, repeated=1000)
    assert store.subscribers.counts([EVERYONE], now=NOW) == {"everyone": 3000}


statuses = st.sampled_from(SubscriberStatus)
names = st.sampled_from(["", "Ada", "Bob"])
slugs = st.sets(st.sampled_from("xyz")).map(lambda topics: tuple(sorted(topics)))
readers = st.builds(
    Subscriber,
    address=st.just("a@example.com"),
    first_name=names,
    last_name=names,
    time_zone=st.sampled_from(["", "Europe/Rome", "Asia/Tokyo"]),
    status=statuses,
    topics=slugs,
    excludes=slugs,
    attributes=st.dictionaries(st.sampled_from("pq"), names),
)


@given(readers, readers, st.booleans())
def test_merging_twice_equals_merging_once(present: Subscriber, imported: Subscriber, away: bool) -> None:
    once = merged(present, imported, away=away)
    assert merged(once, imported, away=away) == once


@given(readers, readers, st.booleans())
def test_merging_never_resubscribes_and_never_loses_data(present: Subscriber, imported: Subscriber, away: bool) -> None:
    after = merged(present, imported, away=away)
    if present.status is UNSUBSCRIBED:
        assert after == present
    if imported.status is UNSUBSCRIBED:
        assert after.status is UNSUBSCRIBED
    if present.status is CONFIRMED:
        assert after.status is not UNCONFIRMED
    if away:
        assert replace(after, status=present.status) == present
    assert (after.id, after.key, after.address) == (present.id, present.key, present.address)
    assert not (present.first_name and not after.first_name)
    assert not (present.time_zone and not after.time_zone)
    assert set(present.attributes) <= set(after.attributes)
