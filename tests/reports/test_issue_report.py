"""Reports: figures from real rows in both databases, compared with earlier issues."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from newsletter.domain.consent import UnsubscribeRequest
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.events import Bounce, Event, EventKind
from newsletter.domain.issue import Issue
from newsletter.domain.people import ForbiddenError, Person, Role
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Subscriber
from newsletter.domain.tracking import ClickOrOpen, Link, MachineReason, TrackingCount
from newsletter.message.link_slots import vote_slot
from newsletter.message.template import Slot
from newsletter.reports.counting import count_issue, is_due, kept_counts
from newsletter.reports.issue_report import LAST, NoReportError, Report, figures_of, percent, report
from newsletter.reports.issue_view import issue_view
from newsletter.reports.page import report_page
from newsletter.store import Store, StoredTotals
from tests import ledger, make

LINKS = (
    Link(number=1, url="https://example.org/a", entry="bosphorus", position=1, topics=("asia", "nato")),
    Link(number=2, url="https://example.org/b", entry="summit", position=2, topics=("nato",)),
    Link(number=3, url="https://example.org/note"),
)
READERS = 10
PERSON = Person(name="Ada", address="ada@example.org", role=Role.PUBLISHER)


def issue(slug: str = "2026-11-23") -> Issue:
    """Return an issue with the entries that contain the links."""
    entries = [
        make.entry(
            slug="bosphorus", title="Ships at the Bosphorus", url="https://example.org/a", topics=("asia", "nato")
        ),
        make.entry(slug="summit", title="A summit", url="https://example.org/b", topics=("nato",)),
    ]
    return make.issue(*entries, slug=slug, date=date.fromisoformat(slug), subject="Ships")


def sent(store: Store, slug: str = "2026-11-23", *, links: Sequence[Link] = LINKS) -> int:
    """Send an issue to ten readers, one refused and one uncertain, and return the send's id."""
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
            Receipt(subscriber=delivery.subscriber, status=status.get(at, DeliveryStatus.SUBMITTED))
            for at, delivery in enumerate(batch)
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
    issues = [issue(slug) for slug in slugs or ("2026-11-23",)]
    return report(PERSON, store, make.newsletter(), issues, "2026-11-23")


def test_a_report_counts_each_reader_once_by_status(store: Store) -> None:
    send = sent(store)
    readers = keys(store)
    events = [event(EventKind.DELIVERED, reader) for reader in readers[2:7]]
    events += [
        event(EventKind.BOUNCED, readers[6], bounce=Bounce.PERMANENT),  # delivered first, then bounced
        event(EventKind.BOUNCED, readers[5], bounce=Bounce.TRANSIENT),  # but was delivered
        event(EventKind.BOUNCED, readers[7], bounce=Bounce.TRANSIENT),
        event(EventKind.COMPLAINED, readers[2]),
    ]
    store.events.record(events, soft_bounces=3, now=make.WHEN)
    store.self_service.unsubscribe([UnsubscribeRequest(key=readers[3], how="link", issue="2026-11-23")], make.WHEN)
    clicks = [(1, None), (1, None), (2, None), (2, MachineReason.SCANNER), (3, None)]
    store.clicks_and_opens.record(
        [ClickOrOpen(send=send, link=link, at=make.WHEN, machine=machine) for link, machine in clicks]
    )
    store.clicks_and_opens.record([ClickOrOpen(send=send, link=None, at=make.WHEN)])
    figures_shown = reported(store)
    figures = figures_shown.figures
    assert (figures.recipients, figures.submitted, figures.refused) == (10, 8, 1)
    assert (figures.skipped, figures.held, figures.open) == (0, 1, 0)
    assert (figures.delivered, figures.bounced, figures.bounced_softly) == (4, 1, 1)
    assert (figures.complained, figures.unsubscribed) == (1, 1)
    assert (figures.clicks, figures.opens) == (TrackingCount(people=4, machines=1), TrackingCount(people=1))
    assert [(line.mark, line.name, line.clicks) for line in figures_shown.entries] == [
        ("bosphorus", "Ships at the Bosphorus", 2),
        ("summit", "A summit", 1),
    ]
    assert [(line.mark, line.name, line.clicks) for line in figures_shown.positions] == [
        ("1", "Ships at the Bosphorus", 2),
        ("2", "A summit", 1),
    ]
    assert [(line.mark, line.clicks) for line in figures_shown.topics] == [("nato", 3), ("asia", 2)]
    assert figures_shown.subject == "Ships"
    shares = {row.label: row.share for row in figures_shown.rows()}
    assert shares["Delivered"] == 0.5
    assert shares["Recipients"] is None


def test_figures_that_are_not_counted_are_not_shown_as_zero(store: Store) -> None:
    earlier = sent(store, "2026-11-22")
    sent(store)
    words = [row.label for row in reported(store, "2026-11-22", "2026-11-23").rows()]
    others = ["Hard bounces", "Soft bounces", "Complaints", "Unsubscribed"]
    assert words == ["Recipients", "Submitted", "Refused", "Uncertain", *others]
    store.clicks_and_opens.record([ClickOrOpen(send=earlier, link=1, at=make.WHEN)])
    (row,) = [row for row in reported(store, "2026-11-22", "2026-11-23").rows() if row.name == "clicks"]
    assert (row.label, row.number, row.share, row.usual, row.trend) == ("Clicks", 0, 0.0, 1 / 8, (1 / 8, 0.0))


def test_a_report_compares_with_the_median_of_earlier_issues(store: Store) -> None:
    earlier = [f"2026-11-{day}" for day in range(15, 23)]
    for slug in earlier:
        send = sent(store, slug)
        clicks = int(slug[-2:]) - 14  # one more each day
        store.clicks_and_opens.record([ClickOrOpen(send=send, link=1, at=make.WHEN)] * clicks)
    send = sent(store)
    store.clicks_and_opens.record([ClickOrOpen(send=send, link=1, at=make.WHEN)] * 4)
    figures_shown = reported(store, *earlier, "2026-11-23")
    assert [other.issue for other in figures_shown.earlier] == earlier[::-1]
    assert [compared.issue for compared in figures_shown.compared] == earlier[: -LAST - 1 : -1]
    (row,) = [row for row in figures_shown.rows() if row.name == "clicks"]
    assert (row.number, row.share, row.usual) == (4, 0.5, 6 / 8)  # of 8 submitted; the median of 4 to 8
    assert row.trend == (*(clicks / 8 for clicks in range(1, 9)), 4 / 8)


def test_the_providers_clicks_count_without_tracked_links(store: Store) -> None:
    sent(store, links=())
    readers = keys(store)
    clicks = [event(EventKind.CLICKED, reader, link="https://example.org/b") for reader in readers[2:5]]
    clicks.append(event(EventKind.CLICKED, readers[2], link="https://example.org/elsewhere"))
    store.events.record(clicks, soft_bounces=3, now=make.WHEN)
    figures_shown = reported(store)
    assert figures_shown.figures.clicks == TrackingCount(people=4)
    assert [(line.mark, line.name, line.clicks) for line in figures_shown.entries] == [("summit", "A summit", 3)]
    assert [(line.mark, line.clicks) for line in figures_shown.topics] == [("nato", 3)]
    assert [(line.name, line.clicks) for line in figures_shown.links] == [("https://example.org/elsewhere", 1)]


def test_clicks_outside_entries_are_counted_by_address_without_the_newsletters_own_pages(store: Store) -> None:
    base_url = make.newsletter().base_url
    urls = ("https://example.org/a", "https://example.org/b", "https://example.org/a", f"{base_url}/u/abc", base_url)
    send = sent(store, links=[Link(number=at, url=url) for at, url in enumerate(urls, 1)])
    store.clicks_and_opens.record([ClickOrOpen(send=send, link=at, at=make.WHEN) for at in (1, 2, 3, 3, 4, 5)])
    lines = [(line.mark, line.name, line.clicks) for line in reported(store).links]
    assert lines == [("1", "https://example.org/a", 3), ("2", "https://example.org/b", 1)]


def test_an_unsent_issue_has_no_report(store: Store) -> None:
    with pytest.raises(NoReportError, match=r"issue 2026-11-23 has not been sent"):
        reported(store)


def test_only_publishers_see_reports(store: Store) -> None:
    sent(store)
    with pytest.raises(ForbiddenError):
        report(replace(PERSON, role=Role.EDITOR), store, make.newsletter(), [], "2026-11-23")


def bounced(store: Store, bounces: Sequence[tuple[str, Bounce, str, str]]) -> None:
    """Report bounces: address, kind, status and the server's words."""
    store.events.record(
        [
            Event(
                key=f"{address}:{number}",
                provider="ses",
                kind=EventKind.BOUNCED,
                at=make.WHEN,
                issue="2026-11-23",
                address=address,
                bounce=bounce,
                status=status,
                detail=detail,
            )
            for number, (address, bounce, status, detail) in enumerate(bounces)
        ],
        soft_bounces=3,
        now=make.WHEN,
    )


def test_failures_are_grouped_by_reason_and_provider_without_naming_small_domains(store: Store) -> None:
    domains = ["gmail.com"] * 3 + ["hotmail.co.uk", "outlook.com", "ada-lovelace.org"] + ["big.example"] * 10
    addresses = [f"r{at}@{domain}" for at, domain in enumerate(domains)]
    store.subscribers.merge([[Subscriber(address=address) for address in addresses]], now=make.WHEN)
    sent(store)
    bounced(
        store,
        [
            *((address, Bounce.PERMANENT, "5.1.1", f"<{address}> unknown") for address in addresses[:4]),
            (addresses[4], Bounce.TRANSIENT, "4.2.2", ""),
            (addresses[4], Bounce.TRANSIENT, "4.2.2", "again"),
            (addresses[5], Bounce.TRANSIENT, "", "550 5.7.1 spam from ada@ada-lovelace.org"),
            *((address, Bounce.PERMANENT, "5.1.1", "") for address in addresses[6:]),
        ],
    )
    results = reported(store)
    failed = [(group.kind.value, group.reason, group.provider, group.messages) for group in results.bounces]
    gone = "The address does not exist"
    assert [row for row in failed if row[0] != "refused"] == [
        ("hard", gone, "big.example", 10),
        ("hard", gone, "Gmail", 3),
        ("hard", gone, "Outlook.com", 1),
        ("soft", "A rule of the mail server refuses the message", "Other domains", 1),
        ("soft", "The mailbox is full", "Outlook.com", 1),
    ]
    assert [row for row in failed if row[0] == "refused"] == [("refused", "No reason was given", "Gmail", 1)]
    page = report_page(results, make.newsletter())
    assert "ada-lovelace" not in page
    assert "big.example" in page


def test_counts_are_kept_and_read_again(store: Store) -> None:
    send = sent(store)
    store.clicks_and_opens.record([ClickOrOpen(send=send, link=1, at=make.WHEN)])
    first = reported(store)
    (kept,) = kept_counts(store.issue_totals.all(), store.sends.all()).values()
    assert kept == count_issue(store, make.newsletter(), store.sends.get(send), issue())
    assert figures_of(store.sends.get(send), kept) == first.figures


def test_a_count_is_used_for_longer_the_longer_it_took_and_the_older_its_issue_is(store: Store) -> None:
    sent(store)
    (send,) = store.sends.all()
    at = send.created

    def due(milliseconds: int, counted: timedelta, now: timedelta) -> bool:
        kept = StoredTotals(counted_at=at + counted, milliseconds=milliseconds, totals={})
        return is_due(send, kept, at + now)

    hour, day = timedelta(hours=1), timedelta(days=1)
    assert is_due(send, None, at)
    assert due(0, timedelta(0), timedelta(0))
    assert not due(0, day, day + timedelta(seconds=86))  # an older issue has less news
    assert due(0, day, day + timedelta(seconds=87))
    assert not due(1000, hour, hour + timedelta(seconds=99))
    assert due(1000, hour, hour + timedelta(seconds=100))
    assert not due(0, 40 * day, 40 * day + hour)
    assert due(0, 40 * day, 41 * day)
    assert not due(0, 40 * day, 401 * day)


def test_a_report_says_in_a_sentence_how_it_went(store: Store) -> None:
    earlier = sent(store, "2026-11-22")
    send = sent(store)
    store.clicks_and_opens.record([ClickOrOpen(send=earlier, link=1, at=make.WHEN)])
    store.clicks_and_opens.record([ClickOrOpen(send=send, link=1, at=make.WHEN)] * 4)
    store.self_service.unsubscribe([UnsubscribeRequest(key=keys(store)[3], how="link", issue="2026-11-23")], make.WHEN)
    assert issue_view(reported(store)).lede == (
        "Sent to 8 of 10 readers. For every 100 messages there were 50 clicks, more than usual. 1 reader unsubscribed."
    )


def test_a_report_of_an_issue_without_its_file_shows_slugs(store: Store) -> None:
    send = sent(store)
    store.clicks_and_opens.record([ClickOrOpen(send=send, link=1, at=make.WHEN)])
    figures_shown = report(PERSON, store, make.newsletter(), [], "2026-11-23")
    assert [(line.name, line.clicks) for line in figures_shown.entries] == [("bosphorus", 1), ("summit", 0)]
    assert figures_shown.subject == ""


def test_a_report_has_the_votes_of_a_poll_and_the_reasons_for_leaving(store: Store) -> None:
    sent(store)
    assert (reported(store).answers, reported(store).leaving) == ((), ())
    votes = (Slot(vote_slot("yes")), Slot(vote_slot("<no>")))
    polled = make.compiled(issue="2026-11-24", html=(*votes, Slot("links.unsubscribe"), "\n"))
    day_after = make.WHEN + timedelta(days=1)
    store.sends.freeze(
        compiled=polled, tailor=make.tailor(), date=day_after, segments=[EVERYONE], provider="ses", now=day_after
    )
    answer = store.polls.answer("2026-11-24", 2)
    assert answer is not None
    for key in keys(store)[:4]:
        store.polls.vote(key, answer, make.WHEN)
        store.self_service.unsubscribe([UnsubscribeRequest(key=key, how="page", issue="2026-11-24")], make.WHEN)
        left = store.leaving.count_reason(
            key, "often", issue="2026-11-24", subject=key, day=make.WHEN.date(), now=make.WHEN
        )
        assert left
    other, later = keys(store)[4], make.WHEN + timedelta(days=7)
    store.self_service.unsubscribe([UnsubscribeRequest(key=other, how="page", issue="service")], later)
    assert store.leaving.count_reason(other, "time", issue="service", subject=other, day=later.date(), now=later)
    results = report(PERSON, store, make.newsletter(), [], "2026-11-24")
    assert [(given.reason, given.readers) for given in results.leaving_otherwise] == [("time", 1)]
    assert [(counted.answer, counted.votes) for counted in results.answers] == [("yes", 0), ("<no>", 4)]
    assert [(given.words, given.readers) for given in results.leaving] == [("Too many emails", 4)]
    page = report_page(results, make.newsletter())
    assert re.search(r'dir="auto">&lt;no&gt;</bdi>.*?<td>4</td><td>100%</td>', page, re.DOTALL)
    assert "Reasons for leaving<" in page
    assert "Reasons for leaving by service mail or preferences<" in page
    assert "Clicks aren’t tracked" in page


@pytest.mark.parametrize(
    ("share", "words"), [(None, ""), (0.0, "0.0%"), (0.0003, "0.03%"), (0.001, "0.10%"), (0.216, "21.6%")]
)
def test_a_small_share_is_not_rounded_to_nothing(share: float | None, words: str) -> None:
    assert percent(share) == words
