"""How fast segments are counted, against plain SQL for the same question, in processor time.

    python -m benchmarks.count_segments [--readers 100000] [--rounds 5]

A database of SQLite is filled with plain SQL: each reader follows one of 40 topics and clicked ten links. There is a
send with 40 links on each day of a year.
"""

import tempfile
import time
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from benchmarks.freeze import WHEN
from benchmarks.long_history import NUMBERS
from benchmarks.results import Report, in_turns, parser
from newsletter.domain.segment import Segment
from newsletter.domain.segment_rule_parser import RuleWords, parse_rule
from newsletter.domain.topics import Topics
from newsletter.store import Store, open_store

READERS, ROUNDS = 100_000, 5
CLICKS, DAYS, TOPICS = 10, 365, 40
ALIKE, MORE = 2, 3  # times as long as the yardstick, at most
WORDS = RuleWords(topics=Topics(), attributes=("plan",), language="en", zone=ZoneInfo("UTC"), counted=True)
FILL = """
INSERT INTO subscriber (id, key, address, address_key, first_name, last_name, status, language, attributes, created,
  changed)
SELECT n, 'reader' || n, 'r' || n || '@example.com', 'r' || n || '@example.com', 'Ada', '', 'confirmed',
  CASE n % 4 WHEN 0 THEN '' WHEN 1 THEN 'en' WHEN 2 THEN 'de' ELSE 'de-AT' END,
  '{{"plan": "' || CASE n % 2 WHEN 0 THEN 'pro' ELSE 'free' END || '"}}',
  datetime('{when}', '-' || (n % 900) || ' days') || '.000000', '{when}' FROM {readers};
INSERT INTO subscriber_topic SELECT n, 'topic-' || (n % {topics}), 0 FROM {readers};
INSERT INTO send (id, issue, status, provider, digest, content, date, segments, created, left_out)
SELECT n, 'old-' || n, 'finished', 'smtp', 'x', '', '{when}', '[]', '{when}', 0 FROM {days};
INSERT INTO link SELECT sends.n, links.n, 'https://example.org/', 'entry', links.n, '["topic-' || links.n || '"]'
FROM {days} AS sends, {links} AS links;
INSERT INTO response (send, link, at, machine, subscriber)
SELECT 1 + (n * 7919) % {number_of_days}, 1 + (n * 31) % {topics},
  datetime('{when}', '-' || ((n * 7919) % {number_of_days}) || ' days') || '.000000', '', 1 + n % {number} FROM {clicks}
"""
FOLLOWED = """
SELECT count(*) FROM subscriber WHERE status = 'confirmed' AND EXISTS
(SELECT 1 FROM subscriber_topic WHERE subscriber = id AND topic = 'topic-1' AND NOT excluded)
"""
CLICKED = "SELECT count(*) FROM (SELECT subscriber FROM response GROUP BY subscriber, send, link)"


def fill(database: Path, readers: int) -> None:
    """Write the readers, their topics, the links and the clicks."""
    numbers = NUMBERS["sqlite"]
    values = {
        "when": WHEN.strftime("%Y-%m-%d %H:%M:%S"),
        "readers": numbers.format(1, readers),
        "number": readers,
        "days": numbers.format(1, DAYS),
        "links": numbers.format(1, TOPICS),
        "clicks": numbers.format(1, readers * CLICKS),
        "number_of_days": DAYS,
        "topics": TOPICS,
    }
    engine = sa.create_engine(f"sqlite:///{database}")
    with engine.begin() as connection:
        for statement in FILL.format(**values).split(";"):
            connection.exec_driver_sql(statement)
    engine.dispose()


def time_count(store: Store, segment: Segment) -> float:
    """Count a segment, and return the processor time that it took."""
    began = time.process_time()
    store.subscribers.counts([segment], WHEN)
    return time.process_time() - began


def time_plain(connection: sa.Connection, statement: str) -> float:
    """Run a statement, and return the processor time that it took."""
    began = time.process_time()
    connection.exec_driver_sql(statement).all()
    return time.process_time() - began


def ruled(where: str) -> Segment:
    """Return a segment with a rule."""
    return Segment(slug="ruled", name="", where=parse_rule(where, WORDS))


def main() -> None:
    """Count segments of topics and of rules."""
    chosen = parser(__doc__)
    chosen.add_argument("--readers", type=int, default=READERS)
    chosen.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = chosen.parse_args()
    report = Report(as_json=arguments.json)
    topic = Segment(slug="topic", name="", any=(frozenset({"topic-1"}),))
    rule = ruled('language = "de" and joined >= 2026-01-01 and attribute.plan = "pro" and not topic = "topic-3"')
    clicks = ruled('clicked "topic-1" >= 2 within 180 days')
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "newsletter.db"
        with open_store(f"sqlite:///{database}") as store:
            fill(database, arguments.readers)
            engine = sa.create_engine(f"sqlite:///{database}")
            with engine.connect() as plain:
                for what, segment, yardstick, statement, at_most in (
                    ("a segment of a topic", topic, "plain SQL counts the same", FOLLOWED, ALIKE),
                    ("a rule over language, date, attribute and topic", rule, "the topic alone", FOLLOWED, MORE),
                    (
                        f"a rule over {arguments.readers * CLICKS:,} clicks",
                        clicks,
                        "plain SQL counts them",
                        CLICKED,
                        MORE,
                    ),
                ):
                    tasks = {
                        "ours": partial(time_count, store, segment),
                        "theirs": partial(time_plain, plain, statement),
                    }
                    times = in_turns(arguments.rounds, tasks)
                    report.add(
                        f"count {what} among {arguments.readers:,} readers, processor time",
                        f"{times['ours'] * 1000:.0f} ms",
                        yardstick=f"{yardstick}: {times['theirs'] * 1000:.0f} ms",
                        ratio=times["ours"] / times["theirs"],
                        at_most=at_most,
                    )
            engine.dispose()
    report.finish()


if __name__ == "__main__":
    main()
