"""Tracked links, clicks and opens, and readers who refuse tracking."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"

_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add a column, with a default for the existing readers, and two tables."""
    op.add_column("subscriber", sa.Column("uncounted", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "link",
        sa.Column("send", _id, sa.ForeignKey("send.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("entry", sa.String(80), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("topics", _json, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "response",
        sa.Column("id", _id, primary_key=True),
        sa.Column("send", _id, sa.ForeignKey("send.id"), nullable=False),
        sa.Column("link", sa.Integer),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("machine", sa.String(8), nullable=False),
        sa.Column("subscriber", _id, sa.ForeignKey("subscriber.id", ondelete="SET NULL")),
    )
    op.create_index("response_by_send", "response", ["send", "link"])
    op.create_index("response_by_subscriber", "response", ["subscriber"])
    op.create_index("response_by_at", "response", ["at"])
