"""The answers to scripts whose change an error has prevented."""

import json

import pytest

from newsletter.content import UnreadableFileError
from newsletter.editing import (
    BusyFileError,
    ConflictError,
    FileGoneError,
    TooLongError,
    UndoConflictError,
    UnsavedError,
)
from newsletter.errors import BusyError, Finding, NewsletterError, Place, Severity
from newsletter.files.newsletter_lock import LockedError
from newsletter.web.studio.replies import refused

PATH = "issues/entries/night-train.md"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (LockedError(seconds=10), 503),
        (BusyFileError(path=PATH), 503),
        (UnsavedError(path=PATH, reason="the disk is full", hint="make room"), 503),
        (BusyError("the database is busy"), 503),
        (TooLongError(path=PATH, limit=65_536), 422),
        (FileGoneError(path=PATH), 404),
    ],
)
def test_a_script_saves_again_after_errors_that_go_away_and_after_no_others(
    error: NewsletterError, status: int
) -> None:
    answer = refused(error)
    assert answer.status_code == status
    assert json.loads(bytes(answer.body))["error"] == {
        "code": error.code,
        "what": error.what,
        "hint": error.hint,
        "field": "",
    }


@pytest.mark.parametrize("error", [ConflictError, UndoConflictError])
def test_a_conflict_has_all_versions(error: type[ConflictError]) -> None:
    conflict = error(path=PATH, field="title", mine="Mine", theirs="Theirs\r\n", base=None)
    answer = refused(conflict)
    assert answer.status_code == 409
    assert json.loads(bytes(answer.body)) == {
        "conflict": {"field": "title", "mine": "Mine", "theirs": "Theirs\n", "base": ""}
    }
    assert "title" in conflict.what


def test_a_file_that_cannot_be_read_is_named_in_an_editors_words() -> None:
    place = Place(path=PATH, line=5)
    what, hint = "a line without a colon", "each line is a name, a colon, a value"
    finding = Finding(rule="front-matter-syntax", severity=Severity.ERROR, place=place, what=what, hint=hint)
    error = json.loads(bytes(refused(UnreadableFileError([finding])).body))["error"]
    assert (error["what"], error["hint"]) == ("the file can’t be read now", "a line without a colon; edit it as text")
