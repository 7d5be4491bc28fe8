"""Votes in polls, and reasons for leaving."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "poll_answer",
        sa.Column("send", _id, sa.ForeignKey("send.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("answer", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "vote",
        sa.Column("id", _id, primary_key=True),
        sa.Column("send", _id, sa.ForeignKey("send.id"), nullable=False),
        sa.Column("answer", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subscriber", _id, sa.ForeignKey("subscriber.id", ondelete="SET NULL")),
        sa.UniqueConstraint("send", "subscriber"),
    )
    op.create_index("vote_by_subscriber", "vote", ["subscriber"])
    op.create_table(
        "leaving_reason",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("issue", sa.String(80), primary_key=True),
        sa.Column("reason", sa.Text, primary_key=True),
        sa.Column("readers", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("leaving_reason_by_issue", "leaving_reason", ["issue"])
