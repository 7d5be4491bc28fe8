"""Notes of who changes which file: they never fail a save, and what couldn't be written is written later."""

from collections.abc import Callable

from newsletter.errors import BusyError
from newsletter.publishing.reviews.edit_notes import EditNotes
from newsletter.settings import Settings
from newsletter.store import Store, open_store
from tests.make import WHEN
from tests.people import EDITOR

PATH = "issues/entries/train.md"


def test_edits_that_a_busy_database_refuses_are_written_later(settings: Settings, store: Store) -> None:
    def busy() -> Store:
        raise BusyError("the database is locked")

    openings: list[Callable[[], Store]] = [busy, busy]

    def opened() -> Store:
        return openings.pop()() if openings else open_store(settings.database)

    notes = EditNotes(opened)
    notes.note(EDITOR, (PATH,), WHEN)
    while openings:
        notes.flush()
    assert notes.flush()
    assert [edit.address for edit in store.edits.of_files([PATH])] == [EDITOR.address]
    assert notes.flush()


def test_a_newsletter_without_a_database_gets_none(settings: Settings) -> None:
    notes = EditNotes(lambda: None)
    notes.note(EDITOR, (PATH,), WHEN)
    assert notes.flush()
    assert not (settings.root / "newsletter.db").exists()
