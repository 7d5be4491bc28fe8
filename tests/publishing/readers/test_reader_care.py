"""Looking after readers: finding, editing, suppressing and unsubscribing them, and mailing them confirmations."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from newsletter.domain.consent import Consent, ConsentEvent, SignUpChoices
from newsletter.domain.people import ForbiddenError, Person
from newsletter.domain.subscriber import Frequency, Subscriber, SubscriberStatus, SuppressionReason
from newsletter.publishing.readers import reader_lookup
from newsletter.publishing.readers.reader_edits import (
    ReaderChangedError,
    ReaderDetailError,
    ReaderDetails,
    details_of,
    edit_reader,
)
from newsletter.publishing.readers.reader_requests import ask_to_change_address, ask_to_confirm, unsubscribe_reader
from newsletter.publishing.readers.reader_suppressions import lift_suppression, suppress_address
from newsletter.publishing.readers.readers import (
    ErasedReaderError,
    ReaderGoneError,
    add_reader,
    erase_reader,
    remove_reader,
)
from newsletter.settings import Settings
from newsletter.store import AddressSuppressedError, AddressTakenError, ReaderExistsError, Store
from newsletter.subscriptions import MailedRecentlyError
from newsletter.tokens import Signer
from tests.make import SECRET, WHEN
from tests.people import ADMIN, EDITOR, PUBLISHER, WRITER

HOUR = timedelta(hours=1)
LEFT = SubscriberStatus.UNSUBSCRIBED


@pytest.fixture
def ada(store: Store) -> Subscriber:
    """Add a reader."""
    new = Subscriber(address="ada@example.com", first_name="Ada", topics=("science",))
    return add_reader(store, ADMIN, new, now=WHEN)


def audited(store: Store) -> list[tuple[str, str]]:
    return [(entry.thing, entry.detail["what"]) for entry in store.audit.entries()]


def queued(store: Store) -> list[tuple[str, str]]:
    return [
        (message.kind.value, message.address) for message in store.confirmations.next_messages(WHEN + HOUR * 99, 99)
    ]


@pytest.mark.parametrize("person", [WRITER, EDITOR, PUBLISHER], ids=lambda person: person.role)
def test_only_admins_look_after_readers(settings: Settings, store: Store, ada: Subscriber, person: Person) -> None:
    details = details_of(ada, settings.newsletter)
    acts: list[Callable[[], object]] = [
        lambda: add_reader(store, person, Subscriber(address="b@example.com"), now=WHEN),
        lambda: remove_reader(settings, store, person, ada.address, now=WHEN),
        lambda: erase_reader(settings, store, person, ada.address, now=WHEN),
        lambda: suppress_address(store, person, ada.address, now=WHEN),
        lambda: lift_suppression(store, person, ada.address, now=WHEN),
        lambda: unsubscribe_reader(store, person, ada.key, now=WHEN),
        lambda: ask_to_confirm(store, person, ada.address, now=WHEN),
        lambda: ask_to_change_address(store, person, ada.key, "b@example.com", now=WHEN),
        lambda: edit_reader(store, settings.newsletter, person, ada.key, seen={}, wanted=details, now=WHEN),
        lambda: reader_lookup.find_readers(store, person, "ada"),
        lambda: reader_lookup.list_readers(store, person),
        lambda: reader_lookup.list_suppressed(store, person),
        lambda: reader_lookup.list_waiting(store, person),
        lambda: reader_lookup.reader_record(store, person, ada.key),
    ]
    for act in acts:
        with pytest.raises(ForbiddenError):
            act()
    assert store.subscribers.get(ada.address) == ada
    assert len(store.audit.entries()) == 1


def test_publishers_see_totals(store: Store, ada: Subscriber) -> None:
    assert reader_lookup.reader_totals(store, PUBLISHER).readers == 1
    with pytest.raises(ForbiddenError):
        reader_lookup.reader_totals(store, EDITOR)


def test_the_audit_log_names_readers_by_their_keys(settings: Settings, store: Store, ada: Subscriber) -> None:
    suppress_address(store, ADMIN, ada.address, now=WHEN)
    suppress_address(store, ADMIN, "nobody@example.com", now=WHEN)
    lift_suppression(store, ADMIN, ada.address, now=WHEN)
    unsubscribe_reader(store, ADMIN, ada.key, now=WHEN)
    erase_reader(settings, store, ADMIN, ada.address, now=WHEN)
    thing = f"reader {ada.key}"
    assert audited(store)[::-1] == [
        (thing, "added"),
        (thing, "suppressed"),
        ("an address that no reader has", "suppressed"),
        (thing, "suppression lifted"),
        (thing, "unsubscribed"),
        (thing, "erased"),
    ]
    assert "example.com" not in str([(entry.thing, entry.detail) for entry in store.audit.entries()])


def test_how_a_reader_agreed_is_kept(store: Store) -> None:
    agreed = Consent(at=WHEN, event=ConsentEvent.ASKED, how="studio", wording="on paper, at the fair")
    bea = add_reader(store, ADMIN, Subscriber(address="bea@example.com"), now=WHEN, consent=agreed)
    assert reader_lookup.reader_record(store, ADMIN, bea.key).consents == (agreed,)


# Edits ---------------------------------------------------------------------------------------------------------------


def edit(store: Store, settings: Settings, reader: Subscriber, seen: ReaderDetails, **values: object) -> Subscriber:
    wanted = replace(seen, **values)  # type: ignore[arg-type]
    done, _ = edit_reader(store, settings.newsletter, ADMIN, reader.key, seen=seen.values, wanted=wanted, now=WHEN)
    return done


def test_details_are_changed_and_nothing_else(settings: Settings, store: Store, ada: Subscriber) -> None:
    seen = details_of(ada, settings.newsletter)
    done = edit(
        store,
        settings,
        ada,
        seen,
        last_name=" Love\nlace ",
        excludes=("Science", "sport"),
        language="de-AT",
        time_zone="Europe/Vienna",
        frequency=Frequency.WEEKLY,
        paused_until=date(2027, 1, 2),
    )
    assert (done.name, done.topics, done.excludes) == ("Ada Love lace", (), ("science", "sport"))
    assert (done.language, done.time_zone, done.frequency) == ("de-AT", "Europe/Vienna", Frequency.WEEKLY)
    assert done.paused_until
    assert done.paused_until.astimezone(settings.newsletter.zone).date() == date(2027, 1, 2)
    assert (done.status, done.address, done.created) == (ada.status, ada.address, ada.created)
    fields = ["last_name", "topics", "excludes", "language", "time_zone", "frequency", "paused_until"]
    assert store.audit.entries()[0].detail["fields"] == fields
    assert edit(store, settings, done, details_of(done, settings.newsletter)) == done
    assert len(store.audit.entries()) == 2


def test_a_detail_that_the_reader_has_changed_meanwhile_is_not_overwritten(
    settings: Settings, store: Store, ada: Subscriber
) -> None:
    seen = details_of(ada, settings.newsletter)
    edit(store, settings, ada, seen, topics=("sport",))
    with pytest.raises(ReaderChangedError, match="topics"):
        edit(store, settings, ada, seen, topics=("culture",))
    done = edit(store, settings, ada, seen, first_name="Augusta")
    assert (done.first_name, done.topics) == ("Augusta", ("sport",))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_name", "x" * 201),
        ("language", "klingon!"),
        ("time_zone", "Europe/Atlantis"),
        ("paused_until", WHEN.date()),
    ],
)
def test_details_that_cannot_be_stored_are_refused(
    settings: Settings, store: Store, ada: Subscriber, field: str, value: object
) -> None:
    with pytest.raises(ReaderDetailError) as refused:
        edit(store, settings, ada, details_of(ada, settings.newsletter), **{field: value})
    assert refused.value.field == field
    assert store.subscribers.get(ada.address) == ada


def test_a_reader_who_is_gone_is_not_edited(settings: Settings, store: Store, ada: Subscriber) -> None:
    seen = details_of(ada, settings.newsletter)
    store.subscribers.remove(ada.address)
    with pytest.raises(ReaderGoneError):
        edit(store, settings, ada, seen, first_name="Eve")


# Confirmations -------------------------------------------------------------------------------------------------------


def test_a_new_address_is_asked_and_a_sign_up_that_waits_is_mailed_again(store: Store) -> None:
    choices = SignUpChoices(first_name="Bea", topics=("science",))
    ask_to_confirm(store, ADMIN, "bea@example.com", now=WHEN, choices=choices)
    with pytest.raises(MailedRecentlyError):
        ask_to_confirm(store, ADMIN, "Bea@example.com", now=WHEN + HOUR / 4)
    ask_to_confirm(store, ADMIN, "Bea@example.com", now=WHEN + HOUR * 2)
    assert queued(store) == [("confirm", "bea@example.com")] * 2
    (waiting,) = reader_lookup.list_waiting(store, ADMIN)
    assert (waiting.address, waiting.choices, waiting.how) == ("bea@example.com", choices, "studio")
    found = reader_lookup.find_readers(store, ADMIN, "bea")
    assert (found.readers, found.waiting) == ((), (waiting,))


def test_an_imported_reader_is_asked_with_what_they_chose(store: Store) -> None:
    cat = Subscriber(address="cat@example.com", topics=("sport",), status=SubscriberStatus.UNCONFIRMED)
    cat = add_reader(store, ADMIN, cat, now=WHEN)
    ask_to_confirm(store, ADMIN, cat.address, now=WHEN)
    (waiting,) = reader_lookup.list_waiting(store, ADMIN)
    assert waiting.choices.topics == ("sport",)
    assert reader_lookup.reader_record(store, ADMIN, cat.key).asked_at == WHEN


def test_nobody_is_asked_who_has_confirmed_complained_or_was_erased(
    settings: Settings, store: Store, ada: Subscriber
) -> None:
    with pytest.raises(ReaderExistsError):
        ask_to_confirm(store, ADMIN, ada.address, now=WHEN)
    store.suppressions.add(ada.address, SuppressionReason.BOUNCED, WHEN)
    ask_to_confirm(store, ADMIN, ada.address, now=WHEN)  # which lifts the bounce
    store.suppressions.add("cross@example.com", SuppressionReason.COMPLAINED, WHEN)
    with pytest.raises(AddressSuppressedError):
        ask_to_confirm(store, ADMIN, "cross@example.com", now=WHEN)
    erase_reader(settings, store, ADMIN, ada.address, now=WHEN)
    with pytest.raises(ErasedReaderError):
        ask_to_confirm(store, ADMIN, ada.address, now=WHEN)


def test_a_new_address_has_to_be_confirmed(store: Store, ada: Subscriber) -> None:
    ask_to_change_address(store, ADMIN, ada.key, "lovelace@example.com", now=WHEN)
    record = reader_lookup.reader_record(store, ADMIN, ada.key)
    assert (record.reader.address, record.moving_to) == (ada.address, "lovelace@example.com")
    assert queued(store) == [("move", "lovelace@example.com")]
    move = store.confirmations.of_reader(ada.key, ada.address)[-1]
    store.address_changes.change(move, WHEN, Signer(SECRET).fingerprints)
    assert reader_lookup.reader_record(store, ADMIN, ada.key).reader.address == "lovelace@example.com"


def test_an_address_that_another_reader_has_is_refused(store: Store, ada: Subscriber) -> None:
    add_reader(store, ADMIN, Subscriber(address="bea@example.com"), now=WHEN)
    with pytest.raises(AddressTakenError):
        ask_to_change_address(store, ADMIN, ada.key, "bea@example.com", now=WHEN)


def test_an_unsubscribed_reader_stays_so_and_the_record_says_how(store: Store, ada: Subscriber) -> None:
    for _ in range(2):
        unsubscribe_reader(store, ADMIN, ada.key, now=WHEN)
    record = reader_lookup.reader_record(store, ADMIN, ada.key)
    assert record.reader.status is LEFT
    assert [(consent.event, consent.how) for consent in record.consents] == [(ConsentEvent.UNSUBSCRIBED, "studio")]
    assert len(record.changes) == 2


# Lists ---------------------------------------------------------------------------------------------------------------


def test_long_lists_go_on(store: Store) -> None:
    readers = [Subscriber(address=f"r{at:03}@example.com", first_name="Ada") for at in range(101)]
    store.subscribers.merge([readers], now=WHEN)
    store.suppressions.add("r007@example.com", SuppressionReason.MANUAL, WHEN)
    found = reader_lookup.find_readers(store, ADMIN, "ada")
    assert (len(found.readers), found.is_cut) == (50, True)
    seen, before = [], 0
    while True:
        listed, before = reader_lookup.list_readers(store, ADMIN, before=before)
        seen += [item.reader.address for item in listed]
        if not before:
            break
    assert seen == [reader.address for reader in reversed(readers)]
    assert reader_lookup.find_readers(store, ADMIN, "r007@example.com").readers[0].suppression is not None
    nobody = reader_lookup.find_readers(store, ADMIN, "nobody@example.com")
    assert not nobody
    store.suppressions.add("nobody@example.com", SuppressionReason.BOUNCED, WHEN)
    assert reader_lookup.find_readers(store, ADMIN, "Nobody@example.com").suppression is not None
