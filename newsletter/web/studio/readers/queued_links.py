"""What the pages about readers say of a link that they queue: a worker mails it, if one is running."""

from newsletter.domain.workers import running_worker
from newsletter.store import Store
from newsletter.web.studio.context import Studio

WAITS = "No worker is running, so it waits until one does, or until the readers’ pages are served."


def links_wait(studio: Studio, store: Store) -> bool:
    """Return whether queued links wait, because no worker is running that mails them."""
    return running_worker(store.workers.seen(), studio.now_of(store)) is None


def link_announcement(studio: Studio, store: Store, address: str) -> str:
    """Return what to announce when a link for an address was queued."""
    if links_wait(studio, store):
        return f"A link to confirm is queued for {address}. {WAITS}"
    return f"A link to confirm is on its way to {address}."
