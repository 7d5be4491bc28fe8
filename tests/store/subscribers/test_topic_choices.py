"""Readers by their choice of topics."""

from datetime import timedelta

from newsletter.domain.edition import Tailor, Tailoring, TopicChoices
from newsletter.domain.entry_spread import entry_spread
from newsletter.domain.segment import EVERYONE, Segment
from newsletter.domain.subscriber import Subscriber, SubscriberStatus, SuppressionReason
from newsletter.store import Store
from tests import make


def add(store: Store, address: str, *follows: str, **values: object) -> None:
    store.subscribers.merge([[Subscriber(address=address, topics=follows, **values)]], now=make.WHEN)  # type: ignore[arg-type]


def test_readers_are_counted_by_their_choice_of_topics(store: Store) -> None:
    add(store, "a@example.com", "asia", "nato")
    add(store, "b@example.com", "nato", "asia")
    add(store, "c@example.com", "asia", excludes=("nato",))
    add(store, "d@example.com")
    add(store, "pending@example.com", "asia", status=SubscriberStatus.UNSUBSCRIBED)
    add(store, "paused@example.com", "asia", paused_until=make.WHEN + timedelta(days=2))
    add(store, "bounced@example.com", "asia")
    store.suppressions.add("bounced@example.com", SuppressionReason.MANUAL, make.WHEN)
    both, one = frozenset({"asia", "nato"}), frozenset({"asia"})
    assert dict(store.subscribers.count_choices([EVERYONE], make.WHEN).items()) == {
        TopicChoices(follows=both): 2,
        TopicChoices(follows=one, excludes=frozenset({"nato"})): 1,
        TopicChoices(): 1,
    }
    asia = Segment(slug="asia", name="Asia", none=(frozenset({"nato"}),), any=(one,))
    assert dict(store.subscribers.count_choices([asia], make.WHEN).items()) == {
        TopicChoices(follows=one, excludes=frozenset({"nato"})): 1
    }
    assert dict(store.subscribers.count_choices([], make.WHEN).items()) == {}


def test_the_spread_agrees_with_the_editions_of_a_send(store: Store) -> None:
    for at in range(40):
        add(store, f"r{at}@example.com", *("asia", "nato", "elsewhere")[at % 4 : at % 5])
    issue = make.issue(make.entry("one", topics=("Asia",)), make.entry("two", topics=("NATO",)), make.entry("three"))
    tailor = Tailor(issue, make.topics(), Tailoring(maximum=2))
    spread = entry_spread(tailor, store.subscribers.count_choices([EVERYONE], make.WHEN))
    counts = store.sends.count_editions([EVERYONE], tailor, make.WHEN)
    assert spread.none == counts.left_out
    assert spread.one == sum(readers for edition, readers in counts.readers.items() if len(edition) == 1)
    assert spread.readers == 40
