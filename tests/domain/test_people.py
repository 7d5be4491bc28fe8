"""What each person may do."""

import pytest

from newsletter.domain.people import (
    _LOWEST,
    _WORDS,
    Act,
    ConfirmationNeededError,
    ForbiddenError,
    OwnWorkError,
    Person,
    Role,
    Work,
    may,
    require,
)

_ADA = "ada@example.org"
_MAY = {  # the table of docs/team.md: what each role adds to the one before it
    Role.WRITER: {Act.SEE, Act.CAPTURE, Act.CREATE_ENTRY, Act.COMMENT, Act.MANAGE_KEYS},
    Role.EDITOR: {Act.EDIT_ENTRY, Act.COMPOSE, Act.PROOF, Act.REVIEW, Act.APPROVE},
    Role.PUBLISHER: {Act.PROOF_TO_OTHERS, Act.SEE_REPORTS, Act.SEND, Act.CONTROL_SEND, Act.OVERRIDE},
}


def _person(role: Role, *, is_confirmed: bool = True) -> Person:
    return Person(name="Ada", address=_ADA, role=role, id=1, is_confirmed=is_confirmed)


def test_each_act_has_a_lowest_role() -> None:
    assert set(_LOWEST) == set(Act)


def test_a_refusal_says_what_a_role_may_not_do_and_who_can() -> None:
    assert set(_WORDS) == set(Act)
    assert len(set(_WORDS.values())) == len(Act)
    refusal = ForbiddenError(act=Act.EDIT_ENTRY, needed=Role.EDITOR)
    assert str(refusal).startswith("your role may not change other people’s entries")
    assert refusal.hint == "ask an editor, a publisher or an admin"
    assert ForbiddenError(act=Act.SEE_PEOPLE, needed=Role.ADMIN).hint == "ask an admin"


@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_the_table_says_and_no_more(role: Role) -> None:
    allowed: set[Act] = set()
    for listed, acts in _MAY.items():
        allowed |= acts
        if listed is role:
            break
    if role is Role.ADMIN:
        allowed = set(Act)
    assert {act for act in Act if may(_person(role), act)} == allowed


def test_writers_change_their_own_entries_only() -> None:
    writer = _person(Role.WRITER)
    assert may(writer, Act.EDIT_ENTRY, Work(by=frozenset({_ADA})))
    for by in ((), ("ben@example.org",), (_ADA, "ben@example.org")):
        assert not may(writer, Act.EDIT_ENTRY, Work(by=frozenset(by)))


def test_people_delete_their_own_comments_and_admins_all() -> None:
    own, other = Work(by=frozenset({_ADA})), Work(by=frozenset({"ben@example.org"}))
    for role in Role:
        assert may(_person(role), Act.DELETE_COMMENT, own)
        assert may(_person(role), Act.DELETE_COMMENT, other) == (role is Role.ADMIN)


def test_nobody_approves_what_only_they_have_changed() -> None:
    editor, own = _person(Role.EDITOR), frozenset({_ADA})
    with pytest.raises(OwnWorkError):
        require(editor, Act.APPROVE, Work(by=own))
    require(editor, Act.APPROVE, Work(by=own, own_allowed=True))
    require(editor, Act.APPROVE, Work(by=own | {"ben@example.org"}))
    require(editor, Act.APPROVE, Work(by=frozenset()))
    with pytest.raises(ForbiddenError):
        require(_person(Role.WRITER), Act.APPROVE, Work(by=own))


_CONFIRMED = {  # those that docs/team.md lists
    Act.APPROVE,
    Act.SEND,
    Act.OVERRIDE,
    Act.MANAGE_PEOPLE,
    Act.MANAGE_KEYS,
    Act.EXPORT_READERS,
    Act.ERASE_READERS,
}


@pytest.mark.parametrize("act", Act)
def test_some_acts_ask_for_the_passkey_again(act: Act) -> None:
    admin = _person(Role.ADMIN, is_confirmed=False)
    if act in _CONFIRMED:
        with pytest.raises(ConfirmationNeededError):
            require(admin, act)
    else:
        require(admin, act)


def test_a_role_that_is_too_low_is_not_asked_for_a_passkey() -> None:
    with pytest.raises(ForbiddenError):
        require(_person(Role.WRITER, is_confirmed=False), Act.SEND)
