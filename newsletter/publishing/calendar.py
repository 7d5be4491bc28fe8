"""Today and the issues that were sent, which findings about dates depend on."""

from datetime import date

from newsletter.checks import Calendar
from newsletter.store import Store


def calendar_of(store: Store | None, *, today: date) -> Calendar:
    """Return today's date and the issues whose send has begun; these aren't known without a store.

    Raise StoreError.
    """
    return Calendar(today=today, sent=None if store is None else store.sends.begun_issues())
