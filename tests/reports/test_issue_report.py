"""Reports: figures out of real rows, on both databases, beside those of the issues before."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest

from newsletter.domain.consent import UnsubscribeRequest
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.events import Bounce, Event, EventKind
from newsletter.domain.issue import Issue
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Subscriber
from newsletter.domain.tracking import Count, Link, Machine, Response
from newsletter.errors import UsageError
from newsletter.reports.issue_report import LAST, Report, report
from newsletter.store import Store
from tests import ledger, make

LINKS = (
    Link(number=1, url="https://example.org/a", entry="bosphorus", position=1, topics=("asia", "nato")),
    Link(number=2, url="https://example.org/b", entry="summit", position=2, topics=("nato",)),
    Link(number=3, url="https://example.org/note"),
)
READERS = 10


def issue(slug: str = "2026-11-23") -> Issue:
    """With the entries that the links are in."""
    entries = [
        make.entry(
            slug="bosphorus", title="Ships at the Bosphorus", url="https://example.org/a", topics=("asia", "nato")
        ),
        make.entry(slug="summit", title="A summit", url="https://example.org/b", topics=("nato",)),
    ]
    return make.issue(*entries, slug=slug, date=date.fromisoformat(slug), subject="Ships")


def sent(store: Store, slug: str = "2026-11-23", *, links: Sequence[Link] = LINKS) -> int:
    """An issue to ten readers, of whom one is refused and one uncertain; its send."""
    store.subscribers.merge([[Subscriber(address=f"r{at}@example.com") for at in range(READERS)]], now=make.WHEN)
    send = store.sends.freeze(
        compiled=make.compiled(issue=slug, links=tuple(links)),
        tailor=make.tailor(),
        date=make.WHEN,
        segments=[EVERYONE],
        provider="ses",
        now=datetime.fromisoformat(f"{slug}T06:30Z"),
    )
    batch = ledger.claim(store, send.id, size=READERS)
    status = {0: DeliveryStatus.REFUSED, 1: DeliveryStatus.UNCERTAIN}
    ledger.record(
        store,
        send.id,
        [
            Receipt(subscriber=one.subscriber, status=status.get(at, DeliveryStatus.SUBMITTED))
            for at, one in enumerate(batch)
        ],
        batch=batch,
    )
    return send.id


def keys(store: Store) -> list[str]:
    return [reader.key for reader in store.subscribers.stream()]


def event(
    kind: EventKind, reader: str, slug: str = "2026-11-23", bounce: Bounce | None = None, link: str = ""
) -> Event:
    return Event(
        key=f"{slug}:{kind}:{bounce}:{reader}:{link}",
        provider="ses",
        kind=kind,
        at=make.WHEN + timedelta(minutes=1),
        issue=slug,
        reader=reader,
        bounce=bounce,
        link=link,
    )


def reported(store: Store, *slugs: str) -> Report:
    return report(store, make.newsletter(), [issue(slug) for slug in slugs or ("2026-11-23",)], "2026-11-23")


def test_a_report_counts_each_reader_where_they_belong(store: Store) -> None:
    send = sent(store)
    readers = keys(store)
    events = [event(EventKind.DELIVERED, reader) for reader in readers[2:7]]
    events += [
        event(EventKind.BOUNCED, readers[6], bounce=Bounce.PERMANENT),  # delivered first, then it came back
        event(EventKind.BOUNCED, readers[5], bounce=Bounce.TRANSIENT),  # and arrived all the same
        event(EventKind.BOUNCED, readers[7], bounce=Bounce.TRANSIENT),
        event(EventKind.COMPLAINED, readers[2]),
    ]
    store.events.record(events, soft_bounces=3, now=make.WHEN)
    store.self_service.unsubscribe([UnsubscribeRequest(key=readers[3], how="link", issue="2026-11-23")], make.WHEN)
    clicks = [(1, None), (1, None), (2, None), (2, Machine.SCANNER), (3, None)]
    store.responses.record([Response(send=send, link=link, at=make.WHEN, machine=machine) for link, machine in clicks])
    store.responses.record([Response(send=send, link=None, at=make.WHEN)])
    found = reported(store)
    figures = found.figures
    assert (figures.frozen, figures.submitted, figures.refused) == (10, 8, 1)
    assert (figures.skipped, figures.held, figures.open) == (0, 1, 0)
    assert (figures.delivered, figures.bounced, figures.bounced_softly) == (4, 1, 1)
    assert (figures.complained, figures.unsubscribed) == (1, 1)
    assert (figures.clicks, figures.opens) == (Count(people=4, machines=1), Count(people=1))
    assert [(line.mark, line.name, line.clicks) for line in found.entries] == [
        ("bosphorus", "Ships at the Bosphorus", 2),
        ("summit", "A summit", 1),
    ]
    assert [(line.mark, line.name, line.clicks) for line in found.positions] == [
        ("1", "Ships at the Bosphorus", 2),
        ("2", "A summit", 1),
    ]
    assert [(line.mark, line.clicks) for line in found.topics] == [("nato", 3), ("asia", 2)]
    assert found.subject == "Ships"
    shares = {words: share for words, _, share, _ in found.rows()}
    assert shares["Delivered"] == 0.5
    assert shares["Recipients"] is None


def test_what_nobody_counts_is_not_said_to_be_none(store: Store) -> None:
    earlier = sent(store, "2026-11-22")
    sent(store)
    words = [row[0] for row in reported(store, "2026-11-22", "2026-11-23").rows()]
    others = ["Hard bounces", "Soft bounces", "Complaints", "Unsubscribed"]
    assert words == ["Recipients", "Submitted", "Refused", "Held", *others]
    store.responses.record([Response(send=earlier, link=1, at=make.WHEN)])
    assert ("Clicks", 0, 0.0, 1 / 8) in list(reported(store, "2026-11-22", "2026-11-23").rows())


def test_earlier_issues_are_what_is_usual(store: Store) -> None:
    earlier = [f"2026-11-{day}" for day in range(15, 23)]
    for slug in earlier:
        send = sent(store, slug)
        clicks = int(slug[-2:]) - 14  # one more each day
        store.responses.record([Response(send=send, link=1, at=make.WHEN)] * clicks)
    send = sent(store)
    store.responses.record([Response(send=send, link=1, at=make.WHEN)] * 4)
    found = reported(store, *earlier, "2026-11-23")
    assert [one.issue for one in found.earlier] == earlier[: -LAST - 1 : -1]
    (row,) = [row for row in found.rows() if row[0] == "Clicks"]
    assert row == ("Clicks", 4, 0.5, 6 / 8)  # of 8 who were submitted; the median of 4 to 8


def test_without_links_of_our_own_the_provider_s_clicks_count(store: Store) -> None:
    sent(store, links=())
    readers = keys(store)
    clicks = [event(EventKind.CLICKED, reader, link="https://example.org/b") for reader in readers[2:5]]
    clicks.append(event(EventKind.CLICKED, readers[2], link="https://example.org/elsewhere"))
    store.events.record(clicks, soft_bounces=3, now=make.WHEN)
    found = reported(store)
    assert found.figures.clicks == Count(people=4)
    assert [(line.mark, line.name, line.clicks) for line in found.entries] == [("summit", "A summit", 3)]
    assert [(line.mark, line.clicks) for line in found.topics] == [("nato", 3)]


def test_of_an_issue_that_was_not_sent_there_is_none(store: Store) -> None:
    with pytest.raises(UsageError, match=r"issue 2026-11-23 has not been sent"):
        reported(store)


def test_an_issue_whose_file_is_gone_has_its_slugs(store: Store) -> None:
    send = sent(store)
    store.responses.record([Response(send=send, link=1, at=make.WHEN)])
    found = report(store, make.newsletter(), [], "2026-11-23")
    assert [(line.name, line.clicks) for line in found.entries] == [("bosphorus", 1), ("summit", 0)]
    assert found.subject == ""
