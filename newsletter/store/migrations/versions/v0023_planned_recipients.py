"""The number of readers that a scheduled send was planned for."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Add the column."""
    op.add_column("send", sa.Column("planned_recipients", sa.Integer()))
