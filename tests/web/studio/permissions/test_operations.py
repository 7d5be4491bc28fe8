"""Every public operation that takes a person, for every role: it asks for the permission before it touches anything.

The other arguments are values that raise an error as soon as they are used.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from newsletter.domain.people import CONFIRMED_ACTS, Act, ConfirmationNeededError, ForbiddenError, Person, may
from tests.make import SECRET
from tests.people import ADMIN, EDITOR, PUBLISHER, WRITER

PACKAGES = ("capture", "editing", "publishing", "reports", "reviewing", "sending", "staff", "subscriptions")
ACTS = {
    "editing.operations.Editing.create_entry": Act.CREATE_ENTRY,
    "editing.operations.Editing.create_issue": Act.COMPOSE,
    "publishing.finding_ticks.tick_finding": Act.REVIEW,
    "publishing.finding_ticks.untick_finding": Act.REVIEW,
    "publishing.link_desk.LinkDesk.add_to_issue": Act.COMPOSE,
    "publishing.link_desk.LinkDesk.capture": Act.CAPTURE,
    "publishing.link_desk.LinkDesk.drop": Act.CAPTURE,
    "publishing.link_desk.LinkDesk.follow": Act.CAPTURE,
    "publishing.link_desk.LinkDesk.make_entry": Act.CREATE_ENTRY,
    "publishing.link_desk.LinkDesk.paste": Act.CAPTURE,
    "publishing.link_desk.LinkDesk.put_off": Act.CAPTURE,
    "publishing.link_desk.LinkDesk.restore": Act.CAPTURE,
    "publishing.reader_edits.edit_reader": Act.CHANGE_READERS,
    "publishing.reader_files.export_reader": Act.EXPORT_READERS,
    "publishing.reader_files.export_readers": Act.EXPORT_READERS,
    "publishing.reader_files.import_reader_files": Act.IMPORT_READERS,
    "publishing.reader_imports.ReaderImports.begin": Act.IMPORT_READERS,
    "publishing.reader_imports.ReaderImports.choose": Act.IMPORT_READERS,
    "publishing.reader_imports.ReaderImports.discard": Act.IMPORT_READERS,
    "publishing.reader_imports.ReaderImports.receive": Act.IMPORT_READERS,
    "publishing.reader_imports.ReaderImports.recent": Act.IMPORT_READERS,
    "publishing.reader_imports.ReaderImports.refused_rows": Act.IMPORT_READERS,
    "publishing.reader_imports.ReaderImports.start": Act.IMPORT_READERS,
    "publishing.reader_imports.ReaderImports.state": Act.IMPORT_READERS,
    "publishing.reader_imports.ReaderImports.stop": Act.IMPORT_READERS,
    "publishing.reader_lookup.copy_for": Act.SEE_READERS,
    "publishing.reader_lookup.find_readers": Act.SEE_READERS,
    "publishing.reader_lookup.list_readers": Act.SEE_READERS,
    "publishing.reader_lookup.list_suppressed": Act.SEE_READERS,
    "publishing.reader_lookup.list_waiting": Act.SEE_READERS,
    "publishing.reader_lookup.reader_record": Act.SEE_READERS,
    "publishing.reader_lookup.reader_totals": Act.SEE_REPORTS,
    "publishing.reader_requests.ask_to_change_address": Act.CHANGE_READERS,
    "publishing.reader_requests.ask_to_confirm": Act.CHANGE_READERS,
    "publishing.reader_requests.unsubscribe_reader": Act.CHANGE_READERS,
    "publishing.reader_suppressions.lift_suppression": Act.CHANGE_READERS,
    "publishing.reader_suppressions.suppress_address": Act.CHANGE_READERS,
    "publishing.readers.add_reader": Act.CHANGE_READERS,
    "publishing.readers.erase_reader": Act.ERASE_READERS,
    "publishing.readers.remove_reader": Act.ERASE_READERS,
    "publishing.review_comments.add_comment": Act.COMMENT,
    "publishing.review_comments.delete_comment": Act.COMMENT,
    "publishing.review_comments.resolve_comment": Act.COMMENT,
    "publishing.review_decisions.approve": Act.APPROVE,
    "publishing.review_decisions.ask_for_changes": Act.REVIEW,
    "publishing.review_decisions.record_proof": Act.PROOF,
    "publishing.review_proofs.send_proofs": Act.PROOF,
    "publishing.segment_readers.count_step": Act.SEE_REPORTS,
    "publishing.segment_readers.create_segment": Act.CHANGE_SETTINGS,
    "publishing.segment_readers.delete_segment": Act.CHANGE_SETTINGS,
    "publishing.send_controls.cancel_send": Act.CONTROL_SEND,
    "publishing.send_controls.pause_send": Act.CONTROL_SEND,
    "publishing.send_controls.reactivate": Act.CONTROL_SEND,
    "publishing.send_controls.release_send": Act.CONTROL_SEND,
    "publishing.send_controls.retry_refused": Act.CONTROL_SEND,
    "publishing.send_controls.settle_uncertain": Act.CONTROL_SEND,
    "publishing.send_controls.undo_send": Act.CONTROL_SEND,
    "publishing.send_issue.begin_planned": Act.CONTROL_SEND,
    "publishing.send_issue.prepare_send": Act.SEE_REPORTS,
    "publishing.send_issue.reschedule_send": Act.SEND,
    "publishing.send_issue.resume_send": Act.CONTROL_SEND,
    "publishing.send_issue.schedule_send": Act.SEND,
    "publishing.send_issue.send_now": Act.SEND,
    "publishing.send_start.move_send": Act.SEND,
    "publishing.send_start.planned_send": Act.SEE_REPORTS,
    "publishing.send_start.start_send": Act.SEND,
    "publishing.send_watch.watch_send": Act.SEE_REPORTS,
    "publishing.topic_changes.change_topics": Act.CHANGE_SETTINGS,
    "publishing.verify_issue.verify_issue": Act.SEE,
    "reports.issue_report.report": Act.SEE_REPORTS,
    "reports.issue_report.sends_for": Act.SEE_REPORTS,
    "reports.over_time.over_time": Act.SEE_REPORTS,
    "reports.over_time.over_time_as_counted": Act.SEE_REPORTS,
    "staff.team.audit_entries": Act.SEE_PEOPLE,
    "staff.team.change_role": Act.MANAGE_PEOPLE,
    "staff.team.end_sessions": Act.MANAGE_PEOPLE,
    "staff.team.invite": Act.MANAGE_PEOPLE,
    "staff.team.invited": Act.MANAGE_PEOPLE,
    "staff.team.new_link": Act.MANAGE_PEOPLE,
    "staff.team.remove": Act.MANAGE_PEOPLE,
    "staff.team.team": Act.SEE_PEOPLE,
}
ELSEWHERE = {
    # What the file says decides, so it has to be read first: tests/editing.
    "editing.bringing_back.bring_back",
    "editing.moving_between.move_between_issues",
    "editing.operations.Editing.change",
    "editing.operations.Editing.change_settings",
    "editing.operations.Editing.replace_text",
    "editing.operations.Editing.undo",
    "editing.syncing.Syncing.resolve",
    # One's own files only, with the permission of the change that it commits.
    "editing.sittings.Sittings.commit_now",
    # The permissions themselves, and values without reading or writing.
    "editing.permissions.may_edit_entry",
    "editing.permissions.require_edit",
    "editing.permissions.require_same_owner",
    "editing.permissions.require_sight",
    "editing.permissions.work_of",
    "editing.sittings.author_of",
    "publishing.issue_reviews.new_event",
    "publishing.reader_choices.spread_in_words",
    "publishing.reader_lookup.require_sight",
    "publishing.review_comments.is_own",
    "publishing.settings_changes.check_settings",
    "publishing.settings_changes.is_servers_own",
    # Notes of what was allowed and done: a part of the operations above.
    "publishing.edit_notes.EditNotes.note",
    "publishing.readers.note_change",
    "publishing.send_controls.note_act",
    "publishing.settings_changes.note_settings_change",
    # The worker's question, with nobody there, before a send begins: tests/publishing.
    "publishing.approvals.require_approval",
}


LATER = {"publishing.review_decisions.approve"}
"""The operations that ask for the passkey only once they know whose work it is."""


class UsedError(Exception):
    """The use of an argument."""


class Untouchable:
    """An argument that can't be used in any way."""

    def __getattr__(self, name: str) -> Any:
        raise UsedError(name)

    def _used(self, *_arguments: Any) -> Any:
        raise UsedError

    __bool__ = __call__ = __iter__ = __len__ = __getitem__ = __enter__ = __str__ = __fspath__ = _used
    __truediv__ = __sub__ = __add__ = __lt__ = __contains__ = _used
    __hash__ = object.__hash__


def operations() -> Iterator[tuple[str, Callable[..., object]]]:
    """Yield all public functions and methods of the packages that take a person, by name."""
    for package in PACKAGES:
        parent = importlib.import_module(f"newsletter.{package}")
        for info in pkgutil.walk_packages(parent.__path__, f"{parent.__name__}."):
            module = importlib.import_module(info.name)
            for name, value in vars(module).items():
                if getattr(value, "__module__", "") != module.__name__:
                    continue
                members = vars(value).items() if inspect.isclass(value) else ()
                functions = {f"{name}.{member}": function for member, function in members}
                if inspect.isfunction(value):
                    functions = {name: value}
                for full, function in functions.items():
                    if inspect.isfunction(function) and not full.rpartition(".")[2].startswith("_"):
                        annotations = [parameter.annotation for parameter in _parameters(function)]
                        if Person in annotations or Person | None in annotations:
                            yield f"{info.name.removeprefix('newsletter.')}.{full}", function


def _parameters(function: Callable[..., object]) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


FOUND = dict(operations())


def ask(name: str, person: Person) -> None:
    """Call an operation as a person. Raise ForbiddenError, ConfirmationNeededError, or UsedError if it goes on."""
    positional, named = [], {}
    for parameter in _parameters(FOUND[name]):
        value = person if parameter.annotation is Person else Untouchable()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            named[parameter.name] = value
        else:
            positional.append(value)
    result = FOUND[name](*positional, **named)
    if inspect.isgenerator(result):
        next(result)
    elif hasattr(type(result), "__enter__") and not isinstance(result, Untouchable):
        with result:  # type: ignore[attr-defined]
            pass


def test_every_operation_is_in_a_list() -> None:
    assert set(FOUND) == set(ACTS) | ELSEWHERE, "say which act an operation asks for"


@pytest.mark.parametrize("name", sorted(ACTS))
def test_an_operation_asks_before_it_touches_anything(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_SECRET", SECRET)
    for person in (WRITER, EDITOR, PUBLISHER, ADMIN):
        for confirmed in (True, False):
            asking = replace(person, is_confirmed=confirmed)
            expected: type[Exception] = ForbiddenError
            if may(asking, ACTS[name]):
                asks = ACTS[name] in CONFIRMED_ACTS and name not in LATER
                expected = UsedError if confirmed or not asks else ConfirmationNeededError
            with pytest.raises(expected):
                ask(name, asking)
