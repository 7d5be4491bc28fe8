"""Comparing a planned send with the newsletter's last sends, in its folder and database."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from newsletter import composing
from newsletter.checks import CheckContext
from newsletter.domain.plan_differences import Measure, PlanDifferences, PlanNoteKind
from newsletter.domain.segment import EVERYONE
from newsletter.domain.send import SendStatus
from newsletter.domain.subscriber import Subscriber
from newsletter.publishing.sends.plan_differences import UnusualAudienceError, refuse_unusual_audience
from newsletter.publishing.sends.send_preparing import prepare_send
from newsletter.publishing.sends.start_time import start_at
from newsletter.settings import Settings
from newsletter.store import Store
from tests.command_line import Run
from tests.newsletter_folder import write_issue
from tests.people import PUBLISHER
from tests.rows import execute

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 5, 30, tzinfo=UTC)  # 06:30 in Vienna


def add_readers(store: Store, first: int, last: int, topic: str = "science") -> None:
    for number in range(first, last + 1):
        store.subscribers.add(Subscriber(address=f"reader{number}@example.com", topics=(topic,)), now=NOW)


def sent(settings: Settings, store: Store, day: date, *, more: str = "", slug: str = "") -> int:
    """Freeze an issue of a day as if it were sent then, at 06:30."""
    issue = write_issue(settings.root, day, "train", "sea", more=more, slug=slug)
    composed = composing.compose_draft(settings.root, settings.newsletter, issue.slug, CheckContext())
    at = NOW - (MONDAY - day)
    return store.sends.freeze(
        compiled=composed.compiled, tailor=composed.tailor, date=at, now=at, segments=[EVERYONE], provider="outbox"
    ).id


def differences(settings: Settings, store: Store, slug: str, *, at: str = "", today: date = MONDAY) -> PlanDifferences:
    composed = composing.compose(settings.root, settings.newsletter, slug, CheckContext(segments=settings.segments))
    start = start_at(settings, at, now=NOW) if at else None
    return prepare_send(PUBLISHER, settings, store, composed, today=today, now=NOW, start=start).differences


def test_a_send_is_compared_with_those_before_it(settings: Settings, store: Store) -> None:
    add_readers(store, 1, 10)
    for days in (3, 2, 1):
        sent(settings, store, MONDAY - timedelta(days=days))
    add_readers(store, 11, 13)
    found = differences(settings, store, write_issue(settings.root, MONDAY, "train").slug)
    assert [shape.issue for shape in found.earlier] == ["2026-11-22", "2026-11-21", "2026-11-20"]
    rows = {row.measure: (row.planned, row.usual) for row in found.measures}
    assert rows[Measure.RECIPIENTS] == (13, 10)
    assert rows[Measure.ENTRIES] == (1, 2)
    assert rows[Measure.SUBJECT] == (19, 19)
    assert rows[Measure.MINUTES] == (1, 1)
    assert 1000 < rows[Measure.SIZE][0] < rows[Measure.SIZE][1]
    assert [note.kind for note in found.notes] == [PlanNoteKind.AUDIENCE]
    with pytest.raises(UnusualAudienceError, match="13 readers would get it, 30% more than the median of the last 3"):
        refuse_unusual_audience(found)


def test_a_usual_audience_needs_no_person(settings: Settings, store: Store) -> None:
    add_readers(store, 1, 10)
    sent(settings, store, MONDAY - timedelta(days=1))
    add_readers(store, 11, 11)
    refuse_unusual_audience(differences(settings, store, write_issue(settings.root, MONDAY, "train").slug))


def test_digests_and_other_languages_are_compared_among_themselves(settings: Settings, store: Store) -> None:
    add_readers(store, 1, 3)
    sent(settings, store, MONDAY - timedelta(days=2), more="digest: true\n", slug="digest-2026-11-21")
    sent(settings, store, MONDAY - timedelta(days=1), more="language: de\n")
    assert differences(settings, store, write_issue(settings.root, MONDAY, "train").slug).earlier == ()


def test_a_cancelled_send_does_not_count(settings: Settings, store: Store) -> None:
    add_readers(store, 1, 3)
    store.controls.cancel(sent(settings, store, MONDAY - timedelta(days=1)))
    assert store.sends.all()[0].status is SendStatus.CANCELLED
    assert differences(settings, store, write_issue(settings.root, MONDAY, "train").slug).earlier == ()


def test_an_issue_whose_file_is_gone_still_counts(settings: Settings, store: Store) -> None:
    add_readers(store, 1, 3)
    sent(settings, store, MONDAY - timedelta(days=1))
    (settings.root / "issues/2026-11-22.md").unlink()
    found = differences(settings, store, write_issue(settings.root, MONDAY, "train").slug)
    assert [(shape.issue, shape.topics) for shape in found.earlier] == [("2026-11-22", frozenset())]


def test_a_send_whose_content_cannot_be_read_counts_by_its_recipients(settings: Settings, store: Store) -> None:
    add_readers(store, 1, 10)
    number = sent(settings, store, MONDAY - timedelta(days=1))
    execute(store, f"UPDATE send SET content = '', segments = '[]' WHERE id = {number}")
    found = differences(settings, store, write_issue(settings.root, MONDAY, "train").slug)
    assert [(row.measure, row.usual) for row in found.measures] == [(Measure.RECIPIENTS, 10)]


def test_the_hour_is_that_of_the_newsletters_time_zone(settings: Settings, store: Store) -> None:
    add_readers(store, 1, 3)
    sent(settings, store, MONDAY - timedelta(days=1))
    slug = write_issue(settings.root, MONDAY, "train").slug
    (note,) = differences(settings, store, slug, at="2026-11-23 15:40").notes
    assert note.what == "it begins at 15:40; the last send began at 06:30"


def test_the_date_and_the_segments_topics_are_remarked_on(settings: Settings, store: Store) -> None:
    add_readers(store, 1, 3)
    issue = write_issue(settings.root, MONDAY + timedelta(days=2), "train", more="segments: [scientists]\n")
    assert [note.what for note in differences(settings, store, issue.slug).notes] == [
        "the issue is dated Wednesday 25 November 2026, in 2 days"
    ]
    entry = settings.root / "issues/entries/train.md"
    entry.write_text(entry.read_text().replace("topics: [Science]", "topics: [Cities]"))
    assert [note.what for note in differences(settings, store, issue.slug, at="2026-11-25 06:30").notes] == [
        "the segment scientists is chosen by topics, and no entry is about any of them"
    ]


@pytest.fixture
def grown(readers: Path, run: Run) -> Path:
    """A newsletter that sent an issue to three readers, has four now, and an issue for today."""
    assert run("send", "2026-11-23", "--yes").status == 0
    (readers / "more.csv").write_text("address\ndan@example.com\n")
    assert run("subscribers", "import", "more.csv").status == 0
    text = (readers / "issues/2026-11-23.md").read_text()
    (readers / "issues/2026-11-23-extra.md").write_text(text)
    return readers


def test_the_plan_shows_how_the_send_differs_and_asks(run: Run, grown: Path) -> None:
    asked = run("send", "2026-11-23-extra", stdin="n\n")
    assert re.search(r"Measure +This send +Last send +Change", asked.stdout)
    assert re.search(r"Recipients +4 +3 +33% more", asked.stdout)
    assert re.search(r"Entries +\d+ +\d+ +the same", asked.stdout)
    assert "warning: 4 readers would get it, 33% more than the last send (3)" in asked.stderr
    assert "to 4 readers in everyone? That is 33% more than the last send (3). [y/N]" in asked.stderr


def test_without_a_person_an_unusual_audience_needs_an_option(run: Run, grown: Path) -> None:
    refused = run("send", "2026-11-23-extra", "--yes")
    assert refused.status == 1
    assert "issue 2026-11-23-extra: 4 readers would get it, 33% more than the last send (3)" in refused.stderr
    assert "add --any-audience" in refused.stderr
    assert run("send", "2026-11-23-extra", "--yes", "--any-date").status == 1
    assert run("send", "2026-11-23-extra", "--yes", "--any-audience").status == 0


def test_the_first_send_is_compared_with_nothing(run: Run, readers: Path) -> None:
    assert "This send" not in run("send", "2026-11-23", "--dry-run").stdout
