"""The operations that change manuscripts: the command line, scripts and the studio call the same ones."""

import datetime
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from newsletter import content
from newsletter.content import FileKind, UnreadableFileError, field_value
from newsletter.content.files import conflict_finding
from newsletter.content.source_text import with_line_feeds
from newsletter.domain.changes import Change, FieldValue, Reversal, SetField, Several
from newsletter.domain.issue import Entry
from newsletter.domain.people import Act, Person, require
from newsletter.domain.settings_changes import SettingsChange, SettingValue, paths_of
from newsletter.editing.applying import AppliedChange, apply_to_current
from newsletter.editing.errors import (
    BusyFileError,
    ConflictError,
    FileGoneError,
    UndoConflictError,
    UneditablePathError,
)
from newsletter.editing.manuscript_files import (
    ManuscriptFile,
    ManuscriptPlace,
    create_manuscript_file,
    encoded,
    in_style_of,
    manuscript_place,
    read_manuscript,
    replace_manuscript,
)
from newsletter.editing.permissions import owner_in, require_edit, require_same_owner
from newsletter.editing.settings_texts import UndoableSettings, apply_settings_change, values_at
from newsletter.editing.traces import traces
from newsletter.editing.undoing import UndoableChange, UndoKey, UndoStacks, undone
from newsletter.editing.values import UNSEEN, Changed, FileText, Save, Unseen, digest_of
from newsletter.files.newsletter_folder import SETTINGS_FILE
from newsletter.files.newsletter_lock import PATIENCE, newsletter_lock

_ATTEMPTS = 5  # at a file that another program writes at the same moment
_ANYTHING = Several(changes=())  # the change in the reversal of a whole text, which is only reversed to the byte


def _ignore(_save: Save) -> None:
    """Do nothing about a save."""


def _allow(_person: Person, _before: str, _after: str) -> None:
    """Allow a change of newsletter.toml."""


class Editing:
    """Everything that changes the manuscripts of the newsletter in a folder, under its lock.

    ``check_settings`` gets the person and the texts of newsletter.toml before and after a change, and raises an error
    if it must not be made. ``saving`` is called under the lock before a file is written, so that others' changes
    can be committed first; ``saved`` is called after it, without the lock. Neither may fail. One object serves many
    threads.
    """

    def __init__(
        self,
        root: Path,
        *,
        saved: Callable[[Save], object] = _ignore,
        saving: Callable[[Save], object] = _ignore,
        check_settings: Callable[[Person, str, str], object] = _allow,
        patience: float = PATIENCE,
    ) -> None:
        self.root = root
        self._saved, self._saving, self._patience = saved, saving, patience
        self._check_settings = check_settings
        self._stacks = UndoStacks()

    def read(self, path: str) -> FileText:
        """Return a manuscript's text with its digest. Raise FileGoneError, UneditablePathError, UnreadableFileError.

        It asks for no permission: pages also need values of files whose text a person may not see, such as the
        newsletter's topics. A page that shows the text itself asks ``permissions.require_sight`` first.
        """
        file = read_manuscript(manuscript_place(self.root, path))
        return FileText(path=file.place.path, text=file.text, digest=file.digest)

    def digest(self, path: str) -> str:
        """Return a manuscript's digest, "" if there is no such file. Raise as ``read`` does, but not for its text.

        It asks for no permission, as ``read`` doesn't.
        """
        try:
            return read_manuscript(manuscript_place(self.root, path)).digest
        except FileGoneError:
            return ""

    def change(
        self,
        person: Person,
        path: str,
        change: Change,
        *,
        seen: FieldValue | Unseen = UNSEEN,
        session: str = "",
        now: datetime.datetime,
    ) -> Changed:
        """Make a change to the manuscript at a path relative to the newsletter's folder.

        ``seen`` is the value of a SetField's field that the person saw. If the file has another one, texts (note,
        framing, quotation) are merged by paragraph. ``session`` is a key of the person's for ``undo``; without it the
        change can't be undone. Changes of lists apply to whatever is there, and ``Changed.notes`` says what differed.

        Raise ConflictError; ForbiddenError; FileGoneError, UneditablePathError, UnreadableFileError; InvalidValueError,
        UneditableError, MissingItemError, MissingSectionError, TooLongError; LockedError, NoLockError, BusyFileError,
        UnsavedError. None of them has changed anything.
        """
        place = manuscript_place(self.root, path)
        kind = place.kind
        if kind is None:
            raise UneditablePathError(path=path)
        _require_edit_of_kind(person, kind)

        def edit(file: ManuscriptFile) -> AppliedChange:
            return apply_to_current(_readable(file), change, kind, path=place.path, seen=seen)

        before, applied, data = self._rewrite(person, place, edit, now)
        return _changed(place, change, applied, data, undo=self._undoable(person, session, before, applied))

    def change_settings(
        self,
        person: Person,
        change: SettingsChange,
        *,
        seen: SettingValue | Unseen | None = UNSEEN,
        session: str = "",
        now: datetime.datetime,
    ) -> Changed:
        """Make a change to newsletter.toml: only the bytes of what changes.

        ``seen`` is the value of a SetSetting's setting that the person saw, None if it wasn't there. Raise
        ConflictError if it has another one now, what ``check_settings`` raises, TomlUneditableError, and the errors of
        ``change``.
        """
        place = self._place(person, SETTINGS_FILE)
        inverses: list[SettingsChange] = []

        def edit(file: ManuscriptFile) -> AppliedChange:
            applied = apply_settings_change(_readable(file), change, seen=seen)
            inverses.append(applied.inverse)
            same = applied.text == file.text
            if not same:
                self._check_settings(person, file.text, applied.text)
            inverse = None if same else _reversal_of_text(file.text, applied.text)
            return AppliedChange(text=applied.text, inverse=inverse)

        before, applied, data = self._rewrite(person, place, edit, now)
        paths = paths_of(change)
        settings = UndoableSettings(
            change=change,
            inverse=inverses[-1],
            before=values_at(before.text, paths),
            after=values_at(applied.text, paths),
        )
        undo = self._undoable(person, session, before, applied, settings)
        return Changed(path=place.path, digest=digest_of(data), change=change, undo=undo)

    def undo(self, person: Person, session: str, *, only: str = "", now: datetime.datetime) -> Changed:
        """Undo the latest change of a person's session, or ``only`` the one that a ``Changed.undo`` names.

        The person needs the permission for it now. Raise NothingToUndoError, UndoConflictError if the same thing has
        been changed again since, and the errors of ``change``. After an UndoConflictError or FileGoneError the change
        can't be undone any more; after the others it can.
        """
        with self._stacks.popped(_key(person, session), only, final=(UndoConflictError, FileGoneError)) as undoable:
            place = self._place(person, undoable.path)
            _, applied, data = self._rewrite(person, place, lambda file: undone(file.text, undoable), now)
        changed = _changed(place, undoable.change, applied, data)
        return replace(changed, change=undoable.settings.change) if undoable.settings else changed

    def replace_text(
        self,
        person: Person,
        path: str,
        text: str,
        *,
        seen_digest: str,
        exact: bool = False,
        session: str = "",
        now: datetime.datetime,
    ) -> Changed:
        """Replace the whole text of the file whose digest is ``seen_digest``; "" for one that doesn't exist.

        The text may come from a form: it gets the file's line ends and byte order mark, unless it is ``exact``. It need
        not be readable as a manuscript. Raise ConflictError with the field ``text`` if the file has another digest, and
        the errors of ``change``.
        """
        place = self._place(person, path)
        if not seen_digest and not place.file.exists():
            return self._write_new_text(person, place, text, now)

        def edit(file: ManuscriptFile) -> AppliedChange:
            new = text if exact else in_style_of(file.data, text)
            if file.digest != seen_digest and new != file.text:
                raise ConflictError(path=place.path, field="text", mine=text, theirs=file.text, base=None)
            if place.kind is None:
                self._check_settings(person, file.text if file.is_text else "", new)
            return AppliedChange(text=new)

        before, applied, data = self._rewrite(person, place, edit, now)
        if data != before.data and before.is_text:
            applied = replace(applied, inverse=_reversal_of_text(before.text, applied.text))
        return _changed(place, None, applied, data, undo=self._undoable(person, session, before, applied))

    def create_entry(self, person: Person, entry: Entry, *, now: datetime.datetime) -> str:
        """Write a new entry's file and return its path. A member's entry is theirs (``Entry.by``).

        Raise ForbiddenError, and as ``content.new_entry`` does.
        """
        require(person, Act.CREATE_ENTRY)
        if person.id:
            entry = replace(entry, by=person.address)
        return self._create(person, lambda: content.new_entry(self.root, entry), now)

    def create_issue(self, person: Person, write: Callable[[], Path], *, now: datetime.datetime) -> str:
        """Let ``write`` write a new issue's file under the lock, and return its path.

        ``write`` returns the file's path; it is a call of ``publishing.next_issue.create_issue``, for instance, whose
        errors are passed on. Raise ForbiddenError.
        """
        require(person, Act.COMPOSE)
        return self._create(person, write, now)

    def _create(self, person: Person, write: Callable[[], Path], now: datetime.datetime) -> str:
        with newsletter_lock(self.root, seconds=self._patience):
            path = self._relative(write())
        self._saved(Save(person=person, paths=(path,), at=now))
        return path

    def _relative(self, path: Path) -> str:
        if not path.is_relative_to(self.root):  # one of the two is behind a link
            return path.resolve().relative_to(self.root.resolve()).as_posix()
        return path.relative_to(self.root).as_posix()

    def _place(self, person: Person, path: str) -> ManuscriptPlace:
        place = manuscript_place(self.root, path)
        _require_edit_of_kind(person, place.kind)
        return place

    def _rewrite(
        self,
        person: Person,
        place: ManuscriptPlace,
        edit: Callable[[ManuscriptFile], AppliedChange],
        now: datetime.datetime,
    ) -> tuple[ManuscriptFile, AppliedChange, bytes]:
        """Return the file as it was, what ``edit`` has made of it, and the bytes that it has now."""
        save = Save(person=person, paths=place.paths(self.root), at=now)
        with newsletter_lock(self.root, seconds=self._patience):
            for _ in range(_ATTEMPTS):
                file = read_manuscript(place)
                owner = owner_in(file.text, place.kind, path=place.path) if file.is_text else ""
                require_edit(person, place.kind, owner=owner)
                applied = edit(file)
                require_same_owner(person, owner, owner_in(applied.text, place.kind, path=place.path))
                data: bytes | None = encoded(place.path, applied.text)
                if data != file.data:
                    self._saving(save)
                    data = replace_manuscript(file, applied.text)
                if data is not None:
                    break
            else:
                raise BusyFileError(path=place.path)
        if data != file.data:
            self._saved(save)
        return file, applied, data

    def _write_new_text(self, person: Person, place: ManuscriptPlace, text: str, now: datetime.datetime) -> Changed:
        require_edit(person, place.kind, owner=owner_in(text, place.kind, path=place.path))
        if place.kind is None:
            self._check_settings(person, "", text)
        save = Save(person=person, paths=place.paths(self.root), at=now)
        with newsletter_lock(self.root, seconds=self._patience):
            self._saving(save)
            data = create_manuscript_file(place, text)
            if data is None:
                theirs = read_manuscript(place).text
                raise ConflictError(path=place.path, field="text", mine=text, theirs=theirs, base="")
        self._saved(save)
        return Changed(path=place.path, digest=digest_of(data))

    def _undoable(
        self,
        person: Person,
        session: str,
        before: ManuscriptFile,
        applied: AppliedChange,
        settings: UndoableSettings | None = None,
    ) -> str:
        """Remember a change for undo, and return its name; "" if there is nothing to undo or no session."""
        if not session or applied.inverse is None:
            return ""
        path, kind, change = before.place.path, before.place.kind, applied.change
        return self._stacks.push(
            _key(person, session),
            UndoableChange(
                path=path,
                kind=kind,
                change=change,
                inverse=applied.inverse,
                before=traces(before.text, change, kind, path=path) if kind and change else (),
                after=traces(applied.text, change, kind, path=path) if kind and change else (),
                settings=settings,
            ),
        )


def _key(person: Person, session: str) -> UndoKey:
    return UndoKey(person=person.address, session=session)


def _require_edit_of_kind(person: Person, kind: FileKind | None) -> None:
    """Raise ForbiddenError unless a person may change files of a kind; of an entry, the file has to be asked."""
    if kind is not FileKind.ENTRY:
        require_edit(person, kind)


def _readable(file: ManuscriptFile) -> str:
    """Return a manuscript's text. Raise UnreadableFileError if it can't be changed field by field."""
    finding = conflict_finding(with_line_feeds(file.text), file.place.path)
    if finding is not None:
        raise UnreadableFileError([finding])
    return file.text


def _reversal_of_text(before: str, after: str) -> Reversal:
    digest = digest_of(after.encode())
    return Reversal(change=_ANYTHING, undone=_ANYTHING, digest=digest, start=0, end=len(after), text=before)


def _changed(
    place: ManuscriptPlace, change: Change | None, applied: AppliedChange, data: bytes, *, undo: str = ""
) -> Changed:
    value: FieldValue = None
    if isinstance(change, SetField) and place.kind is not None:
        value = field_value(applied.text, change.name, place.kind, path=place.path)
    return Changed(
        path=place.path,
        digest=digest_of(data),
        change=change,
        value=value,
        undo=undo,
        merged=applied.merged,
        notes=applied.notes,
    )
