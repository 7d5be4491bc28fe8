"""Indexes for the reasons of a send's deliveries, and for the audit log by thing and act."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Create the indexes."""
    op.create_index("audit_by_thing", "audit", ["thing"])
    op.create_index("audit_by_act", "audit", ["act"])
    if op.get_bind().dialect.name == "sqlite":
        where = sa.text("status <> 'queued' AND status <> 'submitting' AND status <> 'submitted'")
        op.create_index("delivery_by_reason", "delivery", ["send", "status", "detail"], sqlite_where=where)
