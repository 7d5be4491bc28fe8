"""Mail proofs of an issue to colleagues, with a link to its review."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter import bootstrap
from newsletter.composing import Composed
from newsletter.domain.addresses import address_key, parse_address
from newsletter.domain.people import Act, Person, require
from newsletter.errors import ProviderError, UsageError
from newsletter.publishing.pictures import publish_pictures
from newsletter.publishing.proofs import mail_proof
from newsletter.publishing.reviews.review_decisions import record_proof
from newsletter.settings import Settings
from newsletter.store import Store

MOST = 20  # addresses of one proof


class ProofAddressError(UsageError):
    """A list of addresses for a proof that can't be used."""

    code = "proof-addresses"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofAddress:
    """An address that a proof may go to: that of a member of staff, or one that newsletter.toml lists.

    It ``is_usual`` if newsletter.toml lists it, or if it lists none and the member has joined.
    """

    address: str
    name: str
    is_usual: bool


def proof_addresses(settings: Settings, store: Store) -> tuple[ProofAddress, ...]:
    """Return the addresses that a proof may go to, the usual ones first."""
    usual = {address_key(address): address for address in settings.studio.proof_to}
    members = store.staff.members()
    known = {address_key(member.address) for member in members}
    listed = [
        ProofAddress(
            address=member.address,
            name=member.name,
            is_usual=address_key(member.address) in usual if usual else member.joined_at is not None,
        )
        for member in members
    ]
    listed += [
        ProofAddress(address=address, name="", is_usual=True) for key, address in usual.items() if key not in known
    ]
    return tuple(sorted(listed, key=lambda listed: (not listed.is_usual, listed.name or listed.address)))


def send_proofs(
    person: Person,
    settings: Settings,
    store: Store,
    composed: Composed,
    to: Iterable[str],
    *,
    review_url: str = "",
    now: datetime,
) -> tuple[str, ...]:
    """Mail a proof to each address, record that, and return the addresses.

    Only publishers may mail it to others than the staff and those that newsletter.toml lists. Raise ProofAddressError,
    ForbiddenError, and the errors of ``publish_pictures`` and ``mail_proof``. What was mailed until then is recorded.
    """
    require(person, Act.PROOF)
    addresses = _parsed(to)
    known = {address_key(listed.address) for listed in proof_addresses(settings, store)}
    if any(address_key(address) not in known | {address_key(person.address)} for address in addresses):
        require(person, Act.PROOF_TO_OTHERS)
    publish_pictures(settings, composed)
    mailed: list[str] = []
    try:
        with bootstrap.open_send_context(settings) as context:
            for address in addresses:
                language = settings.newsletter.language
                mail_proof(context, composed, to=address, now=now, language=language, review_url=review_url)
                mailed.append(address)
    except ProviderError:
        if mailed:
            record_proof(person, settings, store, composed, mailed, now=now)
        raise
    record_proof(person, settings, store, composed, mailed, now=now)
    return tuple(mailed)


def _parsed(to: Iterable[str]) -> Sequence[str]:
    addresses: dict[str, str] = {}
    for text in to:
        try:
            address = parse_address(text)
        except ValueError as err:
            raise ProofAddressError(f'"{text[:80]}" is not an email address', hint=str(err)) from err
        addresses.setdefault(address_key(address), address)
    if not addresses:
        raise ProofAddressError("choose somebody to get the proof", hint="tick an address, or write one")
    if len(addresses) > MOST:
        raise ProofAddressError(f"a proof goes to at most {MOST} addresses", hint="choose fewer")
    return tuple(addresses.values())
