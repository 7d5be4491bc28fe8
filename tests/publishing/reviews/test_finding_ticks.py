"""Warnings are ticked off with a reason until their text changes; errors never are."""

from pathlib import Path

import pytest

from newsletter.domain.people import ForbiddenError
from newsletter.domain.reviews import TickedFinding
from newsletter.domain.staff import WorkStep
from newsletter.errors import Finding, Place, Severity
from newsletter.publishing.reviews.finding_ticks import (
    UntickableFindingError,
    fingerprint_of,
    open_among,
    tick_finding,
    untick_finding,
)
from newsletter.publishing.reviews.reasons import MissingReasonError
from newsletter.store import Store
from tests.make import WHEN
from tests.people import EDITOR, WRITER

PATH = "issues/entries/train.md"
TEXT = "---\ntitle: Train\n---\n\nIt was was late,\nas ever.\n\nAnother paragraph.\n"


def doubled(line: int, severity: Severity = Severity.WARNING) -> Finding:
    place = Place(path=PATH, line=line)
    return Finding(place=place, rule="word-doubled", severity=severity, what='"was" twice', hint="once")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with an entry that repeats a word in line 5."""
    (tmp_path / PATH).parent.mkdir(parents=True)
    (tmp_path / PATH).write_text(TEXT)
    return tmp_path


def test_a_warning_is_ticked_off_until_its_paragraph_changes(store: Store, root: Path) -> None:
    assert open_among(store, [doubled(5)], root) == (doubled(5),)
    tick_finding(EDITOR, store, root, doubled(5), "It is a quotation.", now=WHEN)
    assert open_among(store, [doubled(5)], root) == ()
    (root / PATH).write_text(TEXT.replace("title: Train\n", "title: Train\nauthor: Ada\n").replace("Another", "One"))
    assert open_among(store, [doubled(6)], root) == ()  # the same text, further down
    (root / PATH).write_text(TEXT.replace("as ever", "as always"))
    assert open_among(store, [doubled(5)], root) == (doubled(5),)


def test_an_error_is_never_ticked_off(store: Store, root: Path) -> None:
    error = doubled(5, Severity.ERROR)
    with pytest.raises(UntickableFindingError):
        tick_finding(EDITOR, store, root, error, "It is a quotation.", now=WHEN)
    warned_before = TickedFinding(
        fingerprint=fingerprint_of(error, root), reason="Fine.", at=WHEN, by=EDITOR.address, name=EDITOR.name
    )
    store.ticked_findings.tick(warned_before)
    assert open_among(store, [error], root) == (error,)


def test_ticks_need_a_reason_and_a_role_and_can_be_taken_back(store: Store, root: Path) -> None:
    with pytest.raises(MissingReasonError):
        tick_finding(EDITOR, store, root, doubled(5), " \n", now=WHEN)
    with pytest.raises(ForbiddenError):
        tick_finding(WRITER, store, root, doubled(5), "Fine.", now=WHEN)
    tick_finding(EDITOR, store, root, doubled(5), "Fine.", now=WHEN)
    with pytest.raises(ForbiddenError):
        untick_finding(WRITER, store, fingerprint_of(doubled(5), root), now=WHEN)
    assert open_among(store, [doubled(5)], root) == ()
    for _ in range(2):  # the second time, nothing is left to take back
        untick_finding(EDITOR, store, fingerprint_of(doubled(5), root), now=WHEN)
    assert open_among(store, [doubled(5)], root) == (doubled(5),)
    assert [(entry.act, entry.thing) for entry in store.audit.entries()] == [
        (WorkStep.UNTICKED, "newsletter"),
        (WorkStep.TICKED, PATH),
    ]
