"""The report that led to a suppression, and hard bounces that wait for an operator."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add columns, with defaults for the existing suppressions, and a table."""
    op.add_column("suppression", sa.Column("issue", sa.String(80), nullable=False, server_default=""))
    op.add_column("suppression", sa.Column("detail", sa.Text, nullable=False, server_default=""))
    op.add_column("suppression", sa.Column("soft_bounces", sa.Integer, nullable=False, server_default="0"))
    op.add_column("suppression", sa.Column("reviewed", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("suppression_by_since", "suppression", ["since"])
    op.create_index("suppression_by_issue", "suppression", ["issue"])
    op.create_table(
        "held_bounce",
        sa.Column("address_key", sa.Text, primary_key=True),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issue", sa.String(80), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
