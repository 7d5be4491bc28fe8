"""Mail to members of staff, through the newsletter's own provider."""

import secrets
from datetime import datetime

from newsletter import bootstrap
from newsletter.domain.consent import SERVICE
from newsletter.domain.delivery import DeliveryStatus
from newsletter.errors import NewsletterError
from newsletter.message.mime import Email, Letter, Recipient, Wire
from newsletter.settings import Settings
from newsletter.staff import StaffLetter


class UndeliveredLetterError(NewsletterError):
    """A mail to a member of staff that the provider didn't take; ``status`` says how it went."""

    code = "staff-mail"

    def __init__(self, *, status: str, answer: str) -> None:
        self.status, self.answer = status, answer
        super().__init__(f"the provider didn't take it ({status}): {answer}", hint="check the provider's settings")


def deliver_letter(settings: Settings, letter: StaffLetter, now: datetime) -> None:
    """Mail a letter. Raise UndeliveredLetterError, ProviderError, SettingsError."""
    newsletter = settings.newsletter
    email = Email(
        issue=SERVICE,
        newsletter=newsletter.name,
        sender=newsletter.sender,
        reply_to=None,
        list_id="",
        subject=(f"[{newsletter.name}] {letter.subject}",),
        preheader=(),
        html_parts=(),
        text_parts=((letter.text,),),
    )
    to = Recipient(subscriber=0, key=secrets.token_hex(16), address=letter.address, values={})
    with bootstrap.open_provider(settings) as provider:
        (receipt,) = provider.submit([Letter(Wire(email, now), to)])
    if receipt.status is not DeliveryStatus.SUBMITTED:
        raise UndeliveredLetterError(status=receipt.status, answer=receipt.detail)
