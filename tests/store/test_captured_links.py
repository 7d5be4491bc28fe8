"""Captured links in both databases: the list, decisions about them, and texts that are deleted after 30 days."""

from datetime import date, timedelta

import pytest

from newsletter.domain.captured_links import TEXTS_KEPT, CapturedLink, LinkFacts
from newsletter.errors import NotFoundError
from newsletter.store import Store
from tests.make import WHEN

ADDRESS = "ada@example.org"
URL = "https://example.org/review/night-train"
TODAY = WHEN.date()
FACTS = LinkFacts(
    canonical_url=URL,
    title="Der Nachtzug – קטר לילה",
    source="The Review",
    author="Ada Writer",
    date=date(2026, 11, 17),
    language="de",
    minutes=7,
    image="https://example.org/train.jpg",
    kind="interview",
    paywall=True,
    text="One.\n\nTwo.",
    origins={"title": "JSON-LD", "author": "the page's text"},
)


def added(store: Store, url: str = URL, facts: LinkFacts | None = None) -> int:
    return store.captured_links.add(url, by=ADDRESS, now=WHEN, facts=facts)


def waiting(store: Store, day: date = TODAY) -> list[int]:
    return [link.id for link in store.captured_links.waiting(day)]


def test_a_link_is_stored_at_once_and_filled_in_when_its_page_was_fetched(store: Store) -> None:
    sent = LinkFacts(title="Night train", author="typed by hand", origins={"title": "your browser"})
    link = store.captured_links.add(URL, by=ADDRESS, now=WHEN, selection="One.", facts=sent)
    stored = CapturedLink(id=link, url=URL, selection="One.", facts=sent, captured_at=WHEN, captured_by=ADDRESS)
    assert store.captured_links.get(link) == stored
    later = WHEN + timedelta(seconds=3)
    store.captured_links.record(link, FACTS, later)
    assert store.captured_links.get(link).facts == FACTS
    assert store.captured_links.get(link).fetched_at == later
    assert [link.facts.text for link in store.captured_links.waiting(TODAY)] == [""]  # lists don't need it


def test_a_page_that_cannot_be_fetched_takes_nothing_away(store: Store) -> None:
    link = added(store, facts=FACTS)
    store.captured_links.record(link, LinkFacts(), WHEN, problem="the page answered 404")
    stored = store.captured_links.get(link)
    assert (stored.facts, stored.problem) == (FACTS, "the page answered 404")


def test_links_wait_until_they_are_dropped_put_off_or_used(store: Store) -> None:
    first, second, third, fourth = (added(store, f"{URL}-{number}") for number in range(4))
    assert waiting(store) == [fourth, third, second, first]
    store.captured_links.drop(first, WHEN)
    store.captured_links.put_off(second, TODAY + timedelta(days=7))
    store.captured_links.put_off(third, TODAY + timedelta(days=1))
    store.captured_links.use(fourth, "night-train")
    assert waiting(store) == []
    assert [link.id for link in store.captured_links.put_off_beyond(TODAY)] == [third, second]
    assert waiting(store, TODAY + timedelta(days=1)) == [third]
    found = store.captured_links.of_entry("night-train")
    assert found is not None
    assert found.id == fourth
    assert store.captured_links.of_entry("other") is None
    store.captured_links.restore(first)
    store.captured_links.restore(second)
    store.captured_links.use(fourth, "")
    assert waiting(store) == [fourth, second, first]


def test_texts_and_dropped_links_are_deleted_after_30_days(store: Store) -> None:
    kept, dropped = added(store), added(store)
    store.captured_links.record(kept, FACTS, WHEN)
    store.captured_links.drop(dropped, WHEN)
    assert store.captured_links.prune(WHEN) == 0
    assert store.captured_links.get(kept).facts.text
    assert store.captured_links.prune(WHEN + timedelta(seconds=1)) == 1
    assert store.captured_links.get(kept).facts.text == ""
    assert store.captured_links.get(kept).facts.title == FACTS.title
    with pytest.raises(NotFoundError):
        store.captured_links.get(dropped)
    store.captured_links.record(kept, FACTS, WHEN + TEXTS_KEPT)  # fetched again
    assert store.captured_links.prune(WHEN + TEXTS_KEPT) == 0
    assert store.captured_links.get(kept).facts.text


def test_changes_to_a_link_that_is_gone_say_so(store: Store) -> None:
    for change in (
        lambda: store.captured_links.get(1),
        lambda: store.captured_links.record(1, FACTS, WHEN),
        lambda: store.captured_links.drop(1, WHEN),
    ):
        with pytest.raises(NotFoundError, match="no longer exists"):
            change()
