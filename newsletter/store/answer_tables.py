"""Tables of poll votes and reasons for leaving."""

import sqlalchemy as sa

from newsletter.store.column_types import Id, UtcDateTime
from newsletter.store.tables import metadata

# The answers that a send's poll offers, as the editor wrote them, numbered from 1.
poll_answer = sa.Table(
    "poll_answer",
    metadata,
    sa.Column("send", Id, sa.ForeignKey("send.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("answer", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)

# A reader's vote. The subscriber is deleted when the poll closes, or with the reader; the vote stays.
vote = sa.Table(
    "vote",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("send", Id, sa.ForeignKey("send.id"), nullable=False),
    sa.Column("answer", sa.Integer, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("subscriber", Id, sa.ForeignKey("subscriber.id", ondelete="SET NULL")),
    sa.UniqueConstraint("send", "subscriber"),
    sa.Index("vote_by_subscriber", "subscriber"),
)

# The number of readers who left on a day, by an issue's message, for a reason. It is stored without the readers.
leaving_reason = sa.Table(
    "leaving_reason",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("issue", sa.String(80), primary_key=True),
    sa.Column("reason", sa.Text, primary_key=True),
    sa.Column("readers", sa.Integer, nullable=False),
    sa.Index("leaving_reason_by_issue", "issue"),
    sqlite_with_rowid=False,
)
