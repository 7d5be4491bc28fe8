"""Malformed and forged answers of passkeys. Real ones are in ``tests.web.studio.sign_in``."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import staff
from newsletter.domain.people import ConfirmationNeededError, Role
from newsletter.domain.staff import CEREMONY_LASTS
from newsletter.staff import PasskeyRefusedError, PasskeySite
from newsletter.store import Store, open_store
from tests.databases import new_sqlite
from tests.make import WHEN

SITE = PasskeySite(host="studio.example.org", origin="https://studio.example.org", name="The Daily Test")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Open a store for all tests of the module."""
    with open_store(new_sqlite(tmp_path_factory.mktemp("staff") / "newsletter.db")) as store:
        yield store


def answer_to(challenge: str, **changes: Any) -> str:
    data = {"type": "webauthn.get", "challenge": challenge, "origin": SITE.origin}
    encoded = base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")
    response = {"clientDataJSON": encoded, "authenticatorData": "AAAA", "signature": "AAAA"}
    return json.dumps({"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": response} | changes)


def challenge(store: Store) -> str:
    return str(json.loads(staff.sign_in_options(store, SITE, "browser", WHEN))["challenge"])


def sign_in(store: Store, credential: str) -> str:
    return staff.sign_in(store, SITE, credential, browser="browser", replaces="", client="", now=WHEN)


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(["AAAA", "public-key"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from(["id", "rawId", "type", "authenticatorAttachment"]), _ANYTHING),
    st.dictionaries(st.sampled_from(["authenticatorData", "signature", "userHandle"]), _ANYTHING),
)
def test_malformed_answers_are_refused(opened: Store, changes: dict[str, Any], response: dict[str, Any]) -> None:
    credential = json.loads(answer_to(challenge(opened), **changes))
    credential["response"] |= response
    with pytest.raises(PasskeyRefusedError):
        sign_in(opened, json.dumps(credential))


@given(_ANYTHING.map(json.dumps) | st.text(max_size=30))
def test_whatever_else_a_browser_sends_is_refused(opened: Store, credential: str) -> None:
    with pytest.raises(PasskeyRefusedError):
        sign_in(opened, credential)


def test_an_answer_with_deep_nesting_is_refused(opened: Store) -> None:
    with pytest.raises(PasskeyRefusedError):
        sign_in(opened, "[" * 100_000)


def test_a_known_credential_with_a_wrong_signature_is_refused(opened: Store) -> None:
    member = opened.staff.add("ada@example.org", name="Ada", role=Role.ADMIN, by="", now=WHEN)
    for credential, public_key in ((b"\0\0\0", b"not a key"), (b"\0\0\1", bytes.fromhex("a0"))):
        opened.passkeys.add(
            member.id,
            credential=credential,
            public_key=public_key,
            sign_count=0,
            name="",
            synced=False,
            transports=(),
            now=WHEN,
        )
        name = base64.urlsafe_b64encode(credential).decode()
        # Flags say that the person was there and verified.
        octets = _sha256(SITE.host) + bytes([0b101]) + bytes(4)
        data = base64.urlsafe_b64encode(octets).decode().rstrip("=")
        answer = json.loads(answer_to(challenge(opened), id=name, rawId=name))
        answer["response"]["authenticatorData"] = data
        with pytest.raises(PasskeyRefusedError):
            sign_in(opened, json.dumps(answer))


def test_a_session_needs_a_passkey_that_was_used_lately_to_add_another(opened: Store) -> None:
    member = opened.staff.add("eve@example.org", name="Eve", role=Role.WRITER, by="", now=WHEN)
    for by_link, confirmed in ((False, False), (False, True), (True, False)):
        secret = staff.begin_session(opened, member, by_link=by_link, client="", now=WHEN, is_confirmed=confirmed)
        visit = staff.find_visit(opened, secret, WHEN)
        assert visit is not None
        if by_link or confirmed:
            assert "challenge" in staff.registration_options(opened, SITE, visit, WHEN)
        else:
            with pytest.raises(ConfirmationNeededError):
                staff.registration_options(opened, SITE, visit, WHEN)
    assert CEREMONY_LASTS.total_seconds() == 300


def _sha256(text: str) -> bytes:
    return bytes.fromhex(staff.hashed(text))
