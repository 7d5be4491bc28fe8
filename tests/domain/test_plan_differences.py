"""How a planned send differs from the last ones."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.plan_differences import (
    ALARM_PERCENT,
    Measure,
    MeasureDifference,
    PlanDifferences,
    PlanNote,
    PlanNoteKind,
    SendShape,
    plan_differences,
)


def shape(
    recipients: int = 100,
    *,
    entries: int = 5,
    segments: tuple[str, ...] = ("everyone",),
    begins: time = time(6, 30),
    topics: frozenset[str] = frozenset({"Science"}),
) -> SendShape:
    measures = {Measure.RECIPIENTS: recipients, Measure.ENTRIES: entries}
    return SendShape(issue="2026-11-23", measures=measures, segments=segments, begins=begins, topics=topics)


def notes(differences: PlanDifferences) -> dict[PlanNoteKind, str]:
    return {note.kind: note.what for note in differences.notes}


def test_the_first_send_has_nothing_to_be_compared_with() -> None:
    first = plan_differences(shape(), [])
    assert (first.measures, first.alarm, first.notes, first.compared_with) == ((), None, (), "")


@pytest.mark.parametrize(
    ("recipients", "words"),
    [
        (100, ""),
        (81, ""),
        (119, ""),
        (80, "80 readers would get it, 20% fewer than the median of the last 5 sends (100)"),
        (120, "120 readers would get it, 20% more than the median of the last 5 sends (100)"),
        (1, "1 reader would get it, 99% fewer than the median of the last 5 sends (100)"),
        (4000, "4,000 readers would get it, 3,900% more than the median of the last 5 sends (100)"),
    ],
)
def test_an_audience_a_fifth_from_the_median_raises_an_alarm(recipients: int, words: str) -> None:
    earlier = [shape(number) for number in (100, 20, 101, 99, 5000)]
    differences = plan_differences(shape(recipients), earlier)
    assert (differences.alarm.words if differences.alarm else "") == words
    assert notes(differences).get(PlanNoteKind.AUDIENCE, "") == words


def test_only_the_last_five_sends_count() -> None:
    earlier = [shape(100) for _ in range(5)]
    differences = plan_differences(shape(100), [*earlier, *(shape(1000) for _ in range(20))])
    assert (differences.alarm, len(differences.earlier)) == (None, 5)


def test_a_single_send_before_is_no_median() -> None:
    alarm = plan_differences(shape(3), [shape(2)]).alarm
    assert alarm is not None
    assert alarm.words == "3 readers would get it, 50% more than the last send (2)"


@given(st.integers(0, 2_000_000), st.lists(st.integers(1, 2_000_000), min_size=1, max_size=5))
def test_the_alarm_follows_the_median(recipients: int, before: list[int]) -> None:
    differences = plan_differences(shape(recipients), [shape(number) for number in before])
    ordered = sorted(before)
    middle = (ordered[len(ordered) // 2] + ordered[(len(ordered) - 1) // 2]) / 2
    assert (differences.alarm is not None) == (abs(recipients - middle) >= middle * ALARM_PERCENT / 100)


def test_measures_stand_beside_their_medians() -> None:
    differences = plan_differences(shape(entries=12), [shape(entries=number) for number in (5, 6, 7)])
    entries = differences.measures[1]
    assert (entries.measure, entries.planned, entries.usual, entries.change) == (Measure.ENTRIES, 12, 6, "100% more")
    assert [row.is_notable for row in differences.measures] == [False, True]


@pytest.mark.parametrize(
    ("measure", "planned", "usual", "words"),
    [
        (Measure.SUBJECT, 21, 50, "29 shorter"),
        (Measure.SUBJECT, 51, 50, "1 longer"),
        (Measure.SUBJECT, 50, 50, "the same"),
        (Measure.SIZE, 50, 100, "50% smaller"),
        (Measure.MINUTES, 6, 4, "50% longer"),
        (Measure.RECIPIENTS, 999, 1000, "slightly fewer"),
        (Measure.ENTRIES, 1, 0, "none before"),
    ],
)
def test_each_measure_has_its_own_words(measure: Measure, planned: int, usual: int, words: str) -> None:
    assert MeasureDifference(measure=measure, planned=planned, earlier=(usual,)).change == words


def test_what_an_old_send_lacks_is_not_compared() -> None:
    old = SendShape(
        issue="old", measures={Measure.RECIPIENTS: 100}, segments=("everyone",), begins=time(6, 30), topics=frozenset()
    )
    assert [row.measure for row in plan_differences(shape(), [old]).measures] == [Measure.RECIPIENTS]


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (["everyone", "science", "everyone"], None),
        (["science", "science", "science"], "it goes to everyone; the last 3 sends went to science"),
        (["science", "cities"], "it goes to everyone, as none of the last 2 sends did"),
    ],
)
def test_other_segments_than_usual_are_remarked_on(before: list[str], words: str | None) -> None:
    differences = plan_differences(shape(), [shape(segments=(slug,)) for slug in before])
    assert notes(differences).get(PlanNoteKind.SEGMENTS) == words


def test_a_send_without_segments_went_to_everyone() -> None:
    differences = plan_differences(shape(segments=("science",)), [shape(segments=()), shape(segments=())])
    words = "it goes to science; the last 2 sends went to everyone"
    assert notes(differences)[PlanNoteKind.SEGMENTS] == words


@pytest.mark.parametrize(
    ("begins", "words"),
    [
        (time(8, 0), None),
        (time(15, 40), "it begins at 15:40; the last 2 sends began between 06:15 and 06:30"),
    ],
)
def test_an_unusual_hour_is_remarked_on(begins: time, words: str | None) -> None:
    earlier = [shape(), shape(begins=time(6, 15))]
    assert notes(plan_differences(shape(begins=begins), earlier)).get(PlanNoteKind.HOUR) == words


def test_midnight_lies_between_late_and_early() -> None:
    assert PlanNoteKind.HOUR not in notes(plan_differences(shape(begins=time(0, 20)), [shape(begins=time(23, 50))]))


def test_new_and_missing_topics_are_named() -> None:
    earlier = [shape(topics=frozenset({"Science", "Cities"})), shape(topics=frozenset({"Science", "Maps"}))]
    found = plan_differences(shape(topics=frozenset({"Cities", "Food"})), earlier).notes
    assert [note.what for note in found] == [
        "topics that the last 2 sends didn't have: Food",
        "no entry on Science; both of the last 2 sends had one",
    ]
    assert not any(note.is_warning for note in found)


def test_remarks_about_the_plan_itself_need_no_earlier_send() -> None:
    dated = PlanNote(kind=PlanNoteKind.DATE, what="the issue is dated Wednesday 25 November 2026, in 2 days")
    assert plan_differences(shape(), [], notes=[dated]).notes == (dated,)
