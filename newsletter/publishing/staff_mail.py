"""Mail to members of staff, through the newsletter's own provider, and who of them gets notifications."""

from datetime import datetime

from newsletter import bootstrap
from newsletter.domain.addresses import address_key
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.people import Act
from newsletter.domain.staff import members_who_may
from newsletter.errors import NewsletterError
from newsletter.message.plain_letter import plain_letter
from newsletter.settings import Settings
from newsletter.staff import StaffLetter
from newsletter.store import Store


class UndeliveredLetterError(NewsletterError):
    """A mail to a member of staff that the provider didn't take; ``status`` says how it went."""

    code = "staff-mail"

    def __init__(self, *, status: str, answer: str) -> None:
        self.status, self.answer = status, answer
        super().__init__(f"the provider didn't take it ({status}): {answer}", hint="check the provider's settings")


def deliver_letter(settings: Settings, letter: StaffLetter, now: datetime) -> None:
    """Mail a letter. Raise UndeliveredLetterError, ProviderError, SettingsError."""
    newsletter = settings.newsletter
    subject = f"[{newsletter.name}] {letter.subject}"
    message = plain_letter(newsletter, address=letter.address, subject=subject, text=letter.text, now=now)
    with bootstrap.open_provider(settings) as provider:
        (receipt,) = provider.submit([message])
    if receipt.status is not DeliveryStatus.SUBMITTED:
        raise UndeliveredLetterError(status=receipt.status, answer=receipt.detail)


def notified_addresses(settings: Settings, store: Store) -> tuple[str, ...]:
    """Return the addresses that get notifications: those of ``[notify]`` and of the members who may send, once each."""
    members = members_who_may(Act.SEND, store.staff.members())
    addresses = (*settings.notify, *(member.address for member in members))
    return tuple({address_key(address): address for address in reversed(addresses)}.values())[::-1]
