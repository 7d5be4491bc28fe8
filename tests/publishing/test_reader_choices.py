"""The readers of an issue, counted while it is composed."""

from collections.abc import Callable
from datetime import date

from newsletter import bootstrap, composing
from newsletter.checks import CheckContext
from newsletter.composing import Composed
from newsletter.domain.entry_spread import EntrySpread
from newsletter.domain.subscriber import Subscriber
from newsletter.publishing.reader_choices import FRESH_S, USABLE_S, ReaderChoices, spread_over_readers
from newsletter.settings import Settings
from newsletter.store import Store
from tests.make import WHEN
from tests.newsletter_folder import write_issue


def composed(settings: Settings, *entries: str, more: str = "") -> Composed:
    issue = write_issue(settings.root, date(2026, 11, 23), *entries, more=more)
    return composing.compose_draft(settings.root, settings.newsletter, issue.slug, CheckContext())


def test_readers_are_counted_by_their_entries_and_read_again_after_a_minute(settings: Settings, store: Store) -> None:
    store.subscribers.add(Subscriber(address="ada@example.com", topics=("science",)), now=WHEN)
    store.subscribers.add(Subscriber(address="ben@example.com", topics=("cities",)), now=WHEN)
    seconds = [0.0]
    beside: list[Callable[[], object]] = []
    readers = ReaderChoices(clock=lambda: seconds[0], beside=beside.append)
    issue = composed(settings, "train", more="tailored: {otherwise: skip}\n")

    def spread() -> EntrySpread:
        return spread_over_readers(settings, issue, readers, lambda: bootstrap.open_store(settings), now=WHEN)

    assert spread() == EntrySpread(none=1, one=1, by_position=(1,))
    store.subscribers.add(Subscriber(address="eve@example.com", topics=("science",)), now=WHEN)
    assert spread() == EntrySpread(none=1, one=1, by_position=(1,))
    assert beside == []
    seconds[0] = FRESH_S + 1
    assert (spread().one, spread().one, len(beside)) == (1, 1, 1)  # nobody waits, and they are read once
    beside.pop()()
    assert spread() == EntrySpread(none=1, one=2, by_position=(2,))
    store.subscribers.add(Subscriber(address="fay@example.com", topics=("science",)), now=WHEN)
    seconds[0] += USABLE_S + 1
    assert (spread().one, beside) == (3, [])


def test_an_issue_is_counted_again_only_if_its_readers_may_get_something_else(settings: Settings, store: Store) -> None:
    store.subscribers.add(Subscriber(address="ada@example.com", topics=("science",)), now=WHEN)
    readers = ReaderChoices()

    def spread(*entries: str, more: str = "") -> EntrySpread:
        issue = composed(settings, *entries, more=f"tailored: {{otherwise: skip}}\n{more}")
        return spread_over_readers(settings, issue, readers, lambda: bootstrap.open_store(settings), now=WHEN)

    first = spread("train")
    assert spread("train", more="preheader: Other words\n") is first
    assert spread("train", "soil") == EntrySpread(two_or_three=1, by_position=(1, 1))
    assert spread("train") == first
