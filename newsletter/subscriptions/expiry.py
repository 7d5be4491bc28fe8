"""Remove what has expired: a server does it every hour."""

from datetime import datetime

from newsletter.store import Store


def remove_expired(store: Store, now: datetime) -> None:
    """Delete old requests for service mail, and anonymise the votes in polls that have closed."""
    store.confirmations.tidy(now)
    store.polls.close(now)
