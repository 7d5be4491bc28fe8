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
    "editing.Editing.create_entry": Act.CREATE_ENTRY,
    "editing.Editing.create_issue": Act.COMPOSE,
    "publishing.tick_finding": Act.REVIEW,
    "publishing.untick_finding": Act.REVIEW,
    "publishing.LinkDesk.add_to_issue": Act.COMPOSE,
    "publishing.LinkDesk.capture": Act.CAPTURE,
    "publishing.LinkDesk.drop": Act.CAPTURE,
    "publishing.LinkDesk.follow": Act.CAPTURE,
    "publishing.LinkDesk.make_entry": Act.CREATE_ENTRY,
    "publishing.LinkDesk.paste": Act.CAPTURE,
    "publishing.LinkDesk.put_off": Act.CAPTURE,
    "publishing.LinkDesk.restore": Act.CAPTURE,
    "publishing.edit_reader": Act.CHANGE_READERS,
    "publishing.export_reader": Act.EXPORT_READERS,
    "publishing.export_readers": Act.EXPORT_READERS,
    "publishing.import_reader_files": Act.IMPORT_READERS,
    "publishing.ReaderImports.begin": Act.IMPORT_READERS,
    "publishing.ReaderImports.choose": Act.IMPORT_READERS,
    "publishing.ReaderImports.discard": Act.IMPORT_READERS,
    "publishing.ReaderImports.receive": Act.IMPORT_READERS,
    "publishing.ReaderImports.recent": Act.IMPORT_READERS,
    "publishing.ReaderImports.refused_rows": Act.IMPORT_READERS,
    "publishing.ReaderImports.start": Act.IMPORT_READERS,
    "publishing.ReaderImports.state": Act.IMPORT_READERS,
    "publishing.ReaderImports.stop": Act.IMPORT_READERS,
    "publishing.copy_for": Act.SEE_READERS,
    "publishing.find_readers": Act.SEE_READERS,
    "publishing.list_readers": Act.SEE_READERS,
    "publishing.list_suppressed": Act.SEE_READERS,
    "publishing.list_waiting": Act.SEE_READERS,
    "publishing.reader_record": Act.SEE_READERS,
    "publishing.reader_totals": Act.SEE_REPORTS,
    "publishing.ask_to_change_address": Act.CHANGE_READERS,
    "publishing.ask_to_confirm": Act.CHANGE_READERS,
    "publishing.unsubscribe_reader": Act.CHANGE_READERS,
    "publishing.lift_suppression": Act.CHANGE_READERS,
    "publishing.suppress_address": Act.CHANGE_READERS,
    "publishing.add_reader": Act.CHANGE_READERS,
    "publishing.erase_reader": Act.ERASE_READERS,
    "publishing.remove_reader": Act.ERASE_READERS,
    "publishing.add_comment": Act.COMMENT,
    "publishing.delete_comment": Act.COMMENT,  # and DELETE_COMMENT, once it knows whose it is
    "publishing.resolve_comment": Act.COMMENT,
    "publishing.approve": Act.APPROVE,
    "publishing.ask_for_changes": Act.REVIEW,
    "publishing.record_proof": Act.PROOF,
    "publishing.send_proofs": Act.PROOF,
    "publishing.count_step": Act.SEE_REPORTS,
    "publishing.segment_with_rule": Act.CHANGE_SETTINGS,
    "publishing.create_segment": Act.CHANGE_SETTINGS,
    "publishing.delete_segment": Act.CHANGE_SETTINGS,
    "publishing.cancel_send": Act.CONTROL_SEND,
    "publishing.pause_send": Act.CONTROL_SEND,
    "publishing.reactivate": Act.CONTROL_SEND,
    "publishing.release_send": Act.CONTROL_SEND,
    "publishing.retry_refused": Act.CONTROL_SEND,
    "publishing.settle_uncertain": Act.CONTROL_SEND,
    "publishing.undo_send": Act.CONTROL_SEND,
    "publishing.begin_planned": Act.CONTROL_SEND,
    "publishing.prepare_send": Act.SEE_REPORTS,
    "publishing.reschedule_send": Act.SEND,
    "publishing.resume_send": Act.CONTROL_SEND,
    "publishing.schedule_send": Act.SEND,
    "publishing.send_now": Act.SEND,
    "publishing.move_send": Act.SEND,
    "publishing.planned_send": Act.SEE_REPORTS,
    "publishing.start_send": Act.SEND,
    "publishing.watch_send": Act.SEE_REPORTS,
    "publishing.change_topics": Act.CHANGE_SETTINGS,
    "publishing.verify_issue": Act.SEE,
    "reports.report": Act.SEE_REPORTS,
    "reports.sends_for": Act.SEE_REPORTS,
    "reports.over_time": Act.SEE_REPORTS,
    "reports.over_time_as_counted": Act.SEE_REPORTS,
    "staff.audit_entries": Act.SEE_PEOPLE,
    "staff.change_role": Act.MANAGE_PEOPLE,
    "staff.end_sessions": Act.MANAGE_PEOPLE,
    "staff.invite": Act.MANAGE_PEOPLE,
    "staff.invited": Act.MANAGE_PEOPLE,
    "staff.new_link": Act.MANAGE_PEOPLE,
    "staff.remove": Act.MANAGE_PEOPLE,
    "staff.team": Act.SEE_PEOPLE,
}
ELSEWHERE = {
    # What the file says decides, so it has to be read first: tests/editing.
    "editing.bring_back",
    "editing.seen_versions",
    "editing.move_between_issues",
    "editing.Editing.change",
    "editing.Editing.change_settings",
    "editing.Editing.replace_text",
    "editing.Editing.undo",
    "editing.Syncing.resolve",
    # One's own files only, with the permission of the change that it commits.
    "editing.Sittings.commit_now",
    # The act is one of its arguments.
    "editing.Sittings.commit_files",
    # The permissions themselves, and values without reading or writing.
    "editing.may_edit_entry",
    "editing.may_see",
    "editing.require_edit",
    "editing.require_same_owner",
    "editing.require_sight",
    "editing.work_of",
    "editing.author_of",
    "publishing.new_event",
    "publishing.spread_in_words",
    "publishing.require_sight",
    "publishing.may_delete",
    "publishing.check_settings",
    "publishing.is_servers_own",
    # Notes of what was allowed and done, and the approval of a send: parts of the operations above.
    "publishing.require_approval_of",
    "publishing.EditNotes.note",
    "publishing.note_change",
    "publishing.note_act",
    "publishing.note_settings_change",
    # The worker's question, with nobody there, before a send begins: tests/publishing.
    "publishing.require_approval",
}


LATER = {"publishing.approve"}
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
    """Yield all public functions and methods of the packages that take a person, by package and name."""
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
                            yield f"{package}.{full}", function


def _parameters(function: Callable[..., object]) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


_ALL = list(operations())
FOUND = dict(_ALL)


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
    assert len(FOUND) == len(_ALL), "two operations of a package have the same name"


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
