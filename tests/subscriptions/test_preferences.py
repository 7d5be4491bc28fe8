"""Preferences as values: what is shown, what a change stores, and what it leaves alone."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from newsletter.domain.consent import UnsubscribeRequest
from newsletter.domain.publication import Newsletter
from newsletter.domain.subscriber import Frequency, Subscriber
from newsletter.domain.tracking import TrackingLevel, TrackingSettings
from newsletter.store import Store
from newsletter.subscriptions import (
    PauseError,
    Preferences,
    can_change_preferences,
    change_preferences,
    pause,
    preferences_of,
    switch_to_digest,
    unsubscribe,
)
from tests import make

NOW = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # in Berlin it is the 24th
TRACKING = TrackingSettings(clicks=TrackingLevel.INDIVIDUAL)


def newsletter(**changes: Any) -> Newsletter:
    return make.newsletter(**({"time_zone": "Europe/Berlin"} | changes))


def change(store: Store, reader: Subscriber, letter: Newsletter | None = None, **wanted: Any) -> Subscriber:
    """Change some of a reader's preferences, and return the reader as stored."""
    letter = letter or newsletter()
    shown = preferences_of(reader, letter, NOW)
    changed = change_preferences(store, letter, reader, replace(shown, **wanted), NOW)
    assert changed is not None
    assert changed == store.subscribers.by_key(reader.key)
    return changed


def test_preferences_show_current_topics_a_close_language_and_the_day_a_pause_ends() -> None:
    reader = Subscriber(
        address="ada@example.com",
        topics=("north-atlantic-treaty-organization", "asia", "undeclared"),
        excludes=("nato",),
        language="pt-BR",
        paused_until=datetime(2026, 12, 23, 23, tzinfo=UTC),
        first_name="Ada",
    )
    assert preferences_of(reader, newsletter(other_languages=("pt",)), NOW) == Preferences(
        first_name="Ada",
        last_name="",
        topics=("asia", "undeclared"),
        excludes=("nato",),
        frequency=Frequency.EACH,
        paused_until=date(2026, 12, 24),
        language="pt",
        uncounted=False,
    )


def test_a_pause_that_is_over_is_not_shown() -> None:
    over = Subscriber(address="ada@example.com", paused_until=NOW)
    assert preferences_of(over, newsletter(), NOW).paused_until is None


def test_unchanged_preferences_keep_what_cannot_be_chosen(store: Store) -> None:
    reader = store.subscribers.add(
        Subscriber(
            address="ada@example.com",
            topics=("asia", "undeclared"),
            language="zh-Hant-TW",
            paused_until=NOW + timedelta(days=5 * 365, seconds=7),
            frequency=Frequency.WEEKLY,
        ),
        now=NOW,
    )
    assert change(store, reader) == reader


def test_a_change_stores_the_new_values_and_keeps_undeclared_topics(store: Store) -> None:
    reader = store.subscribers.add(Subscriber(address="ada@example.com", topics=("nato", "undeclared")), now=NOW)
    changed = change(
        store,
        reader,
        topics=("asia", "nato"),
        excludes=("nato",),
        first_name="Ada",
        last_name="Lovelace",
        language="fr",
        paused_until=date(2026, 12, 24),
    )
    assert (changed.topics, changed.excludes) == (("asia", "undeclared"), ("nato",))
    assert (changed.first_name, changed.last_name, changed.language) == ("Ada", "Lovelace", "fr")
    assert changed.paused_until == datetime(2026, 12, 23, 23, tzinfo=UTC)  # midnight in Berlin
    assert change(store, changed, paused_until=None).paused_until is None


@pytest.mark.parametrize("offered", [False, True])
def test_what_the_newsletter_does_not_offer_cannot_be_changed(store: Store, offered: bool) -> None:
    reader = store.subscribers.add(Subscriber(address="ada@example.com"), now=NOW)
    letter = newsletter(weekly_digest=True, counting=TRACKING) if offered else newsletter()
    changed = change(store, reader, letter, frequency=Frequency.WEEKLY, uncounted=True)
    assert (changed.frequency is Frequency.WEEKLY, changed.uncounted) == (offered, offered)


@pytest.mark.parametrize(
    ("until", "possible"),
    [
        (date(2026, 11, 23), False),
        (date(2026, 11, 24), False),  # today in Berlin
        (date(2026, 11, 25), True),
        (date(2027, 11, 25), True),
        (date(2027, 11, 26), False),
    ],
)
def test_a_new_pause_ends_tomorrow_or_later_and_within_a_year(store: Store, until: date, possible: bool) -> None:
    reader = store.subscribers.add(Subscriber(address="ada@example.com"), now=NOW)
    if possible:
        assert preferences_of(change(store, reader, paused_until=until), newsletter(), NOW).paused_until == until
    else:
        with pytest.raises(PauseError, match="after today, within a year"):
            change(store, reader, paused_until=until)
        assert store.subscribers.by_key(reader.key) == reader


def test_a_reader_who_no_longer_exists_is_not_changed(store: Store) -> None:
    reader = Subscriber(address="ada@example.com", key="0" * 32)
    wanted = preferences_of(reader, newsletter(), NOW)
    assert change_preferences(store, newsletter(), reader, wanted, NOW) is None
    assert pause(store, newsletter(), reader.key, NOW, lasts=timedelta(days=30)) is None
    assert not switch_to_digest(store, newsletter(weekly_digest=True), reader.key, NOW)


def test_a_pause_ends_at_the_start_of_a_day_of_the_newsletter(store: Store) -> None:
    reader = store.subscribers.add(Subscriber(address="ada@example.com"), now=NOW)
    until = pause(store, newsletter(), reader.key, NOW, lasts=timedelta(days=30))
    assert until == datetime(2026, 12, 23, 23, tzinfo=UTC)  # 24 December in Berlin
    paused = store.subscribers.by_key(reader.key)
    assert paused == replace(reader, paused_until=until)


def test_only_a_newsletter_with_a_digest_can_be_switched_to_it(store: Store) -> None:
    reader = store.subscribers.add(Subscriber(address="ada@example.com"), now=NOW)
    assert not switch_to_digest(store, newsletter(), reader.key, NOW)
    assert store.subscribers.by_key(reader.key) == reader
    assert switch_to_digest(store, newsletter(weekly_digest=True), reader.key, NOW)
    assert store.subscribers.by_key(reader.key) == replace(reader, frequency=Frequency.WEEKLY)


def test_unsubscribed_readers_cannot_change_preferences_pause_or_get_the_digest(store: Store) -> None:
    reader = store.subscribers.add(Subscriber(address="ada@example.com"), now=NOW)
    unsubscribe(store, [UnsubscribeRequest(key=reader.key, how="page", issue="2026-11-23")], NOW)
    left = store.subscribers.by_key(reader.key)
    assert left is not None
    assert not can_change_preferences(left)
    wanted = replace(preferences_of(left, newsletter(), NOW), first_name="Augusta")
    assert change_preferences(store, newsletter(), left, wanted, NOW) is None
    assert pause(store, newsletter(), reader.key, NOW, lasts=timedelta(days=30)) is None
    assert not switch_to_digest(store, newsletter(weekly_digest=True), reader.key, NOW)
    assert store.subscribers.by_key(reader.key) == left
