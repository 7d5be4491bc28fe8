"""The teams of the studio's screenshots: empty (an admin alone), typical and full."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from newsletter.domain.people import Act, Person, Role
from newsletter.domain.staff import StaffStep
from newsletter.staff import begin_session
from newsletter.store import Store
from tests.people import ADMIN, EDITOR, PUBLISHER, WRITER
from tests.web.studio.signed_in import add_member

_LONG = "Maximiliane Theodora von und zu Hohenstein-Württemberg-Sigmaringen the Younger"
_HEBREW = "נועה לוי־אברהמי"


def fill_team(store: Store, state: str, now: datetime) -> None:
    """Add the team of a state to a store that has none."""
    _TEAMS[state](store, now)


def _empty(store: Store, now: datetime) -> None:
    _join(store, [ADMIN], now - timedelta(hours=1), now)


def _typical(store: Store, now: datetime) -> None:
    _join(store, [ADMIN, PUBLISHER, EDITOR, WRITER], now - timedelta(days=40), now)
    noa = Person(name=_HEBREW, address="noa@example.org", role=Role.WRITER)
    store.staff.add(noa.address, name=noa.name, role=noa.role, by=ADMIN.address, now=now - timedelta(hours=3))
    issue = "issue 2026-11-21"
    for hours, person, act, thing, detail in (
        (960, ADMIN, StaffStep.INVITED, f"person {WRITER.address}", {"role": "writer"}),
        (958, WRITER, StaffStep.KEY_ADDED, f"person {WRITER.address}", {"key": "Laptop"}),
        (920, ADMIN, StaffStep.INVITED, f"person {PUBLISHER.address}", {"role": "publisher"}),
        (918, PUBLISHER, StaffStep.KEY_ADDED, f"person {PUBLISHER.address}", {"key": "Laptop"}),
        (900, ADMIN, StaffStep.INVITED, f"person {EDITOR.address}", {"role": "writer"}),
        (700, ADMIN, StaffStep.ROLE_CHANGED, f"person {EDITOR.address}", {"before": "writer", "role": "editor"}),
        (52, EDITOR, StaffStep.SIGNED_IN, f"person {EDITOR.address}", {"client": "Firefox on Linux"}),
        (51, EDITOR, Act.APPROVE, issue, {}),
        (50, PUBLISHER, Act.SEND, issue, {"recipients": 1248}),
        (26, ADMIN, Act.EXPORT_READERS, "readers", {"readers": 1251}),
        (3, ADMIN, StaffStep.INVITED, f"person {noa.address}", {"role": "writer"}),
        (1, WRITER, StaffStep.KEY_ADDED, f"person {WRITER.address}", {"key": "Phone"}),
    ):
        member = store.staff.of_address(person.address)
        assert member is not None
        store.audit.add(member.person(), act, thing, now=now - timedelta(hours=hours), detail=detail)


def _full(store: Store, now: datetime) -> None:
    _typical(store, now)
    many = (
        Person(
            name=(f"{_LONG} {number}", f"{_HEBREW} {number}", f"Kim {number}")[number % 3],
            address=f"{'a-rather-long-mailbox.' * (number % 4)}{number}@subdomain.department.example.org",
            role=tuple(Role)[number % 4],
        )
        for number in range(30)
    )
    _join(store, many, now - timedelta(days=9), now)
    ada = store.staff.of_address(ADMIN.address)
    assert ada is not None
    for number in range(12):
        begin_session(store, ada, by_link=False, client=f"Chrome on Android {number}", now=now)
    for number in range(70):
        detail = {"reason": f"{_LONG} {number}", "segments": ["everyone", "mornings"]}
        store.audit.add(ada.person(), Act.OVERRIDE, f"issue 2026-10-{number % 28 + 1:02}", now=now, detail=detail)


_TEAMS: dict[str, Callable[[Store, datetime], None]] = {
    "empty": _empty,
    "typical": _typical,
    "full": _full,
    "broken": _typical,
}


def _join(store: Store, people: Iterable[Person], since: datetime, now: datetime) -> None:
    """Add people who have joined, each with a passkey; a browser of some of them is signed in."""
    for person in people:
        member = add_member(store, person, since)
        for name, synced in (("Laptop", True), ("The security key in the top drawer", False))[: 1 + member.id % 2]:
            store.passkeys.add(
                member.id,
                credential=f"{member.id} {name}".encode(),
                public_key=b"",
                sign_count=0,
                name=name,
                synced=synced,
                transports=(),
                now=since,
            )
        if member.id % 3:
            begin_session(store, member, by_link=False, client="Safari on iPhone", now=now)
