"""The tables of reviews."""

import sqlalchemy as sa

from newsletter.store.column_types import Id, Json, UtcDateTime
from newsletter.store.tables import metadata

# Proofs, approvals, requests for changes and sends without approval. Nothing is ever changed here: whether an issue is
# approved follows from these events and from its files.
review_event = sa.Table(
    "review_event",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("issue", sa.String(80), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    # The address and name of the person, and the id of their account; 0 for the person at the newsletter's computer.
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("member", Id, nullable=False),
    # What it was about: the digests of the content and of the audience, and the time, as in domain.reviews.
    sa.Column("content", sa.String(64), nullable=False),
    sa.Column("audience", sa.String(64), nullable=False),
    sa.Column("time", sa.String(64), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("authors", Json, nullable=False),
    sa.Column("commit", sa.String(64), nullable=False),
    sa.Column("recipients", Json, nullable=False),
    # What the issue was like, to say later in words what has changed. JSON as text: PostgreSQL's JSON has no NUL.
    sa.Column("outline", sa.Text, nullable=False),
    sa.Index("review_event_by_issue", "issue", "id"),
    sa.Index("review_event_by_kind", "kind", "id"),
    sqlite_autoincrement=True,
)

# What colleagues say about an entry or an issue.
comment = sa.Table(
    "comment",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("slug", sa.String(80), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("resolved_at", UtcDateTime),
    sa.Column("resolved_by", sa.Text, nullable=False),
    sa.Index("comment_by_slug", "kind", "slug"),
    # An id in an open page must not come to mean another comment.
    sqlite_autoincrement=True,
)

# Warnings that were ticked off. The fingerprint is of the finding and the text that it is about.
finding_tick = sa.Table(
    "finding_tick",
    metadata,
    sa.Column("fingerprint", sa.String(64), primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)

# When each person has last changed each file of the newsletter, and the latest event of any review by then: whether an
# approval came before or after an edit must not depend on a clock.
edit = sa.Table(
    "edit",
    metadata,
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("address", sa.Text, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("event", Id, nullable=False),
    sqlite_with_rowid=False,
)
