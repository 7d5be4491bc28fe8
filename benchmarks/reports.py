"""How fast the studio's reports are with a million readers on SQLite, against the bound of a page.

    python -m benchmarks.reports [--readers 1000000] [--earlier 200] [--rounds 7]

The latest issue went to all readers: a third clicked, two per cent bounced. There are 200 earlier ones, and readers who
joined and left over three years. The first count is timed once. Each page is a median of whole requests to a studio
that is a process of its own; a result within 10 % of the bound doesn't count as reached.
"""

import tempfile
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urljoin

import httpx
import sqlalchemy as sa

from benchmarks.check_newsletter import make
from benchmarks.long_history import NUMBERS
from benchmarks.results import Report, in_turns, parser
from benchmarks.studio import MARGIN, PAGE_MS, milliseconds, running_studio
from newsletter.reports.over_time import bring_up_to_date
from newsletter.settings import load
from newsletter.store import open_store

READERS, ROUNDS = 1_000_000, 7
FIRST = 60  # seconds
ENTRIES, EARLIER, LINKS, TOPICS = 200, 200, 20, 40
FILL = """
INSERT INTO subscriber (id, key, address, address_key, first_name, last_name, status, language, attributes, created,
  changed)
SELECT n, 'reader' || n, 'r' || n || '@d' || (n % 50) || '.example', 'r' || n || '@d' || (n % 50) || '.example',
  '', '', CASE n % 20 WHEN 0 THEN 'unsubscribed' ELSE 'confirmed' END, '', '{{}}',
  datetime('{now}', '-' || (n % 1095) || ' days') || '.000000', '{now}.000000' FROM {readers};
INSERT INTO subscriber_topic SELECT id, 'topic-' || (id % {topics}), 0 FROM subscriber;
INSERT INTO consent (subscriber, at, event, how, wording, issue)
SELECT id, created, 'asked', 'form', '', '' FROM subscriber;
INSERT INTO consent (subscriber, at, event, how, wording, issue)
SELECT id, created, 'confirmed', 'link', '', '' FROM subscriber;
INSERT INTO consent (subscriber, at, event, how, wording, issue)
SELECT id, datetime('{now}', '-' || (id % 300) || ' days') || '.000000', 'unsubscribed', 'one click', '', ''
FROM subscriber WHERE status = 'unsubscribed';
INSERT INTO send (id, issue, status, provider, digest, content, date, segments, created, finished, left_out)
SELECT n, date('{now}', '-' || (1 + {earlier} - n) || ' days'), 'finished', 'ses', 'x', '', '{now}.000000', '[]',
  datetime('{now}', '-' || (1 + {earlier} - n) || ' days') || '.000000', '{now}.000000', 0 FROM {sends};
UPDATE send SET created = datetime('{now}', '-2 hours') || '.000000' WHERE id = {earlier} + 1;
INSERT INTO link
SELECT {earlier} + 1, n, 'https://example.org/' || n, printf('entry-%04d', n), n, '["topic-' || n || '"]' FROM {links};
INSERT INTO delivery (send, edition, subscriber, status, detail, provider_id, outcome)
SELECT {earlier} + 1, 1, id, 'submitted', '', '', CASE id % 50 WHEN 0 THEN 16 ELSE 2 END FROM subscriber;
INSERT INTO delivery (send, edition, subscriber, status, detail, provider_id, outcome)
SELECT send.id, 1, subscriber.id, 'submitted', '', '', 2 FROM send, subscriber
WHERE send.id <= {earlier} AND subscriber.id <= 100;
INSERT INTO response (send, link, at, machine, subscriber)
SELECT {earlier} + 1, 1 + id % 20, '{now}.000000', '', id FROM subscriber WHERE id % 3 = 0;
INSERT INTO event (key, provider, kind, at, received, issue, subscriber, address_key, bounce, status, feedback, detail,
  link, raw, counts)
SELECT 'b' || id, 'ses', 'bounced', '{now}.000000', '{now}.000000', '{latest}', id, address_key, 'permanent', '5.1.1',
  '', 'gone', '', '', 1 FROM subscriber WHERE id % 50 = 0
"""


def fill(root: Path, readers: int, earlier: int = EARLIER) -> None:
    """Write the newsletter and its past."""
    make(root, ENTRIES)
    database = f"sqlite:///{root / 'newsletter.db'}"
    open_store(database).close()
    numbers = NUMBERS["sqlite"]
    values = {
        "now": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "readers": numbers.format(1, readers),
        "sends": numbers.format(1, earlier + 1),
        "links": numbers.format(1, LINKS),
        "topics": TOPICS,
        "earlier": earlier,
        "latest": datetime.now(UTC).date().isoformat(),
    }
    engine = sa.create_engine(database)
    with engine.begin() as connection:
        for statement in FILL.format(**values).split(";"):
            connection.exec_driver_sql(statement)
    engine.dispose()


def first_count(root: Path) -> float:
    """Count everything for the first time, and return the seconds that it took."""
    settings = load(root)
    with open_store(settings.database) as store:
        began = time.perf_counter()
        bring_up_to_date(store, settings.newsletter, (), now=store.now())
        return time.perf_counter() - began


def request(client: httpx.Client, address: str) -> float:
    """Request a page, and return the milliseconds that it took."""
    began = time.perf_counter()
    client.get(address).raise_for_status()
    return milliseconds(began)


def main() -> None:
    """Time the first count and the pages."""
    chosen = parser(__doc__)
    chosen.add_argument("--readers", type=int, default=READERS)
    chosen.add_argument("--earlier", type=int, default=EARLIER)
    chosen.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = chosen.parse_args()
    report = Report(as_json=arguments.json)
    today = datetime.now(UTC).date()
    year = today - timedelta(days=365)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        fill(root, arguments.readers, arguments.earlier)
        seconds = first_count(root)
        report.add(
            f"count {arguments.readers:,} readers of three years and all issues for the first time",
            f"{seconds:.1f} s",
            yardstick=f"{FIRST} s",
            ratio=seconds / FIRST,
            at_most=MARGIN,
        )
        with running_studio(root) as (_, address), httpx.Client(timeout=120) as client:
            client.get(address, follow_redirects=True)
            pages = {
                "an issue's report": f"/issues/{today}/report",
                "the report of 90 days": "/reports",
                "the report of a year": f"/reports?since={year}",
                "the report of all days": "/reports?days=all",
                "all days as CSV": "/reports/days.csv?days=all",
            }
            for path in pages.values():
                client.get(urljoin(address, path)).raise_for_status()
            tasks = {what: partial(request, client, urljoin(address, path)) for what, path in pages.items()}
            for what, took in in_turns(arguments.rounds, tasks).items():
                report.add(
                    f"{what}, of {arguments.readers:,} readers",
                    f"{took:.0f} ms",
                    yardstick=f"{PAGE_MS} ms",
                    ratio=took / PAGE_MS,
                    at_most=MARGIN,
                )
    report.finish()


if __name__ == "__main__":
    main()
