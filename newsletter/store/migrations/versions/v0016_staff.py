"""Members of staff, how they sign in, and the audit log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"

_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_time = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables, and the triggers that keep the audit log as it is."""
    _add_people()
    _add_sign_in()
    _add_audit_log()


def _add_people() -> None:
    op.create_table(
        "person",
        sa.Column("id", _id, primary_key=True),
        sa.Column("handle", sa.LargeBinary, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("address_key", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("invited_at", _time, nullable=False),
        sa.Column("invited_by", sa.Text, nullable=False),
        sa.Column("joined_at", _time),
        sa.Column("removed_at", _time),
        sa.Column("weekly_summary", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.UniqueConstraint("handle", name="person_handle_unique"),
        sa.UniqueConstraint("address_key", name="person_address_key_unique"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "passkey",
        sa.Column("id", _id, primary_key=True),
        sa.Column("person", _id, sa.ForeignKey("person.id", name="passkey_person_is"), nullable=False),
        sa.Column("credential", sa.LargeBinary, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("synced", sa.Boolean, nullable=False),
        sa.Column("transports", _json, nullable=False),
        sa.Column("created_at", _time, nullable=False),
        sa.Column("used_at", _time),
        sa.UniqueConstraint("credential", name="passkey_credential_unique"),
        sqlite_autoincrement=True,
    )
    op.create_index("passkey_by_person", "passkey", ["person"])


def _add_sign_in() -> None:
    op.create_table(
        "staff_session",
        sa.Column("id", _id, primary_key=True),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("person", _id, sa.ForeignKey("person.id", name="staff_session_person_is"), nullable=False),
        sa.Column("by_link", sa.Boolean, nullable=False),
        sa.Column("created_at", _time, nullable=False),
        sa.Column("seen_at", _time, nullable=False),
        sa.Column("confirmed_at", _time),
        sa.Column("client", sa.Text, nullable=False),
        sa.UniqueConstraint("hash", name="staff_session_hash_unique"),
        sqlite_autoincrement=True,
    )
    op.create_index("staff_session_by_person", "staff_session", ["person"])
    op.create_table(
        "ceremony",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("browser", sa.String(64), nullable=False),
        sa.Column("expires_at", _time, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ceremony_by_expires_at", "ceremony", ["expires_at"])
    op.create_table(
        "sign_in_link",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("person", _id, sa.ForeignKey("person.id", name="sign_in_link_person_is"), nullable=False),
        sa.Column("browser", sa.String(64), nullable=False),
        sa.Column("created_at", _time, nullable=False),
        sa.Column("expires_at", _time, nullable=False),
        sa.Column("used_at", _time),
        sqlite_with_rowid=False,
    )
    op.create_index("sign_in_link_by_person", "sign_in_link", ["person"])


def _add_audit_log() -> None:
    op.create_table(
        "audit",
        sa.Column("id", _id, primary_key=True),
        sa.Column("at", _time, nullable=False),
        sa.Column("person", _id, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("thing", sa.Text, nullable=False),
        sa.Column("detail", _json, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_by_person", "audit", ["person"])
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{change.lower()} BEFORE {change} ON audit"
                " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit"
        " FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()"
    )
