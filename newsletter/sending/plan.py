"""Plan a send before anything is frozen: its recipients, and how long it would take."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from newsletter.domain.edition import EditionCounts, Tailor
from newsletter.domain.rate_limits import SendingSettings, days_for, stricter_limits
from newsletter.domain.segment import AudienceCounts, Segment
from newsletter.domain.send import Send
from newsletter.domain.send_errors import NobodyError, NoMatchError
from newsletter.sending.second_send import refuse_second_send
from newsletter.store import Store

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan of a send: its audience and its expected duration.

    ``seconds`` is the duration at the rate of the provider's last send or at the configured one, whichever is slower,
    and None if neither is known. ``days`` is the number of days that the daily quota and the warm-up spread it over.
    Only a tailored issue has ``editions``.
    """

    issue: str
    segments: tuple[Segment, ...]
    audience: AudienceCounts
    provider: str
    seconds: float | None
    days: int = 1
    editions: EditionCounts | None = None

    @property
    def recipients(self) -> int:
        """The number of readers who would get a message: the audience without those who have no matching entry."""
        return self.audience.recipients - (self.editions.left_out if self.editions else 0)


def plan(
    store: Store,
    *,
    issue: str,
    segments: Sequence[Segment],
    provider: str,
    tailor: Tailor | None = None,
    rules: SendingSettings = SendingSettings(),  # noqa: B008  it is frozen
    now: datetime,
    zone: ZoneInfo = _UTC,
    rehearsal: bool = False,
) -> Plan:
    """Return the plan of a send. Raise SendError if nobody would get it or the issue already has a send.

    For a ``rehearsal`` the issue may already have one.
    """
    if not rehearsal:
        refuse_second_send(store, issue, zone)
    audience, editions = _counted(store, segments, tailor, now)
    empty = [segment.slug for segment in segments if not audience.by_segment[segment.slug]]
    if not audience.recipients:
        why = f"no confirmed readers in {', '.join(empty)}{_count_excluded(audience)}"
        raise NobodyError(issue=issue, why=why)
    if editions and not editions.readers:
        raise NoMatchError(issue=issue, readers=audience.recipients)
    planned = Plan(
        issue=issue,
        segments=tuple(segments),
        audience=audience,
        provider=provider,
        seconds=None,
        editions=editions,
    )
    bounds = stricter_limits(rules, None, 0)
    before = _pace([send for send in store.sends.all() if send.provider == provider])
    paces = [rate for rate in (before, bounds.per_second) if rate]
    at = now.timestamp()
    return replace(
        planned,
        seconds=planned.recipients / min(paces) if paces else None,
        days=days_for(planned.recipients, *store.rate_limits.state(provider, at), bounds, at),
    )


def _counted(
    store: Store, segments: Sequence[Segment], tailor: Tailor | None, now: datetime
) -> tuple[AudienceCounts, EditionCounts | None]:
    """Return the audience, and the editions if the issue is tailored."""
    audience = store.sends.count_audience(segments, now=now)
    is_tailored = bool(audience.recipients and tailor and tailor.tailoring)
    editions = store.sends.count_editions(segments, tailor, now=now) if tailor and is_tailored else None
    return audience, editions


def _count_excluded(audience: AudienceCounts) -> str:
    counts = {
        "suppressed": audience.suppressed,
        "paused": audience.paused,
        "chose another frequency": audience.chosen_otherwise,
        "reading another language": audience.another_language,
    }
    parts = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    return f" ({parts})" if parts else ""


def _pace(sends: Sequence[Send]) -> float | None:
    """Return the recipients per second of the send that finished last, or None if there is none."""
    times = [(send.finished, send) for send in sends if send.finished]
    if not times:
        return None
    finished, last = max(times, key=lambda pair: pair[0])
    return last.recipients / max((finished - last.created).total_seconds(), 0.001)
