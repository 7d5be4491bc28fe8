"""Changes that readers make themselves: confirm, change settings, unsubscribe, come back, change address, be erased.

Each is one transaction.
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.domain.addresses import address_key
from newsletter.domain.consent import (
    Confirmation,
    ConfirmationKind,
    Consent,
    ConsentEvent,
    ServiceKind,
    ServiceMessage,
    SignUpChoices,
    UnsubscribeRequest,
)
from newsletter.domain.subscriber import Subscriber, SubscriberStatus
from newsletter.errors import StoreError
from newsletter.store.database import Database
from newsletter.store.subscribers import rows
from newsletter.store.subscribers.confirmations import insert_confirmation, queue_messages, read_confirmation
from newsletter.store.subscribers.consents import consents_of, record
from newsletter.store.subscribers.erasures import (
    Fingerprint,
    Fingerprints,
    forget_erased,
    remember_erased,
    remember_former,
)
from newsletter.store.subscribers.held_bounces import forget_bounces
from newsletter.store.subscribers.removal import forget_former, forget_reports, remove_reader
from newsletter.store.subscribers.service_bounces import forget_service_bounces
from newsletter.store.subscribers.sign_up_limits import reset_limits
from newsletter.store.tables import (
    confirmation,
    consent,
    delivery,
    former_address,
    response,
    send,
    service_bounce,
    service_message,
    subscriber,
    subscriber_topic,
    suppression,
)

_S = SubscriberStatus


class TakenError(StoreError):
    """An address that belongs to another reader."""

    code = "address-taken"


class SuppressedError(StoreError):
    """An address that must not be mailed: it bounced, or its owner complained or refused."""

    code = "address-suppressed"


class MissingSignUpError(StoreError):
    """A sign-up that no longer exists."""

    code = "sign-up-missing"


class SelfService:
    """The store's side of readers' own pages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def confirm(
        self,
        given: Confirmation,
        chosen: SignUpChoices,
        now: datetime,
        *,
        wording: str = "",
        fingerprints: Fingerprints = (),
        allowances: Sequence[str] = (),
    ) -> Subscriber:
        """Turn a sign-up into a confirmed subscriber with these choices, and record the consent to ``wording``.

        This also lifts an erasure of the address and resets the rate limits in ``allowances``. Confirming again changes
        nothing. Raises MissingSignUpError if the sign-up no longer exists.
        """
        with self._database.writing() as connection:
            news = _mark_confirmed(connection, given.key, now)
            known = _reader(connection, subscriber.c.address_key == address_key(given.address))
            if not news:
                if known is None or read_confirmation(connection, given.key) is None:
                    raise MissingSignUpError("this sign-up no longer exists", hint="sign up again")
                return known
            wanted = replace(
                known or Subscriber(address=given.address),
                first_name=chosen.first_name or (known.first_name if known else ""),
                last_name=chosen.last_name or (known.last_name if known else ""),
                status=_S.CONFIRMED,
                topics=chosen.topics or (known.topics if known else ()),
                frequency=chosen.frequency,
                paused_until=None,
            )
            wanted = replace(wanted, excludes=tuple(topic for topic in wanted.excludes if topic not in wanted.topics))
            if known is None:
                wanted = replace(wanted, id=rows.insert(connection, [wanted], now)[address_key(wanted.address)])
            else:
                _update(connection, wanted, now)
            request = Consent(at=given.asked, event=ConsentEvent.ASKED, how=given.how, wording=given.wording)
            confirmed = Consent(at=now, event=ConsentEvent.CONFIRMED, how="link", wording=wording)
            record(connection, [(wanted.id, request), (wanted.id, confirmed)])
            forget_erased(connection, fingerprints)
            forget_bounces(connection, address_key(given.address))
            forget_service_bounces(connection, [hashed for _, hashed in fingerprints])
            reset_limits(connection, allowances)
            return rows.read(connection, subscriber.c.id == wanted.id)[0]

    def save_preferences(self, key: str, chosen: Subscriber, now: datetime) -> Subscriber | None:
        """Store a reader's names, topics, language, frequency and pause, and return them; None if there is no reader.

        If they refuse tracking (``uncounted``), their earlier clicks and opens are anonymised.
        """
        with self._database.writing() as connection:
            known = _reader(connection, subscriber.c.key == key)
            if known is None:
                return None
            _update(connection, replace(chosen, id=known.id, status=known.status, attributes=known.attributes), now)
            if chosen.uncounted:
                mine = sa.update(response).where(response.c.subscriber == known.id)
                connection.execute(mine.values(subscriber=None))
            return rows.read(connection, subscriber.c.id == known.id)[0]

    def unsubscribe(self, departures: Sequence[UnsubscribeRequest], now: datetime) -> frozenset[str]:
        """Unsubscribe readers or withdraw sign-ups, and return the keys of those that changed.

        Many at once take hardly longer than one, since most of the time goes into the commit.
        """
        by_key = {departure.key: departure for departure in departures}
        with self._database.writing() as connection:
            left = connection.execute(
                sa.update(subscriber)
                .where(subscriber.c.key.in_(list(by_key)), subscriber.c.status != _S.UNSUBSCRIBED.value)
                .values(status=_S.UNSUBSCRIBED.value, changed=now)
                .returning(subscriber.c.id, subscriber.c.key)
            ).all()
            events = [
                (id_, Consent(at=now, event=ConsentEvent.UNSUBSCRIBED, how=by_key[key].how, issue=by_key[key].issue))
                for id_, key in left
            ]
            record(connection, events)
            # A reader who unsubscribes in the mail about an address change can still undo the change.
            withdrawn = sa.delete(confirmation).where(
                confirmation.c.key.in_(list(by_key)),
                confirmation.c.confirmed.is_(None),
                confirmation.c.kind != ConfirmationKind.UNDO.value,
            )
            gone = connection.scalars(withdrawn.returning(confirmation.c.key))
            return frozenset(key for _, key in left).union(gone)

    def undo_unsubscribe(self, key: str, now: datetime, *, within: timedelta, issue: str) -> bool:
        """Undo an unsubscription that happened ``within`` this time, and return whether it was undone."""
        with self._database.writing() as connection:
            known = _reader(connection, subscriber.c.key == key, subscriber.c.status == _S.UNSUBSCRIBED.value)
            if known is None:
                return False
            last = consents_of(connection, [known.id]).get(known.id, [])[-1:]
            if not last or last[0].event is not ConsentEvent.UNSUBSCRIBED or last[0].at < now - within:
                return False
            _update(connection, replace(known, status=_S.CONFIRMED), now)
            record(connection, [(known.id, Consent(at=now, event=ConsentEvent.RETURNED, how="undo", issue=issue))])
            return True

    def change_address(self, given: Confirmation, now: datetime, fingerprint: Fingerprint) -> Subscriber | None:
        """Change a reader's address to the confirmed one and mail the old one; return None if there is no reader.

        The old address is stored as a keyed hash, and its owner can undo the change. Using the same confirmation again
        changes nothing. Other pending changes of the address are withdrawn: somebody with access to the old mailbox
        may have requested them. Raises TakenError if the new address is another reader's, and
        SuppressedError if it is suppressed.
        """
        with self._database.writing() as connection:
            known, moves = _give_address(connection, given, now, fingerprint)
            if known is None or not moves:
                return known
            _delete_confirmations(
                connection,
                confirmation.c.subscriber == known.key,
                confirmation.c.kind == ConfirmationKind.MOVE.value,
                confirmation.c.confirmed.is_(None),
            )
            undo = Confirmation(
                key=secrets.token_hex(16),
                kind=ConfirmationKind.UNDO,
                address=known.address,
                asked=now,
                how="undo",
                subscriber=known.key,
            )
            insert_confirmation(connection, undo)
            queue_messages(
                connection,
                ServiceMessage(kind=ServiceKind.MOVED, address=known.address, created=now, about=undo.key),
            )
            return rows.read(connection, subscriber.c.id == known.id)[0]

    def undo_address_change(self, given: Confirmation, now: datetime, fingerprint: Fingerprint) -> Subscriber | None:
        """Give a reader back an address that they had before; return None if there is no reader.

        The address that they lose is mailed. Traces of the addresses that they had since are deleted, and so are links
        that could restore them: they may be somebody else's. Raises the same errors as ``change_address``.
        """
        with self._database.writing() as connection:
            known, moves = _give_address(connection, given, now, fingerprint)
            if known is None or not moves:
                return known
            _delete_confirmations(
                connection,
                confirmation.c.subscriber == known.key,
                confirmation.c.key != given.key,
                sa.or_(
                    confirmation.c.kind == ConfirmationKind.MOVE.value,
                    confirmation.c.asked >= given.asked,
                    confirmation.c.address_key == address_key(known.address),
                ),
            )
            forget_reports(connection, known.id, given.asked, given.address)
            if address_key(known.address) != address_key(given.address):
                queue_messages(connection, ServiceMessage(kind=ServiceKind.UNDONE, address=known.address, created=now))
            return rows.read(connection, subscriber.c.id == known.id)[0]

    def last_address_change(self, reader: int) -> datetime | None:
        """Return when a reader, by id, last changed their address; None if they never did."""
        moves = sa.select(consent.c.at).where(
            consent.c.subscriber == reader, consent.c.event == ConsentEvent.MOVED.value
        )
        with self._database.reading() as connection:
            return connection.scalars(moves.order_by(consent.c.at.desc()).limit(1)).first()

    def hashes(self, reader: Subscriber, fingerprint: Fingerprint) -> list[tuple[str, str]]:
        """Return the key id and the hash of each address that a reader has or had."""
        with self._database.reading() as connection:
            return _hashes(connection, reader, fingerprint)

    def erase(self, key: str, now: datetime, fingerprint: Fingerprint) -> bool:
        """Erase a reader and their former addresses, keeping only keyed hashes; return False if there is no reader."""
        with self._database.writing() as connection:
            known = _reader(connection, subscriber.c.key == key)
            if known is None:
                return False
            own = address_key(known.address)
            hashes = _hashes(connection, known, fingerprint)
            former = {hashed for _, hashed in hashes}

            def is_theirs(address: str) -> bool:
                return address == own or any(hashed in former for _, hashed in fingerprint(address))

            remove_reader(connection, id_=known.id, key=key, address=known.address, is_theirs=is_theirs)
            connection.execute(sa.delete(suppression).where(suppression.c.address_key == own))
            bounced = connection.scalars(sa.select(service_bounce.c.subject)).all()
            forget_service_bounces(connection, filter(is_theirs, bounced))
            if len(former) > 1:
                forget_former(connection, is_theirs)
            remember_erased(connection, hashes, now)
        self._database.removed()
        return True

    def consents(self, reader: int) -> list[Consent]:
        """Return the consent record of a reader, by id, the oldest event first."""
        with self._database.reading() as connection:
            return consents_of(connection, [reader]).get(reader, [])

    def deliveries_of(self, reader: int) -> list[tuple[str, str, str]]:
        """Return the issue, status and detail of each delivery of a reader, by id, the latest first."""
        query = (
            sa.select(send.c.issue, delivery.c.status, delivery.c.detail)
            .join(delivery, sa.and_(delivery.c.send == send.c.id, delivery.c.subscriber == reader))
            .order_by(send.c.id.desc())
        )
        with self._database.reading() as connection:
            return [(row.issue, row.status, row.detail) for row in connection.execute(query)]


def _reader(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> Subscriber | None:
    return next(iter(rows.read(connection, *conditions)), None)


def _give_address(
    connection: sa.Connection, given: Confirmation, now: datetime, fingerprint: Fingerprint
) -> tuple[Subscriber | None, bool]:
    """Give a reader the address that they confirmed; return them as they were, and whether the address is new."""
    known = _reader(connection, subscriber.c.key == given.subscriber)
    if known is None or not _mark_confirmed(connection, given.key, now):
        return known, False
    key = address_key(given.address)
    if connection.scalar(sa.select(suppression.c.reason).where(suppression.c.address_key == key)):
        raise SuppressedError("the address is suppressed", hint="use another one")
    other = _reader(connection, subscriber.c.address_key == key)
    if other is not None and other.id != known.id:
        raise TakenError("another reader has the address", hint="unsubscribe there first")
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


def _hashes(connection: sa.Connection, known: Subscriber, fingerprint: Fingerprint) -> list[tuple[str, str]]:
    former = connection.execute(
        sa.select(former_address.c.signing_key, former_address.c.hash).where(former_address.c.subscriber == known.id)
    ).all()
    # A new address that was never confirmed may be somebody else's. All others were theirs.
    theirs = sa.or_(confirmation.c.kind != ConfirmationKind.MOVE.value, confirmation.c.confirmed.is_not(None))
    query = sa.select(confirmation.c.address_key).where(confirmation.c.subscriber == known.key, theirs)
    keys = sorted({address_key(known.address), *connection.scalars(query)})
    new = [next(iter(fingerprint(key))) for key in keys]
    return list(dict.fromkeys([*new, *((row.signing_key, row.hash) for row in former)]))


def _delete_confirmations(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> None:
    """Delete confirmations and the queued messages about them."""
    gone = connection.scalars(sa.delete(confirmation).where(*conditions).returning(confirmation.c.key)).all()
    connection.execute(sa.delete(service_message).where(service_message.c.about.in_(gone)))


def _mark_confirmed(connection: sa.Connection, key: str, now: datetime) -> bool:
    """Mark a confirmation as given, and return False if it was given before."""
    marked = sa.update(confirmation).where(confirmation.c.key == key, confirmation.c.confirmed.is_(None))
    return connection.execute(marked.values(confirmed=now)).rowcount > 0


def _update(connection: sa.Connection, reader: Subscriber, now: datetime) -> None:
    values = dict(zip(rows.CHANGEABLE, rows.values(reader, now), strict=True))
    connection.execute(sa.update(subscriber).where(subscriber.c.id == reader.id).values(values))
    connection.execute(sa.delete(subscriber_topic).where(subscriber_topic.c.subscriber == reader.id))
    rows.insert_topics(connection, [(reader.id, reader)])
