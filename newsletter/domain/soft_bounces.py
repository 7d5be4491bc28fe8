"""The rule for addresses that bounce softly again and again. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

SOFT_FOR = timedelta(days=14)
FULL_FOR = timedelta(days=60)  # longer than a holiday
FEWEST_SOFT_BOUNCES = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftBounce:
    """A temporary bounce of an issue that is about the mailbox; ``full`` mailboxes may last only for a holiday."""

    issue: str
    at: datetime
    full: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManySoftBounces:
    """An address that has bounced softly for too long: the last bounce that counted, and the number of issues."""

    since: datetime
    issues: int


def too_many_soft_bounces(
    bounces: Iterable[SoftBounce], delivered: Iterable[datetime], threshold: int
) -> TooManySoftBounces | None:
    """Return when ``threshold`` issues in a row had bounced softly for long enough, or None if they haven't.

    A delivery ends a row; bounces at the same moment come after it. Bounces of a full mailbox count only after 60 days.
    """
    arrived = set(delivered)
    seen = sorted(bounces, key=lambda bounce: bounce.at)
    row: list[SoftBounce] = []
    for at in sorted(arrived | {bounce.at for bounce in seen}):
        row = [] if at in arrived else row
        row += (bounce for bounce in seen if bounce.at == at)
        for counted, long in (([bounce for bounce in row if not bounce.full], SOFT_FOR), (row, FULL_FOR)):
            issues = {bounce.issue for bounce in counted}
            if len(issues) >= threshold and counted[-1].at - counted[0].at >= long:
                return TooManySoftBounces(since=counted[-1].at, issues=len(issues))
    return None
