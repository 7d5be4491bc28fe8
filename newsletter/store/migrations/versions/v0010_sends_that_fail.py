"""The time since which every attempt to begin or resume a send has failed."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add a column that is empty for the existing sends."""
    op.add_column("send", sa.Column("failing_since", sa.DateTime(timezone=True)))
