"""Members of staff in both databases, their passkeys, sessions, links and challenges."""

from datetime import timedelta

import pytest

from newsletter.domain.people import Role
from newsletter.domain.staff import CEREMONY_LASTS, LINK_LASTS, SESSION_IDLE, CeremonyKind, StaffMember
from newsletter.errors import NotFoundError
from newsletter.store import KeyExistsError, LastAdminError, LastKeyError, MemberExistsError, Store
from tests.make import WHEN

ADA = "ada@example.org"


def member(store: Store, address: str = ADA, role: Role = Role.ADMIN, *, joined: bool = True) -> StaffMember:
    added = store.staff.add(address, name=address.partition("@")[0].title(), role=role, by="root@example.org", now=WHEN)
    if joined:
        store.staff.join(added.id, WHEN)
    return store.staff.get(added.id)


def key(store: Store, owner: int, credential: bytes = b"one", count: int = 0) -> int:
    store.passkeys.add(
        owner,
        credential=credential,
        public_key=b"public",
        sign_count=count,
        name="Laptop",
        synced=True,
        transports=("internal", "hybrid"),
        now=WHEN,
    )
    return store.passkeys.of_member(owner)[-1].id


def session(store: Store, owner: int, hashed: str = "a" * 64, replaces: str = "") -> int:
    store.staff_sessions.add(hashed, owner, by_link=False, client="Firefox on Linux", now=WHEN, replaces=replaces)
    return store.staff_sessions.of_member(owner, WHEN)[0].id


def test_members_are_invited_join_and_are_removed(store: Store) -> None:
    ada = member(store, joined=False)
    assert (ada.address, ada.name, ada.role, ada.joined_at) == (ADA, "Ada", Role.ADMIN, None)
    store.staff.join(ada.id, WHEN)
    store.staff.join(ada.id, WHEN + timedelta(days=1))
    assert store.staff.get(ada.id).joined_at == WHEN
    assert store.staff.of_address("ADA@example.org") == store.staff.get(ada.id)
    with pytest.raises(MemberExistsError):
        member(store, "Ada@Example.org")
    robin = member(store, "robin@example.org", Role.EDITOR)
    assert [one.address for one in store.staff.members()] == [ADA, "robin@example.org"]
    key(store, robin.id)
    session(store, robin.id)
    store.staff.remove(robin.id, WHEN)
    assert store.staff.of_address("robin@example.org") is None
    assert store.passkeys.of_member(robin.id) == []
    assert store.staff_sessions.find("a" * 64, WHEN) is None
    key(store, robin.id)  # a registration, a sign-in and a link that were under way
    session(store, robin.id)
    store.sign_in_links.add("b" * 64, robin.id, WHEN)
    again = member(store, "robin@example.org", Role.WRITER, joined=False)
    assert (again.id, again.handle, again.role, again.joined_at) == (robin.id, robin.handle, Role.WRITER, None)
    assert store.passkeys.of_member(robin.id) == []
    assert store.staff_sessions.find("a" * 64, WHEN) is None
    assert store.sign_in_links.use("b" * 64, "", WHEN) is None
    with pytest.raises(NotFoundError):
        store.staff.rename(9, "Nobody")


def test_the_last_admin_who_has_joined_stays(store: Store) -> None:
    ada, robin = member(store), member(store, "robin@example.org", joined=False)
    with pytest.raises(LastAdminError):
        store.staff.remove(ada.id, WHEN)
    with pytest.raises(LastAdminError):
        store.staff.change_role(ada.id, Role.EDITOR)
    assert store.staff.get(ada.id).role is Role.ADMIN
    store.staff.join(robin.id, WHEN)
    store.staff.change_role(ada.id, Role.EDITOR)
    assert store.staff.get(ada.id).role is Role.EDITOR


def test_passkeys_are_registered_once_and_used_with_a_growing_count(store: Store) -> None:
    ada, robin = member(store), member(store, "robin@example.org")
    first = key(store, ada.id, count=7)
    with pytest.raises(KeyExistsError):
        key(store, robin.id)
    stored = store.passkeys.of_credential(b"one")
    assert stored is not None
    assert (stored.member, stored.public_key, stored.transports) == (ada.id, b"public", ("internal", "hybrid"))
    assert not store.passkeys.note_use(first, sign_count=7, synced=True, now=WHEN)
    assert store.passkeys.note_use(first, sign_count=8, synced=True, now=WHEN)
    with pytest.raises(LastKeyError):
        store.passkeys.remove(first, ada.id)
    second = key(store, ada.id, b"two")
    assert store.passkeys.note_use(second, sign_count=0, synced=True, now=WHEN)  # it doesn't count
    with pytest.raises(NotFoundError):
        store.passkeys.remove(first, robin.id)
    with pytest.raises(NotFoundError):
        store.passkeys.rename(first, robin.id, "Mine")
    store.passkeys.rename(first, ada.id, "Phone")
    assert store.passkeys.remove(first, ada.id).name == "Phone"
    assert [one.id for one in store.passkeys.of_member(ada.id)] == [second]


def test_sessions_end_when_they_are_not_used_replaced_or_revoked(store: Store) -> None:
    ada = member(store)
    first = session(store, ada.id)
    nearly = WHEN + SESSION_IDLE - timedelta(seconds=1)
    found = store.staff_sessions.find("a" * 64, nearly)
    assert found is not None
    assert (found.id, found.member, found.client) == (first, ada.id, "Firefox on Linux")
    assert store.staff_sessions.find("a" * 64, WHEN + SESSION_IDLE) is not None  # it was used since
    assert store.staff_sessions.find("a" * 64, WHEN + 3 * SESSION_IDLE) is None
    session(store, ada.id, "b" * 64, replaces="a" * 64)
    assert store.staff_sessions.find("a" * 64, WHEN) is None
    third = session(store, ada.id, "c" * 64)
    assert not store.staff_sessions.end(third, ada.id + 1)
    assert store.staff_sessions.end(third, ada.id)
    fourth = session(store, ada.id, "d" * 64)
    assert store.staff_sessions.end_all(ada.id, but=fourth) == 1
    assert [one.id for one in store.staff_sessions.of_member(ada.id, WHEN)] == [fourth]


def test_a_session_that_only_a_page_refreshes_does_not_last_longer(store: Store) -> None:
    session(store, member(store).id)
    nearly = WHEN + SESSION_IDLE - timedelta(seconds=1)
    assert store.staff_sessions.find("a" * 64, nearly, is_used=False) is not None
    assert store.staff_sessions.find("a" * 64, WHEN + SESSION_IDLE) is None


def test_a_link_is_good_once_for_one_browser_and_15_minutes(store: Store) -> None:
    ada = member(store)
    store.sign_in_links.add("1" * 64, ada.id, WHEN, browser="b" * 64)
    assert store.sign_in_links.use("1" * 64, "c" * 64, WHEN) is None
    assert store.sign_in_links.use("1" * 64, "b" * 64, WHEN + LINK_LASTS) is None
    assert store.sign_in_links.use("1" * 64, "b" * 64, WHEN) == ada.id
    assert store.sign_in_links.use("1" * 64, "b" * 64, WHEN) is None
    store.sign_in_links.add("2" * 64, ada.id, WHEN)
    store.sign_in_links.add("3" * 64, ada.id, WHEN)
    assert store.sign_in_links.use("2" * 64, "b" * 64, WHEN) is None  # a later one replaces it
    store.sign_in_links.add("4" * 64, ada.id, WHEN, browser="b" * 64)
    store.sign_in_links.add("5" * 64, ada.id, WHEN, browser="e" * 64)  # somebody else has typed Ada's address
    assert store.sign_in_links.use("3" * 64, "c" * 64, WHEN) == ada.id
    assert store.sign_in_links.use("4" * 64, "b" * 64, WHEN) is None  # she is signed in
    store.sign_in_links.add("6" * 64, ada.id, WHEN, browser="b" * 64)
    store.sign_in_links.add("7" * 64, ada.id, WHEN, browser="e" * 64)
    assert store.sign_in_links.use("6" * 64, "b" * 64, WHEN) == ada.id


def test_a_challenge_is_good_once_for_one_kind_and_browser(store: Store) -> None:
    kind = CeremonyKind.CONFIRM
    for wrong in (
        (CeremonyKind.SIGN_IN, "b" * 64, WHEN),
        (kind, "c" * 64, WHEN),
        (kind, "b" * 64, WHEN + CEREMONY_LASTS),
    ):
        store.ceremonies.add("1" * 64, kind, "b" * 64, WHEN)
        assert not store.ceremonies.use("1" * 64, *wrong)
        assert not store.ceremonies.use("1" * 64, kind, "b" * 64, WHEN)  # used up
    store.ceremonies.add("1" * 64, kind, "b" * 64, WHEN)
    assert store.ceremonies.use("1" * 64, kind, "b" * 64, WHEN)
