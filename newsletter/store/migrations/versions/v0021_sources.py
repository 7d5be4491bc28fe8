"""Where the content of each send came from."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add the column."""
    op.add_column("send", sa.Column("source", sa.JSON().with_variant(postgresql.JSONB(), "postgresql")))
