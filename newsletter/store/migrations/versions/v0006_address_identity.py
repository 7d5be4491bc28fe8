"""Addresses get a stricter identity: the NFC form, the local part in ASCII lower case, the domain as its A-label.

They were case-folded before, so that ``ß`` was ``ss`` and ``ﬁ`` was ``fi``: mailboxes of different people. The upgrade
computes every key again. Addresses that were confused are listed for the operator in ``address_collision``, and are
resolved so that nobody is mailed twice and unsubscribed and suppressed readers stay that way.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from newsletter.domain.addresses import address_key

revision = "0006"
down_revision = "0005"

_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_time = sa.DateTime(timezone=True)


def _table(name: str, *columns: str, times: Sequence[str] = ()) -> Any:
    """Return a table as it is at this revision, with the columns that the upgrade needs."""
    return sa.table(name, *map(sa.column, columns), *(sa.column(time, _time) for time in times))


_subscriber = _table("subscriber", "id", "key", "address", "address_key", "status")
_topic = _table("subscriber_topic", "subscriber")
_consent = _table("consent", "id", "subscriber", "event", "how", "wording", "issue", times=("at",))
_confirmation = _table("confirmation", "key", "kind", "address", "address_key", "subscriber", times=("confirmed",))
_suppression = _table("suppression", "address_key", "reason", times=("since",))
_event = _table("event", "subscriber", "address_key")
_response = _table("response", "subscriber")
_delivery = _table("delivery", "send", "subscriber", "status", "detail")
_collision = _table("address_collision", "kind", "address", "other", times=("at",))

# Addresses whose key doesn't change: plain ASCII without an A-label.
_SAME = re.compile(r"(?!.*xn--)[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+", re.IGNORECASE | re.ASCII)
# Of two reasons about the same address, the one that comes first here is kept.
_WORST = ("complained", "bounced", "erased", "manual")
_OPEN = ("queued", "deferred")
_UNTRIED = (*_OPEN, "skipped", "refused")

# Readers with a new key, by the key that they had: id, new key, address.
Earlier = Mapping[str, list[tuple[int, str, str]]]
Collisions = list[tuple[str, str, str]]  # the action, the reader's address, the other address


def upgrade() -> None:
    """Compute every key again, and resolve and list collisions."""
    op.create_table(
        "address_collision",
        sa.Column("id", _id, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("other", sa.Text, nullable=False),
        sa.Column("at", _time, nullable=False),
    )
    connection = op.get_bind()
    now = datetime.now(UTC)
    collisions: Collisions = []
    earlier = _rekey_readers(connection, collisions)
    _rekey_suppressions(connection, earlier, collisions, now)
    _rekey_events(connection, earlier)
    _rekey_confirmations(connection, earlier, collisions, now)
    rows = [{"kind": kind, "address": address, "other": other, "at": now} for kind, address, other in collisions]
    if rows:
        connection.execute(sa.insert(_collision), rows)


def _rekey_readers(connection: sa.Connection, collisions: Collisions) -> Earlier:
    """Merge readers whose addresses are now the same, and give the others their new keys."""
    query = sa.select(_subscriber.c.id, _subscriber.c.address, _subscriber.c.address_key).order_by(_subscriber.c.id)
    rows = connection.execute(query, execution_options={"yield_per": 1000})
    others = [(int(row.id), str(row.address), str(row.address_key)) for row in rows if not _SAME.fullmatch(row.address)]
    news = {id_: address_key(address) for id_, address, _ in others}
    changed = [(id_, address, key) for id_, address, key in others if news[id_] != key]
    same: defaultdict[str, list[int]] = defaultdict(list)
    for some in _some(sorted({news[id_] for id_, *_ in changed})):
        query = sa.select(_subscriber.c.id, _subscriber.c.address_key).where(_subscriber.c.address_key.in_(some))
        for id_, key in connection.execute(query):
            if news.get(id_, key) == key:  # the new key counts if it changes
                same[key].append(id_)
    for id_, *_ in changed:
        same[news[id_]].append(id_)
    gone: set[int] = set()
    for ids in same.values():
        if len(ids) > 1:
            _merge(connection, sorted(ids), collisions)
            gone.update(sorted(ids)[1:])
    left = [(id_, address, key) for id_, address, key in changed if id_ not in gone]
    # In two steps, because a new key may still be another row's old one.
    for final in (False, True):
        for id_, *_ in left:
            key = news[id_] if final else f"{id_} is given another key"
            connection.execute(sa.update(_subscriber).where(_subscriber.c.id == id_).values(address_key=key))
    earlier: defaultdict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for id_, address, key in left:
        earlier[key].append((id_, news[id_], address))
    return earlier


def _merge(connection: sa.Connection, ids: Sequence[int], collisions: Collisions) -> None:
    """Merge readers with the same address into the earliest one."""
    kept, *doubles = ids
    query = sa.select(_subscriber).where(_subscriber.c.id.in_(ids))
    rows = {row.id: row for row in connection.execute(query)}
    # Unsubscribing counts for the address, and so does confirming.
    statuses = {row.status for row in rows.values()}
    status = next(status for status in ("unsubscribed", "confirmed", "unconfirmed") if status in statuses)
    connection.execute(sa.update(_subscriber).where(_subscriber.c.id == kept).values(status=status))
    for double in doubles:
        _skip_twice(connection, kept, double)
        for table in (_consent, _event, _response):
            connection.execute(sa.update(table).where(table.c.subscriber == double).values(subscriber=kept))
        requested = sa.update(_confirmation).where(_confirmation.c.subscriber == rows[double].key)
        connection.execute(requested.values(subscriber=rows[kept].key))
        connection.execute(sa.delete(_topic).where(_topic.c.subscriber == double))
        connection.execute(sa.delete(_subscriber).where(_subscriber.c.id == double))
        collisions.append(("merged", rows[kept].address, rows[double].address))


def _skip_twice(connection: sa.Connection, kept: int, double: int) -> None:
    """Skip open deliveries of sends that already mailed the reader's other row."""
    mailed = sa.select(_delivery.c.send).where(_delivery.c.subscriber == double, _delivery.c.status.not_in(_UNTRIED))
    connection.execute(
        sa.update(_delivery)
        .where(_delivery.c.subscriber == kept, _delivery.c.status.in_(_OPEN), _delivery.c.send.in_(mailed))
        .values(status="skipped", detail="this address was mailed already, as another reader's")
    )


def _rekey_suppressions(connection: sa.Connection, earlier: Earlier, collisions: Collisions, now: datetime) -> None:
    """Keep a suppression for every reader who had its key, and for the address that the key itself is."""
    rows = [row for row in connection.execute(sa.select(_suppression)) if not _SAME.fullmatch(row.address_key)]
    kept = {row.address_key: row for row in rows}
    for some in _some(sorted(earlier)):
        shared = connection.execute(sa.select(_suppression).where(_suppression.c.address_key.in_(some)))
        kept |= {row.address_key: row for row in shared}
    wanted: defaultdict[str, list[tuple[str, datetime]]] = defaultdict(list)
    for old, row in kept.items():
        own = address_key(old)
        wanted[own].append((row.reason, row.since))
        for _, key, address in earlier.get(old, ()):
            wanted[key].append((row.reason, row.since))
            if key != own:
                collisions.append(("suppressed", address, old))
    for some in _some(sorted(wanted)):
        present = connection.execute(sa.select(_suppression).where(_suppression.c.address_key.in_(some)))
        for row in present.all():
            wanted[row.address_key].append((row.reason, row.since))
    for some in _some(sorted({*kept, *wanted})):
        connection.execute(sa.delete(_suppression).where(_suppression.c.address_key.in_(some)))
    if wanted:
        values = [
            {
                "address_key": key,
                "reason": min((reason for reason, _ in known), key=_WORST.index),
                "since": min((_aware(since) for _, since in known), default=now),
            }
            for key, known in wanted.items()
        ]
        connection.execute(sa.insert(_suppression), values)


def _rekey_events(connection: sa.Connection, earlier: Earlier) -> None:
    keys = connection.scalars(sa.select(_event.c.address_key).distinct()).all()
    for old in [key for key in keys if key and (key in earlier or not _SAME.fullmatch(key))]:
        for id_, key, _ in earlier.get(old, ()):
            mine = sa.update(_event).where(_event.c.address_key == old, _event.c.subscriber == id_)
            connection.execute(mine.values(address_key=key))
        new = address_key(old)
        if new != old:
            connection.execute(sa.update(_event).where(_event.c.address_key == old).values(address_key=new))


def _rekey_confirmations(connection: sa.Connection, earlier: Earlier, collisions: Collisions, now: datetime) -> None:
    """Give each confirmation its address's key, and undo those that let somebody into another reader's pages."""
    every = connection.execute(sa.select(_confirmation)).all()
    for row in every:
        if _SAME.fullmatch(row.address) and row.address_key not in earlier:
            continue
        key = address_key(row.address)
        connection.execute(sa.update(_confirmation).where(_confirmation.c.key == row.key).values(address_key=key))
        if row.kind != "sign-up" or row.subscriber:
            continue
        then = [id_ for id_, *_ in earlier.get(row.address_key, ())]
        same = sa.or_(_subscriber.c.address_key == row.address_key, _subscriber.c.id.in_(then))
        for reader in connection.execute(sa.select(_subscriber).where(same)).all():
            if address_key(reader.address) != key:
                back = row.confirmed is not None and _leave_again(connection, reader, _aware(row.confirmed), now)
                collisions.append(("unsubscribed" if back else "asked", reader.address, row.address))


def _leave_again(connection: sa.Connection, reader: Any, confirmed: datetime, now: datetime) -> bool:
    """Unsubscribe a reader whom somebody else's link had confirmed, unless they have come back by themselves since.

    Readers who were confirmed already were never mailed such a link: they had left, or never confirmed.
    """
    since = sa.select(_consent.c.id).where(
        _consent.c.subscriber == reader.id, _consent.c.event.in_(_BACK), _consent.c.at > confirmed
    )
    if reader.status != "confirmed" or connection.execute(since).first():
        return False
    connection.execute(sa.update(_subscriber).where(_subscriber.c.id == reader.id).values(status="unsubscribed"))
    left = {"subscriber": reader.id, "at": now, "event": "unsubscribed", "how": "upgrade", "wording": "", "issue": ""}
    connection.execute(sa.insert(_consent), left)
    return True


_BACK = ("confirmed", "returned")


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # SQLite has no time zones


def _some(keys: Sequence[str], most: int = 500) -> Iterator[Sequence[str]]:
    return (keys[begin : begin + most] for begin in range(0, len(keys), most))
