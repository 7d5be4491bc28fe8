"""Events that providers report, and each delivery's outcome."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_time = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add a column, with a default for the existing deliveries, and a table."""
    op.add_column("delivery", sa.Column("outcome", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "event",
        sa.Column("id", _id, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("at", _time, nullable=False),
        sa.Column("received", _time, nullable=False),
        sa.Column("issue", sa.String(80), nullable=False),
        sa.Column("subscriber", _id),
        sa.Column("address_key", sa.Text, nullable=False),
        sa.Column("bounce", sa.String(12), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("feedback", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("raw", sa.Text, nullable=False),
        sa.Column("counts", sa.Boolean, nullable=False),
        sa.UniqueConstraint("key"),
    )
    op.create_index("event_by_address_key", "event", ["address_key"])
    op.create_index("event_by_subscriber", "event", ["subscriber"])
    op.create_index("event_by_issue", "event", ["issue", "kind"])
    op.create_index("event_by_received", "event", ["received"])
