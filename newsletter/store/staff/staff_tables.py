"""The tables of members of staff, of how they sign in, and of what they did."""

import sqlalchemy as sa

from newsletter.store.column_types import Id, Json, UtcDateTime
from newsletter.store.tables import metadata

person = sa.Table(
    "person",
    metadata,
    sa.Column("id", Id, primary_key=True),
    # Random octets that passkeys store for the account.
    sa.Column("handle", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("address_key", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("invited_at", UtcDateTime, nullable=False),
    # The address of the person who invited them.
    sa.Column("invited_by", sa.Text, nullable=False),
    sa.Column("joined_at", UtcDateTime),
    # Rows stay, for the audit log's sake; somebody who is invited again gets theirs back.
    sa.Column("removed_at", UtcDateTime),
    sa.Column("weekly_summary", sa.Boolean, nullable=False, server_default=sa.false()),
    sqlite_autoincrement=True,
)

passkey = sa.Table(
    "passkey",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("person", Id, sa.ForeignKey("person.id"), nullable=False),
    sa.Column("credential", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("sign_count", sa.BigInteger, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("synced", sa.Boolean, nullable=False),
    sa.Column("transports", Json, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("used_at", UtcDateTime),
    sa.Index("passkey_by_person", "person"),
    sqlite_autoincrement=True,
)

staff_session = sa.Table(
    "staff_session",
    metadata,
    sa.Column("id", Id, primary_key=True),
    # The SHA-256 of what the cookie has.
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
    sa.Column("person", Id, sa.ForeignKey("person.id"), nullable=False),
    sa.Column("by_link", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("confirmed_at", UtcDateTime),
    # The browser and its system, in words.
    sa.Column("client", sa.Text, nullable=False),
    sa.Index("staff_session_by_person", "person"),
    sqlite_autoincrement=True,
)

# The challenges of passkey ceremonies under way. A row is deleted when its challenge is answered.
ceremony = sa.Table(
    "ceremony",
    metadata,
    # The SHA-256 of the challenge.
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False),
    # The SHA-256 of the cookie of the browser, or of the session, that the challenge was made for.
    sa.Column("browser", sa.String(64), nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Index("ceremony_by_expires_at", "expires_at"),
    sqlite_with_rowid=False,
)

sign_in_link = sa.Table(
    "sign_in_link",
    metadata,
    # The SHA-256 of the link's secret.
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("person", Id, sa.ForeignKey("person.id"), nullable=False),
    # The SHA-256 of the cookie of the browser that asked for the link; empty for a printed one, which nobody asked for.
    sa.Column("browser", sa.String(64), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("used_at", UtcDateTime),
    sa.Index("sign_in_link_by_person", "person"),
    sqlite_with_rowid=False,
)

# Append-only: triggers refuse to change and to delete rows.
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    # The id of the account, 0 for the person at the computer that the newsletter is on.
    sa.Column("person", Id, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("act", sa.String(32), nullable=False),
    sa.Column("thing", sa.Text, nullable=False),
    sa.Column("detail", Json, nullable=False),
    sa.Index("audit_by_person", "person"),
    sa.Index("audit_by_thing", "thing"),
    sa.Index("audit_by_act", "act"),
    sqlite_autoincrement=True,
)
