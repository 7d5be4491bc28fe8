"""Readers' frequency and consent, pending confirmations, service messages, request limits, erasures."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_time = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add two columns, each with a default for the existing readers, and five tables."""
    op.add_column("subscriber", sa.Column("frequency", sa.String(8), nullable=False, server_default="each"))
    op.add_column("subscriber", sa.Column("paused_until", sa.BigInteger, nullable=False, server_default="0"))
    op.create_table(
        "consent",
        sa.Column("id", _id, primary_key=True),
        sa.Column("subscriber", _id, sa.ForeignKey("subscriber.id", ondelete="CASCADE"), nullable=False),
        sa.Column("at", _time, nullable=False),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("how", sa.String(32), nullable=False),
        sa.Column("wording", sa.Text, nullable=False),
        sa.Column("issue", sa.String(80), nullable=False),
    )
    op.create_index("consent_by_subscriber", "consent", ["subscriber"])
    op.create_index("consent_by_issue", "consent", ["issue", "event"])
    op.create_table(
        "confirmation",
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("address_key", sa.Text, nullable=False),
        sa.Column("subscriber", sa.String(32), nullable=False),
        sa.Column("choices", _json, nullable=False),
        sa.Column("how", sa.String(32), nullable=False),
        sa.Column("wording", sa.Text, nullable=False),
        sa.Column("asked", _time, nullable=False),
        sa.Column("confirmed", _time),
        sqlite_with_rowid=False,
    )
    op.create_index("confirmation_by_address_key", "confirmation", ["address_key"])
    op.create_index("confirmation_by_asked", "confirmation", ["asked"])
    op.create_table(
        "service_message",
        sa.Column("id", _id, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("about", sa.String(32), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("created", _time, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due", sa.BigInteger, nullable=False),
    )
    op.create_index("service_message_by_due", "service_message", ["due"])
    op.create_table(
        "allowance",
        sa.Column("subject", sa.String(80), primary_key=True),
        sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("times", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("allowance_by_hour", "allowance", ["hour"])
    op.create_table(
        "erasure",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("signing_key", sa.String(4), nullable=False),
        sa.Column("since", _time, nullable=False),
        sqlite_with_rowid=False,
    )
