"""Deferrals counted separately from attempts; deliveries whose earlier attempt may have arrived."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add two columns, with defaults that both databases add without rewriting the table."""
    op.add_column("delivery", sa.Column("deferrals", sa.Integer, nullable=False, server_default="0"))
    op.add_column("delivery", sa.Column("unsure", sa.Boolean, nullable=False, server_default=sa.false()))
