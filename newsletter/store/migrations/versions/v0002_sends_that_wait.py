"""Sends that wait, pause and are leased; attempts and due times; providers' rate limits; the installation."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_time = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add columns, each with a default for the existing rows, and three tables."""
    op.add_column("subscriber", sa.Column("time_zone", sa.Text, nullable=False, server_default=""))
    for column in (
        sa.Column("base_url", sa.Text, nullable=False, server_default=""),
        sa.Column("signing_key", sa.Text, nullable=False, server_default=""),
        sa.Column("uncertain", sa.String(8), nullable=False, server_default="hold"),
        sa.Column("begins", _time),
        sa.Column("local_time", sa.String(5), nullable=False, server_default=""),
        sa.Column("deadline", sa.Integer, nullable=False, server_default="0"),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("waits_until", _time),
        sa.Column("resumed", _time),
        sa.Column("settled_before", sa.Integer, nullable=False, server_default="0"),
        sa.Column("holder", sa.Text, nullable=False, server_default=""),
        sa.Column("held_until", sa.Double, nullable=False, server_default="0"),
        sa.Column("beats", sa.Integer, nullable=False, server_default="0"),
    ):
        op.add_column("send", column)
    op.add_column("delivery", sa.Column("attempt", sa.Integer, nullable=False, server_default="0"))
    op.add_column("delivery", sa.Column("due", sa.BigInteger, nullable=False, server_default="0"))
    op.create_table(
        "pace",
        sa.Column("provider", sa.Text, primary_key=True),
        sa.Column("free_at", sa.Double, nullable=False),
        sa.Column("slowed", sa.Double, nullable=False),
        sa.Column("slowed_at", sa.Double, nullable=False),
        sa.Column("since", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pace_hour",
        sa.Column("provider", sa.Text, primary_key=True),
        sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("messages", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("sends", sa.Integer, nullable=False),
    )
