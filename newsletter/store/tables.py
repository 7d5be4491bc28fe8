"""The tables, with the names that they were created with. Every change needs a migration; a test compares the two."""

import sqlalchemy as sa

from newsletter.store.column_types import BinaryText, Id, Json, UtcDateTime

metadata = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_key",
        "uq": "%(table_name)s_%(column_0_name)s_unique",
        "fk": "%(table_name)s_%(column_0_name)s_is",
        "ix": "%(table_name)s_by_%(column_0_name)s",
    }
)

NAMED = sa.text("name_key <> ''")
LAST_NAMED = sa.text("last_name_key <> ''")
UNCOMMON = sa.text("status <> 'confirmed'")
# Not IN: for that, SQLite would build a table for each row that changes, and updates would take twice the time.
REASONED = sa.text("status <> 'queued' AND status <> 'submitting' AND status <> 'submitted'")

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
    # An IANA name; empty for the newsletter's own time zone.
    sa.Column("time_zone", sa.Text, nullable=False, server_default=""),
    sa.Column("frequency", sa.String(8), nullable=False, server_default="each"),
    # The end of the reader's pause, in seconds of Unix time.
    sa.Column("paused_until", sa.BigInteger, nullable=False, server_default="0"),
    # Whether the reader refused tracking: clicks and opens aren't linked to them.
    sa.Column("uncounted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("attributes", Json, nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("changed", UtcDateTime, nullable=False),
    # The whole name and the last name in the form in which names are searched (domain.search_keys).
    sa.Column("name_key", BinaryText, nullable=False, server_default=""),
    sa.Column("last_name_key", BinaryText, nullable=False, server_default=""),
    # These conditions are literals: SQLite only uses a partial index if the query repeats its condition.
    sa.Index("subscriber_by_name_key", "name_key", sqlite_where=NAMED, postgresql_where=NAMED),
    sa.Index("subscriber_by_last_name_key", "last_name_key", sqlite_where=LAST_NAMED, postgresql_where=LAST_NAMED),
    sa.Index("subscriber_not_confirmed", "status", "id", sqlite_where=UNCOMMON, postgresql_where=UNCOMMON),
    # The ledger keeps the id of an erased reader forever, so it is never reused.
    sqlite_autoincrement=True,
)

# PostgreSQL's other index of this column is in the order of the database's language, in which a prefix is no range.
sa.Index(
    "subscriber_by_address_prefix",
    subscriber.c.address_key,
    postgresql_ops={"address_key": "text_pattern_ops"},
    info={"only": "postgresql"},
).ddl_if(dialect="postgresql")

subscriber_topic = sa.Table(
    "subscriber_topic",
    metadata,
    sa.Column("subscriber", Id, sa.ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("topic", sa.String(80), primary_key=True),
    # Otherwise the topic is followed. The primary key keeps a topic from being both.
    sa.Column("excluded", sa.Boolean, nullable=False),
    sa.Index("subscriber_topic_by_topic", "topic", "subscriber"),
    sqlite_with_rowid=False,
)

# The record of consent: when readers asked for the newsletter, how and in answer to which wording; when they confirmed,
# left and came back, and from which issue.
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

# Requests that the owner of the address confirms by a link: a sign-up, a reader's new address, or undoing a change of
# address.
confirmation = sa.Table(
    "confirmation",
    metadata,
    sa.Column("key", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("address_key", sa.Text, nullable=False),
    # The key of the reader whose new address it is, or who has given up the address since; otherwise empty.
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

# The outgoing queue of service mail. Whether the address is a subscriber's is looked up when a message is sent, not
# during the request, whose duration would otherwise give it away.
service_message = sa.Table(
    "service_message",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    # The key of the confirmation or the reader that it is about; otherwise empty.
    sa.Column("about", sa.String(32), nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    # Seconds of Unix time.
    sa.Column("due", sa.BigInteger, nullable=False),
    sa.Index("service_message_by_due", "due"),
)

# Notifications to the [notify] addresses. A row without an address stands for all of them, until a worker, which knows
# the settings, replaces it with one row per address.
notice = sa.Table(
    "notice",
    metadata,
    sa.Column("id", Id, primary_key=True),
    # The send that it is about; 0 if it is about an issue that has none.
    sa.Column("send", Id, nullable=False),
    sa.Column("issue", sa.String(80), nullable=False, server_default=""),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    # Part of the Message-ID, the same forevery attempt.
    sa.Column("key", sa.String(32), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    # When it happened, and when the message is due (seconds of Unix time).
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("due", sa.BigInteger, nullable=False),
    sa.Index("notice_by_due", "due"),
)

# The number of requests in each hour (hours since 1970), by a keyed hash of the address or the client.
allowance = sa.Table(
    "allowance",
    metadata,
    sa.Column("subject", sa.String(80), primary_key=True),
    sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Index("allowance_by_hour", "hour"),
    sqlite_with_rowid=False,
)

# Addresses of readers who asked to be erased, as keyed hashes, so that no import brings them back.
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
    # The issue and the report that led to it; empty if it came from a person, a file or a provider's own list.
    sa.Column("issue", sa.String(80), nullable=False, server_default=""),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),
    # The number of issues in a row that bounced softly, if that is the reason.
    sa.Column("soft_bounces", sa.Integer, nullable=False, server_default="0"),
    # Whether an operator confirmed a bounce that was held.
    sa.Column("reviewed", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("suppression_by_since", "since"),
    sa.Index("suppression_by_issue", "issue"),
    sqlite_with_rowid=False,
)

# Hard bounces from a time when there were far too many. They suppress nobody until an operator decides.
held_bounce = sa.Table(
    "held_bounce",
    metadata,
    sa.Column("address_key", sa.Text, primary_key=True),
    # The domain with too many bounces; empty if several domains had them.
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("issue", sa.String(80), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)

# When service mail to an address last bounced. The subject is the address key, or the keyed hash of an erased address.
service_bounce = sa.Table(
    "service_bounce",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)

# Earlier addresses of readers, as keyed hashes. Erasing a reader erases these addresses too.
former_address = sa.Table(
    "former_address",
    metadata,
    sa.Column("subscriber", Id, sa.ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("signing_key", sa.String(4), nullable=False),
    sqlite_with_rowid=False,
)

# Addresses that earlier versions confused, as found by an upgrade, for an operator to look at.
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
    # Text and not JSON, because the digest is of these exact characters. Empty until the send is frozen.
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("date", UtcDateTime, nullable=False),
    sa.Column("segments", Json, nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("finished", UtcDateTime),
    # The number of readers in the audience for whom the issue had no entry.
    sa.Column("left_out", sa.Integer, nullable=False),
    # Stored once the send is over, so that listing sends doesn't count all deliveries.
    sa.Column("counts", Json),
    # Frozen with the content: the base of links, the id of the key that signs them, and what to do with uncertain ones.
    sa.Column("base_url", sa.Text, nullable=False, server_default=""),
    sa.Column("signing_key", sa.Text, nullable=False, server_default=""),
    sa.Column("uncertain", sa.String(8), nullable=False, server_default="hold"),
    # The commit, files and versions that the content came from; sends of earlier versions have none.
    sa.Column("source", Json),
    # The time to begin, or a local time in each reader's own zone; and how late it may begin, in seconds.
    sa.Column("begins", UtcDateTime),
    sa.Column("local_time", sa.String(5), nullable=False, server_default=""),
    sa.Column("deadline", sa.Integer, nullable=False, server_default="0"),
    # The number of readers that a person has seen when they scheduled it or resumed it; empty if nobody has.
    sa.Column("planned_recipients", sa.Integer),
    # Why it is paused or waiting, and until when it waits.
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("waits_until", UtcDateTime),
    # Since when every attempt to begin or resume it has failed.
    sa.Column("failing_since", UtcDateTime),
    # When it last began or resumed, and the number of deliveries settled by then: the displayed rate is of this run.
    sa.Column("resumed", UtcDateTime),
    sa.Column("settled_before", sa.Integer, nullable=False, server_default="0"),
    # The lease: the process that runs it, its expiry by the database's clock (seconds of Unix time), its heartbeats.
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

# Rows are stored in the order in which batches are claimed, all readers of an edition together. Claiming and recording
# are twice as fast as with a table ordered by reader and a separate index.
delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("send", Id, sa.ForeignKey("send.id"), primary_key=True),
    sa.Column("edition", sa.Integer, primary_key=True, autoincrement=False),
    # No foreign key and no address: the ledger outlives an erased reader without keeping their data.
    sa.Column("subscriber", Id, primary_key=True, autoincrement=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("provider_id", sa.Text, nullable=False),
    # The number of attempts, and the earliest time of the next one (seconds of Unix time).
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due", sa.BigInteger, nullable=False, server_default="0"),
    # How often the reader's server deferred it since it was queued. A provider's throttling doesn't count.
    sa.Column("deferrals", sa.Integer, nullable=False, server_default="0"),
    # Whether it was uncertain and is being resent: an earlier attempt may have arrived.
    sa.Column("unsure", sa.Boolean, nullable=False, server_default=sa.false()),
    # The number of such resends. ``attempt`` also counts deferrals, throttling and batches that were given back.
    sa.Column("resends", sa.Integer, nullable=False, server_default="0"),
    # Everything that was ever reported about it, as bits (events.Outcome).
    sa.Column("outcome", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("send", "subscriber"),
    sqlite_with_rowid=False,
)

# PostgreSQL would write every index of the table again for each new status.
sa.Index(
    "delivery_by_reason",
    delivery.c.send,
    delivery.c.status,
    delivery.c.detail,
    sqlite_where=REASONED,
    info={"only": "sqlite"},
).ddl_if(dialect="sqlite")

# The rate limit of a provider, for all sends and processes together: when the next message may go (seconds of Unix
# time), the messages per second it took when it last throttled, when that was, and since when the provider is used.
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

# The number of messages handed over in each hour (hours since 1970), for a provider's daily quota.
pace_hour = sa.Table(
    "pace_hour",
    metadata,
    sa.Column("provider", sa.Text, primary_key=True),
    sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("messages", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

# A single row: the installation that this database belongs to, and the number of sends it has frozen, to detect copies.
installation = sa.Table(
    "installation",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("key", sa.String(32), nullable=False),
    sa.Column("sends", sa.Integer, nullable=False),
)
