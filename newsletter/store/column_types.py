"""Types of columns that SQLite and PostgreSQL store differently."""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect


class UtcDateTime(sa.TypeDecorator[datetime]):
    """A column type for aware times, stored in UTC; in SQLite, which has no time zones, as naive ones."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  SQLAlchemy's
        """Return the time in UTC. Raises ValueError if it has no time zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  same
        """Return the time, aware and in UTC."""
        return value and (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC))


# SQLite only numbers rows by itself if the type is INTEGER PRIMARY KEY, which has 64 bits there anyway.
Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
# Text that is ordered by its bytes, as always in SQLite; PostgreSQL otherwise uses the database's language.
BinaryText = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
