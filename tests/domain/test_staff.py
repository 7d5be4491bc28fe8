"""How long a member's session lasts, and how long a passkey that was used counts."""

from datetime import datetime, timedelta

import pytest

from newsletter.domain.people import Act, Role
from newsletter.domain.staff import CEREMONY_LASTS, LINK_LASTS, StaffMember, StaffSession, members_who_may
from tests.make import WHEN

SECOND = timedelta(seconds=1)
FIVE_MINUTES, AN_HOUR, TWELVE_HOURS = timedelta(minutes=5), timedelta(hours=1), timedelta(hours=12)


def member(name: str, role: Role, joined_at: datetime | None = WHEN) -> StaffMember:
    return StaffMember(
        id=1, handle=b"", address=f"{name}@example.org", name=name, role=role, invited_at=WHEN, joined_at=joined_at
    )


def test_only_members_who_have_joined_and_may_do_an_act_are_asked_for_it() -> None:
    members = [
        member("ada", Role.ADMIN),
        member("eve", Role.EDITOR),
        member("wren", Role.WRITER),
        member("pia", Role.PUBLISHER, joined_at=None),
    ]
    assert [able.name for able in members_who_may(Act.APPROVE, members)] == ["ada", "eve"]
    assert [able.name for able in members_who_may(Act.SEND, members)] == ["ada"]


def session(*, by_link: bool = False) -> StaffSession:
    return StaffSession(id=1, member=1, by_link=by_link, created_at=WHEN, seen_at=WHEN, confirmed_at=WHEN)


def test_a_passkey_counts_for_five_minutes() -> None:
    assert session().is_confirmed(WHEN + FIVE_MINUTES - SECOND)
    assert not session().is_confirmed(WHEN + FIVE_MINUTES)


@pytest.mark.parametrize(("by_link", "lasts"), [(False, TWELVE_HOURS), (True, AN_HOUR)])
def test_a_session_is_over_after_twelve_idle_hours_and_one_by_link_after_an_hour(
    by_link: bool, lasts: timedelta
) -> None:
    assert not session(by_link=by_link).is_over(WHEN + lasts - SECOND)
    assert session(by_link=by_link).is_over(WHEN + lasts)


def test_links_last_a_quarter_of_an_hour_and_challenges_five_minutes() -> None:
    lasting = {"link": LINK_LASTS, "challenge": CEREMONY_LASTS}
    assert lasting == {"link": timedelta(minutes=15), "challenge": FIVE_MINUTES}
