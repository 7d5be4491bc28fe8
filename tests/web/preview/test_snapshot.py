"""The cached snapshot of the newsletter's files, which several requests use at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from newsletter.errors import NewsletterError
from newsletter.store import open_store
from newsletter.web.preview.preview_settings import PreviewSettings
from newsletter.web.preview.snapshot import SnapshotCache
from tests import make
from tests.web.preview.running_preview import NewsletterFolder

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


class Clock:
    """A clock that advances by a day at each reading, after calling a function."""

    def __init__(self) -> None:
        self.now, self.first = NOW, list[object]()

    def __call__(self) -> datetime:
        while self.first:
            action = self.first.pop()
            assert callable(action)
            action()
        self.now += timedelta(days=1)
        return self.now


def cache(folder: NewsletterFolder, clock: Clock) -> SnapshotCache:
    def settings() -> PreviewSettings:
        return PreviewSettings(
            root=folder.root,
            newsletter=make.newsletter(),
            segments={},
            has_database=lambda: False,
            open_store=lambda: open_store(f"sqlite:///{folder.root / 'none.db'}"),
            clock=clock,
        )

    return SnapshotCache(folder.root, settings)


def test_a_snapshot_is_kept_until_a_file_changes(folder: NewsletterFolder) -> None:
    snapshots = cache(folder, Clock())
    first = snapshots.current()
    assert snapshots.current() is first
    folder.issue("2026-11-24", "night-train")
    second = snapshots.current()
    assert second is not first
    assert [listed.issue.slug for listed in second.issues] == ["2026-11-24", "2026-11-23", "2026-11-22"]
    assert snapshots.current() is second


def test_a_file_saved_at_the_change_of_day_is_not_missed(folder: NewsletterFolder) -> None:
    clock = Clock()
    snapshots = cache(folder, clock)
    assert snapshots.current().checked_by.today == (NOW + timedelta(days=1)).date()
    assert snapshots.current().around("2026-11-24")[1] is None

    def save() -> None:
        folder.issue("2026-11-24", "night-train")
        snapshots.current()  # as the request of another page does

    clock.first.append(save)
    snapshots.with_sends()
    assert snapshots.current().around("2026-11-24")[1] is not None


def test_an_issue_that_cannot_be_composed_raises_its_own_error_in_each_thread(folder: NewsletterFolder) -> None:
    folder.issue("2026-11-23", "nowhere")
    snapshot = cache(folder, Clock()).current()

    def error() -> NewsletterError:
        try:
            snapshot.compose("2026-11-23")
        except NewsletterError as err:
            return err
        raise AssertionError("the issue was composed")

    with ThreadPoolExecutor(2) as threads:
        first, second = (threads.submit(error) for _ in range(2))
        assert str(first.result()) == str(second.result())
        assert first.result() is not second.result()
