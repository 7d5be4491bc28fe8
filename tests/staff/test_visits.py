"""Sessions begin and end, and the audit log says so."""

from datetime import timedelta

import pytest

from newsletter import staff
from newsletter.domain.people import Role
from newsletter.domain.staff import StaffMember
from newsletter.staff import UnusableLinkError, Visit
from newsletter.store import Store
from tests.make import WHEN

BROWSER = "the browser"


def member(store: Store) -> StaffMember:
    return store.staff.add("ada@example.org", name="Ada", role=Role.ADMIN, by="", now=WHEN)


def visit(store: Store, ada: StaffMember) -> Visit:
    secret = staff.begin_session(store, ada, by_link=False, client="Firefox", now=WHEN)
    begun = staff.find_visit(store, secret, WHEN)
    assert begun is not None
    return begun


def noted(store: Store) -> list[tuple[str, str, object]]:
    """Return the entries of the audit log, the oldest first."""
    return [(entry.act, entry.thing, entry.detail) for entry in reversed(store.audit.entries())]


def test_a_sign_in_by_link_is_noted_and_a_refused_one_is_not(store: Store) -> None:
    ada = member(store)
    store.sign_in_links.add(staff.hashed("secret"), ada.id, WHEN)

    def use(after: timedelta = timedelta()) -> StaffMember:
        signed_in, _ = staff.use_link(store, "secret", browser=BROWSER, replaces="", client="Firefox", now=WHEN + after)
        return signed_in

    with pytest.raises(UnusableLinkError):
        use(timedelta(minutes=15))
    assert noted(store) == []
    assert use().id == ada.id
    assert noted(store) == [("signed-in", "person ada@example.org", {"client": "Firefox", "by": "link"})]


def test_signing_out_here_and_elsewhere_is_noted(store: Store) -> None:
    ada = member(store)
    here, there, third = (visit(store, ada) for _ in range(3))
    staff.end_session(store, here, there.session.id, now=WHEN)
    staff.end_session(store, here, there.session.id, now=WHEN)  # it is over already
    assert staff.sign_out_elsewhere(store, here, WHEN) == 1
    assert staff.find_visit(store, third.secret, WHEN) is None
    staff.sign_out(store, here, WHEN)
    assert staff.find_visit(store, here.secret, WHEN) is None
    thing = "person ada@example.org"
    assert noted(store) == [
        ("session-ended", thing, {"sessions": 1}),
        ("session-ended", thing, {"sessions": 1}),
        ("signed-out", thing, {}),
    ]
