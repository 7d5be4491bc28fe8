"""The audience of an issue: the segments it goes to, and what one reader would get of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.composing import Composed
from newsletter.domain.edition import Edition, EntryReason, TopicChoices
from newsletter.domain.issue import Issue
from newsletter.domain.languages import same_language
from newsletter.domain.publication import Newsletter
from newsletter.domain.reader_rules import Clicked, HasFrequency, ReaderFacts, ReadsLanguage, parts_of
from newsletter.domain.segment import EVERYONE, Segment
from newsletter.domain.subscriber import Frequency, Subscriber, SubscriberStatus
from newsletter.errors import SendError, SettingsError
from newsletter.settings import Settings
from newsletter.store import Store

_HOW_OFTEN = {Frequency.EACH: "each issue", Frequency.WEEKLY: "the weekly digest only"}


class DigestsDisabledError(SettingsError):
    """An issue that is a weekly digest, although newsletter.toml doesn't enable digests."""

    code = "digests-disabled"

    def __init__(self, *, issue: str) -> None:
        self.issue = issue
        super().__init__(
            f"issue {issue} is a weekly digest, but newsletter.toml doesn't enable digests",
            hint="set weekly_digest = true, so that readers can choose it, or remove `digest: true` from the issue",
        )


class NothingForReaderError(SendError):
    """A tailored issue without an entry for a reader; ``follows`` are the slugs of the topics that they follow."""

    code = "reader-no-match"

    def __init__(self, *, issue: str, address: str, follows: Sequence[str]) -> None:
        self.issue, self.address, self.follows = issue, address, tuple(follows)
        super().__init__(
            f"issue {issue} has nothing for {address}, who follows {', '.join(follows) or 'nothing'}",
            hint="write `otherwise: full` below `tailored:` in the issue to send such readers all of it",
        )


def segments_of(settings: Settings, issue: Issue) -> list[Segment]:
    """Return the segments that an issue goes to: those it names, or everyone.

    An issue that states its language goes only to readers of that language. If the newsletter has a weekly digest,
    digests go to the readers who chose it and other issues to the rest. Raise UnknownSegmentError, or
    DigestsDisabledError for a digest if newsletter.toml doesn't enable digests.
    """
    language = language_of(settings.newsletter, issue)
    chosen = [replace(settings.segment(slug), language=language) for slug in issue.segments or (EVERYONE.slug,)]
    if settings.newsletter.weekly_digest:
        frequency = Frequency.WEEKLY if issue.digest else Frequency.EACH
        return [replace(segment, frequency=HasFrequency(frequency=frequency)) for segment in chosen]
    if issue.digest:
        raise DigestsDisabledError(issue=issue.slug)
    return chosen


def language_of(newsletter: Newsletter, issue: Issue) -> ReadsLanguage | None:
    """Return the test for the readers of an issue's language, or None if the language makes no difference.

    That is so if the issue states none, or if the newsletter has only this one.
    """
    if not issue.language:
        return None
    languages = newsletter.languages
    stated = next((tag for tag in languages if same_language(tag, issue.language)), issue.language)
    if stated not in languages:
        languages = (*languages, stated)
    return ReadsLanguage(language=stated, languages=languages) if len(languages) > 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderCopy:
    """A reader's copy of an issue, and why it is what it is.

    ``edition`` has the positions of what they would get, or is None if they would get nothing. ``reasons`` has one
    reason per entry of the issue, then one per block with topics. A send would skip the
    reader because of any of the ``obstacles``.
    """

    reader: Subscriber
    edition: Edition | None
    reasons: tuple[EntryReason, ...]
    obstacles: tuple[str, ...]


def reader_copy(
    settings: Settings, store: Store, composed: Composed, address: str, *, now: datetime
) -> ReaderCopy | None:
    """Return a reader's copy of an issue, or None if no reader has the address. Raise as ``segments_of`` does."""
    subscriber = store.subscribers.get(address)
    if subscriber is None:
        return None
    reader = TopicChoices.of(subscriber)
    return ReaderCopy(
        reader=subscriber,
        edition=composed.tailor.edition(reader),
        reasons=tuple(composed.tailor.reasons(reader)),
        obstacles=tuple(_obstacles(store, segments_of(settings, composed.issue), subscriber, now)),
    )


def _obstacles(store: Store, segments: list[Segment], subscriber: Subscriber, now: datetime) -> list[str]:
    clicks = store.clicks_and_opens.topic_clicks(subscriber.id) if any(map(_asks_for_clicks, segments)) else ()
    facts = ReaderFacts(reader=subscriber, now=now, clicks=tuple(clicks))
    reasons = []
    if subscriber.status is not SubscriberStatus.CONFIRMED:
        reasons.append(f"they are {subscriber.status}")
    if store.suppressions.has(subscriber.address):
        reasons.append("the address is suppressed")
    if subscriber.paused_until and subscriber.paused_until > now:
        reasons.append(f"they have paused until {subscriber.paused_until:%Y-%m-%d}")
    if not any(segment.frequency is None or segment.frequency.holds(facts) for segment in segments):
        reasons.append(f"they are mailed {_HOW_OFTEN[subscriber.frequency]}")
    if not any(segment.language is None or segment.language.holds(facts) for segment in segments):
        reasons.append(f"they don't get issues in {' or '.join(_languages(segments))}")
    if not any(segment.admits(facts) for segment in segments):
        reasons.append(f"they are not in the segment {' or '.join(segment.slug for segment in segments)}")
    return reasons


def _languages(segments: list[Segment]) -> list[str]:
    return sorted({segment.language.language for segment in segments if segment.language})


def _asks_for_clicks(segment: Segment) -> bool:
    return any(isinstance(part, Clicked) for part in parts_of(segment.rule))
