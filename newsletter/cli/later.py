"""The scheduled start of a send, for `newsletter send --at` and `--local-time`."""

from typing import TYPE_CHECKING

from newsletter.cli import output, send_progress
from newsletter.errors import SendError

if TYPE_CHECKING:
    from newsletter.composing import Composed
    from newsletter.settings import Settings
    from newsletter.store import Store


class ScheduledStart:
    """The time at which a send will begin. Raises UsageError if the time is invalid."""

    def __init__(
        self, settings: "Settings", store: "Store", composed: "Composed", at: str | None, local_time: str | None
    ) -> None:
        from newsletter.domain import schedule
        from newsletter.publishing.audience import segments_of

        self._settings, self._store, self._composed = settings, store, composed
        self._local_time = ""
        zone, now = settings.newsletter.zone, store.now()
        if local_time is None:
            moment = schedule.parse_moment(at or "", zone, now)
            self._begins, notices = moment.at, [moment.notice]
            self.day = moment.at.astimezone(zone).date()
        else:
            readers = store.sends.zones(segments_of(settings, composed.issue))
            local = send_progress.local_moments(settings, composed, local_time, readers)
            self._local_time = f"{local.at:%H:%M}"
            self._begins = max(local.first, now)
            self.day = composed.issue.date if now <= local.last else now.astimezone(zone).date()
            notices = [*local.notices, local.passed(readers, now)]
        self._shown = schedule.clock_time(self._begins, zone)
        self.days = (self._begins - now).days
        if self.far:
            notices.append(f"warning: that is {self.days:,} days from now")
        self._notices = [notice for notice in notices if notice]

    def show(self) -> None:
        """Print the time, with any warnings about it."""
        for notice in self._notices:
            output.note(notice, style="yellow")
        output.facts({"Begins": self._shown})

    @property
    def far(self) -> bool:
        """Return whether the time is so far ahead that `--yes` alone is not enough to schedule it."""
        from newsletter.domain.schedule import FAR_AHEAD

        return self.days > FAR_AHEAD.days

    @property
    def question(self) -> str:
        """Return the sentence about the time to append to the question, with a space before it."""
        return f" It will begin at {self._shown}, {self.days:,} days from now." if self.far else ""

    def schedule(self, *, unasked: bool) -> None:
        """Schedule the send. Raises SendError if the time is far ahead and ``unasked`` is set."""
        from newsletter.publishing.audience import segments_of

        settings = self._settings
        if unasked and self.far:
            raise SendError(
                f"issue {self._composed.issue.slug} would begin {self.days:,} days from now",
                hint="check the year, or add --any-date",
            )
        planned = self._store.sends.schedule(
            issue=self._composed.issue.slug,
            provider=settings.provider_name,
            segments=segments_of(settings, self._composed.issue),
            begins=self._begins,
            local_time=self._local_time,
            deadline=round(settings.sending.deadline.total_seconds()),
        )
        output.say(f"Issue {planned.issue} is scheduled for {self._shown}: send {planned.id}.")
        output.note(
            "You can edit until then: files are read when the send begins. `newsletter worker` must be running then,"
            f" or `worker --once` from cron. To cancel: `newsletter sends cancel {planned.id}`."
        )
