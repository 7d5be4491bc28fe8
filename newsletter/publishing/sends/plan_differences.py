"""Compare a planned send with the last five, and remark on what looks like a mistake in its plan."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time

from newsletter import checks, content
from newsletter.composing import Composed
from newsletter.domain.date_words import day_in_words, distance_in_words
from newsletter.domain.edition import Edition
from newsletter.domain.issue import Issue
from newsletter.domain.plan_differences import (
    COMPARED,
    AudienceAlarm,
    Measure,
    PlanDifferences,
    PlanNote,
    PlanNoteKind,
    SendShape,
    plan_differences,
)
from newsletter.domain.reader_rules import AllOf, AnyOf, Follows, ReaderRule
from newsletter.domain.reading_time import minutes_of
from newsletter.domain.segment import Segment
from newsletter.domain.send import Send, SendStatus
from newsletter.domain.topics import Topics
from newsletter.errors import SendError
from newsletter.message.compiled_issue import CompiledIssue
from newsletter.message.template import fill_text
from newsletter.publishing.sends.start_time import StartTime
from newsletter.sending import Plan
from newsletter.settings import Settings
from newsletter.store import Store


class UnusualAudienceError(SendError):
    """A send to many more or fewer readers than the last ones, which nobody has confirmed."""

    code = "send-audience-unusual"

    def __init__(self, alarm: AudienceAlarm, *, issue: str) -> None:
        self.alarm, self.issue = alarm, issue
        super().__init__(
            f"issue {issue}: {alarm.words}", hint="check its segments and the last import, then confirm the number"
        )


def compare_plan(
    settings: Settings,
    store: Store,
    composed: Composed,
    plan: Plan,
    *,
    start: StartTime | None,
    today: date,
    now: datetime,
) -> PlanDifferences:
    """Return how a planned send differs from the last five of its kind, with remarks about its plan.

    Digests are compared with digests, and issues with those in the same language: they go to other readers. A send that
    was cancelled doesn't count.
    """
    issue, zone = composed.issue, settings.newsletter.zone
    moment = (start.begins if start else now).astimezone(zone)
    at = time.fromisoformat(start.local_time) if start and start.local_time else moment.time()
    planned = SendShape(
        issue=issue.slug,
        measures={Measure.RECIPIENTS: plan.recipients, **_measures(composed.compiled)},
        segments=tuple(segment.slug for segment in plan.segments),
        begins=at,
        topics=_topic_names(issue, settings.newsletter.topics),
    )
    issues = {other.slug: other for other in content.read_manuscripts(settings.root).issues}
    begun = [
        send
        for send in store.sends.listed()
        if send.digest and send.status is not SendStatus.CANCELLED and send.issue != issue.slug
    ]
    alike = [send for send in begun if _is_alike(issue, issues.get(send.issue))][:COMPARED]
    earlier = [_shape(settings, store, send, issues) for send in alike]
    notes = [
        *_date_notes(issue, start.day if start else today, today),
        *_topicless(issue, plan.segments, settings.newsletter.topics),
    ]
    return plan_differences(planned, earlier, notes=notes)


def refuse_unusual_audience(differences: PlanDifferences) -> None:
    """Raise UnusualAudienceError if a person should confirm the number of recipients.

    Call this before a send that nobody confirms, such as cron's.
    """
    if alarm := differences.alarm:
        raise UnusualAudienceError(alarm, issue=differences.planned.issue)


def _is_alike(issue: Issue, other: Issue | None) -> bool:
    """Return whether another issue is of the same kind; one whose file is gone is an issue in the usual language."""
    return (issue.digest, issue.language) == ((other.digest, other.language) if other else (False, ""))


def _shape(settings: Settings, store: Store, send: Send, issues: Mapping[str, Issue]) -> SendShape:
    issue = issues.get(send.issue)
    return SendShape(
        issue=send.issue,
        measures={Measure.RECIPIENTS: send.recipients, **_frozen_measures(store, send)},
        segments=send.segments,
        begins=time.fromisoformat(send.local_time)
        if send.local_time
        else send.created.astimezone(settings.newsletter.zone).time(),
        topics=_topic_names(issue, settings.newsletter.topics) if issue else frozenset(),
    )


def _frozen_measures(store: Store, send: Send) -> dict[Measure, int]:
    """Return the measures of an earlier send's content; none if another version of the program has frozen it."""
    try:
        compiled, _ = store.frozen.content(send.id)
    except (ValueError, KeyError, TypeError):
        return {}
    return _measures(compiled)


def _measures(compiled: CompiledIssue) -> dict[Measure, int]:
    email = compiled.email()
    minutes = {Measure.MINUTES: minutes_of(_words(compiled.length.words))} if compiled.length else {}
    return {
        Measure.ENTRIES: len(compiled.titles),
        **minutes,
        Measure.SIZE: checks.html_sizes(email)[0],
        Measure.SUBJECT: len(fill_text(email.subject, {})),
    }


def _words(counts: Iterable[tuple[Edition, int]]) -> int:
    return sum(number for _, number in counts)


def _topic_names(issue: Issue, topics: Topics) -> frozenset[str]:
    return frozenset(topics.resolve(name).name for item in issue.items for name in item.topics)


def _date_notes(issue: Issue, day: date, today: date) -> Iterator[PlanNote]:
    """Yield a remark if the issue's date isn't the day of its send."""
    if issue.date != day:
        dated = f"the issue is dated {day_in_words(issue.date)}, {distance_in_words(issue.date, today)}"
        sent = "" if day == today else f"; it would be sent on {day_in_words(day)}"
        yield PlanNote(kind=PlanNoteKind.DATE, what=f"{dated}{sent}")


def _topicless(issue: Issue, segments: Sequence[Segment], topics: Topics) -> Iterator[PlanNote]:
    """Yield the segments chosen by topics that nothing in the issue is about."""
    about = topics.with_former(topics.resolve(name).slug for item in issue.items for name in item.topics)
    for segment in segments:
        followed = frozenset().union(*_followed(segment.rule))
        if followed and about.isdisjoint(followed):
            what = f"the segment {segment.slug} is chosen by topics, and no entry is about any of them"
            yield PlanNote(kind=PlanNoteKind.TOPICLESS, what=what)


def _followed(rule: ReaderRule) -> Iterator[frozenset[str]]:
    """Yield the topics that a rule asks its readers to follow, not those that it forbids."""
    if isinstance(rule, Follows):
        yield rule.topics
    elif isinstance(rule, AllOf | AnyOf):
        for part in rule.rules:
            yield from _followed(part)
