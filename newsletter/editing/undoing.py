"""The latest changes of each person, and how one is undone in a file that others may have changed since."""

import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count

from newsletter.content import FileKind, MissingItemError, MissingSectionError, apply_change
from newsletter.domain.changes import Change, Reversal, SetField
from newsletter.editing.applying import AppliedChange, apply_to_current
from newsletter.editing.errors import ConflictError, NothingToUndoError, UndoConflictError
from newsletter.editing.settings_texts import UndoableSettings, undone_settings
from newsletter.editing.traces import Trace, traces
from newsletter.editing.values import digest_of

DEPTH = 20
"""The number of changes that a session can undo."""

_SESSIONS = 200
_OWN_SESSIONS = 50  # of a person, who must not be able to push those of others out


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoKey:
    """The owner of a stack of changes: a person's address, and the key of a browser tab of theirs."""

    person: str
    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoableChange:
    """A change that a session has made, with what it touched before and afterwards.

    ``change`` is None for the replacement of a whole text, which touches everything, and for a change of ``settings``.
    """

    name: str = ""
    path: str
    kind: FileKind | None
    change: Change | None
    inverse: Reversal
    before: tuple[Trace, ...] = ()
    after: tuple[Trace, ...] = ()
    settings: UndoableSettings | None = None


class UndoStacks:
    """The latest changes of each session, for many threads. The sessions that were used last are kept."""

    def __init__(self) -> None:
        self._stacks: OrderedDict[UndoKey, deque[UndoableChange]] = OrderedDict()
        self._numbers = count(1)
        self._lock = threading.Lock()

    def push(self, session: UndoKey, undoable: UndoableChange) -> str:
        """Add a change and return the name that it gets."""
        with self._lock:
            named = replace(undoable, name=str(next(self._numbers)))
            self._stacks.setdefault(session, deque(maxlen=DEPTH)).append(named)
            self._stacks.move_to_end(session)
            own = [key for key in self._stacks if key.person == session.person]
            if len(own) > _OWN_SESSIONS:
                del self._stacks[own[0]]
            if len(self._stacks) > _SESSIONS:
                self._stacks.popitem(last=False)
            return named.name

    @contextmanager
    def popped(
        self, session: UndoKey, name: str = "", *, final: tuple[type[Exception], ...] = ()
    ) -> Iterator[UndoableChange]:
        """Take the session's latest change, or the one of that name, off its stack while it is undone.

        It returns there after an error, unless that is a ``final`` one. Raise NothingToUndoError if there is none.
        """
        undoable = self._pop(session, name)
        try:
            yield undoable
        except final:
            raise
        except BaseException:
            self._put_back(session, undoable)
            raise

    def _pop(self, session: UndoKey, name: str) -> UndoableChange:
        with self._lock:
            stack = self._stacks.get(session, deque())
            for undoable in reversed(stack):
                if name in ("", undoable.name):
                    stack.remove(undoable)
                    return undoable
        raise NothingToUndoError

    def _put_back(self, session: UndoKey, undoable: UndoableChange) -> None:
        with self._lock:
            stack = self._stacks.setdefault(session, deque(maxlen=DEPTH))
            later = [stack.pop() for _ in range(len(stack)) if int(stack[-1].name) > int(undoable.name)]
            stack.extend([undoable, *reversed(later)])


def undone(text: str, undoable: UndoableChange) -> AppliedChange:
    """Return a file's text without a change. It is the text from before, to the byte, if nothing else has changed.

    Raise UndoConflictError if the same thing has been changed again since.
    """
    path, kind, inverse = undoable.path, undoable.kind, undoable.inverse
    if undoable.change is None or kind is None:
        return AppliedChange(text=_text_before(text, undoable))
    if digest_of(text.encode()) == inverse.digest:
        edited = apply_change(text, inverse, kind, path=path)
        return AppliedChange(text=edited.text, change=inverse, inverse=edited.inverse)
    if isinstance(undoable.change, SetField):
        try:
            return apply_to_current(text, inverse.change, kind, path=path, seen=undoable.after[0].words)
        except ConflictError as err:
            versions = {"mine": err.mine, "theirs": err.theirs, "base": err.base}
            raise UndoConflictError(path=path, field=err.field, **versions) from err
    now = traces(text, undoable.change, kind, path=path)
    if now == undoable.before:
        return AppliedChange(text=text, notes=("Somebody had already undone this.",))
    for before, after, current in zip(undoable.before, undoable.after, now, strict=True):
        if not after.is_still(current):
            raise _conflict(path, before, after, current)
    try:
        return apply_to_current(text, inverse.change, kind, path=path)
    except (MissingItemError, MissingSectionError) as err:
        raise _conflict(path, undoable.before[0], undoable.after[0], now[0]) from err


def _text_before(text: str, undoable: UndoableChange) -> str:
    """Return newsletter.toml without a change, or a file's text from before it was replaced as a whole."""
    inverse = undoable.inverse
    if undoable.settings is not None:
        return undone_settings(text, undoable.settings, inverse)
    if digest_of(text.encode()) == inverse.digest:
        return text[: inverse.start] + inverse.text + text[inverse.end :]
    raise UndoConflictError(path=undoable.path, field="text", mine=inverse.text, theirs=text, base=None)


def _conflict(path: str, before: Trace, after: Trace, current: Trace) -> UndoConflictError:
    return UndoConflictError(path=path, field=current.field, mine=before.words, theirs=current.words, base=after.words)
