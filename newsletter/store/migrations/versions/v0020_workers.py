"""Workers' heartbeats, reminders that were queued, and notices about issues without a send."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_time = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables and the column."""
    op.create_table(
        "worker",
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("once", sa.Boolean, nullable=False),
        sa.Column("started", _time, nullable=False),
        sa.Column("seen", _time, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reminder",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.add_column("notice", sa.Column("issue", sa.String(80), nullable=False, server_default=""))
