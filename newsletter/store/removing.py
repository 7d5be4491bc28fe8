"""A reader, removed with everything that names them."""

import sqlalchemy as sa

from newsletter.addresses import address_key
from newsletter.store.collisions import forget_collisions
from newsletter.store.confirmations import asked_by
from newsletter.store.events import forget_events
from newsletter.store.tables import confirmation, delivery, send, service_message, subscriber


def remove_reader(connection: sa.Connection, *, id_: int, key: str, address: str) -> None:
    """Remove a reader's row with all that hangs on it, what waits for them or their address, and what providers said of
    messages to them: often that names the address. The ledger keeps that there was a message.
    """
    mine = asked_by(key, address)
    keys = [key, *connection.scalars(sa.select(confirmation.c.key).where(mine))]
    connection.execute(
        sa.delete(service_message).where(
            sa.or_(service_message.c.about.in_(keys), service_message.c.address == address)
        )
    )
    connection.execute(sa.delete(confirmation).where(mine))
    forget_collisions(connection, address_key(address).__eq__)
    forget_events(connection, id_, address_key(address))
    connection.execute(sa.delete(subscriber).where(subscriber.c.id == id_))
    every_send = sa.select(send.c.id)  # by their unique index; there is none by reader alone
    said = sa.and_(delivery.c.send.in_(every_send), delivery.c.subscriber == id_, delivery.c.detail != "")
    connection.execute(sa.update(delivery).where(said).values(detail=""))
