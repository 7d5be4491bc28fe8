"""A worker's daily work: counting the days that are over, and the weekly summary for members of staff who want it."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from newsletter import content
from newsletter.domain.addresses import address_key
from newsletter.domain.notices import NoticeKind
from newsletter.domain.people import Act
from newsletter.domain.staff import StaffMember, members_who_may
from newsletter.publishing.staff_mail import notified_addresses
from newsletter.publishing.workers.background_thread import BackgroundWork
from newsletter.reports.over_time import DayRange, bring_up_to_date, over_time_as_counted
from newsletter.reports.weekly_summary import weekly_summary
from newsletter.settings import Settings
from newsletter.store import Store

SUMMARY_AT = time(7)  # on Mondays, by the newsletter's clock
LATEST = timedelta(days=3)  # after that the summary of a week isn't mailed any more
_WEEK = 7


class DailyWork(BackgroundWork):
    """The daily work: with a million readers it takes seconds."""

    name, trouble = "daily work", "days can't be counted"

    def is_due(self, settings: Settings, store: Store) -> bool:
        """Return whether there is something to do now."""
        return is_due(settings, store, now=store.now())

    def do(self, settings: Settings, store: Store) -> None:
        """Do it."""
        do_daily_work(settings, store, now=store.now())


def is_due(settings: Settings, store: Store, *, now: datetime) -> bool:
    """Return whether a day has to be counted, or a summary to be mailed."""
    today = now.astimezone(settings.newsletter.zone).date()
    return store.daily_totals.is_due(today) or bool(_waiting(settings, store, now))


def do_daily_work(settings: Settings, store: Store, *, now: datetime) -> None:
    """Count what has to be counted, and queue the weekly summary if it is time for it."""
    issues = content.read_manuscripts(settings.root).issues
    newsletter = settings.newsletter
    bring_up_to_date(store, newsletter, issues, now=now)
    members = _waiting(settings, store, now)
    if not members:
        return
    monday = _monday(settings, now)
    week = DayRange.until(monday - timedelta(days=1), _WEEK)
    before = DayRange.until(week.first - timedelta(days=1), _WEEK)
    reports = [
        over_time_as_counted(members[0].person(), store, newsletter, issues, days, now=now) for days in (week, before)
    ]
    text = weekly_summary(reports[0], reports[1], newsletter)
    spelled = {address_key(address): address for address in notified_addresses(settings, store)}
    addresses = [spelled.get(address_key(member.address), member.address) for member in members]
    store.reminders.notify_members_once(addresses, NoticeKind.WEEKLY, text, day=monday, now=now)


def _monday(settings: Settings, now: datetime) -> date:
    """Return the latest Monday by the newsletter's clock."""
    today = now.astimezone(settings.newsletter.zone).date()
    return today - timedelta(days=today.weekday())


def _waiting(settings: Settings, store: Store, now: datetime) -> Sequence[StaffMember]:
    """Return the members who want this week's summary, if it is time for it and it hasn't been queued."""
    monday = _monday(settings, now)
    begins = datetime.combine(monday, SUMMARY_AT, settings.newsletter.zone)
    if not begins <= now < begins + LATEST:
        return ()
    wanted = [member for member in members_who_may(Act.SEE_REPORTS, store.staff.members()) if member.weekly_summary]
    return wanted if wanted and not store.reminders.is_claimed(NoticeKind.WEEKLY, monday) else ()
