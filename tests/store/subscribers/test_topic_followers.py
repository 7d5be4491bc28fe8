"""Followers move from one topic to others, and keep the choices that they have made about those."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from newsletter.domain.consent import (
    Confirmation,
    ConfirmationKind,
    MailRequest,
    ServiceKind,
    ServiceMessage,
    SignUpChoices,
)
from newsletter.domain.subscriber import Subscriber, SubscriberStatus, SuppressionReason
from newsletter.domain.topic_changes import FollowerCounts, TopicTarget
from newsletter.store import Store
from tests import make

READERS = {
    "follows": (("music",), ()),
    "excludes": ((), ("music",)),
    "both": (("music", "arts"), ()),
    "parent": (("arts",), ("music",)),
    "child": (("music",), ("arts",)),
    "older": (("songs",), ()),
    "decided": (("music", "culture"), ()),
    "other": (("maps",), ()),
}
ARTS = TopicTarget(slug="arts", former=frozenset({"culture"}))


def add(store: Store) -> None:
    readers = [
        Subscriber(address=f"{name}@example.org", topics=follows, excludes=excludes)
        for name, (follows, excludes) in READERS.items()
    ]
    gone = Subscriber(address="gone@example.org", topics=("music",), status=SubscriberStatus.UNSUBSCRIBED)
    store.subscribers.merge([[*readers, gone]], now=make.WHEN)


def choices(store: Store) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    readers = {reader.address.partition("@")[0]: reader for reader in store.subscribers.stream()}
    return {name: (readers[name].topics, readers[name].excludes) for name in READERS}


def test_followers_are_counted(store: Store) -> None:
    add(store)
    counts = store.topic_followers.counts()
    assert counts["music"] == FollowerCounts(following=4, excluding=2)
    assert counts["arts"] == FollowerCounts(following=2, excluding=1)


def test_followers_are_the_same_readers_on_the_page_of_topics_and_in_reports(store: Store) -> None:
    add(store)
    for name in ("follows", "excludes", "gone"):
        store.suppressions.add(f"{name}@example.org", SuppressionReason.BOUNCED, now=make.WHEN)
    counts = store.topic_followers.counts()
    assert counts["music"] == FollowerCounts(following=3, excluding=1)
    store.daily_totals.count_days(make.WHEN.date() + timedelta(days=2), ZoneInfo("UTC"))
    followed = {topic: numbers.following for topic, numbers in counts.items() if numbers.following}
    assert store.daily_totals.followers() == followed


def test_a_choice_about_the_target_stays_and_everybody_else_gets_it(store: Store) -> None:
    add(store)
    sources = frozenset({"music", "songs"})
    # Those who get it: follows, older, gone and excludes; the others have decided about arts or culture.
    expected = FollowerCounts(following=3, excluding=1, keeping=4)
    assert store.topic_followers.affected(sources, ARTS) == expected
    for _ in range(2):
        store.topic_followers.copy(sources, [ARTS])
    store.topic_followers.finish(sources, [ARTS])
    merged = {
        "follows": (("arts",), ()),
        "excludes": ((), ("arts",)),
        "both": (("arts",), ()),
        "parent": (("arts",), ()),
        "child": ((), ("arts",)),
        "older": (("arts",), ()),
        "decided": (("culture",), ()),
        "other": (("maps",), ()),
    }
    assert choices(store) == merged
    assert store.topic_followers.affected(sources, ARTS) == FollowerCounts()
    store.topic_followers.copy(sources, [ARTS])
    store.topic_followers.finish(sources, [ARTS])
    assert choices(store) == merged


def test_a_reader_who_chooses_the_topic_between_the_steps_keeps_it(store: Store) -> None:
    add(store)
    store.topic_followers.copy({"music"}, [ARTS])
    changed = [
        Subscriber(address="other@example.org", topics=("music",)),
        Subscriber(address="older@example.org", topics=(), excludes=("music",)),
    ]
    store.subscribers.merge([changed], now=make.WHEN)
    store.topic_followers.finish({"music"}, [ARTS])
    moved = choices(store)
    assert "arts" in moved["other"][0]
    assert moved["older"][1] == ("arts",)


def test_a_split_gives_all_topics_and_so_do_sign_ups_that_wait(store: Store) -> None:
    add(store)
    sign_up = Confirmation(
        key="0" * 32,
        kind=ConfirmationKind.SIGN_UP,
        address="new@example.org",
        requested=make.WHEN,
        how="page",
        choices=SignUpChoices(topics=("maps", "music")),
    )
    message = ServiceMessage(kind=ServiceKind.CONFIRM, about=sign_up.key, address=sign_up.address, created=make.WHEN)
    assert store.confirmations.request([MailRequest(message=message, about=sign_up)]) == [None]
    parts = [TopicTarget(slug="songs"), TopicTarget(slug="radio")]
    store.topic_followers.copy({"music"}, parts)
    store.topic_followers.finish({"music"}, parts)
    assert choices(store)["follows"] == (("radio", "songs"), ())
    assert choices(store)["parent"] == (("arts",), ("radio", "songs"))
    waiting = store.confirmations.get("0" * 32)
    assert waiting is not None
    assert waiting.choices.topics == ("maps", "songs", "radio")
