"""The plan of a send, shown before the user is asked to confirm it."""

from typing import TYPE_CHECKING

from newsletter import bootstrap
from newsletter.cli import edition_table, output, resources, send_progress

if TYPE_CHECKING:
    from datetime import date

    from newsletter.cli.later import ScheduledStart
    from newsletter.composing import Composed
    from newsletter.domain.issue import Issue
    from newsletter.sending import Plan
    from newsletter.settings import Settings
    from newsletter.store import Store

LARGEST = 10  # editions shown in the plan


def planned(
    settings: "Settings",
    store: "Store",
    composed: "Composed",
    *,
    rehearsal: bool = False,
    later: "ScheduledStart | None" = None,
) -> "Plan":
    """Show the plan of a send, including its time if it is scheduled, and return it.

    Raises SendError if nobody would get the issue or it already has a send.
    """
    from newsletter import sending
    from newsletter.publishing.audience import segments_of

    send_progress.say_held(store)
    plan = sending.plan(
        store,
        issue=composed.issue.slug,
        segments=segments_of(settings, composed.issue),
        provider="a rehearsal in the outbox" if rehearsal else settings.provider_name,
        tailor=composed.tailor,
        rules=settings.sending,
        now=store.now(),
        zone=settings.newsletter.zone,
        rehearsal=rehearsal,
    )
    if plan.editions:
        edition_table.show(composed.issue, sending.overview(plan.editions, composed.tailor), largest=LARGEST)
        output.say()
    _show(plan, composed.issue, resources.today(settings))
    if later:
        later.show()
    if plan.provider == "outbox":
        output.note(
            "The outbox mails nobody, but the issue will count as sent and appear in the archive."
            " To try it out, use --rehearse.",
            style="yellow",
        )
    return plan


def check_provider(settings: "Settings") -> None:
    """Raise SettingsError if [provider] can't be used; print a warning if only a secret is missing."""
    from newsletter.errors import SecretError

    try:
        bootstrap.check_provider(settings)
    except SecretError as err:
        output.note(f"warning: {err}", style="yellow")


def dated(issue: "Issue", today: "date") -> str:
    """Return an issue's date and its distance from today."""
    from newsletter.domain.schedule import day_in_words, distance_in_words

    return f"{day_in_words(issue.date)} ({distance_in_words(issue.date, today)})"


def _show(plan: "Plan", issue: "Issue", today: "date") -> None:
    """Print the readers of each segment and the recipients, who are counted once if segments overlap."""
    audience = plan.audience
    output.table(
        ["Segment", "Name", "Readers"],
        [(segment.slug, segment.name, audience.by_segment[segment.slug]) for segment in plan.segments],
        title=f"Issue {plan.issue}",
    )
    for segment in plan.segments:
        if not audience.by_segment[segment.slug]:
            output.note(f"warning: the segment {segment.slug} is empty", style="yellow")
    by_frequency = any(segment.frequency for segment in plan.segments)
    overlap = sum(audience.by_segment.values()) - audience.recipients
    output.facts(
        {
            "Subject": issue.subject,
            "Date": dated(issue, today),
            "Recipients": f"{plan.recipients:,}"
            + (f", {output.count(overlap, 'overlap')} counted once" if overlap else ""),
            "Suppressed": f"{audience.suppressed:,}",
            "Paused": f"{audience.paused:,}",
            **({"Chose otherwise": f"{audience.chosen_otherwise:,}"} if by_frequency else {}),
            "Provider": plan.provider,
            "Expected duration": _expected(plan),
        }
    )


def _expected(plan: "Plan") -> str:
    """Return the expected duration, in days if the daily quota or the warm-up spreads the send over several."""
    if plan.days > 1:
        return (
            f"{plan.days:,} days, because of the daily limits in [sending]; `newsletter worker` continues it each day"
        )
    return output.duration(plan.seconds) if plan.seconds is not None else "not known yet"
