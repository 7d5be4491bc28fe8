"""The readers of segments are counted step by step, whatever gaps there are between their ids."""

import sqlalchemy as sa

from newsletter.domain.segment import EVERYONE, Segment
from newsletter.domain.subscriber import Subscriber, SubscriberStatus
from newsletter.store import Store
from newsletter.store.tables import subscriber, subscriber_topic
from tests import make
from tests.rows import execute

MUSIC = Segment(slug="music", name="Music", any=(frozenset({"music"}),))


def test_the_steps_add_up(store: Store) -> None:
    readers = [
        Subscriber(
            address=f"r{number}@example.org",
            topics=("music",) if number % 3 else (),
            status=SubscriberStatus.UNSUBSCRIBED if number % 10 == 9 else SubscriberStatus.CONFIRMED,
        )
        for number in range(300)
    ]
    store.subscribers.merge([readers], now=make.WHEN)
    is_far = subscriber.c.address == "r200@example.org"
    topics = sa.delete(subscriber_topic).where(
        subscriber_topic.c.subscriber.in_(sa.select(subscriber.c.id).where(is_far))
    )
    execute(store, topics, sa.update(subscriber).where(is_far).values(id=10**9))
    expected = store.subscribers.counts([MUSIC, EVERYONE], make.WHEN)
    after, counts, steps = 0, {"music": 0, "everyone": 0}, 0
    while True:
        step = store.segment_steps.step([MUSIC, EVERYONE], make.WHEN, after=after, seconds=0, examples=2)
        counts = {slug: number + step.counts[slug] for slug, number in counts.items()}
        steps += 1
        assert all("music" in reader.topics for reader in step.inside)
        assert not any("music" in reader.topics for reader in step.outside)
        if step.after is None:
            break
        after = step.after
    assert counts == expected
    assert steps < 5
