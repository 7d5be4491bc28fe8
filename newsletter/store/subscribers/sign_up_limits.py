"""Rate limits of what strangers may ask for, counted by the hour.

An hour's count stays until it is that old altogether. A request that is refused writes nothing: a flood of them must
cost readers no write lock and the disk no row.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.domain.consent import Allowance, MailRequest, hour_of
from newsletter.store.subscribers.rows import among
from newsletter.store.tables import allowance

_LOCK = 0x61_73_6B_73  # of PostgreSQL's advisory locks, the one for admitting requests


def lock(connection: sa.Connection) -> None:
    """Wait until no other transaction is admitting requests, so that none is counted less often than it was made."""
    if connection.dialect.name != "sqlite":  # SQLite has one writer anyway
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def first_exceeded(connection: sa.Connection, requests: Sequence[MailRequest]) -> list[Allowance | None]:
    """For each request, the first limit that is used up already and whose client is told so. Writes nothing."""
    usage = _Usage(connection, requests)
    return [usage.first_over(_loud(request), hour_of(request.message.created)) for request in requests]


def admit(connection: sa.Connection, requests: Sequence[MailRequest]) -> list[Allowance | None]:
    """Count the requests, one after another, and return for each the limit that refuses it, or None.

    A client is counted also where only the address was asked too often. Where the client itself is refused, nothing is.
    """
    usage = _Usage(connection, requests)
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


def renew(connection: sa.Connection, subjects: Sequence[str]) -> None:
    """Forget how often these were asked for."""
    connection.execute(sa.delete(allowance).where(allowance.c.subject.in_(subjects)))


def forget_before(connection: sa.Connection, hour: int) -> int:
    """Forget what is older than an hour (since 1970); how much that was."""
    return connection.execute(sa.delete(allowance).where(allowance.c.hour < hour)).rowcount


def _loud(request: MailRequest) -> list[Allowance]:
    return [limit for limit in request.limits if not limit.quiet]


class _Usage:
    """How often the subjects of some requests were asked for in each hour, read at once; and what is to be added."""

    def __init__(self, connection: sa.Connection, requests: Sequence[MailRequest]) -> None:
        self._times: dict[str, Counter[int]] = defaultdict(Counter)
        self._added: Counter[tuple[str, int]] = Counter()
        subjects: dict[int, set[str]] = defaultdict(set)  # by the hour from which on they count
        for request in requests:
            for limit in request.limits:
                subjects[hour_of(request.message.created) - limit.hours].add(limit.subject)
        for since, some in subjects.items():
            query = sa.select(allowance).where(among(allowance.c.subject, "subjects"), allowance.c.hour >= since)
            for row in connection.execute(query, {"subjects": sorted(some)}):
                self._times[row.subject][row.hour] = row.times

    def first_over(self, limits: Iterable[Allowance], hour: int) -> Allowance | None:
        for limit in limits:
            times = self._times[limit.subject].items()
            if sum(some for when, some in times if when >= hour - limit.hours) >= limit.times:
                return limit
        return None

    def count(self, limits: Iterable[Allowance], hour: int) -> None:
        for subject in {limit.subject for limit in limits}:
            self._times[subject][hour] += 1
            self._added[subject, hour] += 1

    def write(self, connection: sa.Connection) -> None:
        if not self._added:
            return
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        insert = dialect.insert(allowance)
        added = insert.on_conflict_do_update(
            index_elements=["subject", "hour"], set_={"times": allowance.c.times + insert.excluded.times}
        )
        rows = [{"subject": subject, "hour": hour, "times": times} for (subject, hour), times in self._added.items()]
        connection.execute(added, rows)
