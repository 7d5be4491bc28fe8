"""Two operators, workers, answers, outages and kills in any order: a send follows its transition tables."""

from newsletter.store import Store
from tests.sending.faults import fill
from tests.sending.model import READERS, explore


def test_a_send_follows_its_transition_tables_in_any_order_of_events(store: Store) -> None:
    fill(store, READERS)
    explore(store, examples=12, steps=12)
