"""Readers' former addresses, as keyed hashes. The outbox's paths, which contain addresses, go with removed readers."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add a table, and clear removed readers' paths in sends by the outbox."""
    op.create_table(
        "former_address",
        sa.Column("subscriber", _id, sa.ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("signing_key", sa.String(4), nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute(
        "UPDATE delivery SET provider_id = '' WHERE provider_id <> ''"
        " AND send IN (SELECT id FROM send WHERE provider = 'outbox')"
        " AND NOT EXISTS (SELECT 1 FROM subscriber WHERE subscriber.id = delivery.subscriber)"
    )
