"""The rate limit of each provider, shared by all sends and processes. The rules are in ``domain.rate_limits``."""

from dataclasses import asdict
from functools import cache
from typing import Any

import sqlalchemy as sa

from newsletter.domain.rate_limits import (
    RECOVERED_AFTER,
    Grant,
    Hours,
    Limits,
    RateLimitState,
    last_day,
    left_of_warm_up,
    reserve,
    slowed_down,
    unused_state,
    with_handed_over,
    without_returned,
)
from newsletter.store.database import Database
from newsletter.store.row_writes import insert_new, upsert
from newsletter.store.tables import pace, pace_hour


class RateLimits:
    """A register of all providers' rate limits. Times are seconds of Unix time; each change is a short transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reserve(self, provider: str, limits: Limits, wanted: int, now: float) -> Grant:
        """Grant one or more of the ``wanted`` messages, with the time to send them, and count them as handed over."""
        with self._database.writing() as connection:
            before, hours = _locked(connection, provider, now), _hours(connection, provider)
            after, grant = reserve(before, last_day(hours, now), limits, wanted, now)
            _write(connection, provider, before, after)
            _write_hours(connection, provider, hours, with_handed_over(hours, grant.messages, now))
            return grant

    def throttled(self, provider: str, limits: Limits, now: float) -> None:
        """Slow down because the provider throttled. The rate recovers automatically."""
        with self._database.writing() as connection:
            before = _locked(connection, provider, now)
            _write(connection, provider, before, slowed_down(before, limits, now))

    def give_back(self, provider: str, messages: int, now: float) -> None:
        """Return reserved messages that weren't handed over to the day's quota."""
        with self._database.writing() as connection:
            _locked(connection, provider, now)
            hours = _hours(connection, provider)
            _write_hours(connection, provider, hours, without_returned(hours, messages, now))

    def left_of_warm_up(self, provider: str, warm_up: tuple[int, ...], now: float) -> tuple[int, ...]:
        """Return the messages per day that are left of the provider's warm-up, from today on. It may begin today."""
        with self._database.writing() as connection:
            return left_of_warm_up(warm_up, _locked(connection, provider, now), now)

    def state(self, provider: str, now: float) -> tuple[RateLimitState, Hours]:
        """Return the state of a provider's rate limit without storing one for a provider that was never used."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(pace).where(pace.c.provider == provider)).one_or_none()
            hours = last_day(_hours(connection, provider), now)
        return (unused_state(now) if row is None else _state(row)), hours

    def slowed(self, provider: str, now: float) -> bool:
        """Return whether the provider has throttled recently and the rate hasn't recovered yet."""
        query = sa.select(pace.c.slowed_at).where(pace.c.provider == provider)
        with self._database.reading() as connection:
            slowed_at = connection.scalars(query).one_or_none()
        return slowed_at is not None and now - slowed_at < RECOVERED_AFTER

    def used(self, provider: str, now: float) -> int:
        """Return the number of messages that count against the day's quota: those of the last 24 to 25 hours."""
        with self._database.reading() as connection:
            return sum(last_day(_hours(connection, provider), now).values())


# Building a statement takes longer than running it, and a fast send reserves hundreds of times a second.
_SELECT_LIMIT = sa.select(pace).where(pace.c.provider == sa.bindparam("which")).with_for_update()
_UPDATE_LIMIT = (
    sa.update(pace)
    .where(pace.c.provider == sa.bindparam("which"))
    .values({name: sa.bindparam(f"new_{name}") for name in ("free_at", "slowed", "slowed_at", "since")})
)
_SELECT_HOURS = sa.select(pace_hour.c.hour, pace_hour.c.messages).where(pace_hour.c.provider == sa.bindparam("which"))


@cache
def _counting(dialect: str) -> sa.Insert:
    insert = upsert(dialect, pace_hour)
    return insert.on_conflict_do_update(
        index_elements=["provider", "hour"], set_={"messages": insert.excluded.messages}
    )


def _locked(connection: sa.Connection, provider: str, now: float) -> RateLimitState:
    """Return the state of a provider's rate limit and lock it until the transaction ends."""
    row = connection.execute(_SELECT_LIMIT, {"which": provider}).one_or_none()
    if row is None:
        insert_new(connection, pace, {"provider": provider, **asdict(unused_state(now))})
        row = connection.execute(_SELECT_LIMIT, {"which": provider}).one()
    return _state(row)


def _state(row: sa.Row[Any]) -> RateLimitState:
    return RateLimitState(free_at=row.free_at, slowed=row.slowed, slowed_at=row.slowed_at, since=row.since)


def _write(connection: sa.Connection, provider: str, before: RateLimitState, after: RateLimitState) -> None:
    if after != before:
        changed = {f"new_{name}": value for name, value in asdict(after).items()}
        connection.execute(_UPDATE_LIMIT, {"which": provider, **changed})


def _hours(connection: sa.Connection, provider: str) -> Hours:
    return {row.hour: row.messages for row in connection.execute(_SELECT_HOURS, {"which": provider})}


def _write_hours(connection: sa.Connection, provider: str, before: Hours, after: Hours) -> None:
    gone = before.keys() - after.keys()
    if gone:
        connection.execute(sa.delete(pace_hour).where(pace_hour.c.provider == provider, pace_hour.c.hour.in_(gone)))
    changed = after.items() - before.items()
    if changed:
        counted = [{"provider": provider, "hour": hour, "messages": messages} for hour, messages in changed]
        connection.execute(_counting(connection.dialect.name), counted)
