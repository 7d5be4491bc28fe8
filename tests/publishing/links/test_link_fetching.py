"""What a page says fills in a captured link, but never replaces what a person has typed."""

import threading
from datetime import timedelta
from functools import partial
from pathlib import Path

from newsletter.domain.captured_links import TEXTS_KEPT, CapturedLink, LinkFacts
from newsletter.errors import StoreError
from newsletter.publishing.links.link_fetching import TYPED, LinkFetcher, PageReader, filled_in
from newsletter.store import Store, open_store
from tests.databases import new_sqlite
from tests.make import WHEN

PAGE = LinkFacts(title="The page's", author="Ada", source="The Review", text="One.", origins={"title": "JSON-LD"})


def link(facts: LinkFacts) -> CapturedLink:
    url = "https://example.org/a"
    return CapturedLink(id=1, url=url, selection="", facts=facts, captured_at=WHEN, captured_by="ada@example.org")


def test_typed_values_stay_even_if_they_are_empty() -> None:
    typed = LinkFacts(title="Mine", origins={"title": TYPED, "author": TYPED})
    facts = filled_in(link(typed), PAGE)
    assert (facts.title, facts.author, facts.source, facts.text) == ("Mine", "", "The Review", "One.")
    assert facts.origins == {"title": TYPED, "author": TYPED}


def test_other_values_are_the_pages_where_it_has_them() -> None:
    sent = LinkFacts(title="The browser's", minutes=4, origins={"title": "browser"})
    facts = filled_in(link(sent), PAGE)
    assert (facts.title, facts.minutes) == ("The page's", 4)
    assert facts.origins == {"title": "JSON-LD"}


def test_each_link_is_fetched_once_and_old_texts_are_deleted(tmp_path: Path) -> None:
    opened = partial(open_store, new_sqlite(tmp_path / "newsletter.db"))
    with opened() as store:
        old, new = (store.captured_links.add(f"https://example.org/{at}", by="a", now=WHEN) for at in "ab")
        store.captured_links.record(old, PAGE, WHEN)
    done = threading.Semaphore(0)
    now = WHEN + TEXTS_KEPT + timedelta(seconds=1)
    fetcher = LinkFetcher(PageReader(None), opened, lambda: now, done.release)
    fetcher.resume([new, new])
    assert done.acquire(timeout=20)
    fetcher.resume([new])
    with opened() as store:
        assert store.captured_links.get(new).fetched_at == now
        assert store.captured_links.get(old).facts.text == ""
    assert not done.acquire(blocking=False)


def test_a_database_that_fails_does_not_stop_the_next_fetch(tmp_path: Path) -> None:
    opened = partial(open_store, new_sqlite(tmp_path / "newsletter.db"))
    with opened() as store:
        link = store.captured_links.add("https://example.org/a", by="a", now=WHEN)
    failures = [StoreError("the disk is full", hint="make room")] * 4
    done = threading.Semaphore(0)

    def open_if_possible() -> Store:
        if failures:
            raise failures.pop()
        return opened()

    fetcher = LinkFetcher(PageReader(None), open_if_possible, lambda: WHEN, done.release)
    for _ in range(5):
        fetcher.fetch([link])
        assert done.acquire(timeout=20)
    with opened() as store:
        assert store.captured_links.get(link).fetched_at == WHEN
