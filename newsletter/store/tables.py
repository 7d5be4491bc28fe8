"""The tables, in the glossary's words. A change here needs a migration beside it; a test holds the two together."""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware time, kept in UTC; SQLite has no time zones, so it is told nothing of them."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  SQLAlchemy's
        """The time in UTC. Raises ValueError where it has no time zone: it could mean anything."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  same
        """The time, aware and in UTC."""
        return value and (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC))


# SQLite gives only INTEGER PRIMARY KEY numbers of its own; there it has 64 bits anyway.
Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

metadata = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_key",
        "uq": "%(table_name)s_%(column_0_name)s_unique",
        "fk": "%(table_name)s_%(column_0_name)s_is",
        "ix": "%(table_name)s_by_%(column_0_name)s",
    }
)

subscriber = sa.Table(
    "subscriber",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("key", sa.String(32), nullable=False, unique=True),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("address_key", sa.Text, nullable=False, unique=True),
    sa.Column("first_name", sa.Text, nullable=False),
    sa.Column("last_name", sa.Text, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    # An IANA name, empty for the newsletter's own.
    sa.Column("time_zone", sa.Text, nullable=False, server_default=""),
    sa.Column("frequency", sa.String(8), nullable=False, server_default="each"),
    # Seconds of Unix time until which they get nothing.
    sa.Column("paused_until", sa.BigInteger, nullable=False, server_default="0"),
    # Whether their clicks and opens are not to be known as theirs.
    sa.Column("uncounted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("attributes", Json, nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("changed", UtcDateTime, nullable=False),
    # The id of an erased reader stands in the ledger for ever, so it is never given again.
    sqlite_autoincrement=True,
)

subscriber_topic = sa.Table(
    "subscriber_topic",
    metadata,
    sa.Column("subscriber", Id, sa.ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("topic", sa.String(80), primary_key=True),
    # Followed otherwise. The primary key has one row for both, so a topic is never both.
    sa.Column("excluded", sa.Boolean, nullable=False),
    sa.Index("subscriber_topic_by_topic", "topic", "subscriber"),
    sqlite_with_rowid=False,
)

# Who asked for the newsletter, when, how and in answer to which words; when they confirmed it, left, came back. Of the
# last ones also out of which issue.
consent = sa.Table(
    "consent",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("subscriber", Id, sa.ForeignKey("subscriber.id", ondelete="CASCADE"), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("event", sa.String(16), nullable=False),
    sa.Column("how", sa.String(32), nullable=False),
    sa.Column("wording", sa.Text, nullable=False),
    sa.Column("issue", sa.String(80), nullable=False),
    sa.Index("consent_by_subscriber", "subscriber"),
    sa.Index("consent_by_issue", "issue", "event"),
)

# What somebody asked for, and the owner of the address has still to say yes to: a sign-up, a reader's new address, or
# that the one which a reader had before is theirs again.
confirmation = sa.Table(
    "confirmation",
    metadata,
    sa.Column("key", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("address_key", sa.Text, nullable=False),
    # The key of the reader whose new address it is, or who has left the address since; else empty.
    sa.Column("subscriber", sa.String(32), nullable=False),
    sa.Column("choices", Json, nullable=False),
    sa.Column("how", sa.String(32), nullable=False),
    sa.Column("wording", sa.Text, nullable=False),
    sa.Column("asked", UtcDateTime, nullable=False),
    sa.Column("confirmed", UtcDateTime),
    sa.Index("confirmation_by_address_key", "address_key"),
    sa.Index("confirmation_by_asked", "asked"),
    sqlite_with_rowid=False,
)

# Messages about a sign-up or a reader's settings that are still to go out. Whether the address is known is looked up
# by whoever hands them over, not while somebody waits for an answer.
service_message = sa.Table(
    "service_message",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    # Of the confirmation or the reader that it is about, else empty.
    sa.Column("about", sa.String(32), nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    # Seconds of Unix time.
    sa.Column("due", sa.BigInteger, nullable=False),
    sa.Index("service_message_by_due", "due"),
)

# Messages to the addresses of [notify] about scheduled sends. A row without an address stands for all of them, until a
# worker, which knows the settings, replaces it by one for each.
notice = sa.Table(
    "notice",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("send", Id, nullable=False),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    # In the Message-ID, the same for each attempt.
    sa.Column("key", sa.String(32), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    # When it happened, and when the message is to go out (seconds of Unix time).
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("due", sa.BigInteger, nullable=False),
    sa.Index("notice_by_due", "due"),
)

# How often something was asked for in each hour (hours since 1970), by a keyed hash of the address or the client.
allowance = sa.Table(
    "allowance",
    metadata,
    sa.Column("subject", sa.String(80), primary_key=True),
    sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Index("allowance_by_hour", "hour"),
    sqlite_with_rowid=False,
)

# Addresses of readers who wanted to be erased, as keyed hashes: no import brings them back.
erasure = sa.Table(
    "erasure",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("signing_key", sa.String(4), nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)

suppression = sa.Table(
    "suppression",
    metadata,
    sa.Column("address_key", sa.Text, primary_key=True),
    sa.Column("reason", sa.String(16), nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    # What was reported of which issue; empty where it came from a person, a file or a provider's own list.
    sa.Column("issue", sa.String(80), nullable=False, server_default=""),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),
    # How many issues bounced softly, where that is the reason.
    sa.Column("soft_bounces", sa.Integer, nullable=False, server_default="0"),
    # Whether an operator confirmed a bounce that was held.
    sa.Column("reviewed", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("suppression_by_since", "since"),
    sa.Index("suppression_by_issue", "issue"),
    sqlite_with_rowid=False,
)

# Permanent bounces of a time when there were too many: they suppress nobody until an operator has looked at them.
held_bounce = sa.Table(
    "held_bounce",
    metadata,
    sa.Column("address_key", sa.Text, primary_key=True),
    # The domain that bounced too often, or empty if all of them did.
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("issue", sa.String(80), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)

# When service mail to an address last bounced. The subject is the address key, or an erased address's keyed hash.
service_bounce = sa.Table(
    "service_bounce",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)

# Addresses that readers had before, as keyed hashes: they are erased with the reader.
former_address = sa.Table(
    "former_address",
    metadata,
    sa.Column("subscriber", Id, sa.ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("signing_key", sa.String(4), nullable=False),
    sqlite_with_rowid=False,
)

# What an upgrade found when addresses got a stricter identity, for an operator to look at: two readers who were made
# one, or two addresses that were taken for one.
address_collision = sa.Table(
    "address_collision",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("other", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

send = sa.Table(
    "send",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("issue", sa.String(80), nullable=False, unique=True),
    sa.Column("status", sa.String(24), nullable=False),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    # Text and not JSON: the digest is of these very characters. Empty until the send is frozen.
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("date", UtcDateTime, nullable=False),
    sa.Column("segments", Json, nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("finished", UtcDateTime),
    # Readers of the audience for whom nothing of the issue was.
    sa.Column("left_out", sa.Integer, nullable=False),
    # Of a finished send, so that a list of sends does not walk through every delivery there ever was.
    sa.Column("counts", Json),
    # Frozen with the content: where links lead, the id of the key that signs them, what becomes of uncertain ones.
    sa.Column("base_url", sa.Text, nullable=False, server_default=""),
    sa.Column("signing_key", sa.Text, nullable=False, server_default=""),
    sa.Column("uncertain", sa.String(8), nullable=False, server_default="hold"),
    # When it is to begin: a moment, or a local time for each reader's own zone; and how late it may, in seconds.
    sa.Column("begins", UtcDateTime),
    sa.Column("local_time", sa.String(5), nullable=False, server_default=""),
    sa.Column("deadline", sa.Integer, nullable=False, server_default="0"),
    # Why it is paused, or waits until a moment.
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("waits_until", UtcDateTime),
    # Since when every try to begin it or to go on with it has failed.
    sa.Column("failing_since", UtcDateTime),
    # Since when it runs, without a pause, and how many deliveries were settled then: the rate is of this run.
    sa.Column("resumed", UtcDateTime),
    sa.Column("settled_before", sa.Integer, nullable=False, server_default="0"),
    # The lease: the process that runs it, until when by the database's clock (seconds of Unix time), its heartbeats.
    sa.Column("holder", sa.Text, nullable=False, server_default=""),
    sa.Column("held_until", sa.Double, nullable=False, server_default="0"),
    sa.Column("beats", sa.Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)

edition = sa.Table(
    "edition",
    metadata,
    sa.Column("send", Id, sa.ForeignKey("send.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("entries", Json, nullable=False),
    sa.Column("readers", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Kept in the order in which batches are taken, all readers of an edition together: that makes claiming and recording
# twice as fast as with an index beside a table by reader.
delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("send", Id, sa.ForeignKey("send.id"), primary_key=True),
    sa.Column("edition", sa.Integer, primary_key=True, autoincrement=False),
    # No foreign key and no address: the ledger outlives an erased reader, and does not keep what was erased.
    sa.Column("subscriber", Id, primary_key=True, autoincrement=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("provider_id", sa.Text, nullable=False),
    # How often it was handed over, and not before when it is to be (seconds of Unix time).
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due", sa.BigInteger, nullable=False, server_default="0"),
    # How often the reader's server put it off since it was queued; a provider's throttling does not count.
    sa.Column("deferrals", sa.Integer, nullable=False, server_default="0"),
    # Whether it was uncertain and is handed over again: an earlier attempt may have arrived.
    sa.Column("unsure", sa.Boolean, nullable=False, server_default=sa.false()),
    # How often that was so; attempts also count what was put off, throttled or given back.
    sa.Column("resends", sa.Integer, nullable=False, server_default="0"),
    # All that was ever reported of it, as bits (events.Outcome).
    sa.Column("outcome", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("send", "subscriber"),
    sqlite_with_rowid=False,
)

# The links of a send that are counted: where each leads, in which entry it is, where that stands, what it is about.
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

# A click on a link of a send, or an open where there is no link; of a person, or why it was a machine. Whose it was is
# there where that is counted and they did not refuse, and is forgotten with the reader.
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

# What providers reported, each thing once, kept for some time. What counts for ever is in a delivery's outcome.
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
    # Null and empty where it is kept without its reader, or is of nobody.
    sa.Column("subscriber", Id),
    sa.Column("address_key", sa.Text, nullable=False),
    sa.Column("bounce", sa.String(12), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("feedback", sa.String(16), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("link", sa.Text, nullable=False),
    sa.Column("raw", sa.Text, nullable=False),
    # Whether a soft bounce still counts against the address: an operator may have forgiven it.
    sa.Column("counts", sa.Boolean, nullable=False),
    sa.Index("event_by_address_key", "address_key"),
    sa.Index("event_by_subscriber", "subscriber"),
    sa.Index("event_by_issue", "issue", "kind"),
    sa.Index("event_by_received", "received"),
)

# How fast a provider may be given messages, for all sends and processes together: when the next one may go (seconds of
# Unix time), how many messages a second it took when it last asked for a slower pace, and since when it is used.
pace = sa.Table(
    "pace",
    metadata,
    sa.Column("provider", sa.Text, primary_key=True),
    sa.Column("free_at", sa.Double, nullable=False),
    sa.Column("slowed", sa.Double, nullable=False),
    sa.Column("slowed_at", sa.Double, nullable=False),
    sa.Column("since", sa.Double, nullable=False),
    sqlite_with_rowid=False,
)

# Messages handed over in each hour (hours since 1970), for what a provider allows in a day.
pace_hour = sa.Table(
    "pace_hour",
    metadata,
    sa.Column("provider", sa.Text, primary_key=True),
    sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("messages", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

# One row: which installation this database belongs to, and how many sends it has frozen; a copy is told apart by them.
installation = sa.Table(
    "installation",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("key", sa.String(32), nullable=False),
    sa.Column("sends", sa.Integer, nullable=False),
)
