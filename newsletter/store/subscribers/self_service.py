"""Changes that readers make themselves: confirm, change preferences, unsubscribe, come back, be erased.

Each is one transaction.
"""

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
from newsletter.store.event_tables import response
from newsletter.store.subscribers import rows
from newsletter.store.subscribers.confirmations import mark_confirmed, queue_messages, read_confirmation
from newsletter.store.subscribers.consents import consents_of, record
from newsletter.store.subscribers.erasures import (
    Fingerprint,
    Fingerprints,
    forget_erased,
    hashes_of_reader,
    remember_erased,
)
from newsletter.store.subscribers.held_bounces import forget_bounces
from newsletter.store.subscribers.removal import forget_former, remove_reader
from newsletter.store.subscribers.service_bounces import forget_service_bounces
from newsletter.store.subscribers.sign_up_limits import reset_limits
from newsletter.store.tables import (
    confirmation,
    delivery,
    send,
    service_bounce,
    subscriber,
    subscriber_topic,
    suppression,
)

_S = SubscriberStatus


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
        limit_subjects: Sequence[str] = (),
        welcome: bool = False,
    ) -> Subscriber:
        """Turn a sign-up into a confirmed subscriber with these choices, and record the consent to ``wording``.

        With ``welcome``, a new reader is also queued for the welcome mail.
        This also lifts an erasure of the address and resets the rate limits of ``limit_subjects``. Confirming again
        changes nothing. Raises MissingSignUpError if the sign-up no longer exists.
        """
        with self._database.writing() as connection:
            news = mark_confirmed(connection, given.key, now)
            known = rows.read_one(connection, subscriber.c.address_key == address_key(given.address))
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
                language=chosen.language or (known.language if known else ""),
                paused_until=None,
            )
            wanted = replace(wanted, excludes=tuple(topic for topic in wanted.excludes if topic not in wanted.topics))
            if known is None:
                wanted = replace(wanted, id=rows.insert(connection, [wanted], now)[address_key(wanted.address)])
            else:
                _update(connection, wanted, now)
            request = Consent(at=given.requested, event=ConsentEvent.ASKED, how=given.how, wording=given.wording)
            confirmed = Consent(at=now, event=ConsentEvent.CONFIRMED, how="link", wording=wording)
            record(connection, [(wanted.id, request), (wanted.id, confirmed)])
            forget_erased(connection, fingerprints)
            forget_bounces(connection, address_key(given.address))
            forget_service_bounces(connection, [hashed for _, hashed in fingerprints])
            reset_limits(connection, limit_subjects)
            if welcome and not (known and known.status is _S.CONFIRMED):
                message = ServiceMessage(kind=ServiceKind.WELCOME, address=wanted.address, created=now)
                queue_messages(connection, message)
            return rows.read(connection, subscriber.c.id == wanted.id)[0]

    def save_preferences(self, key: str, chosen: Subscriber, now: datetime) -> Subscriber | None:
        """Store a reader's names, topics, language, frequency and pause, and return them; None if there is no reader.

        If they refuse tracking (``uncounted``), their earlier clicks and opens are anonymised.
        """
        with self._database.writing() as connection:
            known = rows.read_one(connection, subscriber.c.key == key)
            if known is None:
                return None
            _update(connection, replace(chosen, id=known.id, status=known.status, attributes=known.attributes), now)
            if chosen.uncounted:
                mine = sa.update(response).where(response.c.subscriber == known.id)
                connection.execute(mine.values(subscriber=None))
            return rows.read(connection, subscriber.c.id == known.id)[0]

    def unsubscribe(self, requests: Sequence[UnsubscribeRequest], now: datetime) -> frozenset[str]:
        """Unsubscribe readers or withdraw sign-ups, and return the keys of those that changed.

        Many at once take hardly longer than one, since most of the time goes into the commit.
        """
        by_key = {request.key: request for request in requests}
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
            known = rows.read_one(connection, subscriber.c.key == key, subscriber.c.status == _S.UNSUBSCRIBED.value)
            if known is None:
                return False
            last = consents_of(connection, [known.id]).get(known.id, [])[-1:]
            if not last or last[0].event is not ConsentEvent.UNSUBSCRIBED or last[0].at < now - within:
                return False
            _update(connection, replace(known, status=_S.CONFIRMED), now)
            record(connection, [(known.id, Consent(at=now, event=ConsentEvent.RETURNED, how="undo", issue=issue))])
            return True

    def erase(self, key: str, now: datetime, fingerprint: Fingerprint) -> bool:
        """Erase a reader and their former addresses, keeping only keyed hashes; return False if there is no reader."""
        with self._database.writing() as connection:
            known = rows.read_one(connection, subscriber.c.key == key)
            if known is None:
                return False
            own = address_key(known.address)
            hashes = hashes_of_reader(connection, known, fingerprint)
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
        # With the list of sends, SQLite looks up one delivery in each send; a join alone scans all deliveries.
        query = (
            sa.select(send.c.issue, delivery.c.status, delivery.c.detail)
            .join(delivery, delivery.c.send == send.c.id)
            .where(delivery.c.subscriber == reader, delivery.c.send.in_(sa.select(send.c.id)))
            .order_by(delivery.c.send.desc())
        )
        with self._database.reading() as connection:
            return [(row.issue, row.status, row.detail) for row in connection.execute(query)]


def _update(connection: sa.Connection, reader: Subscriber, now: datetime) -> None:
    values = dict(zip(rows.CHANGEABLE, rows.values(reader, now), strict=True))
    connection.execute(sa.update(subscriber).where(subscriber.c.id == reader.id).values(values))
    connection.execute(sa.delete(subscriber_topic).where(subscriber_topic.c.subscriber == reader.id))
    rows.insert_topics(connection, [(reader.id, reader)])
