"""Rate limits for requests by strangers, counted by the hour.

An hour counts until all of it is older than the limit's period. A refused request writes nothing, so a flood of them
neither holds the write lock nor fills the disk.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from newsletter.domain.consent import MailRequest, RequestLimit, hour_of
from newsletter.store.row_writes import upsert
from newsletter.store.subscribers.rows import in_parameter
from newsletter.store.tables import allowance

_LOCK = 0x61_73_6B_73  # PostgreSQL's advisory lock for admitting requests


def lock(connection: sa.Connection) -> None:
    """Wait until no other transaction is admitting requests, so that every request is counted."""
    if connection.dialect.name != "sqlite":  # SQLite has one writer anyway
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def first_exceeded(connection: sa.Connection, requests: Sequence[MailRequest]) -> list[RequestLimit | None]:
    """Return, for each request, the first limit that is used up and may be reported to the client. Writes nothing."""
    usage = _Usage(connection, map(_limits_and_hour, requests))
    return [usage.first_over(_loud(request), hour_of(request.message.created)) for request in requests]


def admit(connection: sa.Connection, requests: Sequence[MailRequest]) -> list[RequestLimit | None]:
    """Count the requests one after another, and return for each the limit that it exceeds, or None.

    If only the address is over its limit, the request still counts for the client. If the client is, it doesn't count.
    """
    usage = _Usage(connection, map(_limits_and_hour, requests))
    answers = []
    for request in requests:
        hour = hour_of(request.message.created)
        over = usage.first_over(_loud(request), hour)
        if over is None:
            over = usage.first_over((limit for limit in request.limits if limit.quiet), hour)
            usage.count(request.limits if over is None else _loud(request), hour)
        answers.append(over)
    usage.write(connection)
    return answers


def first_over(connection: sa.Connection, limits: Sequence[RequestLimit], now: datetime) -> RequestLimit | None:
    """Return the first limit that is used up, or None. Writes nothing."""
    return _Usage(connection, [(limits, hour_of(now))]).first_over(limits, hour_of(now))


def admit_once(connection: sa.Connection, limits: Sequence[RequestLimit], now: datetime) -> RequestLimit | None:
    """Count one request against its limits, and return the first that it exceeds, or None.

    A request that exceeds one doesn't count.
    """
    lock(connection)
    hour = hour_of(now)
    usage = _Usage(connection, [(limits, hour)])
    over = usage.first_over(limits, hour)
    if over is None:
        usage.count(limits, hour)
        usage.write(connection)
    return over


def reset_limits(connection: sa.Connection, subjects: Sequence[str]) -> None:
    """Reset the counts of these subjects."""
    connection.execute(sa.delete(allowance).where(allowance.c.subject.in_(subjects)))


def forget_before(connection: sa.Connection, hour: int) -> int:
    """Delete counts from before an hour (since 1970) and return their number."""
    return connection.execute(sa.delete(allowance).where(allowance.c.hour < hour)).rowcount


def _loud(request: MailRequest) -> list[RequestLimit]:
    return [limit for limit in request.limits if not limit.quiet]


def _limits_and_hour(request: MailRequest) -> tuple[Iterable[RequestLimit], int]:
    return request.limits, hour_of(request.message.created)


class _Usage:
    """The hourly counts for the subjects of some requests' limits, read at once, and the counts to add."""

    def __init__(self, connection: sa.Connection, requests: Iterable[tuple[Iterable[RequestLimit], int]]) -> None:
        self._times: dict[str, Counter[int]] = defaultdict(Counter)
        self._added: Counter[tuple[str, int]] = Counter()
        subjects: dict[int, set[str]] = defaultdict(set)  # by the first hour that counts
        for limits, hour in requests:
            for limit in limits:
                subjects[hour - limit.hours].add(limit.subject)
        for since, names in subjects.items():
            query = sa.select(allowance).where(in_parameter(allowance.c.subject, "subjects"), allowance.c.hour >= since)
            for row in connection.execute(query, {"subjects": sorted(names)}):
                self._times[row.subject][row.hour] = row.times

    def first_over(self, limits: Iterable[RequestLimit], hour: int) -> RequestLimit | None:
        for limit in limits:
            times = self._times[limit.subject].items()
            if sum(number for when, number in times if when >= hour - limit.hours) >= limit.times:
                return limit
        return None

    def count(self, limits: Iterable[RequestLimit], hour: int) -> None:
        for subject in {limit.subject for limit in limits}:
            self._times[subject][hour] += 1
            self._added[subject, hour] += 1

    def write(self, connection: sa.Connection) -> None:
        if not self._added:
            return
        insert = upsert(connection.dialect.name, allowance)
        added = insert.on_conflict_do_update(
            index_elements=["subject", "hour"], set_={"times": allowance.c.times + insert.excluded.times}
        )
        rows = [{"subject": subject, "hour": hour, "times": times} for (subject, hour), times in self._added.items()]
        connection.execute(added, rows)
