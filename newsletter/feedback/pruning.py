"""Delete old details of events and texts of captured pieces, and anonymise old clicks, opens and votes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.domain.captured_links import TEXTS_KEPT
from newsletter.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruning:
    """The numbers of deleted events and texts, and of anonymised clicks, opens and votes."""

    deleted: int
    anonymised: int
    votes: int
    texts: int = 0


def prune(store: Store, *, keep: timedelta, now: datetime) -> Pruning:
    """Delete events received more than ``keep`` ago, and anonymise clicks and opens that old; keep all totals.

    Votes are anonymised once their poll has closed, and texts of captured pieces are deleted after 30 days. Deleted
    rows are also removed from the database's log.
    Raise StoreError; running it again completes it.
    """
    before = now - keep
    pruning = Pruning(
        deleted=store.events.prune(before),
        anonymised=store.clicks_and_opens.anonymise(before),
        votes=store.polls.close(now),
        texts=store.captured_links.prune(now - TEXTS_KEPT),
    )
    store.scrub()
    return pruning
