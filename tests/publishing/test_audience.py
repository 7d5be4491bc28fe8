"""The segments that an issue goes to, and one reader's copy of it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from newsletter import composing
from newsletter.checks import CheckContext
from newsletter.composing import Composed
from newsletter.domain.edition import EntryReason
from newsletter.domain.reader_rules import HasFrequency, ReadsLanguage
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Frequency, Subscriber, SubscriberStatus, SuppressionReason
from newsletter.domain.tracking import ClickOrOpen
from newsletter.message import link_tracking
from newsletter.publishing.audience import DigestsDisabledError, reader_copy, segments_of
from newsletter.settings import Settings, UnknownSegmentError
from newsletter.store import Store
from tests import make
from tests.make import WHEN
from tests.newsletter_folder import write_issue, write_settings

MONDAY = date(2026, 11, 23)
TAILORED = "tailored: {otherwise: skip}\n"


def composed(settings: Settings, *entries: str, more: str = "") -> Composed:
    issue = write_issue(settings.root, MONDAY, *entries, more=more)
    return composing.compose_draft(
        settings.root, settings.newsletter, issue.slug, CheckContext(segments=settings.segments)
    )


def test_an_issue_goes_to_the_segments_it_names_or_to_everyone(settings: Settings) -> None:
    everyone = write_issue(settings.root, MONDAY, "train")
    named = write_issue(settings.root, MONDAY, "train", slug="named", more="segments: [scientists, everyone]\n")
    assert [segment.slug for segment in segments_of(settings, everyone)] == ["everyone"]
    assert [segment.slug for segment in segments_of(settings, named)] == ["scientists", "everyone"]


def test_an_unknown_segment_is_refused_with_the_one_that_may_be_meant(settings: Settings) -> None:
    issue = write_issue(settings.root, MONDAY, "train", more="segments: [scientist]\n")
    with pytest.raises(UnknownSegmentError, match='no segment "scientist": did you mean "scientists"'):
        segments_of(settings, issue)


def test_readers_choose_between_each_issue_and_the_weekly_digest(settings: Settings) -> None:
    issue = write_issue(settings.root, MONDAY, "train")
    digest = replace(issue, digest=True)
    with pytest.raises(DigestsDisabledError, match=r"newsletter\.toml doesn't enable digests"):
        segments_of(settings, digest)
    weekly = write_settings(settings.root, "weekly_digest = true")
    assert [segment.frequency for segment in segments_of(weekly, digest)] == [HasFrequency(frequency=Frequency.WEEKLY)]
    assert [segment.frequency for segment in segments_of(weekly, issue)] == [HasFrequency(frequency=Frequency.EACH)]
    assert [segment.frequency for segment in segments_of(settings, issue)] == [None]


def test_an_issue_that_states_its_language_goes_to_the_readers_of_it(settings: Settings) -> None:
    issue = write_issue(settings.root, MONDAY, "train", more="language: DE\n")
    two = write_settings(settings.root, 'languages = ["en", "de"]')
    german = ReadsLanguage(language="de", languages=("en", "de"))
    assert [segment.language for segment in segments_of(two, issue)] == [german]
    assert [segment.language for segment in segments_of(two, replace(issue, language=""))] == [None]
    one = write_settings(settings.root, 'language = "de"')
    assert [segment.language for segment in segments_of(one, issue)] == [None]
    not_listed = write_settings(settings.root, 'language = "en"')
    assert [segment.language for segment in segments_of(not_listed, issue)] == [
        ReadsLanguage(language="DE", languages=("en", "DE"))
    ]


def test_a_language_and_a_rule_that_keep_a_reader_out_are_obstacles(settings: Settings, store: Store) -> None:
    with_rule = write_settings(
        settings.root,
        'languages = ["en", "de"]\n[counting]\nclicks = "individual"\n'
        "[segments.fans]\nwhere = 'clicked \"science\" within 7 days and joined within 30 days'",
    )
    issue = composed(with_rule, "train", more="language: de\nsegments: [fans]\n")
    store.subscribers.add(Subscriber(address="ada@example.com"), now=WHEN)
    copy = reader_copy(with_rule, store, issue, "ada@example.com", now=WHEN)
    assert copy is not None
    assert copy.obstacles == ("they don't get issues in de", "they are not in the segment fans")
    frozen = store.sends.freeze(
        compiled=link_tracking.with_tracking(issue.compiled, issue.issue, with_rule.newsletter),
        tailor=issue.tailor,
        date=WHEN,
        segments=[EVERYONE],
        provider="outbox",
        now=WHEN,
    )
    click = ClickOrOpen(send=frozen.id, link=1, at=WHEN, reader=copy.reader.key)
    store.clicks_and_opens.record([click])
    for days, obstacles in ((7, ("they don't get issues in de",)), (8, copy.obstacles)):
        later = reader_copy(with_rule, store, issue, "ada@example.com", now=WHEN + timedelta(days=days))
        assert later is not None
        assert later.obstacles == obstacles


def test_a_reader_gets_a_reason_for_every_entry(settings: Settings, store: Store) -> None:
    store.subscribers.add(Subscriber(address="ada@example.com", topics=("science",)), now=make.WHEN)
    copy = reader_copy(
        settings, store, composed(settings, "train", "clock", more=TAILORED), "Ada@Example.com", now=WHEN
    )
    assert copy is not None
    assert (copy.reader.address, copy.edition, copy.obstacles) == ("ada@example.com", (0, 1), ())
    assert copy.reasons == (EntryReason.FOLLOWED, EntryReason.FOLLOWED)


def test_a_reader_who_would_get_nothing_has_no_edition(settings: Settings, store: Store) -> None:
    store.subscribers.add(Subscriber(address="ben@example.com", topics=("cities",)), now=make.WHEN)
    copy = reader_copy(settings, store, composed(settings, "train", more=TAILORED), "ben@example.com", now=WHEN)
    assert copy is not None
    assert (copy.edition, copy.reasons) == (None, (EntryReason.UNMATCHED,))


def test_an_address_of_no_reader_has_no_copy(settings: Settings, store: Store) -> None:
    assert reader_copy(settings, store, composed(settings, "train"), "nobody@example.com", now=WHEN) is None


def test_each_reason_why_a_send_would_skip_a_reader_is_an_obstacle(settings: Settings, store: Store) -> None:
    weekly = write_settings(settings.root, "weekly_digest = true")
    issue = composed(weekly, "train", more="segments: [scientists]\n")
    reader = Subscriber(
        address="cleo@example.com",
        status=SubscriberStatus.UNSUBSCRIBED,
        frequency=Frequency.WEEKLY,
        paused_until=WHEN + timedelta(days=3),
    )
    store.subscribers.add(reader, now=make.WHEN)
    store.suppressions.add(reader.address, SuppressionReason.MANUAL, now=make.WHEN)
    copy = reader_copy(weekly, store, issue, reader.address, now=WHEN)
    assert copy is not None
    assert copy.obstacles == (
        "they are unsubscribed",
        "the address is suppressed",
        f"they have paused until {WHEN + timedelta(days=3):%Y-%m-%d}",
        "they are mailed the weekly digest only",
        "they are not in the segment scientists",
    )
    later = reader_copy(weekly, store, issue, reader.address, now=WHEN + timedelta(days=4))
    assert later is not None
    assert len(later.obstacles) == 4
