"""Files of readers that people upload: checked by a dry run first, then imported in the background.

Each has a folder of its own below ``.newsletter``, with the file, what is known of its import, and the rows that were
refused. The file is deleted when it has been imported, and everything a day after the upload. A restart interrupts an
import; it then begins again, which changes nothing for readers who are already stored.
"""

import threading
import zipfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from newsletter.domain.people import Act, Person, require
from newsletter.domain.subscriber import SubscriberStatus
from newsletter.domain.topics import Topics
from newsletter.errors import BusyError, NewsletterError, UsageError, printable
from newsletter.publishing.readers.import_folder import ImportFolder, ImportGoneError, Upload
from newsletter.publishing.readers.import_state import (
    ImportChoices,
    ImportPhase,
    ImportState,
    RefusedRow,
    safe_file_name,
)
from newsletter.publishing.readers.reader_files import import_reader_files
from newsletter.store import Store
from newsletter.subscriber_files import (
    CsvFormat,
    ImportProgress,
    OwnFormat,
    PlatformFormat,
    RejectedRow,
    SubscriberFileError,
    guessed_encoding,
    guessed_platform,
    rejected_row_files,
    sample_columns,
)

LARGEST_UNPACKED = 2 * 1024**3  # bytes
MOST_SHOWN = 20  # refused rows on the page
_SPREADSHEETS = (".xlsx", ".xls", ".ods", ".numbers")
_LONGEST_ROW = 200  # characters of a refused row that are shown
_STEP = 0.01  # share of the work after which pages are told


class ArchiveTooLargeError(UsageError):
    """An archive whose files are far larger than a file of readers."""

    code = "archive-too-large"

    def __init__(self) -> None:
        super().__init__("the archive unpacks to more than 2 GB", hint="unpack it, and choose the file of readers")


class ImportRunningError(BusyError):
    """An import that can't begin while another one runs, or can't be changed while it runs itself."""

    code = "import-running"

    def __init__(self) -> None:
        super().__init__("an import is running", hint="wait until it is done, or stop it")


class _Stopped(Exception):  # noqa: N818  not an error: somebody has stopped the import
    """A signal that the import was stopped."""


class ReaderImports:
    """The uploaded files of one newsletter. ``changed`` is called with an import's id when it has got on."""

    def __init__(
        self,
        root: Path,
        open_store: Callable[[], Store],
        topics: Callable[[], Topics],
        clock: Callable[[], datetime],
        changed: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._folder = ImportFolder(root)
        self._open_store, self._topics, self._clock, self._changed = open_store, topics, clock, changed
        self._lock = threading.Lock()  # guards what follows
        self._running: dict[str, ImportState] = {}
        self._stopped: set[str] = set()
        self._threads: dict[str, threading.Thread] = {}
        self._closing = False

    def receive(self, person: Person) -> AbstractContextManager[Upload]:
        """Return an upload to write a file into, which is deleted again after an error."""
        require(person, Act.IMPORT_READERS)
        self.tidy()
        return self._folder.upload()

    def begin(self, person: Person, upload: Upload, *, file_name: str, status: SubscriberStatus) -> ImportState:
        """Find out what an upload is, and check it in the background. Raise SubscriberFileError."""
        require(person, Act.IMPORT_READERS)
        name = safe_file_name(file_name)
        path = upload.finish(name)
        _refuse_others(path)
        encoding = guessed_encoding(path)
        platform = guessed_platform(path, encoding)
        choices = ImportChoices(platform=platform, status=status, encoding=encoding)
        state = ImportState(
            id=upload.id,
            file=name,
            size=path.stat().st_size,
            by=person.name,
            at=self._clock(),
            choices=choices,
            columns=sample_columns(path, self._format(choices), encoding),
        )
        return self._run(person, state, ImportPhase.CHECKING)

    def state(self, person: Person, id_: str) -> ImportState:
        """Return an import. Raise ImportGoneError."""
        require(person, Act.IMPORT_READERS)
        with self._lock:
            if id_ in self._running:
                return self._running[id_]
        return self._stored(id_)

    def recent(self, person: Person) -> list[ImportState]:
        """Return the imports that are still here, the latest first."""
        require(person, Act.IMPORT_READERS)
        states = []
        for id_ in self._folder.ids():
            with suppress(ImportGoneError):
                states.append(self.state(person, id_))
        return sorted(states, key=lambda state: state.at, reverse=True)

    def choose(self, person: Person, id_: str, choices: ImportChoices) -> ImportState:
        """Say what the columns of a file mean, and check it again. Raise ImportGoneError and ImportRunningError."""
        require(person, Act.IMPORT_READERS)
        self._end_check(id_)
        state = self._stored(id_)
        if not state.has_file:
            raise ImportGoneError()
        columns = sample_columns(self._folder.file(state), self._format(choices), choices.encoding)
        return self._run(person, replace(state, choices=choices, columns=columns), ImportPhase.CHECKING)

    def start(self, person: Person, id_: str) -> ImportState:
        """Import a file that was checked, or one whose import was interrupted, from its beginning."""
        require(person, Act.IMPORT_READERS)
        self._end_check(id_)
        state = self._stored(id_)
        if not state.has_file:
            raise ImportGoneError()
        with self._lock:
            if any(other.phase is ImportPhase.IMPORTING for other in self._running.values()):
                raise ImportRunningError()
        return self._run(person, state, ImportPhase.IMPORTING)

    def stop(self, person: Person, id_: str) -> ImportState:
        """Stop a check or an import after the batch in progress, and return it."""
        require(person, Act.IMPORT_READERS)
        self._end(id_)
        return self._stored(id_)

    def discard(self, person: Person, id_: str) -> None:
        """Delete an uploaded file and everything about it. Raise ImportRunningError while it is imported."""
        require(person, Act.IMPORT_READERS)
        self._end_check(id_)
        self._folder.delete(self._stored(id_).id)

    def refused_rows(self, person: Person, id_: str) -> Path:
        """Return the file of the rows that were refused, to fix and import them. Raise ImportGoneError."""
        require(person, Act.IMPORT_READERS)
        path = self._folder.refused(self._stored(id_))
        if not path.is_file():
            raise ImportGoneError()
        return path

    def tidy(self) -> None:
        """Delete what is older than a day."""
        with self._lock:
            running = set(self._running)
        for id_ in self._folder.ids():
            if id_ not in running and self._folder.is_old(id_, self._clock()):
                self._folder.delete(id_)

    def close(self) -> None:
        """Stop everything and wait until it has stopped."""
        self._closing = True
        with self._lock:
            running = list(self._running)
        for id_ in running:
            self._end(id_)

    def wait(self, id_: str) -> None:
        """Wait until the work in the background is done."""
        with self._lock:
            thread = self._threads.get(id_)
        if thread:
            thread.join()

    # In the background ---------------------------------------------------------------------------------------------

    def _run(self, person: Person, state: ImportState, phase: ImportPhase) -> ImportState:
        begun = state.begun(phase)
        thread = threading.Thread(target=self._work, args=(person, begun), name=f"import {state.id}", daemon=True)
        with self._lock:
            if state.id in self._running:
                raise ImportRunningError()
            self._stopped.discard(state.id)
            self._running[state.id] = begun
            self._threads[state.id] = thread
        self._folder.keep(begun)
        thread.start()
        return begun

    def _work(self, person: Person, state: ImportState) -> None:
        ended = state
        try:
            ended = self._import(person, state)
        except _Stopped:
            ended = self._latest(state)
            ended = ended.interrupted() if self._closing else ended.stopped()
        except NewsletterError as err:
            ended = self._latest(state).failed(err)
        finally:
            with suppress(OSError):
                self._folder.keep(ended)
                if not ended.has_file:
                    self._folder.file(ended).unlink(missing_ok=True)
            with self._lock:
                self._running.pop(state.id, None)
                self._threads.pop(state.id, None)
            self._changed(state.id)

    def _import(self, person: Person, state: ImportState) -> ImportState:
        path, dry_run = self._folder.file(state), state.phase is ImportPhase.CHECKING
        refused = self._folder.refused(state)
        csv_format = self._format(state.choices)
        shown: list[RefusedRow] = []
        with self._open_store() as store, rejected_row_files(refused) as keep:
            keep_row: Callable[[RejectedRow], None] = keep

            def refuse(row: RejectedRow) -> None:
                if len(shown) < MOST_SHOWN:
                    shown.append(
                        RefusedRow(line=row.line, reason=row.reason, text=printable(", ".join(row.cells), _LONGEST_ROW))
                    )
                keep_row(row)

            def progress(now: ImportProgress) -> None:
                self._note(state.id, now)

            refused.unlink(missing_ok=True)
            report = import_reader_files(
                store,
                person,
                [path],
                csv_format,
                now=store.now(),
                dry_run=dry_run,
                encoding=state.choices.encoding,
                refuse=refuse,
                progress=progress,
            )
        return self._latest(state).done(report, tuple(shown), self._clock())

    def _note(self, id_: str, progress: ImportProgress) -> None:
        with self._lock:
            if id_ in self._stopped:
                raise _Stopped()
            before = self._running[id_]
            after = replace(before, share=progress.share, read=progress.read, merged=progress.merged)
            self._running[id_] = after
        if int(after.share / _STEP) != int(before.share / _STEP):
            if after.phase is ImportPhase.IMPORTING:
                self._folder.keep(after)
            self._changed(id_)

    def _latest(self, state: ImportState) -> ImportState:
        with self._lock:
            return self._running.get(state.id, state)

    def _end(self, id_: str) -> None:
        with self._lock:
            self._stopped.add(id_)
        self.wait(id_)

    def _end_check(self, id_: str) -> None:
        """Stop a check, whose result isn't wanted any more. Raise ImportRunningError if it is the import."""
        with self._lock:
            running = self._running.get(id_)
        if running and running.phase is ImportPhase.IMPORTING:
            raise ImportRunningError()
        if running:
            self._end(id_)

    # Files -----------------------------------------------------------------------------------------------------------

    def _format(self, choices: ImportChoices) -> CsvFormat:
        topics, columns = self._topics(), dict(choices.columns)
        if choices.platform:
            tags: Mapping[str, list[str]] = {tag: [slug] for tag, slug in choices.tags.items()}
            return PlatformFormat(choices.platform, topics=topics, tags=tags, columns=columns, status=choices.status)
        return OwnFormat(topics=topics, columns=columns, status=choices.status)

    def _stored(self, id_: str) -> ImportState:
        """Return an import as it was kept. One that was running then has been interrupted since."""
        state = self._folder.read(id_)
        with self._lock:
            is_running = id_ in self._running
        return state if is_running else state.interrupted()


def _refuse_others(path: Path) -> None:
    """Raise SubscriberFileError for a spreadsheet, ArchiveTooLargeError for one that unpacks to an absurd size."""
    if path.suffix.lower() in _SPREADSHEETS:
        raise SubscriberFileError("the file is a spreadsheet", hint="export it as CSV, best as CSV UTF-8")
    with suppress(zipfile.BadZipFile):  # reading it says so
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                if sum(member.file_size for member in archive.infolist()) > LARGEST_UNPACKED:
                    raise ArchiveTooLargeError()
