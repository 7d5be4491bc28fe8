"""Rehearsals: a file for every reader, and nothing in the ledger."""

from datetime import date

from newsletter import composing
from newsletter.checks import CheckContext
from newsletter.domain.subscriber import Subscriber
from newsletter.publishing.rehearsal import plan_rehearsal, rehearse_issue
from newsletter.settings import Settings
from newsletter.store import Store
from tests import make
from tests.make import WHEN
from tests.newsletter_folder import write_issue


def test_a_rehearsal_writes_a_message_for_every_reader_and_replaces_the_last_one(
    settings: Settings, store: Store
) -> None:
    issue = write_issue(settings.root, date(2026, 11, 23), "train")
    composed = composing.compose(
        settings.root, settings.newsletter, issue.slug, CheckContext(segments=settings.segments)
    )
    shown: list[tuple[int, int]] = []

    def show(done: int, recipients: int) -> None:
        shown.append((done, recipients))

    for readers in (("ada", "ben"), ("ada", "cleo")):
        for name in readers:
            if store.subscribers.get(f"{name}@example.com") is None:
                store.subscribers.add(Subscriber(address=f"{name}@example.com"), now=make.WHEN)
        plan = plan_rehearsal(settings, store, composed, now=WHEN)
        rehearsal = rehearse_issue(settings, store, composed, plan, now=WHEN, progress=show)
        store.subscribers.remove("ben@example.com")
    assert (rehearsal.written, rehearsal.refused) == (2, ())
    assert rehearsal.folder == settings.outbox / "rehearsal" / "2026-11-23"
    assert sorted(path.name.partition(".com")[0] for path in rehearsal.folder.glob("*.eml")) == [
        "ada@example",
        "cleo@example",
    ]
    assert shown == [(2, 2), (2, 2)]
    assert list(store.sends.all()) == []
