"""Ask readers who have unsubscribed for a reason, and count it without them."""

from datetime import datetime

from newsletter.domain.publication import Newsletter
from newsletter.store import Store
from newsletter.tokens import Signer


def may_give_reason(store: Store, signer: Signer, newsletter: Newsletter, key: str, now: datetime) -> bool:
    """Return whether the page for a reader who has unsubscribed asks why.

    It asks once, and somebody who no longer exists, too: the page doesn't tell.
    """
    if not newsletter.leaving_reasons:
        return False
    return store.subscribers.by_key(key) is None or store.leaving.may_give_reason(key, _subject(signer, key), now)


def give_reason(
    store: Store, signer: Signer, newsletter: Newsletter, key: str, reason: str, *, issue: str, now: datetime
) -> bool:
    """Count a reader's reason for leaving by an issue's message, and return whether it was counted.

    It isn't if it is none of the newsletter's reasons, or the reader gave one, came back or left days ago.
    """
    if reason not in newsletter.leaving_reasons:
        return False
    day = now.astimezone(newsletter.zone).date()
    return store.leaving.count_reason(key, reason, issue=issue, subject=_subject(signer, key), day=day, now=now)


def _subject(signer: Signer, key: str) -> str:
    _, hashed = next(iter(signer.fingerprints(f"leaving {key}")))
    return hashed
