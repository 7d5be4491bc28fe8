"""The last bounce of service mail to each address."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the table, with the bounces that led to suppressions."""
    op.create_table(
        "service_bounce",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute(
        """
        INSERT INTO service_bounce (subject, at)
        SELECT address_key, since FROM suppression WHERE issue = 'service' AND reason = 'bounced'
        """
    )
