"""Names in the form in which they are searched, and indexes to find readers by address, name and status."""

import sqlalchemy as sa
from alembic import op

from newsletter.domain.search_keys import search_key

revision = "0018"
down_revision = "0017"

_PAGE = 1000
_binary_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_subscriber = sa.table("subscriber", *map(sa.column, ("id", "first_name", "last_name", "name_key", "last_name_key")))


def upgrade() -> None:
    """Add and fill the columns, then the indexes."""
    op.add_column("subscriber", sa.Column("name_key", _binary_text, nullable=False, server_default=""))
    op.add_column("subscriber", sa.Column("last_name_key", _binary_text, nullable=False, server_default=""))
    connection = op.get_bind()
    _fill(connection)
    for name, columns, condition in (
        ("subscriber_by_name_key", ["name_key"], "name_key <> ''"),
        ("subscriber_by_last_name_key", ["last_name_key"], "last_name_key <> ''"),
        ("subscriber_not_confirmed", ["status", "id"], "status <> 'confirmed'"),
    ):
        where = sa.text(condition)
        op.create_index(name, "subscriber", columns, sqlite_where=where, postgresql_where=where)
    if connection.dialect.name == "postgresql":
        operators = {"address_key": "text_pattern_ops"}
        op.create_index("subscriber_by_address_prefix", "subscriber", ["address_key"], postgresql_ops=operators)


def _fill(connection: sa.Connection) -> None:
    columns = _subscriber.c
    named = sa.or_(columns.first_name != "", columns.last_name != "")
    query = sa.select(columns.id, columns.first_name, columns.last_name).where(named).order_by(columns.id).limit(_PAGE)
    change = sa.update(_subscriber).where(columns.id == sa.bindparam("which"))
    after = 0
    while rows := connection.execute(query.where(columns.id > after)).all():
        keys = [
            {
                "which": row.id,
                "name_key": search_key(f"{row.first_name} {row.last_name}"),
                "last_name_key": search_key(row.last_name),
            }
            for row in rows
        ]
        connection.execute(
            change.values(name_key=sa.bindparam("name_key"), last_name_key=sa.bindparam("last_name_key")), keys
        )
        after = rows[-1].id
