"""Send an editor a proof: an issue as one reader will get it."""

from datetime import datetime

from newsletter import sending
from newsletter.composing import Composed
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.edition import Edition
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import ProviderError
from newsletter.message.proof_notice import with_notice
from newsletter.sending import SendContext
from newsletter.translation import catalogue


class ProofError(ProviderError):
    """A proof that the provider didn't accept; ``status`` is *refused*, *deferred* or *uncertain*."""

    code = "proof-unsent"

    def __init__(self, *, address: str, status: DeliveryStatus, detail: str) -> None:
        self.address, self.status, self.detail = address, status, detail
        why = f": {detail}" if detail else ""
        super().__init__(f"the proof to {address} was {status}{why}")


def mail_proof(
    context: SendContext,
    composed: Composed,
    *,
    to: str,
    now: datetime,
    reader: Subscriber | None = None,
    edition: Edition | None = None,
    language: str = "",
    review_url: str = "",
) -> Receipt:
    """Mail a proof of an issue to an editor's address, and return the provider's receipt.

    It has the values of a ``reader``, or of an unnamed one, and the entries of an ``edition``, or all of them. Its
    links open nothing. Its subject is marked in the issue's language, or in the newsletter's ``language`` if the issue
    states none. With the ``review_url`` of its page, it begins with a link to that. Raise ProofError if the provider
    doesn't accept it, and ProviderError if it accepts nothing.
    """
    email = composed.email if edition is None else composed.compiled.email(edition)
    if review_url:
        email = with_notice(email, f"This is a proof of issue {composed.issue.slug}.", "Review it", review_url)
    mark = catalogue(composed.issue.language or language).gettext("[Proof]")
    receipt = sending.send_proof(
        context, email=email, reader=reader or Subscriber(address=to), to=to, now=now, mark=mark
    )
    if receipt.status is not DeliveryStatus.SUBMITTED:
        raise ProofError(address=to, status=receipt.status, detail=receipt.detail)
    return receipt
