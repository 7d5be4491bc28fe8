"""How a planned send differs from the last sends of its newsletter, and what a person should look at. No I/O."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from statistics import median

from newsletter.domain.plurals import counted

COMPARED = 5
"""The number of earlier sends that a planned one is compared with."""

ALARM_PERCENT = 20
"""A person must confirm an audience that differs by at least this much from the median of the last sends."""

_NOTABLE_PERCENT = 50  # of what isn't the audience: a longer issue is no mistake
_NOTABLE_MINUTES = 120  # between the usual time of day and that of the planned send
_DAY = 24 * 60


class Measure(StrEnum):
    """Something that can be counted of a send."""

    RECIPIENTS = "recipients"  # readers who get a message
    ENTRIES = "entries"  # of the full issue
    MINUTES = "minutes to read"  # of the full issue
    SIZE = "bytes of HTML"  # of the full issue, before it is encoded
    SUBJECT = "characters of the subject"  # with the defaults of merge fields


_COMPARATIVES: Mapping[Measure, tuple[str, str]] = {
    Measure.RECIPIENTS: ("more", "fewer"),
    Measure.ENTRIES: ("more", "fewer"),
    Measure.MINUTES: ("longer", "shorter"),
    Measure.SIZE: ("larger", "smaller"),
    Measure.SUBJECT: ("longer", "shorter"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SendShape:
    """The features by which sends are compared. ``measures`` lacks what isn't known of an old send.

    ``begins`` is the time of day in the newsletter's time zone, or in each reader's. ``topics`` are names.
    """

    issue: str
    measures: Mapping[Measure, int]
    segments: tuple[str, ...]
    begins: time
    topics: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureDifference:
    """One measure of a planned send beside those of the last sends, the latest first."""

    measure: Measure
    planned: int
    earlier: tuple[int, ...]

    @property
    def usual(self) -> float:
        """The median of the last sends."""
        return median(self.earlier)

    @property
    def percent(self) -> int | None:
        """The difference from the median in percent, or None if the median is 0."""
        return round(100 * (self.planned - self.usual) / self.usual) if self.usual else None

    @property
    def is_notable(self) -> bool:
        """Whether the difference is large enough to look at."""
        least = ALARM_PERCENT if self.measure is Measure.RECIPIENTS else _NOTABLE_PERCENT
        return abs(self.planned - self.usual) * 100 >= least * self.usual and self.planned != self.usual

    @property
    def change(self) -> str:
        """The difference in words: ``31% more``, ``the same``; that of a subject in characters, ``12 shorter``."""
        percent, difference = self.percent, self.planned - self.usual
        if not difference or percent is None:
            return "none before" if difference else "the same"
        word = _COMPARATIVES[self.measure][difference < 0]
        if self.measure is Measure.SUBJECT:
            return f"{max(round(abs(difference)), 1)} {word}"
        return f"{abs(percent):,}% {word}" if percent else f"slightly {word}"


class PlanNoteKind(StrEnum):
    """A kind of remark about a plan."""

    AUDIENCE = "audience"  # many more or fewer recipients than usual; a person must confirm it
    DATE = "date"  # the issue is dated another day than the one it would be sent on
    TOPICLESS = "topicless"  # no entry on the topics of a segment
    SEGMENTS = "segments"  # other segments than the last sends
    HOUR = "hour"  # another time of day than the last sends
    TOPICS = "topics"  # topics that are new, or missing for the first time


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanNote:
    """A remark about a plan, for a person who is about to send it."""

    kind: PlanNoteKind
    what: str

    @property
    def is_warning(self) -> bool:
        """Whether it points to a likely mistake."""
        return self.kind not in (PlanNoteKind.TOPICS, PlanNoteKind.HOUR)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceAlarm:
    """An audience that is much larger or smaller than those of the last sends, so that a person must confirm it."""

    recipients: int
    earlier: tuple[int, ...]

    @property
    def usual(self) -> int:
        """The median of the last sends."""
        return round(median(self.earlier))

    @property
    def than_usual(self) -> str:
        """The difference in words: ``31% more than the median of the last 5 sends (918)``."""
        difference = MeasureDifference(measure=Measure.RECIPIENTS, planned=self.recipients, earlier=self.earlier)
        return f"{difference.change} than {_usual_of(len(self.earlier))} ({self.usual:,})"

    @property
    def words(self) -> str:
        """The alarm in words."""
        return f"{counted(self.recipients, 'reader')} would get it, {self.than_usual}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDifferences:
    """The differences of a planned send from the ``earlier`` ones, the latest first, and remarks about its plan.

    Without earlier sends there are no ``measures``.
    """

    planned: SendShape
    earlier: tuple[SendShape, ...] = ()
    notes: tuple[PlanNote, ...] = ()

    @property
    def measures(self) -> tuple[MeasureDifference, ...]:
        """What can be counted, beside the same of the earlier sends."""
        known = ((name, _earlier(name, self.earlier)) for name in Measure if name in self.planned.measures)
        return tuple(
            MeasureDifference(measure=name, planned=self.planned.measures[name], earlier=values)
            for name, values in known
            if values
        )

    @property
    def alarm(self) -> AudienceAlarm | None:
        """The alarm about an unusual audience, or None."""
        return _alarm(self.planned, self.earlier)

    @property
    def compared_with(self) -> str:
        """The earlier sends in words: ``the last 5 sends``, ``the last send``; "" if there are none."""
        if not self.earlier:
            return ""
        return "the last send" if len(self.earlier) == 1 else f"the last {len(self.earlier)} sends"


def plan_differences(
    planned: SendShape, earlier: Sequence[SendShape], *, notes: Sequence[PlanNote] = ()
) -> PlanDifferences:
    """Return how a planned send differs from earlier ones of the same kind, the latest first; five of them count.

    ``notes`` are remarks about the plan itself.
    """
    compared = tuple(earlier[:COMPARED])
    remarks: list[PlanNote] = []
    if alarm := _alarm(planned, compared):
        remarks.append(PlanNote(kind=PlanNoteKind.AUDIENCE, what=alarm.words))
    remarks.extend(notes)
    if compared:
        for compare in _COMPARISONS:
            remarks.extend(compare(planned, compared))
    return PlanDifferences(planned=planned, earlier=compared, notes=tuple(remarks))


def _earlier(measure: Measure, earlier: Sequence[SendShape]) -> tuple[int, ...]:
    return tuple(shape.measures[measure] for shape in earlier if measure in shape.measures)


def _alarm(planned: SendShape, earlier: Sequence[SendShape]) -> AudienceAlarm | None:
    recipients, before = planned.measures[Measure.RECIPIENTS], _earlier(Measure.RECIPIENTS, earlier)
    if not before:
        return None
    difference = MeasureDifference(measure=Measure.RECIPIENTS, planned=recipients, earlier=before)
    return AudienceAlarm(recipients=recipients, earlier=before) if difference.is_notable else None


def _usual_of(number: int) -> str:
    return "the last send" if number == 1 else f"the median of the last {number} sends"


def _segments(planned: SendShape, earlier: Sequence[SendShape]) -> Iterator[PlanNote]:
    before = [set(shape.segments) for shape in earlier]
    if set(planned.segments) in before:
        return
    usual = Counter(shape.segments for shape in earlier).most_common(1)[0][0]
    what = f"it goes to {_listed(planned.segments)}; {_which(earlier)} went to {_listed(usual)}"
    if len(set(map(frozenset, before))) > 1:
        what = f"it goes to {_listed(planned.segments)}, as none of {_which(earlier)} did"
    yield PlanNote(kind=PlanNoteKind.SEGMENTS, what=what)


def _hour(planned: SendShape, earlier: Sequence[SendShape]) -> Iterator[PlanNote]:
    """Yield a remark if the time of day is far from those of the earlier sends, around the clock."""
    offsets = [_offset(shape.begins, planned.begins) for shape in earlier]
    if min(map(abs, offsets)) < _NOTABLE_MINUTES:
        return
    by_offset = sorted(zip(offsets, earlier, strict=True), key=lambda pair: pair[0])
    first, last = by_offset[0][1].begins, by_offset[-1][1].begins
    when = f"at {first:%H:%M}" if first == last else f"between {first:%H:%M} and {last:%H:%M}"
    what = f"it begins at {planned.begins:%H:%M}; {_which(earlier)} began {when}"
    yield PlanNote(kind=PlanNoteKind.HOUR, what=what)


def _offset(begins: time, other: time) -> int:
    """Return the minutes from ``other`` to ``begins``, the shorter way around the clock."""
    minutes = (begins.hour - other.hour) * 60 + begins.minute - other.minute
    return (minutes + _DAY // 2) % _DAY - _DAY // 2


def _topics(planned: SendShape, earlier: Sequence[SendShape]) -> Iterator[PlanNote]:
    known = [shape.topics for shape in earlier if shape.topics]
    if not known:
        return
    before, always = frozenset().union(*known), frozenset.intersection(*known)
    if new := sorted(planned.topics - before):
        yield PlanNote(kind=PlanNoteKind.TOPICS, what=f"topics that {_which(earlier)} didn't have: {', '.join(new)}")
    if len(known) > 1 and (missing := sorted(always - planned.topics)):
        what = f"no entry on {_listed(missing)}; {'both' if len(known) == 2 else 'all'} of {_which(earlier)} had one"
        yield PlanNote(kind=PlanNoteKind.TOPICS, what=what)


_COMPARISONS: tuple[Callable[[SendShape, Sequence[SendShape]], Iterator[PlanNote]], ...] = (_segments, _hour, _topics)


def _which(earlier: Sequence[SendShape]) -> str:
    return "the last send" if len(earlier) == 1 else f"the last {len(earlier)} sends"


def _listed(names: Sequence[str]) -> str:
    if len(names) < 2:
        return names[0] if names else "everyone"
    return f"{', '.join(names[:-1])} and {names[-1]}"
