"""The plan of a send, printed before the user is asked to confirm it."""

from typing import TYPE_CHECKING

from newsletter import bootstrap
from newsletter.cli import edition_table, output
from newsletter.domain.plurals import counted

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo

    from newsletter.composing import Composed
    from newsletter.domain.issue import Issue
    from newsletter.domain.plan_differences import PlanDifferences
    from newsletter.publishing.sends.start_time import StartTime
    from newsletter.sending import Plan
    from newsletter.settings import Settings

LARGEST = 10  # editions shown in the plan
_SHOWN_ELSEWHERE = frozenset({"date"})  # kinds of remarks that the plan shows anyway


def print_plan(composed: "Composed", plan: "Plan", *, today: "date") -> None:
    """Print the readers of each segment and the recipients, who are counted once if segments overlap."""
    from newsletter import sending

    if plan.editions:
        edition_table.print_editions(
            composed.issue, sending.summarize_editions(plan.editions, composed.tailor), largest=LARGEST
        )
        output.say()
    _print_audience(plan)
    _print_facts(plan, composed.issue, today)


def print_start(start: "StartTime", zone: "ZoneInfo") -> None:
    """Print the time at which a scheduled send will begin, with any warnings about it."""
    for notice in start.notices:
        output.note(notice, style="yellow")
    if start.is_far_ahead:
        output.note(f"warning: that is {start.days:,} days from now", style="yellow")
    output.facts({"Begins": output.clock_time(start.begins, zone)})


def print_differences(differences: "PlanDifferences") -> None:
    """Print how the plan differs from the last sends, and remarks about it; nothing if there is nothing to compare."""
    if differences.measures:
        output.say()
        output.table(
            ["Measure", "This send", _median_of(len(differences.earlier)), "Change"],
            [
                (row.measure[0].upper() + row.measure[1:], row.planned, round(row.usual), row.change)
                for row in differences.measures
            ],
        )
    for note in differences.notes:
        if note.kind not in _SHOWN_ELSEWHERE:
            output.note(
                f"{'warning: ' if note.is_warning else ''}{note.what}", style="yellow" if note.is_warning else ""
            )


def print_outbox_note(plan: "Plan") -> None:
    """Print a note that the outbox mails nobody, if the plan is a send to it."""
    if plan.provider == "outbox":
        output.note(
            "The outbox mails nobody, but the issue will count as sent and appear in the archive."
            " To try it out, use --rehearse.",
            style="yellow",
        )


def _median_of(earlier: int) -> str:
    return "Last send" if earlier == 1 else f"Median of the last {earlier}"


def check_provider(settings: "Settings") -> None:
    """Raise SettingsError if [provider] can't be used; print a warning if only a secret is missing."""
    from newsletter.errors import SecretError

    try:
        bootstrap.check_provider(settings)
    except SecretError as err:
        output.note(f"warning: {err}", style="yellow")


def date_in_words(issue: "Issue", today: "date") -> str:
    """Return an issue's date and its distance from today."""
    from newsletter.domain.date_words import day_in_words, distance_in_words

    return f"{day_in_words(issue.date)} ({distance_in_words(issue.date, today)})"


def _print_audience(plan: "Plan") -> None:
    audience = plan.audience
    output.table(
        ["Segment", "Name", "Readers"],
        [(segment.slug, segment.name, audience.by_segment[segment.slug]) for segment in plan.segments],
        title=f"Issue {plan.issue}",
    )
    for segment in plan.segments:
        if not audience.by_segment[segment.slug]:
            output.note(f"warning: the segment {segment.slug} is empty", style="yellow")


def _print_facts(plan: "Plan", issue: "Issue", today: "date") -> None:
    audience = plan.audience
    by_frequency = any(segment.frequency for segment in plan.segments)
    by_language = any(segment.language for segment in plan.segments)
    overlap = sum(audience.by_segment.values()) - audience.recipients
    output.facts(
        {
            "Subject": issue.subject,
            "Date": date_in_words(issue, today),
            **({"Language": issue.language} if issue.language else {}),
            "Recipients": f"{plan.recipients:,}"
            + (f" ({counted(overlap, 'overlap')} counted once)" if overlap else ""),
            "Suppressed": f"{audience.suppressed:,}",
            "Paused": f"{audience.paused:,}",
            **({"Chose another frequency": f"{audience.chosen_otherwise:,}"} if by_frequency else {}),
            **({"Get another language": f"{audience.another_language:,}"} if by_language else {}),
            "Provider": plan.provider,
            "Expected duration": _expected_duration(plan),
        }
    )


def _expected_duration(plan: "Plan") -> str:
    """Return the expected duration, in days if the daily quota or the warm-up spreads the send over several."""
    if plan.days > 1:
        return (
            f"{plan.days:,} days, because of the daily limits in [sending]; `newsletter worker` continues it each day"
        )
    return output.duration(plan.seconds) if plan.seconds is not None else "not known yet"
