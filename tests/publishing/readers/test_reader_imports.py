"""Files of readers that people upload: checked, imported in the background, stopped, interrupted and tidied up."""

import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.domain.people import ForbiddenError
from newsletter.domain.subscriber import Subscriber, SubscriberStatus
from newsletter.domain.topics import Topics
from newsletter.publishing.readers import reader_imports
from newsletter.publishing.readers.import_folder import ImportGoneError
from newsletter.publishing.readers.import_state import ImportChoices, ImportPhase, ImportState, safe_file_name
from newsletter.publishing.readers.reader_imports import ArchiveTooLargeError, ImportRunningError, ReaderImports
from newsletter.store import Store, open_store
from newsletter.subscriber_files import FileEncoding, SubscriberFileError
from tests.clock import MovedClock
from tests.make import WHEN
from tests.people import ADMIN, PUBLISHER

CONFIRMED = SubscriberStatus.CONFIRMED
FILE = "email,first_name,Hobby\nada@example.org,Ada,chess\nbroken,Eve,\nbea@example.org,Bea,\n"


@pytest.fixture
def clock() -> MovedClock:
    """Return the clock of the imports."""
    return MovedClock(WHEN)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Return the URL of a new database."""
    return f"sqlite:///{tmp_path / 'newsletter.db'}"


@pytest.fixture
def imports(tmp_path: Path, url: str, clock: MovedClock) -> ReaderImports:
    """Return the imports of a newsletter without readers."""
    return ReaderImports(tmp_path, lambda: open_store(url), Topics, clock)


def upload(imports: ReaderImports, text: str | bytes, name: str = "readers.csv") -> ImportState:
    """Upload a file and wait for its check."""
    with imports.receive(ADMIN) as receiving:
        receiving.write(text.encode() if isinstance(text, str) else text)
        begun = imports.begin(ADMIN, receiving, file_name=name, status=CONFIRMED)
    imports.wait(begun.id)
    return imports.state(ADMIN, begun.id)


def finished(imports: ReaderImports, state: ImportState) -> ImportState:
    imports.wait(state.id)
    return imports.state(ADMIN, state.id)


def addresses(url: str) -> list[str]:
    with open_store(url) as store:
        return [reader.address for reader in store.subscribers.stream()]


def private(path: Path) -> bool:
    return not path.stat().st_mode & 0o077


def test_a_file_is_checked_and_then_imported(imports: ReaderImports, tmp_path: Path, url: str) -> None:
    checked = upload(imports, FILE)
    assert (checked.phase, checked.by, checked.file) == (ImportPhase.CHECKED, ADMIN.name, "readers.csv")
    assert [(column.name, column.meaning) for column in checked.columns][2] == ("Hobby", "attribute.hobby")
    assert checked.report
    assert (checked.report.rows, checked.report.added, checked.report.refused) == (3, 2, 1)
    assert [(row.line, row.text) for row in checked.refused] == [(3, "broken, Eve, ")]
    assert addresses(url) == []
    folder = tmp_path / ".newsletter/imports"
    kept = [path for path in folder.rglob("*") if path.is_file()]
    assert sorted(path.name for path in kept) == ["import.json", "readers.csv", "refused.csv"]
    assert all(map(private, [folder, *kept]))
    done = finished(imports, imports.start(ADMIN, checked.id))
    assert (done.phase, done.percent, done.has_file) == (ImportPhase.DONE, 100, False)
    assert done.report == checked.report
    assert addresses(url) == ["ada@example.org", "bea@example.org"]
    assert "readers.csv" not in [path.name for path in folder.rglob("*")]
    assert "broken" in imports.refused_rows(ADMIN, done.id).read_text()
    with pytest.raises(ImportGoneError):
        imports.start(ADMIN, done.id)
    assert imports.recent(ADMIN) == [done]
    imports.discard(ADMIN, done.id)
    assert imports.recent(ADMIN) == []
    with open_store(url) as store:
        assert [entry.detail["what"] for entry in store.audit.entries()] == ["import finished", "import begun"]


def test_other_choices_are_checked_anew(imports: ReaderImports, url: str) -> None:
    wrong = upload(imports, "who,why\nada@example.org,fun\n")
    assert wrong.phase is ImportPhase.FAILED
    assert "no column contains the address" in wrong.problem
    choices = ImportChoices(columns={"who": "email", "why": "-"}, status=SubscriberStatus.UNCONFIRMED)
    right = finished(imports, imports.choose(ADMIN, wrong.id, choices))
    assert (right.phase, right.problem, right.choices) == (ImportPhase.CHECKED, "", choices)
    assert [column.meaning for column in right.columns] == ["email", ""]
    finished(imports, imports.start(ADMIN, right.id))
    with open_store(url) as store:
        reader = store.subscribers.get("ada@example.org")
    assert reader
    assert (reader.status, reader.attributes) == (SubscriberStatus.UNCONFIRMED, {})


def test_encoding_and_platform_are_guessed(imports: ReaderImports) -> None:
    text = "email,name,subscribed_to_emails,labels\nzoe@example.org,Zoë,true,Jazz\n"
    state = upload(imports, text.encode("cp1252"), "members.csv")
    assert (state.choices.encoding, state.choices.platform) == (FileEncoding.WINDOWS_1252, "ghost")
    assert state.columns[1].values == ("Zoë",)
    assert state.report
    assert state.report.unmapped == {"Jazz": 1}


def test_files_that_are_no_readers_are_refused_and_deleted(
    imports: ReaderImports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SubscriberFileError, match="spreadsheet"):
        upload(imports, b"PK", "readers.XLSX")
    archive = tmp_path / "photos.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("a.jpg", "x")
    with pytest.raises(SubscriberFileError, match="no known file"):
        upload(imports, archive.read_bytes(), "photos.zip")
    monkeypatch.setattr(reader_imports, "LARGEST_UNPACKED", 0)
    with pytest.raises(ArchiveTooLargeError):
        upload(imports, archive.read_bytes(), "photos.zip")
    assert imports.recent(ADMIN) == []
    assert list((tmp_path / ".newsletter/imports").iterdir()) == []


@pytest.mark.parametrize("text", ["", "email\n", "email\n\n\n"])
def test_a_file_without_rows_imports_nobody(imports: ReaderImports, text: str) -> None:
    state = upload(imports, text)
    assert (state.phase is ImportPhase.FAILED) is not text.startswith("email")
    assert state.report is None or state.report.rows == 0


def many(count: int) -> str:
    return "email\n" + "".join(f"r{at}@example.org\n" for at in range(count))


def test_an_import_can_be_stopped_and_begun_again(imports: ReaderImports, url: str) -> None:
    checked = upload(imports, many(3500))
    _act_after_first_batch(imports, lambda id_: imports._stopped.add(id_))
    stopped = finished(imports, imports.start(ADMIN, checked.id))
    assert (stopped.phase, stopped.merged) == (ImportPhase.STOPPED, 1000)
    assert len(addresses(url)) == 2000  # the batch in progress is stored, too
    imports._changed = lambda _: None
    done = finished(imports, imports.start(ADMIN, checked.id))
    assert done.report
    assert (done.report.added, done.report.unchanged) == (1500, 2000)


def test_a_restart_interrupts_an_import_which_then_begins_again(
    imports: ReaderImports, tmp_path: Path, url: str, clock: MovedClock
) -> None:
    checked = upload(imports, many(2500))
    kept = imports._folder.read(checked.id).begun(ImportPhase.IMPORTING)
    imports._folder.keep(kept)  # as a process leaves it that is killed
    after = ReaderImports(tmp_path, lambda: open_store(url), Topics, clock)
    assert after.state(ADMIN, checked.id).phase is ImportPhase.INTERRUPTED
    done = finished(after, after.start(ADMIN, checked.id))
    assert done.phase is ImportPhase.DONE
    assert len(addresses(url)) == 2500


def test_a_studio_that_stops_interrupts_an_import(imports: ReaderImports) -> None:
    checked = upload(imports, many(2500))
    started = imports.start(ADMIN, checked.id)
    imports.close()
    assert imports.state(ADMIN, started.id).phase in (ImportPhase.INTERRUPTED, ImportPhase.DONE)


def test_one_import_runs_at_a_time(imports: ReaderImports) -> None:
    first, second = upload(imports, many(2500)), upload(imports, FILE)
    seen: list[type[Exception]] = []

    def meanwhile(id_: str) -> None:
        for act in (imports.start, imports.discard):
            for other in (first.id, second.id) if act == imports.start else (first.id,):
                try:
                    act(ADMIN, other)
                except ImportRunningError as err:
                    seen.append(type(err))

    _act_after_first_batch(imports, meanwhile)
    finished(imports, imports.start(ADMIN, first.id))
    assert seen == [ImportRunningError] * 3


def _act_after_first_batch(imports: ReaderImports, act: Callable[[str], object]) -> None:
    done: list[str] = []

    def changed(id_: str) -> None:
        if imports.state(ADMIN, id_).merged >= 1000 and not done:
            done.append(id_)
            act(id_)

    imports._changed = changed


def test_imports_are_deleted_after_a_day(imports: ReaderImports, clock: MovedClock, tmp_path: Path) -> None:
    state = upload(imports, FILE)
    clock.now = WHEN + timedelta(hours=23)
    imports.tidy()
    assert imports.state(ADMIN, state.id)
    clock.now = WHEN + timedelta(hours=25)
    imports.tidy()
    with pytest.raises(ImportGoneError):
        imports.state(ADMIN, state.id)


@pytest.mark.parametrize("id_", ["../../etc", "", "nothing", "é"])
def test_an_import_that_is_not_here_is_not_found(imports: ReaderImports, id_: str) -> None:
    with pytest.raises(ImportGoneError):
        imports.state(ADMIN, id_)


def test_only_admins_import(imports: ReaderImports, store: Store) -> None:
    store.subscribers.add(Subscriber(address="a@example.org"), WHEN)
    state = upload(imports, FILE)
    acts: list[Callable[[], object]] = [
        lambda: imports.receive(PUBLISHER),
        lambda: imports.state(PUBLISHER, state.id),
        lambda: imports.recent(PUBLISHER),
        lambda: imports.choose(PUBLISHER, state.id, state.choices),
        lambda: imports.start(PUBLISHER, state.id),
        lambda: imports.stop(PUBLISHER, state.id),
        lambda: imports.discard(PUBLISHER, state.id),
        lambda: imports.refused_rows(PUBLISHER, state.id),
    ]
    for act in acts:
        with pytest.raises(ForbiddenError):
            act()


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("subscribed_members_1.csv", "subscribed_members_1.csv"),
        ("C:\\Users\\Ada\\Meine Leser.CSV", "Meine Leser.CSV"),
        ("../../newsletter.toml", "newsletter.toml"),
        ("<b>x</b>\0.csv", "b_.csv"),
        ("", "readers.csv"),
        ("...", "readers.csv"),
        ("ü" * 300 + ".zip", "ü" * 50 + ".zip"),
    ],
)
def test_file_names_become_harmless(name: str, safe: str) -> None:
    assert safe_file_name(name) == safe
