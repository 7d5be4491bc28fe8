"""Pending confirmations for tests."""

from datetime import timedelta

from newsletter.domain.consent import (
    Confirmation,
    ConfirmationKind,
    MailRequest,
    ServiceKind,
    ServiceMessage,
    SignUpChoices,
)
from newsletter.domain.subscriber import Frequency
from newsletter.store import Store
from newsletter.tokens import Signer
from tests import make

NOW = make.WHEN
HOUR = timedelta(hours=1)
SIGNER = Signer(make.SECRET)
CHOICES = SignUpChoices(first_name="Ada", topics=("asia", "nato"), frequency=Frequency.WEEKLY)


def request_confirmation(
    store: Store, address: str = "Ada@example.com", key: str = "a" * 32, **some: object
) -> Confirmation:
    """Return a pending confirmation."""
    values = {"kind": ConfirmationKind.SIGN_UP, "requested": NOW, "how": "form", "wording": "Yes.", "choices": CHOICES}
    about = Confirmation(address=address, key=key, **(values | some))  # type: ignore[arg-type]
    message = ServiceMessage(kind=ServiceKind.CONFIRM, address=address, created=NOW, about=key)
    assert store.confirmations.request([MailRequest(message=message, about=about)]) == [None]
    return about
