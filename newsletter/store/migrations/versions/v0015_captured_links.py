"""Captured links."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"

_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_time = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "captured_link",
        sa.Column("id", _id, primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("canonical_url", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("date", sa.Date),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("minutes", sa.Integer),
        sa.Column("image", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("paywall", sa.Boolean, nullable=False),
        sa.Column("origins", _json, nullable=False),
        sa.Column("selection", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("captured_at", _time, nullable=False),
        sa.Column("captured_by", sa.Text, nullable=False),
        sa.Column("fetched_at", _time),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("put_off_until", sa.Date),
        sa.Column("dropped_at", _time),
        sa.Column("entry", sa.String(80), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("captured_link_by_entry", "captured_link", ["entry"])
