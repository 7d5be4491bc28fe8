"""Since when every try to begin a send, or to go on with it, has failed."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add a column that is empty for the sends that are there."""
    op.add_column("send", sa.Column("failing_since", sa.DateTime(timezone=True)))
