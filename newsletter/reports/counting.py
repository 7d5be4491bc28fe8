"""Count issues' results and keep them, and count the days that are over.

A million deliveries take seconds to count. So results are kept and counted again when they may have changed: the longer
a count took and the older its issue is, the longer it is used.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from newsletter.domain.bounce_groups import grouped_bounces
from newsletter.domain.issue import Issue
from newsletter.domain.publication import Newsletter
from newsletter.domain.send import Send
from newsletter.domain.tracking import IssueTracking, Link, LinkCount, TrackingCount
from newsletter.reports.issue_counts import EntryClicks, IssueCounts, LinkClicks
from newsletter.store import Store, StoredTotals

NEWS = timedelta(days=30)  # in which most clicks and bounces come; later, once a day is often enough
LAST_NEWS = timedelta(days=400)  # later, an issue isn't counted again: reports of bounces have been deleted
DAILY = timedelta(days=1)
_UNSTORED_MS = 1_000  # counts that took longer are stored before the next one
_TIMES = 100  # a count that took a second is used for 100 seconds
_AGES = 1_000  # a count of an issue that went out an hour ago is used for 3.6 seconds, of yesterday's for 86


def counts_of(
    store: Store, newsletter: Newsletter, issues: Sequence[Issue], sends: Sequence[Send], *, now: datetime
) -> Mapping[int, IssueCounts]:
    """Count the results of sends afresh, keep them, and return them by the send's id.

    Sends whose results can't change any more are not counted again.
    """
    stored = store.issue_totals.all()
    again = [send for send in sends if send.id not in stored or now - send.created < LAST_NEWS]
    return kept_counts(stored, sends) | count_again(store, newsletter, issues, again, now=now)


def kept_counts(stored: Mapping[int, StoredTotals], sends: Sequence[Send]) -> dict[int, IssueCounts]:
    """Return the results of sends as they were last counted, without those that never were."""
    return {send.id: IssueCounts.from_json(stored[send.id].totals) for send in sends if send.id in stored}


def count_again(
    store: Store, newsletter: Newsletter, issues: Sequence[Issue], sends: Sequence[Send], *, now: datetime
) -> dict[int, IssueCounts]:
    """Count the results of sends and keep them.

    Those of small sends are stored together: with a commit for each, a report waited a second for the disk.
    """
    files = {issue.slug: issue for issue in issues}
    counted: dict[int, IssueCounts] = {}
    unstored: dict[int, StoredTotals] = {}
    for send in sends:
        begun = time.perf_counter()
        counted[send.id] = count_issue(store, newsletter, send, files.get(send.issue))
        took = round((time.perf_counter() - begun) * 1000)
        unstored[send.id] = StoredTotals(counted_at=now, milliseconds=took, totals=counted[send.id].to_json())
        if sum(totals.milliseconds for totals in unstored.values()) > _UNSTORED_MS:
            store.issue_totals.store(unstored)
            unstored = {}
    if unstored:
        store.issue_totals.store(unstored)
    return counted


def is_due(send: Send, stored: StoredTotals | None, now: datetime) -> bool:
    """Return whether a send's results should be counted again."""
    if stored is None:
        return True
    age = now - send.created
    if age > LAST_NEWS:
        return False
    used = max(timedelta(milliseconds=stored.milliseconds * _TIMES), age / _AGES)
    return now - stored.counted_at >= (max(used, DAILY) if age > NEWS else used)


def count_issue(store: Store, newsletter: Newsletter, send: Send, issue: Issue | None) -> IssueCounts:
    """Count the results of a send; ``issue`` is its issue's file, if that exists."""
    tracking = _tracking(store, send.issue, issue)
    positions = {row.link.entry: row.link.position for row in tracking.links if row.link.entry}
    return IssueCounts(
        outcomes=store.events.outcomes(send.issue),
        unsubscribed=store.events.count_unsubscribed(send.issue),
        clicks=tracking.clicks,
        opens=tracking.opens,
        entries=tuple(
            EntryClicks(entry=entry, position=positions[entry], clicks=clicks)
            for entry, clicks in tracking.by_entry().items()
        ),
        topics=tracking.by_topic(),
        links=_outside_entries(tracking, newsletter),
        bounces=grouped_bounces(store.failures.of_issue(send.issue)),
        suppressed=store.suppressions.count_of_issue(send.issue),
    )


def _tracking(store: Store, slug: str, issue: Issue | None) -> IssueTracking:
    """Return our own counts, or else the provider's, which know a link only by its URL."""
    counts = store.clicks_and_opens.counts(slug)
    clicks_by_url = {} if counts.links else store.events.clicks(slug)
    if not clicks_by_url:
        return counts
    entries = enumerate(issue.entries, 1) if issue else ()
    places = {entry.gift or entry.url: (position, entry) for position, entry in entries}
    links = []
    for number, (url, clicks) in enumerate(sorted(clicks_by_url.items()), 1):
        link = Link(number=number, url=url)
        if url in places:
            position, entry = places[url]
            link = replace(link, entry=entry.slug, position=position, topics=entry.topics)
        links.append(LinkCount(link=link, count=TrackingCount(people=clicks)))
    return IssueTracking(
        links=tuple(links), clicks=TrackingCount(people=sum(clicks_by_url.values())), opens=counts.opens
    )


def _outside_entries(counts: IssueTracking, newsletter: Newsletter) -> tuple[LinkClicks, ...]:
    """Return the clicks on each address outside entries, the most clicked first.

    A provider also counts links to the newsletter's own pages, which are different for each reader.
    """
    own, lines = f"{newsletter.base_url}/", dict[str, LinkClicks]()
    for row in counts.links:
        url = row.link.url
        if row.link.entry or f"{url}/".startswith(own):
            continue
        line = lines.get(url, LinkClicks(number=row.link.number, url=url, clicks=0))
        lines[url] = replace(line, clicks=line.clicks + row.count.people)
    return tuple(sorted(lines.values(), key=lambda line: -line.clicks))
