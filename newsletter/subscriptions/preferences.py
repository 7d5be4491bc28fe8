"""Readers' preferences, as values that a page, a studio or an API can show and change."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from newsletter.domain.languages import language_for
from newsletter.domain.publication import Newsletter
from newsletter.domain.subscriber import Frequency, Subscriber, SubscriberStatus
from newsletter.errors import NewsletterError
from newsletter.store import Store

LONGEST_PAUSE = timedelta(days=366)


class PauseError(NewsletterError):
    """A pause that doesn't end tomorrow or later, or lasts longer than a year."""

    code = "pause-invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """A reader's preferences.

    ``topics`` and ``excludes`` are slugs. ``paused_until`` is the day on which issues start again, in the newsletter's
    time zone, or None. ``language`` is one of the newsletter's. ``uncounted`` readers are not
    tracked.
    """

    first_name: str
    last_name: str
    topics: tuple[str, ...]
    excludes: tuple[str, ...]
    frequency: Frequency
    paused_until: date | None
    language: str
    uncounted: bool


def preferences_of(reader: Subscriber, newsletter: Newsletter, now: datetime) -> Preferences:
    """Return a reader's preferences: topics by their current slugs, and the newsletter's language that suits them."""
    topics, until = newsletter.topics, reader.paused_until
    excludes = {topics.current(slug) for slug in reader.excludes}
    follows = {topics.current(slug) for slug in reader.topics} - excludes
    return Preferences(
        first_name=reader.first_name,
        last_name=reader.last_name,
        topics=tuple(sorted(follows)),
        excludes=tuple(sorted(excludes)),
        frequency=reader.frequency,
        paused_until=until.astimezone(newsletter.zone).date() if until and until > now else None,
        language=language_for(reader.language, newsletter.languages),
        uncounted=reader.uncounted,
    )


def can_change_preferences(reader: Subscriber) -> bool:
    """Return whether a reader can change their preferences: only confirmed readers can, as the others get no issues."""
    return reader.status is SubscriberStatus.CONFIRMED


def change_preferences(
    store: Store, newsletter: Newsletter, reader: Subscriber, wanted: Preferences, now: datetime
) -> Subscriber | None:
    """Store a reader's preferences and return the reader; None if they no longer exist or can't change them.

    Start from ``preferences_of`` and change what the reader wants changed: a field with the same value as there stays
    as it is stored, such as a pause that an import set beyond the longest that can be chosen, or a language's region.
    Topics that newsletter.toml no longer declares stay too. If the newsletter has no weekly digest, or tracks no
    readers, the choice about it stays as it is.

    Raise PauseError if a new pause doesn't end tomorrow or later, or not within a year, and StoreError.
    """
    return _save(store, _with(reader, wanted, newsletter, now), now)


def switch_to_digest(store: Store, newsletter: Newsletter, key: str, now: datetime) -> bool:
    """Switch the reader with this key to the weekly digest, and return whether they were switched.

    They aren't if there is no digest, no such reader, or they can't change their preferences.
    """
    reader = store.subscribers.by_key(key)
    if reader is None or not newsletter.weekly_digest:
        return False
    return _save(store, replace(reader, frequency=Frequency.WEEKLY), now) is not None


def pause(store: Store, newsletter: Newsletter, key: str, now: datetime, *, lasts: timedelta) -> datetime | None:
    """Pause issues for the reader with this key, and return when they start again.

    That is the start of a day in the newsletter's time zone. Return None if there is no such reader, or they can't
    change their preferences.
    """
    reader = store.subscribers.by_key(key)
    if reader is None:
        return None
    zone = newsletter.zone
    until = datetime.combine((now + lasts).astimezone(zone).date(), time(), zone)
    return until if _save(store, replace(reader, paused_until=until), now) else None


def _save(store: Store, changed: Subscriber, now: datetime) -> Subscriber | None:
    return store.self_service.save_preferences(changed.key, changed, now) if can_change_preferences(changed) else None


def _with(reader: Subscriber, wanted: Preferences, newsletter: Newsletter, now: datetime) -> Subscriber:
    shown = preferences_of(reader, newsletter, now)
    declared = {topic.slug for topic in newsletter.topics}
    excludes = {*wanted.excludes, *(set(shown.excludes) - declared)}
    follows = {*wanted.topics, *(set(shown.topics) - declared)} - excludes
    changed = replace(
        reader,
        first_name=wanted.first_name,
        last_name=wanted.last_name,
        topics=tuple(sorted(follows)),
        excludes=tuple(sorted(excludes)),
    )
    if newsletter.weekly_digest:
        changed = replace(changed, frequency=wanted.frequency)
    if newsletter.counting.tracks_readers:
        changed = replace(changed, uncounted=wanted.uncounted)
    if wanted.language != shown.language:
        changed = replace(changed, language=wanted.language)
    if wanted.paused_until != shown.paused_until:
        changed = replace(changed, paused_until=_end_of_pause(wanted.paused_until, newsletter, now))
    return changed


def _end_of_pause(until: date | None, newsletter: Newsletter, now: datetime) -> datetime | None:
    if until is None:
        return None
    zone = newsletter.zone
    today = now.astimezone(zone).date()
    if not today < until <= today + LONGEST_PAUSE:
        raise PauseError("a pause ends on a day after today, within a year")
    return datetime.combine(until, time(), zone)
