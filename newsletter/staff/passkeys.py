"""Passkey ceremonies: register a passkey, sign in with one, and use it again before an act that asks for that.

A challenge is good for one answer, by the browser that it was made for (https://www.w3.org/TR/webauthn-3/).

The library takes 16 MB, so it is imported when somebody first uses a passkey.
"""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from newsletter.domain.people import Act, require
from newsletter.domain.staff import CeremonyKind, Passkey, StaffMember, StaffStep
from newsletter.errors import NewsletterError, NotFoundError
from newsletter.staff.secret_texts import hashed
from newsletter.staff.visits import Visit, begin_session
from newsletter.store import Store

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

_ValueT = TypeVar("_ValueT")


class PasskeyRefusedError(NewsletterError):
    """A passkey, or the answer of one, that doesn't fit: unknown, forged, used up or too late."""

    code = "passkey-refused"

    def __init__(self) -> None:
        super().__init__("this passkey doesn’t work here", hint="try again, or ask for a link by mail")


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeySite:
    """The site that passkeys are for: its host name, its origin and the name that people see."""

    host: str
    origin: str
    name: str


def registration_options(store: Store, site: PasskeySite, visit: Visit, now: datetime) -> str:
    """Return the options for a new passkey of the visit's member, as JSON for the browser.

    Raise ConfirmationNeededError if the session needs a passkey that was used a short time ago.
    """
    import webauthn
    from webauthn.helpers import structs

    _require_registration(visit)
    member = visit.member
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_name=member.address,
        user_display_name=member.name,
        user_id=member.handle,
        exclude_credentials=_descriptors(store.passkeys.of_member(member.id)),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
    )
    store.ceremonies.add(hashed(options.challenge), CeremonyKind.REGISTER, hashed(visit.secret), now)
    return webauthn.options_to_json(options)


def register(
    store: Store, site: PasskeySite, visit: Visit, credential: str, *, name: str, client: str, now: datetime
) -> str:
    """Register a passkey and return the secret of a new session, which takes the place of the present one.

    Raise PasskeyRefusedError, KeyExistsError.
    """
    import webauthn

    _require_registration(visit)
    challenge = _answered(store, credential, CeremonyKind.REGISTER, visit.secret, now)
    verified = _verified(
        lambda: webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    )
    member = visit.member
    store.passkeys.add(
        member.id,
        credential=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        name=name or client,
        synced=verified.credential_backed_up,
        transports=_transports(credential),
        now=now,
    )
    store.staff.join(member.id, now)
    store.audit.add(
        visit.person, StaffStep.KEY_ADDED, f"person {member.address}", now=now, detail={"key": name or client}
    )
    return begin_session(store, member, by_link=False, client=client, now=now, replaces=visit.secret, is_confirmed=True)


def sign_in_options(store: Store, site: PasskeySite, browser: str, now: datetime) -> str:
    """Return the options for signing in with any passkey, as JSON. ``browser`` is its cookie's secret."""
    return _authentication_options(store, site, CeremonyKind.SIGN_IN, browser, (), now)


def sign_in(
    store: Store, site: PasskeySite, credential: str, *, browser: str, replaces: str, client: str, now: datetime
) -> str:
    """Sign a member in and return the secret of a new session. ``replaces`` is the secret of the browser's earlier one.

    Raise PasskeyRefusedError.
    """
    challenge = _answered(store, credential, CeremonyKind.SIGN_IN, browser, now)
    member = _member_of(store, site, credential, challenge, now)
    store.audit.add(
        member.person(), StaffStep.SIGNED_IN, f"person {member.address}", now=now, detail={"client": client}
    )
    return begin_session(store, member, by_link=False, client=client, now=now, replaces=replaces, is_confirmed=True)


def confirmation_options(store: Store, site: PasskeySite, visit: Visit, now: datetime) -> str:
    """Return the options for using one of the member's passkeys again, as JSON."""
    keys = store.passkeys.of_member(visit.member.id)
    return _authentication_options(store, site, CeremonyKind.CONFIRM, visit.secret, keys, now)


def confirm(store: Store, site: PasskeySite, visit: Visit, credential: str, *, client: str, now: datetime) -> str:
    """Note that the visit's member has used a passkey, and return the secret of the session that replaces theirs.

    Raise PasskeyRefusedError.
    """
    challenge = _answered(store, credential, CeremonyKind.CONFIRM, visit.secret, now)
    member = _member_of(store, site, credential, challenge, now)
    if member.id != visit.member.id or visit.may_only_register:
        raise PasskeyRefusedError()
    return begin_session(store, member, by_link=False, client=client, now=now, replaces=visit.secret, is_confirmed=True)


def _require_registration(visit: Visit) -> None:
    if not visit.may_only_register:
        require(visit.person, Act.MANAGE_KEYS)


def _authentication_options(
    store: Store, site: PasskeySite, kind: CeremonyKind, browser: str, keys: Sequence[Passkey], now: datetime
) -> str:
    import webauthn
    from webauthn.helpers.structs import UserVerificationRequirement

    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        allow_credentials=_descriptors(keys),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    store.ceremonies.add(hashed(options.challenge), kind, hashed(browser), now)
    return webauthn.options_to_json(options)


def _answered(store: Store, credential: str, kind: CeremonyKind, browser: str, now: datetime) -> bytes:
    """Return the challenge that a credential answers, and use it up. Raise PasskeyRefusedError if it isn't good."""
    try:
        data = json.loads(_octets(json.loads(credential)["response"]["clientDataJSON"]))
        challenge = _octets(data["challenge"])
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as err:
        raise PasskeyRefusedError() from err
    if not browser or not store.ceremonies.use(hashed(challenge), kind, hashed(browser), now):
        raise PasskeyRefusedError()
    return challenge


def _octets(text: str) -> bytes:
    """Return what a text in the base64 of URLs stands for, which comes without padding. Raise ValueError."""
    return urlsafe_b64decode(f"{text}===")


def _member_of(store: Store, site: PasskeySite, credential: str, challenge: bytes, now: datetime) -> StaffMember:
    """Return the member whose passkey has answered the challenge. Raise PasskeyRefusedError."""
    import webauthn

    answer = _verified(lambda: webauthn.helpers.parse_authentication_credential_json(credential))
    key = store.passkeys.of_credential(answer.raw_id)
    if key is None:
        raise PasskeyRefusedError()
    verified = _verified(
        lambda: webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
    )
    try:
        member = store.staff.get(key.member)
    except NotFoundError as err:
        raise PasskeyRefusedError() from err
    if answer.response.user_handle not in (None, b"", member.handle):
        raise PasskeyRefusedError()
    if not store.passkeys.note_use(
        key.id, sign_count=verified.new_sign_count, synced=verified.credential_backed_up, now=now
    ):
        raise PasskeyRefusedError()
    return member


def _verified(verify: Callable[[], _ValueT]) -> _ValueT:
    """Return what ``verify`` returns. Raise PasskeyRefusedError for whatever the library finds wrong with an answer."""
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        return verify()
    except (WebAuthnException, ValueError, LookupError, TypeError, AttributeError) as err:
        # The library's parsers raise the others for some malformed answers.
        raise PasskeyRefusedError() from err


def _descriptors(keys: Sequence[Passkey]) -> "list[PublicKeyCredentialDescriptor]":
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    return [PublicKeyCredentialDescriptor(id=key.credential) for key in keys]


def _transports(credential: str) -> tuple[str, ...]:
    """Return the ways in which a browser can reach a key, as the browser tells them."""
    listed = json.loads(credential)["response"].get("transports")
    return tuple(str(name)[:16] for name in listed[:8]) if isinstance(listed, list) else ()
