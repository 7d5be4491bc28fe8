"""Changing what is known about a reader by hand: their names, topics, language, time zone, frequency and pause."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time

from newsletter.domain.languages import InvalidLanguageError, parse_language
from newsletter.domain.people import Act, Person, require
from newsletter.domain.publication import Newsletter
from newsletter.domain.schedule import parse_zone
from newsletter.domain.subscriber import Frequency, Subscriber
from newsletter.errors import NewsletterError, UsageError
from newsletter.message.encoding import header_safe
from newsletter.publishing.readers.reader_requests import known_reader
from newsletter.publishing.readers.readers import ReaderGoneError, note_change
from newsletter.store import Store

LONGEST_NAME = 200


class ReaderChangedError(NewsletterError):
    """A change of a reader whose same details somebody else, perhaps the reader, has changed meanwhile."""

    code = "reader-changed"

    def __init__(self, *, detail: str) -> None:
        self.detail = detail
        super().__init__(f"their {detail} changed meanwhile", hint="look at the reader again, then repeat your change")


class ReaderDetailError(UsageError):
    """A detail of a reader that can't be stored; ``field`` is its name in a form."""

    code = "reader-detail"

    def __init__(self, what: str, *, field: str, hint: str = "") -> None:
        self.field = field
        super().__init__(what, hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderDetails:
    """The details of a reader that staff may change; topics are current slugs.

    ``paused_until`` is the day on which issues start again, in the newsletter's time zone.
    """

    first_name: str = ""
    last_name: str = ""
    topics: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    language: str = ""
    time_zone: str = ""
    frequency: Frequency = Frequency.EACH
    paused_until: date | None = None

    @property
    def values(self) -> dict[str, str]:
        """Return the details as texts, by name, to compare them with what somebody saw."""
        return {field.name: _text(getattr(self, field.name)) for field in fields(self)}


def details_of(reader: Subscriber, newsletter: Newsletter) -> ReaderDetails:
    """Return a reader's details."""
    topics, until = newsletter.topics, reader.paused_until
    excludes = {topics.current(slug) for slug in reader.excludes}
    return ReaderDetails(
        first_name=reader.first_name,
        last_name=reader.last_name,
        topics=tuple(sorted({topics.current(slug) for slug in reader.topics} - excludes)),
        excludes=tuple(sorted(excludes)),
        language=reader.language,
        time_zone=reader.time_zone,
        frequency=reader.frequency,
        paused_until=until.astimezone(newsletter.zone).date() if until else None,
    )


def parsed_details(newsletter: Newsletter, given: ReaderDetails) -> ReaderDetails:
    """Return details as they are stored: names on one line, topics as slugs, a language tag, a time zone.

    A topic that is both followed and excluded is excluded. Raise ReaderDetailError.
    """
    excludes = _slugs(newsletter, given.excludes)
    return replace(
        given,
        first_name=_name(given.first_name, "first_name"),
        last_name=_name(given.last_name, "last_name"),
        topics=tuple(slug for slug in _slugs(newsletter, given.topics) if slug not in excludes),
        excludes=excludes,
        language=_language(given.language),
        time_zone=_zone(given.time_zone),
    )


def edit_reader(
    store: Store,
    newsletter: Newsletter,
    person: Person,
    key: str,
    *,
    seen: dict[str, str],
    wanted: ReaderDetails,
    now: datetime,
) -> tuple[Subscriber, tuple[str, ...]]:
    """Change those details of a reader that differ from what the person has ``seen``, as ``ReaderDetails.values``.

    Return the reader and the names of what changed. Raise ReaderGoneError, ReaderDetailError, and ReaderChangedError
    if somebody else has changed one of them since.
    """
    require(person, Act.CHANGE_READERS)
    reader = known_reader(store, key)
    before = details_of(reader, newsletter)
    wanted = parsed_details(newsletter, wanted)
    there, given = before.values, wanted.values
    names = tuple(name for name, text in given.items() if text not in (seen.get(name, ""), there[name]))
    for name in names:
        if there[name] != seen.get(name, ""):
            raise ReaderChangedError(detail=name.replace("_", " "))
    if not names:
        return reader, ()
    changed = _changed(reader, wanted, names, newsletter, now)
    stored = store.self_service.save_preferences(key, changed, now)
    if stored is None:
        raise ReaderGoneError()
    note_change(store, person, Act.CHANGE_READERS, reader, "edited", now=now, fields=list(names))
    return stored, names


def _changed(
    reader: Subscriber, wanted: ReaderDetails, names: Sequence[str], newsletter: Newsletter, now: datetime
) -> Subscriber:
    changed = reader
    for name in names:
        match name:
            case "paused_until":
                changed = replace(changed, paused_until=_end_of_pause(wanted.paused_until, newsletter, now))
            case "topics":
                changed = replace(changed, topics=wanted.topics, excludes=wanted.excludes)
            case "excludes":
                changed = replace(changed, topics=wanted.topics, excludes=wanted.excludes)
            case _:
                changed = replace(changed, **{name: getattr(wanted, name)})
    return changed


def _end_of_pause(until: date | None, newsletter: Newsletter, now: datetime) -> datetime | None:
    if until is None:
        return None
    zone = newsletter.zone
    if until <= now.astimezone(zone).date():
        hint = "choose a later day, or empty the field to end the pause"
        raise ReaderDetailError("a pause ends on a day after today", field="paused_until", hint=hint)
    return datetime.combine(until, time(), zone)


def _text(value: object) -> str:
    return ";".join(value) if isinstance(value, tuple) else "" if value is None else str(value)


def _name(text: str, field: str) -> str:
    name = header_safe(text)
    if len(name) > LONGEST_NAME:
        raise ReaderDetailError(f"a name has at most {LONGEST_NAME} characters", field=field)
    return name


def _slugs(newsletter: Newsletter, names: Sequence[str]) -> tuple[str, ...]:
    slugs = {newsletter.topics.resolve(name).slug for name in names if name.strip()}
    return tuple(sorted(slug for slug in slugs if slug))


def _language(text: str) -> str:
    try:
        return parse_language(text) if text.strip() else ""
    except ValueError as err:
        wrong = InvalidLanguageError(text=text)
        raise ReaderDetailError(wrong.what, field="language", hint=wrong.hint) from err


def _zone(text: str) -> str:
    try:
        return parse_zone(text) if text.strip() else ""
    except ValueError as err:
        raise ReaderDetailError(str(err), field="time_zone") from err
