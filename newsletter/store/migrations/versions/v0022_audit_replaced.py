"""The audit log can't be emptied, nor its rows replaced, in ways that start no trigger for updates and deletions."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add the triggers."""
    if op.get_bind().dialect.name == "sqlite":
        # INSERT OR REPLACE deletes the old row without its trigger (https://www.sqlite.org/lang_conflict.html).
        op.execute(
            "CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit"
            " WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)"
            " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        )
        return
    op.execute(
        "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"
    )
