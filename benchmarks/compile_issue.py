"""How long an issue takes from values to an email in a process that compiled one before: 12 entries in at most 15 ms.

Every run has other words, so nothing that is kept from the run before helps but the theme.
"""

import statistics
import sys
import time
from datetime import date
from pathlib import Path

from newsletter import rendering
from newsletter.__main__ import collect_rarely
from newsletter.domain.addresses import Mailbox
from newsletter.domain.issue import Block, BlockKind, Entry, Issue, Section
from newsletter.domain.publication import Newsletter

RUNS = 30
LIMITS = {12: 15.0, 30: 40.0}  # milliseconds, by the number of entries
PROSE = (
    "The cheap flight was supposed to have killed the sleeper: why lie awake in a couchette when a plane takes ninety "
    "minutes? Yet the berths are *full again*, and by no means only with the nostalgic. "
)


def issue(run: int, entries: int) -> Issue:
    """An issue whose words no other run has."""
    return Issue(
        slug="2026-11-23",
        date=date(2026, 11, 23),
        number=run,
        subject=f"Night trains and other quiet things, {run}",
        preheader="What a timetable can teach.",
        sections=(Section(title="In the city", entries=tuple(entry(run, at) for at in range(entries))),),
        note=f'Good morning, {{{{ subscriber.first_name | default("reader") }}}}. {PROSE * 2} {run}',
    )


def entry(run: int, at: int) -> Entry:
    """About 1,500 characters, as entries have."""
    framing = Block(
        kind=BlockKind.FRAMING, markdown=f"{PROSE} {run}.{at}\n\n{PROSE}and [says](https://example.org/{run}/{at}):"
    )
    quotation = Block(kind=BlockKind.QUOTATION, markdown=f"[The] words {run}.{at}. {PROSE * 2} . . .\n\n{PROSE}")
    return Entry(
        slug=f"entry-{at}",
        title=f"The quiet return of night train {at}",
        url=f"https://example.org/review/{run}/{at}",
        source="The Meridian Review",
        author="Ada Lindqvist",
        topics=("Railways", "Travel", "Cities"),
        blocks=(framing, quotation),
    )


def main() -> None:
    collect_rarely()  # as the command does
    newsletter = Newsletter(
        name="The Long Run",
        sender=Mailbox(address="editors@longrun.example.org"),
        postal_address="1 Track Lane, 12345 Fieldham",
        base_url="https://longrun.example.org",
    )
    theme = rendering.load_theme(Path.cwd(), newsletter)
    over = False
    for entries, limit in LIMITS.items():
        times = []
        for run in range(RUNS + 1):
            made = issue(run, entries)
            start = time.process_time()
            email = rendering.render(made, newsletter, theme)
            times.append((time.process_time() - start) * 1000)
        size = sum(len(part) for part in email.html if isinstance(part, str)) / 1000
        median = statistics.median(times[1:])  # without the first, which compiles the templates
        over = over or median > limit
        what = f"compile of an issue with {entries} entries, {size:.0f} KB of HTML"
        print(f"{what}: median {median:.1f} ms, best {min(times):.1f} ms of processor time | | at most {limit:.0f} ms")
    if over:
        sys.exit(1)


if __name__ == "__main__":
    main()
