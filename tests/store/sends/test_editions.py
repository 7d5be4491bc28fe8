"""The editions that a send would have."""

from pathlib import Path

import pytest

from newsletter.domain.delivery import ClaimedDelivery
from newsletter.domain.edition import Edition, EditionCounts, Tailor, Tailoring
from newsletter.domain.issue import Otherwise
from newsletter.domain.segment import EVERYONE, Segment
from newsletter.domain.subscriber import Subscriber, SubscriberStatus
from newsletter.errors import SendError
from newsletter.store import Store, exists, open_store
from tests import ledger, make

ASIA = Segment(slug="asia", name="Asia", any=(frozenset({"asia", "afghanistan"}),))
TAILOR = Tailor(
    make.issue(make.entry("kabul", topics=("Afghanistan",)), make.entry("pact", topics=("NATO",))),
    make.topics(),
    Tailoring(otherwise=Otherwise.SKIP),
)


def fill(store: Store) -> None:
    for name, topics in (
        ("ada", ("asia",)),
        ("ben", ("nato",)),
        ("cleo", ("afghanistan",)),
        ("dan", ("chess",)),
        ("eve", ()),
    ):
        store.subscribers.add(Subscriber(address=f"{name}@example.com", topics=topics), now=make.WHEN)
    store.subscribers.add(
        Subscriber(address="left@example.com", topics=("nato",), status=SubscriberStatus.UNSUBSCRIBED), now=make.WHEN
    )


def test_readers_are_counted_by_edition_largest_first(store: Store) -> None:
    fill(store)
    counts = store.sends.count_editions([EVERYONE], TAILOR, now=make.WHEN)
    assert counts == EditionCounts(readers={(0,): 2, (1,): 1, (0, 1): 1}, left_out=1)
    assert next(iter(counts.readers)) == (0,)


def test_a_reader_of_two_segments_is_counted_once(store: Store) -> None:
    fill(store)
    assert store.sends.count_editions([ASIA, ASIA], TAILOR, now=make.WHEN).readers == {(0,): 2}
    assert store.sends.count_editions([ASIA, EVERYONE], TAILOR, now=make.WHEN).readers == {(0,): 2, (1,): 1, (0, 1): 1}


def test_the_editions_of_a_plan_equal_those_of_its_send(store: Store) -> None:
    fill(store)
    send = store.sends.freeze(
        compiled=make.compiled(), tailor=TAILOR, date=make.WHEN, segments=[EVERYONE], provider="outbox", now=make.WHEN
    )
    assert store.frozen.editions(send.id) == store.sends.count_editions([EVERYONE], TAILOR, now=make.WHEN)
    assert (send.recipients, send.left_out) == (4, 1)


@pytest.mark.parametrize("tailor", [TAILOR, make.tailor()])
def test_a_rehearsal_has_the_readers_editions_and_values_of_a_send_without_writing(
    store: Store, tailor: Tailor
) -> None:
    fill(store)
    many = [Subscriber(address=f"r{at}@example.com", first_name=f"R{at}", topics=("nato",)) for at in range(4_100)]
    store.subscribers.merge([many], now=make.WHEN)  # more than one batch
    store.subscribers.add(
        Subscriber(address="odd@example.com", topics=("nato",), attributes={"email": "hides nothing"}), now=make.WHEN
    )
    rehearsed = [each for some in store.sends.stream_recipients([EVERYONE], tailor, now=make.WHEN) for each in some]
    assert store.sends.all() == []
    send = store.sends.freeze(
        compiled=make.compiled(), tailor=tailor, date=make.WHEN, segments=[EVERYONE], provider="outbox", now=make.WHEN
    )
    slots = ("subscriber.first_name", "subscriber.email")
    claimed = ledger.claim(store, send.id, slots=slots, size=10_000)
    assert len(claimed) == len(rehearsed) == send.recipients

    def got(edition: Edition, reader: ClaimedDelivery) -> tuple[object, ...]:
        return edition, reader.subscriber, reader.key, reader.address, *(reader.values[slot] for slot in slots)

    frozen = {number: store.frozen.edition(send.id, number) for number in {delivery.edition for delivery in claimed}}
    assert sorted(got(edition, reader) for edition, reader in rehearsed) == sorted(
        got(frozen[delivery.edition], delivery) for delivery in claimed
    )


def test_the_latest_send_is_the_one_that_began_last(store: Store) -> None:
    assert (store.sends.latest(), store.sends.begun_issues()) == (None, frozenset())
    fill(store)
    store.sends.schedule(
        issue="later", provider="outbox", segments=[EVERYONE], begins=make.WHEN, deadline=60, now=make.WHEN
    )
    for issue in ("2026-11-30", "2026-11-23"):
        store.sends.freeze(
            compiled=make.compiled(issue=issue),
            tailor=TAILOR,
            date=make.WHEN,
            segments=[EVERYONE],
            provider="outbox",
            now=make.WHEN,
        )
    latest = store.sends.latest()
    assert latest is not None
    assert latest.issue == "2026-11-23"
    assert store.sends.begun_issues() == {"2026-11-30", "2026-11-23"}


def test_a_tailored_send_without_any_edition_is_refused(store: Store) -> None:
    store.subscribers.add(Subscriber(address="dan@example.com", topics=("chess",)), now=make.WHEN)
    with pytest.raises(SendError, match="nobody would get"):
        store.sends.freeze(
            compiled=make.compiled(),
            tailor=TAILOR,
            date=make.WHEN,
            segments=[EVERYONE],
            provider="outbox",
            now=make.WHEN,
        )
    assert store.sends.all() == []


def test_a_reader_can_be_found_by_key(store: Store) -> None:
    fill(store)
    ada = store.subscribers.get("ada@example.com")
    assert ada is not None
    assert store.subscribers.by_key(ada.key) == ada
    assert store.subscribers.by_key("0" * 32) is None


def test_checking_for_a_database_does_not_create_one(tmp_path: Path) -> None:
    file = tmp_path / "newsletter.db"
    assert not exists(f"sqlite:///{file}")
    assert not file.exists()
    open_store(f"sqlite:///{file}").close()
    assert exists(f"sqlite:///{file}")
    assert exists("postgresql://localhost/newsletter")
    assert exists("no url")


def test_an_issue_without_an_entry_for_any_reader_is_not_frozen(store: Store) -> None:
    store.subscribers.add(Subscriber(address="dan@example.com", topics=("chess",)), now=make.WHEN)
    with pytest.raises(SendError, match="nobody would get issue"):
        store.sends.freeze(
            compiled=make.compiled(),
            tailor=TAILOR,
            date=make.WHEN,
            segments=[EVERYONE],
            provider="outbox",
            now=make.WHEN,
        )
    assert store.sends.all() == []


def test_a_tailored_issue_is_frozen_by_edition(store: Store) -> None:
    fill(store)
    send = store.sends.freeze(
        compiled=make.compiled(), tailor=TAILOR, date=make.WHEN, segments=[EVERYONE], provider="outbox", now=make.WHEN
    )
    assert (send.recipients, send.left_out) == (4, 1)
    assert store.frozen.editions(send.id).readers == {(0,): 2, (1,): 1, (0, 1): 1}


def test_an_untailored_issue_counts_all_its_readers(store: Store) -> None:
    fill(store)
    send = store.sends.freeze(
        compiled=make.compiled(),
        tailor=make.tailor(),
        date=make.WHEN,
        segments=[EVERYONE],
        provider="outbox",
        now=make.WHEN,
    )
    assert list(store.frozen.editions(send.id).readers.values()) == [5]
