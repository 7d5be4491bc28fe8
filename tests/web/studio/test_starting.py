"""What the studio does in the background after its start."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import babel.core
import pytest

from newsletter import composing
from newsletter.store import open_store
from newsletter.store.subscribers.subscribers import Subscribers
from newsletter.translation.locales import own_name
from newsletter.web.preview.file_watcher import FileWatcher
from newsletter.web.studio.compose_page import reader_values
from newsletter.web.studio.issue_cards import issues_on_the_desk, tally_of
from newsletter.web.studio.opening import open_studio
from newsletter.web.studio.starting import warm_up
from tests.web.preview.running_preview import write_newsletter


def test_the_first_pages_find_templates_loaded_and_issues_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_newsletter(tmp_path)
    folder.issue(str((datetime.now(UTC) + timedelta(days=1)).date()), "night-train")
    studio = open_studio(folder.root, FileWatcher(folder.root), lambda: datetime.now(UTC))
    warm_up(studio)

    def compile_again(*_: object, **__: object) -> None:
        raise AssertionError("this was compiled before")

    monkeypatch.setattr(composing, "compose_draft", compile_again)
    monkeypatch.setattr(studio.environment, "compile", compile_again)
    snapshot, sends = studio.snapshots.with_sends()
    coming = issues_on_the_desk(snapshot, sends, studio.now)
    assert coming
    for issue in coming:
        tally_of(snapshot, issue.slug)
    for name in ("desk", "links", "send"):
        assert studio.environment.get_template(f"studio/{name}.html")


def test_a_newsletter_that_can_not_be_read_does_not_keep_the_studio_from_starting(tmp_path: Path) -> None:
    folder = write_newsletter(tmp_path)
    studio = open_studio(folder.root, FileWatcher(folder.root), lambda: datetime.now(UTC))
    (folder.root / "newsletter.toml").write_text("name = ", encoding="utf-8")
    warm_up(studio)


def test_tables_of_all_locales_do_not_stay_in_memory(tmp_path: Path) -> None:
    folder = write_newsletter(tmp_path)
    warm_up(open_studio(folder.root, FileWatcher(folder.root), lambda: datetime.now(UTC)))
    assert babel.core._global_data is None
    assert own_name("ga") == "Gaeilge"


def test_the_first_pages_find_readers_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_newsletter(tmp_path)
    tomorrow = str((datetime.now(UTC) + timedelta(days=1)).date())
    folder.issue(tomorrow, "night-train")
    with open_store(f"sqlite:///{folder.root / 'newsletter.db'}"):
        pass
    studio = open_studio(folder.root, FileWatcher(folder.root), lambda: datetime.now(UTC))
    warm_up(studio)

    def count_again(*_: object, **__: object) -> None:
        raise AssertionError("this was counted before")

    monkeypatch.setattr(Subscribers, "count_choices", count_again)
    assert studio.topic_numbers.known(studio.snapshot) is not None
    assert reader_values(studio, tomorrow)["spread"] is not None
