"""Tables of what providers and readers' mail clients report: tracked links, clicks and opens, events."""

import sqlalchemy as sa

from newsletter.store.column_types import Id, Json, UtcDateTime
from newsletter.store.tables import metadata

# The tracked links of a send: each one's target, its entry, and that entry's position and topics.
link = sa.Table(
    "link",
    metadata,
    sa.Column("send", Id, sa.ForeignKey("send.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("entry", sa.String(80), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("topics", Json, nullable=False),
    sqlite_with_rowid=False,
)

# A click on a link of a send, or an open if there is no link. ``machine`` is why it is taken for a machine's; empty for
# a person. The subscriber is stored if tracking is individual and they didn't refuse, and deleted with the reader.
response = sa.Table(
    "response",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("send", Id, sa.ForeignKey("send.id"), nullable=False),
    sa.Column("link", sa.Integer),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("machine", sa.String(8), nullable=False),
    sa.Column("subscriber", Id, sa.ForeignKey("subscriber.id", ondelete="SET NULL")),
    sa.Index("response_by_send", "send", "link"),
    sa.Index("response_by_subscriber", "subscriber"),
    sa.Index("response_by_at", "at"),
)

# Events that providers reported, without duplicates, kept for a limited time. A delivery's outcome is kept forever.
event = sa.Table(
    "event",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("received", UtcDateTime, nullable=False),
    sa.Column("issue", sa.String(80), nullable=False),
    # Null and empty if the event is kept without its reader or isn't about anybody.
    sa.Column("subscriber", Id),
    sa.Column("address_key", sa.Text, nullable=False),
    sa.Column("bounce", sa.String(12), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("feedback", sa.String(16), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("link", sa.Text, nullable=False),
    sa.Column("raw", sa.Text, nullable=False),
    # Whether a soft bounce still counts against the address. Lifting a suppression clears it.
    sa.Column("counts", sa.Boolean, nullable=False),
    sa.Index("event_by_address_key", "address_key"),
    sa.Index("event_by_subscriber", "subscriber"),
    sa.Index("event_by_issue", "issue", "kind"),
    sa.Index("event_by_received", "received"),
)
