"""How fast readers are found and shown in the studio among a million on SQLite, against its bounds.

    python -m benchmarks.readers [--readers 1000000] [--rounds 7]

The database is filled with plain SQL; each reader follows five topics, one in 20 has unsubscribed. A search is timed in
the program, the pages from the request to the last byte of the answer. Each result is a median; a result within 10 % of
its bound doesn't count as reached. The first round warms up and doesn't count.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import sqlalchemy as sa

from benchmarks.check_newsletter import make
from benchmarks.freeze import WHEN
from benchmarks.long_history import NUMBERS
from benchmarks.results import Report, in_turns, parser
from benchmarks.studio import running_studio
from newsletter.domain.search_keys import search_key
from newsletter.store import Store, open_store

READERS, ROUNDS = 1_000_000, 7
SEARCH_MS, PAGE_MS = 50, 150
MARGIN = 0.9  # of each bound
FIRST, LAST = ("Ada", "Odile", "Jörn", "Thảo", "Lucía"), ("Lovelace", "Ferrant", "Müller", "Lương", "Ordóñez", "Stern")
_READERS = (
    "INSERT INTO subscriber (id, key, address, address_key, first_name, last_name, name_key, last_name_key, status,"
    " language, attributes, created, changed)"
    " SELECT n, printf('%032x', n), 'r' || n || '@example.com', 'r' || n || '@example.com', {first}, {last},"
    " {first_key} || ' ' || {last_key}, {last_key},"
    " CASE n % 20 WHEN 0 THEN 'unsubscribed' ELSE 'confirmed' END, '', '{{}}', '{when}', '{when}' FROM {numbers}"
)
_TOPIC = "INSERT OR IGNORE INTO subscriber_topic SELECT id, 'topic-' || ((id * {0} + id / {1}) % 40), 0 FROM subscriber"


def fill(root: Path, readers: int) -> None:
    """Write a small newsletter and its readers."""
    make(root, 24)
    url = f"sqlite:///{root / 'newsletter.db'}"
    open_store(url).close()
    engine = sa.create_engine(url)
    names = {
        "first": _one_of(FIRST, "n"),
        "last": _one_of(LAST, "n / 5"),
        "first_key": _one_of(tuple(map(search_key, FIRST)), "n"),
        "last_key": _one_of(tuple(map(search_key, LAST)), "n / 5"),
    }
    with engine.begin() as connection:
        numbers = NUMBERS["sqlite"].format(1, readers)
        connection.exec_driver_sql(_READERS.format(when=WHEN, numbers=numbers, **names))
        for number in range(3, 8):
            connection.exec_driver_sql(_TOPIC.format(7_919 + number, number))
    engine.dispose()


def _one_of(names: tuple[str, ...], number: str) -> str:
    """Return SQL that chooses one of the names."""
    cases = " ".join(f"WHEN {at} THEN '{name}'" for at, name in enumerate(names))
    return f"(CASE ({number}) % {len(names)} {cases} END)"


def time_search(store: Store, text: str) -> float:
    """Search, and return how many milliseconds it took."""
    began = time.perf_counter()
    found = store.reader_search.find(text, most=51)
    took = (time.perf_counter() - began) * 1000
    assert found
    return took


def time_page(client: httpx.Client, path: str) -> float:
    """Get a page, and return how many milliseconds it took."""
    began = time.perf_counter()
    client.get(path).raise_for_status()
    return (time.perf_counter() - began) * 1000


def main() -> None:
    """Measure searches and pages."""
    chosen = parser(__doc__)
    chosen.add_argument("--readers", type=int, default=READERS)
    chosen.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = chosen.parse_args()
    report = Report(as_json=arguments.json)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "newsletter"
        fill(root, arguments.readers)
        middle = arguments.readers // 2
        searches = {
            "an address": f"r{middle}@example.com",
            "the first letter of addresses": "r",
            "the first letters of a name": "lov",
            "a last name and a first one": "Müller, Jörn",
        }
        pages = {
            "the latest readers": "/readers",
            "readers who unsubscribed": "/readers?list=unsubscribed",
            "a search, as a page": "/readers?q=ferr",
            "a reader": f"/readers/{middle:032x}",
            "what a reader gets of the next issue": f"/readers/{middle:032x}/next",
            "the numbers of readers by status": "/readers/totals",
        }
        with open_store(f"sqlite:///{root / 'newsletter.db'}") as store:
            times = _measure(arguments.rounds, {what: _search(store, text) for what, text in searches.items()})
        with running_studio(root) as (_, address), httpx.Client(base_url=address.partition("/?")[0]) as client:
            client.get(address)
            times |= _measure(arguments.rounds, {what: _page(client, path) for what, path in pages.items()})
    for what, took in times.items():
        bound = SEARCH_MS if what in searches else PAGE_MS
        report.add(
            f"{'find ' if what in searches else ''}{what} among {arguments.readers:,} readers",
            f"{took:.0f} ms",
            yardstick=f"{bound} ms",
            ratio=took / bound,
            at_most=MARGIN,
        )
    report.finish()


def _measure(rounds: int, tasks: dict[str, Callable[[], float]]) -> dict[str, float]:
    in_turns(1, tasks)
    return in_turns(rounds, tasks)


def _search(store: Store, text: str) -> Callable[[], float]:
    return lambda: time_search(store, text)


def _page(client: httpx.Client, path: str) -> Callable[[], float]:
    return lambda: time_page(client, path)


if __name__ == "__main__":
    main()
