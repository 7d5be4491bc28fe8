"""The state of a send as its page shows it: bars, words and times."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.domain.date_words import day_in_words, duration_in_words
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.issue_stages import IssueStage
from newsletter.domain.send_stages import COUNTDOWN, SendStage
from newsletter.publishing.sends.send_watch import SendWatch

_MEANINGS = {
    DeliveryStatus.SUBMITTED: "accepted by the provider",
    DeliveryStatus.SUBMITTING: "being handed over",
    DeliveryStatus.QUEUED: "not handed over yet",
    DeliveryStatus.DEFERRED: "will be tried again",
    DeliveryStatus.UNCERTAIN: "may or may not have arrived",
    DeliveryStatus.REFUSED: "not accepted",
    DeliveryStatus.SKIPPED: "left, were suppressed, or the send was cancelled",
}
_DAY = 24 * 60 * 60
_DAYS = 2 * _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerBar:
    """The deliveries with one status: their number and share, and where their part of the bar begins, in percent."""

    status: DeliveryStatus
    meaning: str
    number: int
    share: str
    begins: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentWords:
    """A moment in words, by the newsletter's clock; ``iso`` is for the browser, which adds its own clock."""

    day: str
    time: str
    zone: str
    iso: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendState:
    """A send's state as the page shows it.

    ``seconds`` is the time until it begins, negative if that has passed. ``suggested`` is another start, as inputs have
    it: that which it has, or the next full hour. It ``requires_approval`` if newsletter.toml says so.
    """

    watch: SendWatch
    title: str
    tone: str
    bars: tuple[LedgerBar, ...]
    begins: MomentWords | None
    suggested: str
    seconds: float | None
    distance: str
    rate: str
    left: str
    since: str
    again: str
    finished: MomentWords | None
    requires_approval: bool


def send_state(watch: SendWatch, zone: ZoneInfo, *, requires_approval: bool) -> SendState:
    """Return what the page shows. Times are in ``zone``, the newsletter's."""
    send = watch.send
    stage = IssueStage.of_send(send, watch.now)
    begins = send.begins if send and watch.stage is not SendStage.UNSENT else None
    seconds = (begins - watch.now).total_seconds() if begins else None
    return SendState(
        watch=watch,
        title=stage.label if stage else "Not sent yet",
        tone=stage.tone if stage else "neutral",
        bars=tuple(_bars(watch)),
        begins=moment_words(begins, zone) if begins else None,
        suggested=_suggested(begins, watch.now, zone) if begins else "",
        seconds=seconds,
        distance=distance_words(seconds) if seconds is not None and seconds > 0 else "",
        rate=f"{watch.per_second:,.1f} a second" if watch.per_second else "",
        left=rounded_duration(watch.seconds_left) if watch.seconds_left and watch.stage is SendStage.SENDING else "",
        since=_to_the_second(send.failing_since, zone) if send and send.failing_since else "",
        again=_to_the_second(send.waits_until, zone)
        if send and send.waits_until and send.waits_until > watch.now
        else "",
        finished=moment_words(send.finished, zone) if send and send.finished else None,
        requires_approval=requires_approval,
    )


def _to_the_second(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{day_in_words(local.date())} at {local:%H:%M:%S} ({zone.key})"


def moment_words(moment: datetime, zone: ZoneInfo) -> MomentWords:
    """Return a moment in words."""
    local = moment.astimezone(zone)
    return MomentWords(
        day=day_in_words(local.date()), time=f"{local:%H:%M}", zone=zone.key, iso=moment.isoformat(timespec="seconds")
    )


def distance_words(seconds: float) -> str:
    """Return a time until a moment: ``in 42 seconds``, ``in 3 hours 20 minutes``, ``in 4 days``."""
    return f"in {rounded_duration(seconds)}"


def rounded_duration(seconds: float) -> str:
    """Return a duration: to the second below two minutes, else to the minute, and in days from two days on."""
    if seconds >= _DAYS:
        return f"{round(seconds / _DAY)} days"
    whole = round(seconds) if seconds < 120 else 60 * round(seconds / 60)
    return duration_in_words(timedelta(seconds=whole))


def _suggested(begins: datetime, now: datetime, zone: ZoneInfo) -> str:
    if begins - now <= COUNTDOWN:
        begins = now.replace(minute=0, second=0) + timedelta(hours=1)
    return begins.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def _bars(watch: SendWatch) -> Iterator[LedgerBar]:
    whole, begins = sum(watch.counts.values()), 0.0
    for status, number in watch.counts.items():
        width = 100 * number / whole
        yield LedgerBar(
            status=status,
            meaning=_MEANINGS[status],
            number=number,
            share=_percent(number, whole),
            begins=round(begins, 3),
            width=round(width, 3),
        )
        begins += width


def _percent(number: int, whole: int) -> str:
    percent = 100 * number / whole
    if 0 < percent < 0.1:
        return "< 0.1%"
    if 99.9 < percent < 100:
        return "> 99.9%"
    return f"{percent:.0f}%" if percent in (0, 100) else f"{percent:.1f}%"
