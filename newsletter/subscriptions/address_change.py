"""Change a reader's address once the new one is confirmed, and undo it from the old one."""

from datetime import datetime

from newsletter.domain.consent import Confirmation, ConfirmationKind
from newsletter.domain.subscriber import Subscriber
from newsletter.store import Store
from newsletter.tokens import Signer


def change_address(store: Store, signer: Signer, confirmation: Confirmation, now: datetime) -> Subscriber | None:
    """Change an address, or restore a former one, and return the reader; None if the reader no longer exists.

    Service mail to the address that the reader loses is queued. Doing it twice changes nothing. Raise
    AddressTakenError if the address is another reader's, AddressSuppressedError if it must not be mailed, and
    ValueError for a sign-up.
    """
    if confirmation.kind is ConfirmationKind.MOVE:
        return store.address_changes.change(confirmation, now, signer.fingerprints)
    if confirmation.kind is ConfirmationKind.UNDO:
        return store.address_changes.undo(confirmation, now, signer.fingerprints)
    raise ValueError("a sign-up doesn't change an address")
