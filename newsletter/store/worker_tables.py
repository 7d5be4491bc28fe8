"""The tables of workers' heartbeats and of reminders."""

import sqlalchemy as sa

from newsletter.store.column_types import UtcDateTime
from newsletter.store.tables import metadata

# A worker, named as the process that it is, and when it last showed that it is alive. One that runs once, for cron,
# stays listed after its end.
worker = sa.Table(
    "worker",
    metadata,
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("once", sa.Boolean, nullable=False),
    sa.Column("started", UtcDateTime, nullable=False),
    sa.Column("seen", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)

# A reminder that was queued, so that it is sent once for a day, whatever worker is the first.
reminder = sa.Table(
    "reminder",
    metadata,
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sqlite_with_rowid=False,
)
