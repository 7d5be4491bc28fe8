"""`newsletter prune`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from newsletter.domain.events import Bounce, Event, EventKind
from newsletter.store import open_store
from tests.command_line import Run
from tests.rows import stored_events


def test_events_but_not_suppressions_are_deleted_after_the_configured_time(readers: Path, run: Run) -> None:
    bounces = [
        Event(
            key=f"k{number}",
            provider="ses",
            kind=EventKind.BOUNCED,
            bounce=Bounce.PERMANENT,
            at=datetime.now(UTC),
            address=address,
        )
        for number, address in enumerate(("ada@example.com", "ben@example.net"))
    ]
    (readers / "newsletter.toml").open("a").write("\n[feedback]\nkeep_days = 60\n")
    with open_store(f"sqlite:///{readers / 'newsletter.db'}") as store:
        store.events.record(bounces[:1], soft_bounces=3, now=store.now() - timedelta(days=61))
        store.events.record(bounces[1:], soft_bounces=3, now=store.now())
        assert run("prune").stdout == "Deleted 1 event.\n"
        assert run("prune").stdout == "Deleted 0 events.\n"
        assert [stored.key for stored in stored_events(store)] == ["k1"]
        assert len(list(store.suppressions.stream())) == 2


def test_events_are_kept_at_least_as_long_as_soft_bounces_count(readers: Path, run: Run) -> None:
    (readers / "newsletter.toml").open("a").write("\n[feedback]\nkeep_days = 7\n")
    outcome = run("prune")
    assert outcome.status == 1
    assert "feedback.keep_days" in outcome.stderr
