"""Totals for reports: of days and of issues."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"

_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add the tables, and an index to find a day's consents."""
    op.create_table(
        "counted_day",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("readers", sa.Integer, nullable=False),
        sa.Column("last_reader", _id, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "daily_total",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("change", sa.String(12), primary_key=True),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("mark", sa.String(80), primary_key=True),
        sa.Column("readers", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "issue_total",
        sa.Column("send", _id, sa.ForeignKey("send.id"), primary_key=True, autoincrement=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("milliseconds", sa.Integer, nullable=False),
        sa.Column("totals", _json, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("consent_by_at", "consent", ["at", "event"])
