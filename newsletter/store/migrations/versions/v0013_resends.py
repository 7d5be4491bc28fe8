"""The number of times that an uncertain delivery was sent again, counted separately from its attempts."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the column, with a default that both databases add without rewriting the table."""
    op.add_column("delivery", sa.Column("resends", sa.Integer, nullable=False, server_default="0"))
