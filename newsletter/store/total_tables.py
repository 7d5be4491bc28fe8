"""Tables of totals that reports show: of days, which never change once they are counted, and of issues."""

import sqlalchemy as sa

from newsletter.store.column_types import Id, Json, UtcDateTime
from newsletter.store.tables import consent, metadata

# A day that is over and was counted: the readers who could be mailed at its end, and the last reader's id by then.
counted_day = sa.Table(
    "counted_day",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("readers", sa.Integer, nullable=False),
    sa.Column("last_reader", Id, nullable=False),
    sqlite_with_rowid=False,
)

# The readers who joined, left or bounced on a day, by source or topic; and those who followed a topic at its end
# (change "follow"). They name nobody, so they stay when a reader is erased.
daily_total = sa.Table(
    "daily_total",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("change", sa.String(12), primary_key=True),
    sa.Column("kind", sa.String(8), primary_key=True),
    # The source, or the topic's slug.
    sa.Column("mark", sa.String(80), primary_key=True),
    sa.Column("readers", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

# An issue's results as they were last counted, since counting a million deliveries takes seconds.
issue_total = sa.Table(
    "issue_total",
    metadata,
    sa.Column("send", Id, sa.ForeignKey("send.id"), primary_key=True, autoincrement=False),
    sa.Column("counted_at", UtcDateTime, nullable=False),
    # How long counting took.
    sa.Column("milliseconds", sa.Integer, nullable=False),
    sa.Column("totals", Json, nullable=False),
    sqlite_with_rowid=False,
)

sa.Index("consent_by_at", consent.c.at, consent.c.event)
