"""Tell all publishers by mail that an issue goes out without the approval that it needs."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from newsletter import bootstrap
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.notices import NoticeKind
from newsletter.domain.reviews import ReviewEvent
from newsletter.errors import NewsletterError
from newsletter.message.mime import Letter
from newsletter.message.plain_letter import plain_letter
from newsletter.publishing.reviews.issue_reviews import approved_time_in_words
from newsletter.publishing.staff_mail import notified_addresses
from newsletter.settings import Settings
from newsletter.store import Store


def tell_publishers(
    settings: Settings, store: Store, override: ReviewEvent, missing: Sequence[str], *, now: datetime
) -> None:
    """Mail the publishers and the ``[notify]`` addresses who has overridden the approval of an issue, and why.

    A mail server that doesn't take the message never holds up the send: then the next worker mails a notice instead.
    """
    newsletter = settings.newsletter
    subject = f"[{newsletter.name}] Issue {override.issue} goes out without an approval"
    text = _text(settings, override, missing)
    letters = [
        plain_letter(newsletter, address=address, subject=subject, text=text, now=now)
        for address in notified_addresses(settings, store)
    ]
    if letters and not _is_mailed(settings, letters):
        reason = f"{override.name} has decided so: {override.note}"
        store.notices.queue(override.issue, NoticeKind.OVERRIDE, reason, now=now)


def _is_mailed(settings: Settings, letters: Sequence[Letter]) -> bool:
    """Mail a message to each address, and return whether the provider accepted any of them."""
    accepted = False
    with suppress(NewsletterError), bootstrap.open_provider(settings) as provider:
        for letter in letters:
            (receipt,) = provider.submit([letter])
            accepted |= receipt.status is DeliveryStatus.SUBMITTED
    return accepted


def _text(settings: Settings, override: ReviewEvent, missing: Sequence[str]) -> str:
    when = f"When: {approved_time_in_words(override.time, settings)}" if override.time else ""
    lines = (
        f"{override.name} has decided to send issue {override.issue} without the approval that it needs.",
        f"Reason: {override.note}",
        when,
        f"Missing: {'; '.join(missing)}",
        f"To stop it:\n\n    {settings.studio.origin}/issues/{override.issue}/send" if settings.studio.origin else "",
    )
    return "\n\n".join(line for line in lines if line) + "\n"
