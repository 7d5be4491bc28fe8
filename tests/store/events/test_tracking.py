"""Clicks and opens in both databases, counted by link, entry, topic and position, apart from machines."""

from datetime import timedelta

from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Subscriber
from newsletter.domain.tracking import ClickOrOpen, Link, MachineReason, TrackingCount
from newsletter.store import Store
from newsletter.tokens import Signer
from tests import make

LINKS = (
    Link(number=1, url="https://example.org/a", entry="a", position=1, topics=("asia", "nato")),
    Link(number=2, url="https://example.org/b", entry="b", position=2, topics=("nato",)),
    Link(number=3, url="https://example.org/b#more", entry="b", position=2, topics=("nato",)),
    Link(number=4, url="https://example.org/note"),
)


def sent(store: Store) -> int:
    """Freeze an issue with these links for three readers, and return its send."""
    store.subscribers.merge([[Subscriber(address=f"r{at}@example.com") for at in range(3)]], now=make.WHEN)
    return store.sends.freeze(
        compiled=make.compiled(links=LINKS),
        tailor=make.tailor(),
        date=make.WHEN,
        segments=[EVERYONE],
        provider="outbox",
        now=make.WHEN,
    ).id


def clicked(send: int, link: int | None, reader: str = "", machine: MachineReason | None = None) -> ClickOrOpen:
    return ClickOrOpen(send=send, link=link, at=make.WHEN + timedelta(hours=1), reader=reader, machine=machine)


def test_a_link_has_the_issues_target(store: Store) -> None:
    send = sent(store)
    target = store.clicks_and_opens.link("2026-11-23", 3)
    assert target is not None
    assert (target.send, target.url) == (send, "https://example.org/b#more")
    assert store.clicks_and_opens.link("2026-11-23", 5) is None
    assert store.clicks_and_opens.link("2026-11-24", 1) is None
    assert store.clicks_and_opens.send_of("2026-11-23") == send
    assert store.clicks_and_opens.send_of("2026-11-24") is None


def test_clicks_are_counted_by_link_entry_topic_and_position(store: Store) -> None:
    send = sent(store)
    keys = [reader.key for reader in store.subscribers.stream()]
    store.clicks_and_opens.record([clicked(send, 1, keys[0]), clicked(send, 1, keys[0]), clicked(send, 2, keys[1])])
    store.clicks_and_opens.record([clicked(send, 3), clicked(send, 4), clicked(send, 2, keys[2], MachineReason.HEAD)])
    store.clicks_and_opens.record([clicked(send, None, keys[0]), clicked(send, None, machine=MachineReason.PREFETCH)])
    counts = store.clicks_and_opens.counts("2026-11-23")
    assert [counted.link for counted in counts.links] == list(LINKS)
    assert [counted.count for counted in counts.links] == [
        TrackingCount(people=2, readers=1),
        TrackingCount(people=1, machines=1, readers=1),
        TrackingCount(people=1),
        TrackingCount(people=1),
    ]
    assert counts.clicks == TrackingCount(people=5, machines=1, readers=2)
    assert counts.opens == TrackingCount(people=1, machines=1, readers=1)
    assert counts.by_entry() == {"a": 2, "b": 2}
    assert counts.by_position() == {1: 2, 2: 2}
    assert list(counts.by_topic().items()) == [("nato", 4), ("asia", 2)]


def test_an_issue_without_clicks_has_zero_counts(store: Store) -> None:
    assert store.clicks_and_opens.counts("2026-11-23").links == ()
    sent(store)
    counts = store.clicks_and_opens.counts("2026-11-23")
    assert counts.clicks == counts.opens == TrackingCount()
    assert store.clicks_and_opens.record([]) == ()
    assert len(counts.links) == len(LINKS)


def test_a_response_reclassified_as_a_machines_no_longer_counts(store: Store) -> None:
    send = sent(store)
    first, second = store.clicks_and_opens.record([clicked(send, 1), clicked(send, 2)])
    (third,) = store.clicks_and_opens.record(
        [clicked(send, 3, machine=MachineReason.BURST)], machines={first: MachineReason.BURST}
    )
    assert len({first, second, third}) == 3
    assert [counted.count.people for counted in store.clicks_and_opens.counts("2026-11-23").links] == [0, 1, 0, 0]


def test_an_erased_readers_responses_are_anonymous_but_still_counted(store: Store) -> None:
    send = sent(store)
    reader = next(iter(store.subscribers.stream()))
    store.clicks_and_opens.record([clicked(send, 1, reader.key), clicked(send, None, reader.key)])
    (issue, url, first), (_, nothing, second) = store.clicks_and_opens.of_reader(reader.id)
    assert (issue, url, nothing) == ("2026-11-23", "https://example.org/a", "")
    assert (first.link, second.link) == (1, None)
    assert store.self_service.erase(reader.key, make.WHEN, Signer(make.SECRET).fingerprints)
    assert store.clicks_and_opens.of_reader(reader.id) == []
    counts = store.clicks_and_opens.counts("2026-11-23")
    assert (counts.clicks, counts.opens) == (TrackingCount(people=1), TrackingCount(people=1))
    assert store.clicks_and_opens.record([clicked(send, 1, reader.key)])
