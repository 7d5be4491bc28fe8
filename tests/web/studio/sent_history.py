"""An invented past for screenshots of reports: readers who came and went, and issues with their results.

It is written into the tables of totals, the same at every run.
"""

import json
import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from newsletter.domain.bounce_groups import BounceGroup, FailureKind
from newsletter.domain.events import Outcome
from newsletter.domain.tracking import TrackingCount
from newsletter.reports.issue_counts import EntryClicks, IssueCounts, LinkClicks
from newsletter.store import StoredTotals, open_store
from tests.databases import sqlite3

NEVER_DUE = 10**9  # milliseconds that counting took: so long that nothing is counted again
_REASONS = (
    (FailureKind.HARD, "The address does not exist", "Gmail", 9),
    (FailureKind.HARD, "The mailbox is disabled", "Outlook.com", 4),
    (FailureKind.SOFT, "The mailbox is full", "GMX and Web.de", 6),
    (FailureKind.SOFT, "The mail server sees too much mail from the sender", "Yahoo and AOL", 3),
    (FailureKind.REFUSED, "A rule of the mail server refuses the message", "Other domains", 2),
)


def write_history(
    root: Path, *, until: date, days: int, issues: Sequence[str], entries: Sequence[str], topics: Sequence[str]
) -> None:
    """Write totals for the days before ``until`` and a send for each of the issues, the oldest first.

    Each issue has these entries, in this order.
    """
    url = f"sqlite:///{root / 'newsletter.db'}"
    open_store(url).close()
    chance = random.Random(7)
    with sqlite3.connect(root / "newsletter.db") as database:
        readers = _write_days(database, chance, until, days, topics)
        sends = [_write_send(database, chance, issue, readers) for issue in issues]
    database.close()
    _write_results(url, chance, sends, entries, topics)


def _write_days(database: Any, chance: random.Random, until: date, days: int, topics: Sequence[str]) -> int:
    readers = 4_000
    rows: list[tuple[str, str, str, str, int]] = []
    counted: list[tuple[str, int, int]] = []
    for back in range(days, 0, -1):
        day = (until - timedelta(days=back)).isoformat()
        burst = 240 if back == days // 3 else 0
        joined = {"form": chance.randint(4, 30), "api": chance.randint(0, 9), "added": burst}
        left = {"one click": chance.randint(0, 9), "page": chance.randint(0, 4)}
        lost = {"bounced": chance.randint(0, 4), "complained": chance.randint(0, 1)}
        readers += sum(joined.values()) - sum(left.values()) - sum(lost.values())
        rows += [(day, "joined", "source", source, number) for source, number in joined.items() if number]
        rows += [(day, "left", "source", source, number) for source, number in left.items() if number]
        rows += [(day, change, "source", "", number) for change, number in lost.items() if number]
        for topic in topics:
            rows.append((day, "joined", "topic", topic, chance.randint(1, 12)))
            rows.append((day, "left", "topic", topic, chance.randint(0, 3) or 1))
        counted.append((day, readers, 0))
    last = counted[-1][0]
    rows += [(last, "follow", "topic", topic, 3_100 // (at + 1)) for at, topic in enumerate(topics)]
    database.executemany("INSERT INTO counted_day VALUES (?, ?, ?)", counted)
    database.executemany("INSERT INTO daily_total VALUES (?, ?, ?, ?, ?)", rows)
    return readers


def _write_send(database: Any, chance: random.Random, issue: str, readers: int) -> tuple[int, datetime, int]:
    """Write a send that is over, and return its id, when it began and the number of submitted messages."""
    refused, skipped = chance.randint(0, 3), chance.randint(0, 9)
    submitted = readers - chance.randint(0, 300)
    began = datetime.fromisoformat(f"{issue}T06:30:00+00:00")
    counts = json.dumps({"submitted": submitted, "refused": refused, "skipped": skipped})
    written = database.execute(
        "INSERT INTO send (issue, status, provider, digest, content, date, segments, created, finished, left_out,"
        " counts) VALUES (?, 'finished', 'ses', 'x', '', ?, '[]', ?, ?, 0, ?)",
        (issue, *[f"{began:%Y-%m-%d %H:%M:%S}.000000"] * 3, counts),
    )
    return int(written.lastrowid), began, submitted


def _write_results(
    url: str,
    chance: random.Random,
    sends: Sequence[tuple[int, datetime, int]],
    entries: Sequence[str],
    topics: Sequence[str],
) -> None:
    with open_store(url) as store:
        for send, began, submitted in sends:
            clicks = [
                max(2, round(submitted * 0.05 * chance.uniform(0.4, 1.3) / (at**0.6)))
                for at in range(1, len(entries) + 1)
            ]
            soft, hard, spam = chance.randint(4, 20), chance.randint(2, 16), chance.randint(0, 2)
            counts = IssueCounts(
                outcomes={
                    Outcome.DELIVERED: submitted - soft - hard - spam,
                    Outcome.BOUNCED: hard,
                    Outcome.BOUNCED_SOFTLY: soft,
                    Outcome.DELIVERED | Outcome.COMPLAINED: spam,
                },
                unsubscribed=chance.randint(1, 14),
                clicks=TrackingCount(people=sum(clicks) + 40, machines=chance.randint(90, 400)),
                opens=TrackingCount(),
                entries=tuple(
                    EntryClicks(entry=entry, position=at, clicks=number)
                    for at, (entry, number) in enumerate(zip(entries, clicks, strict=True), 1)
                ),
                topics={topic: sum(clicks) // (at + 2) for at, topic in enumerate(topics)},
                links=(LinkClicks(number=90, url="https://lamps.example.com/?from=lantern", clicks=40),),
                bounces=tuple(
                    BounceGroup(kind=kind, reason=reason, provider=provider, messages=number)
                    for kind, reason, provider, number in _REASONS
                ),
                suppressed=hard,
            )
            totals = StoredTotals(
                counted_at=began + timedelta(hours=9), milliseconds=NEVER_DUE, totals=counts.to_json()
            )
            store.issue_totals.store({send: totals})
