"""The reminder of an issue that tomorrow should have and hasn't."""

import datetime
from collections.abc import Iterable

from newsletter.domain.issue import Issue

_WEEKS = 4  # after so many weeks without an issue on a weekday, none is missed there


def missing_tomorrow(issues: Iterable[Issue], now: datetime.datetime, reminder: datetime.time) -> datetime.date | None:
    """Return tomorrow's date if it has no issue and it is time for the reminder; ``now`` is local.

    None is missed on a weekday on which no issue has come lately, if there were any on other days.
    """
    tomorrow = now.date() + datetime.timedelta(days=1)
    dates = {issue.date for issue in issues if not issue.digest}
    if now.time() < reminder or tomorrow in dates:
        return None
    since = tomorrow - datetime.timedelta(weeks=_WEEKS)
    lately = {date for date in dates if since <= date < tomorrow}
    regular = any(date.weekday() == tomorrow.weekday() for date in lately)
    began_lately = not any(date < since for date in dates)
    return tomorrow if regular or began_lately or not lately else None
