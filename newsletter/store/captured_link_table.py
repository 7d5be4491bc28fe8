"""The table of captured links."""

import sqlalchemy as sa

from newsletter.store.column_types import Id, Json, UtcDateTime
from newsletter.store.tables import metadata

# A link that an editor captured. What its page says about itself is filled in once it has been fetched.
captured_link = sa.Table(
    "captured_link",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("canonical_url", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("date", sa.Date),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("minutes", sa.Integer),
    sa.Column("image", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("paywall", sa.Boolean, nullable=False),
    # Where each value is from, by field.
    sa.Column("origins", Json, nullable=False),
    sa.Column("selection", sa.Text, nullable=False),
    # The piece's text, to quote from; deleted after 30 days.
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("captured_at", UtcDateTime, nullable=False),
    # The address of the person.
    sa.Column("captured_by", sa.Text, nullable=False),
    # When its page was last fetched, and why that failed, in words.
    sa.Column("fetched_at", UtcDateTime),
    sa.Column("problem", sa.Text, nullable=False),
    sa.Column("put_off_until", sa.Date),
    sa.Column("dropped_at", UtcDateTime),
    # The slug of the entry that was made of it, or empty.
    sa.Column("entry", sa.String(80), nullable=False),
    sa.Index("captured_link_by_entry", "entry"),
    # An id in an open page must not come to mean another link.
    sqlite_autoincrement=True,
)
