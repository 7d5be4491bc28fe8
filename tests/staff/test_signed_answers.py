"""Answers that a passkey has signed, made here with a key of our own: which of them are good, and for what."""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import encode_cbor

from newsletter import staff
from newsletter.domain.people import Role
from newsletter.domain.staff import CEREMONY_LASTS, StaffMember
from newsletter.staff import PasskeyRefusedError, PasskeySite, Visit
from newsletter.store import Store, open_store
from tests.databases import new_sqlite
from tests.make import WHEN

SITE = PasskeySite(host="studio.example.org", origin="https://studio.example.org", name="The Daily Test")
PRESENT, VERIFIED = 0x01, 0x04  # https://www.w3.org/TR/webauthn-3/#authdata-flags
BROWSER, OTHER_BROWSER = "the browser", "another browser"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticator:
    """A device with one passkey, and what it says in its answers."""

    credential: bytes
    handle: bytes
    origin: str = SITE.origin
    host: str = SITE.host
    flags: int = PRESENT | VERIFIED
    count: int = 1
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def public_key(self) -> bytes:
        """Return the key as COSE has it (https://www.rfc-editor.org/rfc/rfc9053.html#section-7.1.1)."""
        numbers = self.key.public_key().public_numbers()
        return encode_cbor({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})

    def answer(self, options: str) -> str:
        """Return the signed answer to a challenge."""
        client = {"type": "webauthn.get", "challenge": json.loads(options)["challenge"], "origin": self.origin}
        client_data = json.dumps(client).encode()
        data = hashlib.sha256(self.host.encode()).digest() + bytes([self.flags]) + self.count.to_bytes(4)
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": _text(client_data),
            "authenticatorData": _text(data),
            "signature": _text(signature),
            "userHandle": _text(self.handle),
        }
        name = _text(self.credential)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Open a new store."""
    with open_store(new_sqlite(tmp_path_factory.mktemp("staff") / "newsletter.db")) as opened:
        yield opened


def joined(store: Store, name: str, *, stored_count: int = 0) -> tuple[StaffMember, Authenticator]:
    """Return a member and the device that has their passkey."""
    member = store.staff.add(f"{name}@example.org", name=name, role=Role.EDITOR, by="", now=WHEN)
    store.staff.join(member.id, WHEN)
    device = Authenticator(credential=name.encode(), handle=member.handle)
    store.passkeys.add(
        member.id,
        credential=device.credential,
        public_key=device.public_key,
        sign_count=stored_count,
        name="Phone",
        synced=False,
        transports=(),
        now=WHEN,
    )
    return member, device


def sign_in(store: Store, device: Authenticator) -> str:
    options = staff.sign_in_options(store, SITE, BROWSER, WHEN)
    return _sign_in(store, device.answer(options))


def _sign_in(store: Store, answer: str, browser: str = BROWSER) -> str:
    return staff.sign_in(store, SITE, answer, browser=browser, replaces="", client="Firefox", now=WHEN)


def visit(store: Store, member: StaffMember, *, by_link: bool = False) -> Visit:
    secret = staff.begin_session(store, member, by_link=by_link, client="Firefox", now=WHEN)
    begun = staff.find_visit(store, secret, WHEN)
    assert begun is not None
    return begun


def test_a_signed_answer_signs_its_member_in(store: Store) -> None:
    member, device = joined(store, "ada")
    begun = staff.find_visit(store, sign_in(store, device), WHEN)
    assert begun is not None
    assert (begun.member.id, begun.is_confirmed, begun.may_only_register) == (member.id, True, False)
    (entry,) = store.audit.entries()
    assert (entry.act, entry.address, entry.detail) == ("signed-in", member.address, {"client": "Firefox"})


def test_an_answer_for_another_site_person_or_key_is_refused(store: Store) -> None:
    _, device = joined(store, "ada")
    ben, _ = joined(store, "ben")
    for wrong in (
        replace(device, origin="https://studio.example.org.evil.example"),
        replace(device, host="evil.example"),
        replace(device, handle=ben.handle),
        replace(device, credential=b"unknown"),
        replace(device, key=ec.generate_private_key(ec.SECP256R1())),
    ):
        with pytest.raises(PasskeyRefusedError):
            sign_in(store, wrong)
    assert sign_in(store, device)


@pytest.mark.parametrize("flags", [0, PRESENT, VERIFIED])
def test_a_person_has_to_be_present_and_verified(store: Store, flags: int) -> None:
    _, device = joined(store, "ada")
    with pytest.raises(PasskeyRefusedError):
        sign_in(store, replace(device, flags=flags))


def test_a_copied_key_is_refused_by_its_count(store: Store) -> None:
    _, device = joined(store, "ada", stored_count=5)
    for count in (0, 4, 5):
        with pytest.raises(PasskeyRefusedError):
            sign_in(store, replace(device, count=count))
    assert sign_in(store, replace(device, count=6))
    with pytest.raises(PasskeyRefusedError):
        sign_in(store, replace(device, count=6))


def test_two_answers_with_one_count_sign_in_once_even_at_the_same_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, device = joined(store, "ada")
    before = store.passkeys.of_credential(device.credential)
    assert sign_in(store, device)
    monkeypatch.setattr(store.passkeys, "of_credential", lambda _: before)  # read before the first was recorded
    with pytest.raises(PasskeyRefusedError):
        sign_in(store, device)


def test_an_answer_is_good_once_in_its_own_browser(store: Store) -> None:
    _, device = joined(store, "ada")
    answer = device.answer(staff.sign_in_options(store, SITE, BROWSER, WHEN))
    assert _sign_in(store, answer)
    with pytest.raises(PasskeyRefusedError):
        _sign_in(store, answer)
    with pytest.raises(PasskeyRefusedError):
        _sign_in(store, device.answer(staff.sign_in_options(store, SITE, OTHER_BROWSER, WHEN)))
    old = device.answer(staff.sign_in_options(store, SITE, BROWSER, WHEN - CEREMONY_LASTS))
    with pytest.raises(PasskeyRefusedError):
        _sign_in(store, old)


def test_only_the_members_own_passkey_confirms_their_session(store: Store) -> None:
    ada, device = joined(store, "ada")
    _, other = joined(store, "ben")

    def confirm(begun: Visit, answering: Authenticator) -> str:
        answer = answering.answer(staff.confirmation_options(store, SITE, begun, WHEN))
        return staff.confirm(store, SITE, begun, answer, client="Firefox", now=WHEN)

    begun = visit(store, ada)
    assert not begun.is_confirmed
    with pytest.raises(PasskeyRefusedError):
        confirm(begun, other)
    with pytest.raises(PasskeyRefusedError):
        confirm(visit(store, ada, by_link=True), replace(device, count=2))
    confirmed = staff.find_visit(store, confirm(begun, replace(device, count=3)), WHEN)
    assert confirmed is not None
    assert confirmed.is_confirmed
    assert staff.find_visit(store, begun.secret, WHEN) is None  # it has another secret now


def test_the_passkey_of_somebody_who_was_removed_signs_nobody_in(store: Store) -> None:
    member, device = joined(store, "ada")
    joined(store, "ben")
    options = staff.sign_in_options(store, SITE, BROWSER, WHEN)
    store.staff.remove(member.id, WHEN)
    with pytest.raises(PasskeyRefusedError):
        _sign_in(store, device.answer(options))
