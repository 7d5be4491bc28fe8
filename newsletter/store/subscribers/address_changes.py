"""Changes of readers' addresses, and undoing them. Each is one transaction."""

import secrets
from datetime import datetime

import sqlalchemy as sa

from newsletter.domain.addresses import address_key
from newsletter.domain.consent import (
    Confirmation,
    ConfirmationKind,
    Consent,
    ConsentEvent,
    ServiceKind,
    ServiceMessage,
)
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import StoreError
from newsletter.store.database import Database
from newsletter.store.subscribers import rows
from newsletter.store.subscribers.confirmations import (
    delete_confirmations,
    insert_confirmation,
    mark_confirmed,
    queue_messages,
)
from newsletter.store.subscribers.consents import record
from newsletter.store.subscribers.erasures import (
    Fingerprint,
    forget_erased,
    remember_former,
)
from newsletter.store.subscribers.removal import forget_reports
from newsletter.store.subscribers.suppressions import refuse_suppressed
from newsletter.store.tables import (
    confirmation,
    consent,
    subscriber,
)


class AddressTakenError(StoreError):
    """An address that belongs to another reader."""

    code = "address-taken"


class AddressChanges:
    """The changes of readers' addresses, which the owner of the new address confirms."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def change(self, given: Confirmation, now: datetime, fingerprint: Fingerprint) -> Subscriber | None:
        """Change a reader's address to the confirmed one and mail the old one; return None if there is no reader.

        The old address is stored as a keyed hash, and its owner can undo the change. Using the same confirmation again
        changes nothing. Other pending changes of the address are withdrawn: somebody with access to the old mailbox
        may have requested them. Raises AddressTakenError if the new address is another reader's, and
        AddressSuppressedError if it is suppressed.
        """
        with self._database.writing() as connection:
            known, moves = _give_address(connection, given, now, fingerprint)
            if known is None or not moves:
                return known
            delete_confirmations(
                connection,
                confirmation.c.subscriber == known.key,
                confirmation.c.kind == ConfirmationKind.MOVE.value,
                confirmation.c.confirmed.is_(None),
            )
            undo = Confirmation(
                key=secrets.token_hex(16),
                kind=ConfirmationKind.UNDO,
                address=known.address,
                requested=now,
                how="undo",
                subscriber=known.key,
            )
            insert_confirmation(connection, undo)
            queue_messages(
                connection,
                ServiceMessage(kind=ServiceKind.MOVED, address=known.address, created=now, about=undo.key),
            )
            return rows.read(connection, subscriber.c.id == known.id)[0]

    def undo(self, given: Confirmation, now: datetime, fingerprint: Fingerprint) -> Subscriber | None:
        """Give a reader back an address that they had before; return None if there is no reader.

        The address that they lose is mailed. Traces of the addresses that they had since are deleted, and so are links
        that could restore them: they may be somebody else's. Raises the same errors as ``change``.
        """
        with self._database.writing() as connection:
            known, moves = _give_address(connection, given, now, fingerprint)
            if known is None or not moves:
                return known
            delete_confirmations(
                connection,
                confirmation.c.subscriber == known.key,
                confirmation.c.key != given.key,
                sa.or_(
                    confirmation.c.kind == ConfirmationKind.MOVE.value,
                    confirmation.c.asked >= given.requested,
                    confirmation.c.address_key == address_key(known.address),
                ),
            )
            forget_reports(connection, known.id, given.requested, given.address)
            if address_key(known.address) != address_key(given.address):
                queue_messages(connection, ServiceMessage(kind=ServiceKind.UNDONE, address=known.address, created=now))
            return rows.read(connection, subscriber.c.id == known.id)[0]

    def last(self, reader: int) -> datetime | None:
        """Return when a reader, by id, last changed their address; None if they never did."""
        moves = sa.select(consent.c.at).where(
            consent.c.subscriber == reader, consent.c.event == ConsentEvent.MOVED.value
        )
        with self._database.reading() as connection:
            return connection.scalars(moves.order_by(consent.c.at.desc()).limit(1)).first()


def _give_address(
    connection: sa.Connection, given: Confirmation, now: datetime, fingerprint: Fingerprint
) -> tuple[Subscriber | None, bool]:
    """Give a reader the address that they confirmed; return them as they were, and whether the address is new."""
    known = rows.read_one(connection, subscriber.c.key == given.subscriber)
    if known is None or not mark_confirmed(connection, given.key, now):
        return known, False
    key = address_key(given.address)
    refuse_suppressed(connection, given.address)
    other = rows.read_one(connection, subscriber.c.address_key == key)
    if other is not None and other.id != known.id:
        raise AddressTakenError("another reader has the address", hint="unsubscribe there first")
    connection.execute(
        sa.update(subscriber)
        .where(subscriber.c.id == known.id)
        .values(address=given.address, address_key=key, changed=now)
    )
    before = address_key(known.address)
    if before != key:
        remember_former(connection, known.id, fingerprint(before))
    forget_erased(connection, fingerprint(key))
    # Requests made for the old address stay linked to the reader, who can see and erase them.
    left = sa.and_(confirmation.c.address_key == before, confirmation.c.subscriber == "")
    connection.execute(sa.update(confirmation).where(left).values(subscriber=known.key))
    record(connection, [(known.id, Consent(at=now, event=ConsentEvent.MOVED, how=given.how))])
    return known, True
