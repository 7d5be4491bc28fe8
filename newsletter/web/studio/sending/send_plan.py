"""The plan of a send as its page shows it, or what keeps the issue from being sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median_low

from newsletter import bootstrap, settings
from newsletter.domain.date_words import day_in_words, distance_in_words
from newsletter.domain.people import Act, Person, require
from newsletter.domain.plan_differences import Measure, PlanDifferences
from newsletter.errors import Finding, FindingsError, NewsletterError, SettingsError, Severity, StoreError
from newsletter.publishing.reviews.approvals import NotApprovedError, approval_problem
from newsletter.publishing.reviews.finding_ticks import open_among
from newsletter.publishing.sends.send_preparing import PreparedSend
from newsletter.publishing.sends.send_schedule import start_to_approve
from newsletter.publishing.sends.send_start import planned_send
from newsletter.reviewing import OTHER_TIME
from newsletter.sending import EditionOverview, Plan, summarize_editions
from newsletter.store import Store
from newsletter.web.preview.snapshot import Snapshot
from newsletter.web.studio.sending.send_state import rounded_duration

_USUAL = time(6, 30)
_NAMES = {
    Measure.RECIPIENTS: "Recipients",
    Measure.ENTRIES: "Entries",
    Measure.MINUTES: "Minutes to read",
    Measure.SIZE: "Size",
    Measure.SUBJECT: "Characters of the subject",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFact:
    """A fact about a plan, with its label."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedMeasure:
    """A measure of the planned send beside the usual one, in words."""

    name: str
    planned: str
    usual: str
    change: str
    is_notable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPlan:
    """The plan of a send. ``prepared`` is None if a ``problem`` or ``errors`` prevent the send.

    ``not_approved`` says what is missing for its approval, if newsletter.toml requires one and it begins in a minute.
    It is ``approved_otherwise`` if only the time of its approval doesn't fit, and ``is_for_later`` if the issue is
    dated after today. ``warnings`` counts those that nobody has ticked off. ``seen`` is the digest of the issue that
    the page is about. ``suggested`` is a time to begin, as inputs have it. ``missing`` is what the studio's environment
    lacks, and so its worker: another one may have it.
    """

    prepared: PreparedSend | None = None
    problem: NewsletterError | None = None
    not_approved: NotApprovedError | None = None
    approved_otherwise: bool = False
    is_for_later: bool = False
    errors: tuple[Finding, ...] = ()
    warnings: int = 0
    seen: str = ""
    facts: tuple[PlanFact, ...] = ()
    compared: tuple[ComparedMeasure, ...] = ()
    overview: EditionOverview | None = None
    suggested: str = ""
    missing: NewsletterError | None = None


def send_plan(person: Person, snapshot: Snapshot, slug: str, store: Store, *, now: datetime) -> SendPlan:
    """Return the plan of an issue's send, begun in a minute. Raise ForbiddenError, NotFoundError and StoreError."""
    require(person, Act.SEE_REPORTS)
    try:
        composed = snapshot.compose(slug)
    except FindingsError as err:
        return SendPlan(errors=tuple(err.findings))
    errors = tuple(finding for finding in composed.findings if finding.severity is Severity.ERROR)
    if errors:
        return SendPlan(errors=errors)
    loaded = settings.load(snapshot.settings.root)
    try:
        prepared = planned_send(person, loaded, store, composed, now=now)
    except StoreError:
        raise
    except NewsletterError as err:
        return SendPlan(problem=err)
    here, plan = now.astimezone(loaded.newsletter.zone), prepared.plan
    not_approved = approval_problem(loaded, store, composed, start_to_approve(prepared, now=now))
    return SendPlan(
        prepared=prepared,
        not_approved=not_approved,
        approved_otherwise=not_approved is not None and not_approved.missing == (OTHER_TIME,),
        is_for_later=composed.issue.date > here.date(),
        warnings=len(open_among(store, composed.findings, loaded.root)),
        seen=composed.compiled.digest,
        facts=tuple(_facts(prepared, today=here.date())),
        compared=tuple(_compared(prepared.differences)),
        overview=summarize_editions(plan.editions, composed.tailor) if plan.editions else None,
        suggested=_suggested(composed.issue.date, prepared.differences, here),
        missing=_missing(loaded),
    )


def _missing(loaded: settings.Settings) -> NewsletterError | None:
    """Return the secret or the setting that a worker in this environment would fail on."""
    try:
        bootstrap.open_signer()
        bootstrap.check_provider(loaded)
    except SettingsError as err:
        return err
    return None


def _facts(prepared: PreparedSend, *, today: date) -> Iterator[PlanFact]:
    plan, issue = prepared.plan, prepared.composed.issue
    audience = plan.audience
    yield PlanFact(label="Dated", value=f"{day_in_words(issue.date)}, {distance_in_words(issue.date, today)}")
    yield PlanFact(label="Provider", value=_PROVIDERS.get(plan.provider, plan.provider))
    yield PlanFact(label="Expected duration", value=_duration(plan))
    if plan.editions:
        yield PlanFact(label="Editions", value=f"{len(plan.editions.readers):,}")
    overlap = sum(audience.by_segment.values()) - audience.recipients
    left_out = plan.editions.left_out if plan.editions else 0
    for label, number in (
        ("In several segments, counted once", overlap if len(plan.segments) > 1 else 0),
        ("Without an entry for them", left_out),
        ("Suppressed", audience.suppressed),
        ("Paused by the reader", audience.paused),
        ("Chose another frequency", audience.chosen_otherwise),
        ("Get another language", audience.another_language),
    ):
        if number:
            yield PlanFact(label=label, value=f"{number:,}")


_PROVIDERS = {"ses": "Amazon SES", "smtp": "SMTP relay", "outbox": "Outbox: files only, nobody is mailed"}


def _duration(plan: Plan) -> str:
    if plan.days > 1:
        return f"{plan.days:,} days, because of the daily limits"
    if plan.seconds is None:
        return "not known yet"
    return rounded_duration(plan.seconds) if plan.seconds >= 1 else "less than a second"


def _compared(differences: PlanDifferences) -> Iterator[ComparedMeasure]:
    for measure in differences.measures:
        yield ComparedMeasure(
            name=_NAMES[measure.measure],
            planned=_amount(measure.measure, measure.planned),
            usual=_amount(measure.measure, measure.usual),
            change=measure.change,
            is_notable=measure.is_notable,
        )


def _amount(measure: Measure, number: float) -> str:
    return f"{number / 1024:,.0f} KB" if measure is Measure.SIZE else f"{round(number):,}"


def _suggested(day: date, differences: PlanDifferences, here: datetime) -> str:
    """Return a time on the issue's date, at the hour of the last sends; if that has passed, the next full hour."""
    minutes = [shape.begins.hour * 60 + shape.begins.minute for shape in differences.earlier]
    usual = time(*divmod(5 * round(median_low(minutes) / 5) % (24 * 60), 60)) if minutes else _USUAL
    wall = datetime.combine(day, usual)
    now = here.replace(tzinfo=None)
    if wall <= now:
        wall = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return wall.isoformat(timespec="minutes")
