"""Which editions a send would have."""

from newsletter.audience import EVERYONE, Segment, Subscriber, SubscriberStatus
from newsletter.edition import EditionCounts, Tailor, Tailoring
from newsletter.issue import Otherwise
from newsletter.store import Store
from tests import make

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
        store.subscribers.add(Subscriber(address=f"{name}@example.com", topics=topics))
    store.subscribers.add(
        Subscriber(address="left@example.com", topics=("nato",), status=SubscriberStatus.UNSUBSCRIBED)
    )


def test_readers_are_counted_by_edition_the_largest_first(store: Store) -> None:
    fill(store)
    counts = store.sends.editions([EVERYONE], TAILOR)
    assert counts == EditionCounts(editions={(0,): 2, (1,): 1, (0, 1): 1}, skipped=1)
    assert next(iter(counts.editions)) == (0,)


def test_a_reader_of_two_segments_is_counted_once(store: Store) -> None:
    fill(store)
    assert store.sends.editions([ASIA, ASIA], TAILOR).editions == {(0,): 2}
    assert store.sends.editions([ASIA, EVERYONE], TAILOR).editions == {(0,): 2, (1,): 1, (0, 1): 1}
