"""The numbers of topics' followers, between two counts."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from newsletter.store import open_store
from newsletter.web.preview.file_watcher import FileWatcher
from newsletter.web.studio.audience.topic_numbers import TopicNumbers
from newsletter.web.studio.opening import open_studio
from tests.web.preview.running_preview import write_newsletter


def test_numbers_of_more_than_a_minute_are_shown_while_they_are_counted_again(tmp_path: Path) -> None:
    folder = write_newsletter(tmp_path)
    with open_store(f"sqlite:///{folder.root / 'newsletter.db'}"):
        pass
    snapshot = open_studio(folder.root, FileWatcher(folder.root), lambda: datetime.now(UTC)).snapshot
    seconds, beside = 0.0, list[Callable[[], object]]()
    numbers = TopicNumbers(lambda: seconds, beside.append)
    assert numbers.counted(snapshot) == {}
    seconds = 61.0
    assert numbers.known(snapshot) is None
    assert numbers.counted(snapshot) == {}
    assert numbers.known(snapshot) is None, "the request doesn't count"
    beside.pop()()
    assert numbers.known(snapshot) == {}
    seconds = 900.0
    assert numbers.counted(snapshot) == {}
    assert numbers.known(snapshot) == {}, "numbers of a quarter of an hour are too old"
    assert not beside
