"""Subscribers with their topics, suppressions, sends with their editions and deliveries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_time = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create all tables."""
    op.create_table(
        "subscriber",
        sa.Column("id", _id, primary_key=True),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("address_key", sa.Text, nullable=False),
        sa.Column("first_name", sa.Text, nullable=False),
        sa.Column("last_name", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("attributes", _json, nullable=False),
        sa.Column("created", _time, nullable=False),
        sa.Column("changed", _time, nullable=False),
        sa.UniqueConstraint("key"),
        sa.UniqueConstraint("address_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "subscriber_topic",
        sa.Column("subscriber", _id, sa.ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("topic", sa.String(80), primary_key=True),
        sa.Column("excluded", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("subscriber_topic_by_topic", "subscriber_topic", ["topic", "subscriber"])
    op.create_table(
        "suppression",
        sa.Column("address_key", sa.Text, primary_key=True),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("since", _time, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "send",
        sa.Column("id", _id, primary_key=True),
        sa.Column("issue", sa.String(80), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("date", _time, nullable=False),
        sa.Column("segments", _json, nullable=False),
        sa.Column("created", _time, nullable=False),
        sa.Column("finished", _time),
        sa.Column("left_out", sa.Integer, nullable=False),
        sa.Column("counts", _json),
        sa.UniqueConstraint("issue"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "edition",
        sa.Column("send", _id, sa.ForeignKey("send.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("entries", _json, nullable=False),
        sa.Column("readers", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "delivery",
        sa.Column("send", _id, sa.ForeignKey("send.id"), primary_key=True),
        sa.Column("edition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("subscriber", _id, primary_key=True, autoincrement=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("provider_id", sa.Text, nullable=False),
        sa.UniqueConstraint("send", "subscriber"),
        sqlite_with_rowid=False,
    )
