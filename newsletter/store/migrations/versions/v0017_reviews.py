"""Reviews of issues: events, comments, ticked findings, and who has changed which file."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"

_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_time = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "review_event",
        sa.Column("id", _id, primary_key=True),
        sa.Column("issue", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("at", _time, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("member", _id, nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("audience", sa.String(64), nullable=False),
        sa.Column("time", sa.String(64), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("authors", _json, nullable=False),
        sa.Column("commit", sa.String(64), nullable=False),
        sa.Column("recipients", _json, nullable=False),
        sa.Column("outline", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("review_event_by_issue", "review_event", ["issue", "id"])
    op.create_index("review_event_by_kind", "review_event", ["kind", "id"])
    op.create_table(
        "comment",
        sa.Column("id", _id, primary_key=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", _time, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("resolved_at", _time),
        sa.Column("resolved_by", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("comment_by_slug", "comment", ["kind", "slug"])
    op.create_table(
        "finding_tick",
        sa.Column("fingerprint", sa.String(64), primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", _time, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "edit",
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("at", _time, nullable=False),
        sa.Column("event", _id, nullable=False),
        sqlite_with_rowid=False,
    )
