"""Ask readers who have unsubscribed for a reason, and count it without them."""

from datetime import datetime

from newsletter.domain.publication import Newsletter
from newsletter.store import Store
from newsletter.tokens import Signer


def may_give_reason(store: Store, signer: Signer, newsletter: Newsletter, key: str, now: datetime) -> bool:
    """Return whether the page for a reader who has unsubscribed asks why.

    Ask once; deleted readers too, so the page doesn't reveal who exists.
    """
    if not newsletter.leaving_reasons:
        return False
    return store.subscribers.by_key(key) is None or store.leaving.may_give_reason(key, _subject(signer, key), now)


def give_reason(
    store: Store, signer: Signer, newsletter: Newsletter, key: str, reason: str, *, issue: str, now: datetime
) -> bool:
    """Count a reader's reason for leaving, and return whether it was counted.

    ``issue`` is that of the link they used. Unknown, repeated and late reasons aren't counted.
    """
    if reason not in newsletter.leaving_reasons:
        return False
    day = now.astimezone(newsletter.zone).date()
    return store.leaving.count_reason(key, reason, issue=issue, subject=_subject(signer, key), day=day, now=now)


def _subject(signer: Signer, key: str) -> str:
    return signer.fingerprint(f"leaving {key}")
