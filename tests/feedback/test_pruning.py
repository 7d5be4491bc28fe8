"""Old events are deleted, and their effects are kept."""

from datetime import timedelta
from pathlib import Path

from newsletter.domain.events import Bounce, Event, EventKind
from newsletter.feedback import prune
from newsletter.feedback.pruning import Pruning
from newsletter.store import open_store
from tests.databases import new_sqlite
from tests.make import WHEN
from tests.rows import stored_events

KEPT = timedelta(days=60)


def test_only_events_received_before_the_kept_time_are_deleted(tmp_path: Path) -> None:
    with open_store(new_sqlite(tmp_path / "newsletter.db")) as store:
        for number, received in enumerate((WHEN - KEPT - timedelta(seconds=1), WHEN - KEPT)):
            event = Event(
                key=f"k{number}",
                provider="ses",
                kind=EventKind.BOUNCED,
                bounce=Bounce.PERMANENT,
                at=received,
                address=f"r{number}@example.com",
            )
            store.events.record([event], soft_bounces=3, now=received)
        assert prune(store, keep=KEPT, now=WHEN) == Pruning(deleted=1, anonymised=0, votes=0)
        assert prune(store, keep=KEPT, now=WHEN) == Pruning(deleted=0, anonymised=0, votes=0)
        assert [stored.key for stored in stored_events(store)] == ["k1"]
        assert len(list(store.suppressions.stream())) == 2
